package main

import (
	"context"
	"io"
	"log/slog"
	"os"

	"mashhub/hub/demo"
)

type demoCmd struct {
	Once     bool   `help:"Run one enquiry headless, print what a worker would see, and exit 0 only if all that the scenario asserts held."`
	JSON     bool   `help:"With --once: print one JSON object." name:"json"`
	Scenario int    `help:"Which of the ten scenarios (1-10); 1 by default." default:"0"`
	Data     string `help:"Data directory; by default below your cache directory, or a fresh one for --once." type:"path"`
	Fresh    bool   `help:"Empty the data directory first."`
}

func (c *demoCmd) Validate() error {
	if c.Scenario < 0 || c.Scenario > 10 {
		return exitText("--scenario: must be 1 to 10")
	}
	if c.JSON && !c.Once {
		return exitText("--json: goes with --once")
	}
	return nil
}

// exitText is a plain error text for a wrong flag.
type exitText string

func (e exitText) Error() string { return string(e) }

func (c *demoCmd) Run(ctx context.Context, log *slog.Logger) error {
	var progress io.Writer = os.Stdout
	if c.JSON {
		progress = os.Stderr
	}
	return demo.Run(ctx, demo.Options{Data: c.Data, Fresh: c.Fresh, Once: c.Once, JSON: c.JSON, Scenario: c.Scenario,
		Out: os.Stdout, Progress: progress, Log: log})
}

type demoBrokerCmd struct {
	Dir string `required:""`
}

func (c *demoBrokerCmd) Run(ctx context.Context, log *slog.Logger) error {
	return demo.RunBroker(ctx, c.Dir, log)
}

type demoHubCmd struct {
	Config string `required:""`
}

func (c *demoHubCmd) Run(ctx context.Context, log *slog.Logger) error {
	return demo.RunHub(ctx, c.Config, log)
}

type demoNodeCmd struct {
	Config string `required:""`
}

func (c *demoNodeCmd) Run(ctx context.Context, log *slog.Logger) error {
	return demo.RunNode(ctx, c.Config, log)
}
