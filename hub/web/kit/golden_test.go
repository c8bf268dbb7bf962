package kit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fixture is one entry of govuk-frontend's own component tests. They are read
// where npm put them and are not part of this repository.
type fixture struct {
	Name    string          `json:"name"`
	Options json.RawMessage `json:"options"`
	HTML    string          `json:"html"`
}

// errUnsupported marks a fixture that uses an option the kit does not offer.
var errUnsupported = errors.New("option not offered")

// TestComponentsMatchFixtures compares our templates with the design system's
// own fixtures, as parsed trees. A fixture with an option that the kit does
// not offer is passed over; how many must match is fixed, so that a template
// or an adapter that stops matching fails.
func TestComponentsMatchFixtures(t *testing.T) {
	root := filepath.Join("assets-src", "node_modules", "govuk-frontend", "dist", "govuk", "components")
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		t.Skip("govuk-frontend is not installed: run npm ci in assets-src to compare with its fixtures")
	}
	want := fixturesThatMatch
	for _, component := range slices.Sorted(mapKeys(adapters)) {
		t.Run(component, func(t *testing.T) {
			matched, passedOver := 0, []string{}
			for _, f := range readFixtures(t, filepath.Join(root, component, "fixtures.json")) {
				c, err := adapters[component](f.Options)
				if err != nil {
					passedOver = append(passedOver, f.Name)
					continue
				}
				got, err := c.Render()
				if err != nil {
					passedOver = append(passedOver, f.Name+" (refused)")
					continue
				}
				if g, w := canonical(t, string(got)), canonical(t, f.HTML); g != w {
					t.Errorf("%s:\n got %s\nwant %s", f.Name, g, w)
					continue
				}
				matched++
			}
			if matched != want[component] {
				t.Errorf("%d fixtures match, expected %d; passed over: %q", matched, want[component], passedOver)
			}
		})
	}
}

func readFixtures(t *testing.T, path string) []fixture {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Fixtures []fixture `json:"fixtures"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Fixtures
}

// strict decodes options, refusing every one that the target does not have.
func strict(raw json.RawMessage, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", errUnsupported, err)
	}
	return nil
}

// canonical writes HTML with sorted attributes and without the white space
// that a browser ignores. Drawn arrows are compared by their presence only:
// ours are our own drawings.
func canonical(t *testing.T, s string) string {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(s), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range nodes {
		writeNode(&b, n)
	}
	return b.String()
}

func writeNode(b *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		if s := strings.Join(strings.Fields(n.Data), " "); s != "" {
			b.WriteString("'" + s + "'")
		}
	case html.ElementNode:
		attrs := slices.Clone(n.Attr)
		slices.SortFunc(attrs, func(x, y html.Attribute) int { return strings.Compare(x.Key, y.Key) })
		b.WriteString("<" + n.Data)
		for _, a := range attrs {
			v := a.Val
			if a.Key == "class" || a.Key == "aria-describedby" {
				words := strings.Fields(v)
				if a.Key == "class" {
					slices.Sort(words)
				}
				v = strings.Join(words, " ")
			}
			fmt.Fprintf(b, " %s=%q", a.Key, v)
		}
		b.WriteString(">")
		if n.Data != "svg" {
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				writeNode(b, c)
			}
		}
		b.WriteString("</" + n.Data + ">")
	}
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// flex takes a string, a number or a boolean: the fixtures use all three.
type flex string

func (f *flex) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
	case string:
		*f = flex(v)
	case float64, bool:
		*f = flex(fmt.Sprint(v))
	default:
		return errUnsupported
	}
	return nil
}

type textOpt struct{ Text flex }
type labelOpt struct {
	Text          flex
	Classes       string
	IsPageHeading bool
}
type htmlOpt struct {
	Text flex
	HTML template.HTML
}
type groupOpt struct{ Classes string }
type fieldsetOpt struct {
	DescribedBy string
	Legend      labelOpt
}

func (l labelOpt) label() Label {
	return Label{Text: string(l.Text), Classes: l.Classes, AsHeading: l.IsPageHeading}
}
func (l labelOpt) legend() Legend { return Legend(l.label()) }
