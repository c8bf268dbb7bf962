// Package config reads the settings of a hub and of a node: one YAML file per
// role. An unknown key is an error that names it; a missing or wrong one names
// the field and the remedy. Secrets are never in these files: they are made in
// the key directory at the first start, and connectors take theirs from the
// environment variables that the file names.
package config

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// Hub is the file of `mashhub serve`, and of the demo's hub.
type Hub struct {
	ID       string         `yaml:"id"`
	Name     string         `yaml:"name"`
	Data     string         `yaml:"data"`           // directory of the database
	Keys     string         `yaml:"keys,omitempty"` // of its keys and secrets; empty: beside Data
	Enrol    string         `yaml:"enrol"`          // directory of the agencies' public keys
	Listen   string         `yaml:"listen"`         // host:port of the pages and the API
	Brokers  []string       `yaml:"brokers"`
	Agencies mash.Directory `yaml:"agencies"`
}

// Node is the file of `mashhub node`, and of the demo's nodes.
type Node struct {
	Agency     mash.Agency `yaml:"agency"`
	Data       string      `yaml:"data"`
	Keys       string      `yaml:"keys,omitempty"` // as a hub's
	Enrol      string      `yaml:"enrol"`
	Listen     string      `yaml:"listen"`
	Hubs       []NodeHub   `yaml:"hubs"`
	Connectors []Connector `yaml:"connectors"`
}

// NodeHub is a hub that a node serves.
type NodeHub struct {
	ID      string   `yaml:"id"`
	Name    string   `yaml:"name"`
	Brokers []string `yaml:"brokers"`
}

// Connector is one plugin of a node.
type Connector struct {
	Name string `yaml:"name"`
	// Kind is a built-in connector; Program is the path of one of the agency's
	// own. Exactly one is set.
	Kind    string `yaml:"kind"`
	Program string `yaml:"program"`
	// SHA256 pins Program to the digest (hex) that somebody who trusts the file
	// took when it was installed. Required with Program.
	SHA256 string `yaml:"sha256"`
	Hub    string `yaml:"hub"` // to which its watch reports
	// Settings are the connector's own, by its own schema.
	Settings map[string]any `yaml:"settings"`
	// Secrets names environment variables by the secret they hold.
	Secrets map[string]string `yaml:"secrets"`
}

// JSON gives the connector's settings as it takes them.
func (c Connector) JSON() (json.RawMessage, error) { return json.Marshal(c.Settings) }

// ReadHub reads and checks a hub's file.
func ReadHub(path string) (Hub, error) {
	var h Hub
	if err := read(path, &h); err != nil {
		return h, err
	}
	return h, h.check()
}

// ReadNode reads and checks a node's file.
func ReadNode(path string) (Node, error) {
	var n Node
	if err := read(path, &n); err != nil {
		return n, err
	}
	return n, n.check()
}

func read(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening settings: %w", err)
	}
	defer f.Close()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	if err := dec.Decode(v); errors.Is(err, io.EOF) {
		return fmt.Errorf("reading settings %s: the file is empty", filepath.Base(path))
	} else if err != nil {
		return fmt.Errorf("reading settings %s: %w", filepath.Base(path), err)
	}
	if err := dec.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading settings %s: one document is expected", filepath.Base(path))
	}
	return nil
}

func (h Hub) check() error {
	switch {
	case h.ID == "":
		return mash.Invalid("id", "is missing", "name the hub, in lower case")
	case h.Data == "":
		return mash.Invalid("data", "is missing", "name a directory for the database")
	case h.Enrol == "":
		return mash.Invalid("enrol", "is missing", "name the directory of the agencies' public keys")
	case len(h.Brokers) == 0:
		return mash.Invalid("brokers", "is empty", "name at least one broker as host:port")
	case len(h.Agencies) == 0:
		return mash.Invalid("agencies", "is empty", "name the partnership's agencies")
	}
	seen := map[string]bool{}
	for i, a := range h.Agencies {
		if a.ID == "" || seen[a.ID] {
			return mash.Invalid(fmt.Sprintf("agencies[%d].id", i), "is missing or used twice", "give every agency an id of its own")
		}
		seen[a.ID] = true
	}
	if _, err := KeyDirectory(h.Data, h.Keys); err != nil {
		return err
	}
	return checkListen(h.Listen)
}

func (n Node) check() error {
	switch {
	case n.Agency.ID == "":
		return mash.Invalid("agency.id", "is missing", "use the id by which the hub knows the agency")
	case n.Data == "":
		return mash.Invalid("data", "is missing", "name a directory for the database")
	case n.Enrol == "":
		return mash.Invalid("enrol", "is missing", "name the directory of the hub's public keys")
	case len(n.Hubs) == 0:
		return mash.Invalid("hubs", "is empty", "name the hub that the node serves")
	}
	for i, h := range n.Hubs {
		if h.ID == "" || len(h.Brokers) == 0 {
			return mash.Invalid(fmt.Sprintf("hubs[%d]", i), "id or brokers is missing", "name the hub and its brokers")
		}
	}
	for i, c := range n.Connectors {
		if c.Name == "" || (c.Kind == "") == (c.Program == "") {
			return mash.Invalid(fmt.Sprintf("connectors[%d]", i), "needs a name and either kind or program", "name a built-in kind, or the path of your own connector")
		}
		if b, err := hex.DecodeString(c.SHA256); c.Program != "" && (err != nil || len(b) != 32) {
			return mash.Invalid(fmt.Sprintf("connectors[%d].sha256", i), "is not the digest of the program", "take it with sha256sum when you install the program")
		}
	}
	if _, err := KeyDirectory(n.Data, n.Keys); err != nil {
		return err
	}
	return checkListen(n.Listen)
}

func checkListen(addr string) error {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return mash.Invalid("listen", "is not host:port", "for example 127.0.0.1:8443")
	}
	return nil
}
