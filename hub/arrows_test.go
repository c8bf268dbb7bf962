package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms says which of our own rooms each room may import; the order is the
// picture's, from the bottom. A room not listed may not exist.
var rooms = map[string][]string{
	"plugins/record":                   {},
	"plugins/record/internal/gencodes": {},
	"plugins/connector":                {"plugins/record", "plugins/connector/internal/wire"},
	"plugins/connector/internal/wire":  {},
	"plugins/host":                     {"plugins/connector", "plugins/record"},
	"plugins/connectortest":            {"plugins/connector", "plugins/host", "plugins/record"},
	"plugins/template":                 {},
	"connectors/internal/items":        {"plugins/connector", "plugins/record"},
	"connectors/internal/likeness":     {"plugins/record"},
	"connectors/internal/settings":     {"plugins/connector"},
	"connectors/internal/tables":       {"plugins/connector", "plugins/record", "connectors/internal/"},
	"connectors/":                      {"plugins/connector", "plugins/record", "connectors/internal/"},
	"policies":                         {},
	"certs":                            {},
	"hub/mash":                         {"plugins/record"},
	"hub/wire":                         {"hub/mash", "plugins/record"},
	"hub/tracking":                     {"hub/mash"},
	"hub/tracking/internal/":           {},
	"hub/matching":                     {"plugins/record"},
	"hub/retention":                    {"hub/mash"},
	"hub/protocol":                     {"hub/mash", "policies"},
	"hub/policytest":                   {"hub/mash", "hub/protocol", "policies"},
	"hub/envelope":                     {"hub/mash"},
	"hub/bus":                          {"hub/mash"},
	"hub/bus/bustest":                  {"hub/mash"},
	"hub/audit":                        {"hub/mash"},
	"hub/store":                        {"hub/mash", "hub/audit", "plugins/record"},
	"hub/store/storetest":              {"hub/mash", "plugins/record"},
	"hub/exchange":                     {"hub/mash", "hub/wire"},
	"hub/web/kit":                      {"hub/mash"},
	"hub/enquiry":                      {"hub/mash", "hub/retention", "hub/tracking", "hub/matching", "hub/wire", "hub/exchange", "plugins/record"},
	"hub/notify":                       {"hub/mash", "hub/retention", "hub/tracking", "hub/matching", "hub/wire", "hub/exchange", "plugins/record"},
	"hub/agreement":                    {"hub/mash"},
	"hub/edition":                      {"hub/mash", "hub/wire", "hub/exchange", "hub/agreement", "plugins/record"},
	"hub/evidence":                     {"hub/mash", "hub/agreement", "hub/audit", "hub/enquiry"},
	"hub/node":                         {"hub/mash", "hub/retention", "hub/tracking", "hub/matching", "hub/wire", "hub/exchange", "plugins/connector", "plugins/record"},
	"hub/node/pages":                   {"hub/mash", "hub/tracking", "hub/matching", "hub/wire", "hub/node", "hub/edition", "hub/agreement", "hub/web/kit", "plugins/connector", "plugins/record"},
	"hub/web":                          {"hub/mash", "hub/retention", "hub/tracking", "hub/enquiry", "hub/notify", "hub/edition", "hub/agreement", "hub/evidence", "hub/web/kit", "plugins/record"},
	"hub/config":                       {"hub/mash"},
	"hub/app":                          {"*"},
	"hub/demo":                         {"*"},
	"hub/demo/world":                   {"hub/mash", "hub/enquiry", "plugins/record", "connectors/", "certs"},
	"hub/bench":                        {"*"},
	"hub":                              {"*"},
}

// guarded says where alone a library that could hurt us may be imported.
var guarded = map[string][]string{
	"github.com/open-policy-agent/opa": {"hub/protocol", "hub/policytest", "hub/bench"},
	"github.com/lestrrat-go/jwx":       {"hub/envelope"},
	"github.com/segmentio/kafka-go":    {"hub/bus", "hub/bench"},
	"github.com/twmb/franz-go":         {"hub/bus"},
	"github.com/hashicorp/go-plugin":   {"plugins/connector", "plugins/host"},
	"github.com/pressly/goose":         {"hub/store"},
	"github.com/ncruces/go-sqlite3":    {"hub/store", "connectors/internal/tables", "hub/demo/world"},
	"github.com/jackc/pgx":             {"connectors/internal/tables"},
	"codeberg.org/go-pdf/fpdf":         {"hub/agreement"},
}

// TestArrows holds the direction of every import: all arrows point down, and
// the libraries that could hurt us are each in one room.
func TestArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "mashhub/...").Output()
	if err != nil {
		t.Fatalf("listing packages: %v", err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		room := strings.TrimPrefix(p.ImportPath, "mashhub/")
		if strings.Contains(room, "/testdata/") {
			continue
		}
		allowed, ok := permitted(room)
		if !ok {
			t.Errorf("%s is a room that the picture does not have", room)
			continue
		}
		for _, i := range p.Imports {
			if own, ok := strings.CutPrefix(i, "mashhub/"); ok && !within(own, allowed) {
				t.Errorf("%s imports %s: that arrow is not in the picture", room, own)
			}
			for library, where := range guarded {
				if strings.HasPrefix(i, library) && !slices.Contains(where, room) {
					t.Errorf("%s imports %s, which only %s may", room, i, strings.Join(where, " and "))
				}
			}
		}
	}
}

// permitted finds the row of a room: its own, else the longest that ends in /
// and begins it.
func permitted(room string) ([]string, bool) {
	if row, ok := rooms[room]; ok {
		return row, true
	}
	best := ""
	for prefix := range rooms {
		if strings.HasSuffix(prefix, "/") && strings.HasPrefix(room, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return rooms[best], best != ""
}

func within(own string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		return a == "*" || a == own || strings.HasSuffix(a, "/") && strings.HasPrefix(own, a)
	})
}
