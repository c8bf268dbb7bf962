package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mashhub/connectors/encompass"
	"mashhub/connectors/health"
	"mashhub/connectors/inbox"
	"mashhub/connectors/police"
	"mashhub/connectors/schools"
	"mashhub/connectors/socialcare"
	"mashhub/plugins/connector"
	"mashhub/plugins/connectortest"
	"mashhub/plugins/template"
)

// builtin are the connectors that this program serves itself.
var builtin = map[string]func() connector.Connector{
	"encompass":  encompass.New,
	"health":     health.New,
	"inbox":      inbox.New,
	"police":     police.New,
	"schools":    schools.New,
	"socialcare": socialcare.New,
}

type connectorCmd struct {
	New   connectorNewCmd   `cmd:"" help:"Write a new connector of your own into DIR."`
	Test  connectorTestCmd  `cmd:"" help:"Run the conformance suite on the connector in DIR."`
	Serve connectorServeCmd `cmd:"" help:"Serve a built-in connector as a plugin process; started by a node, not by hand."`
}

type connectorNewCmd struct {
	Dir  string `arg:"" help:"A directory that does not exist yet or is empty, outside this checkout."`
	Kind string `help:"What kind of system it connects; the directory's name by default."`
}

func (c *connectorNewCmd) Run() error {
	checkout, err := template.FindCheckout(".")
	if err != nil {
		return err
	}
	if c.Kind == "" {
		c.Kind = filepath.Base(c.Dir)
	}
	return template.Write(c.Dir, template.Options{Kind: c.Kind, Checkout: checkout})
}

type connectorTestCmd struct {
	Dir string `arg:"" help:"The connector's directory."`
}

func (c *connectorTestCmd) Run(ctx context.Context) error {
	return connectortest.RunCommand(ctx, os.Stdout, c.Dir)
}

type connectorServeCmd struct {
	Kind string `arg:"" help:"A built-in kind."`
}

func (c *connectorServeCmd) Validate() error {
	if builtin[c.Kind] == nil {
		kinds := slices.Sorted(maps.Keys(builtin))
		return fmt.Errorf("there is no built-in connector %q; there are %s", c.Kind, strings.Join(kinds, ", "))
	}
	return nil
}

func (c *connectorServeCmd) Run() error {
	connector.Serve(builtin[c.Kind]())
	return nil
}
