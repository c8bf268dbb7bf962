package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const hubFile = `
id: fernshire
name: Fernshire MASH
data: /var/lib/mashhub
enrol: /etc/mashhub/enrol
listen: 127.0.0.1:8443
brokers: [127.0.0.1:9092]
agencies:
  - {id: police, name: Police, kind: police, telephone: 01632 960102, holds: [police.crime]}
`

const nodeFile = `
agency: {id: police, name: Police}
data: /var/lib/mashhub
enrol: /etc/mashhub/enrol
listen: 127.0.0.1:8444
hubs: [{id: fernshire, name: Fernshire MASH, brokers: [127.0.0.1:9092]}]
connectors:
  - {name: police, kind: police, settings: {driver: sqlite, dsn: /x}}
`

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMistakesAreNamed: what is wrong is refused, and the error names it.
func TestMistakesAreNamed(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	hub := func(p string) error { _, err := ReadHub(p); return err }
	node := func(p string) error { _, err := ReadNode(p); return err }
	for _, c := range []struct {
		name     string
		read     func(string) error
		file     string
		old, new string
		want     string // part of the error; empty: accepted
	}{
		{"a good hub", hub, hubFile, "", "", ""},
		{"an unknown key", hub, hubFile, "name: Fernshire MASH", "nmae: Fernshire MASH", "nmae"},
		{"no id", hub, hubFile, "id: fernshire\n", "", "id"},
		{"no data", hub, hubFile, "data: /var/lib/mashhub\n", "", "data"},
		{"keys beside the data", hub, hubFile, "enrol:", "keys: /var/lib/mashhub-secret\nenrol:", ""},
		{"keys in the data", hub, hubFile, "enrol:", "keys: /var/lib/mashhub/keys\nenrol:", "keys"},
		{"a node's keys in its data", node, nodeFile, "enrol:", "keys: /var/lib/mashhub\nenrol:", "keys"},
		{"no enrolments", hub, hubFile, "enrol: /etc/mashhub/enrol\n", "", "enrol"},
		{"no brokers", hub, hubFile, "[127.0.0.1:9092]", "[]", "brokers"},
		{"an address without a port", hub, hubFile, "127.0.0.1:8443", "localhost", "listen"},
		{"an agency twice", hub, hubFile, "agencies:", "agencies:\n  - {id: police}", "agencies[1].id"},
		{"two documents", hub, hubFile, "brokers:", "---\nbrokers:", "one document"},
		{"a good node", node, nodeFile, "", "", ""},
		{"an unknown key of a connector", node, nodeFile, "kind: police,", "kind: police, dsn: x,", "dsn"},
		{"no hub", node, nodeFile, "[{id: fernshire, name: Fernshire MASH, brokers: [127.0.0.1:9092]}]", "[]", "hubs"},
		{"a hub without brokers", node, nodeFile, "brokers: [127.0.0.1:9092]", "brokers: []", "hubs[0]"},
		{"kind and program", node, nodeFile, "kind: police,", "kind: police, program: /bin/true,", "connectors[0]"},
		{"neither", node, nodeFile, "kind: police,", "", "connectors[0]"},
		{"a program without a digest", node, nodeFile, "kind: police,", "program: /bin/true,", "connectors[0].sha256"},
		{"a program with half a digest", node, nodeFile, "kind: police,", "program: /bin/true, sha256: abcd,", "connectors[0].sha256"},
		{"a pinned program", node, nodeFile, "kind: police,", "program: /bin/true, sha256: " + digest + ",", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.read(write(t, strings.Replace(c.file, c.old, c.new, 1)))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q named", err, c.want)
			}
		})
	}
}

func TestFileThatIsNotThere(t *testing.T) {
	if _, err := ReadHub(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("it was read")
	}
}
