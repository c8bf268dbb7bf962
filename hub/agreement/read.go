package agreement

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// document is one agreement's file, read with its places.
type document struct {
	path, text string
	id         string
	root       *yaml.Node // the agreement's own mapping
}

// documents reads every agreement of a folder, in order of path.
func documents(files fs.FS) ([]document, error) {
	all, err := Files(files)
	if err != nil {
		return nil, err
	}
	var out []document
	for _, p := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasPrefix(p, "agreements/") {
			continue
		}
		if strings.ContainsAny(strings.ReplaceAll(all[p], "\r\n", "\n"), "\r\u0085\u2028\u2029") {
			return nil, mash.Invalid(p, "has a line that ends otherwise than with a line feed", "end every line with a line feed: what counts lines would not agree where a line is")
		}
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(all[p]), &n); err != nil {
			return nil, fmt.Errorf("reading %s: %w", p, err)
		}
		if len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode || len(n.Content[0].Content) != 2 {
			return nil, mash.Invalid(p, "has not exactly one root key", "give it one: the agreement's id")
		}
		if err := plain(p, &n); err != nil {
			return nil, err
		}
		m := n.Content[0].Content
		out = append(out, document{path: p, text: all[p], id: m[0].Value, root: m[1]})
	}
	return out, nil
}

// plain refuses what says one thing to a reader and another to the engine: an
// alias, a merge, or a tag, behind which a word may stand in another form.
func plain(path string, n *yaml.Node) error {
	if n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || n.ShortTag() == "!!merge" {
		return mash.Invalid(path, fmt.Sprintf("has an anchor, an alias, a merge or a tag in line %d", n.Line), "write out what stands there")
	}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && (c.Kind != yaml.ScalarNode || c.Value == "" || strings.ContainsFunc(c.Value, unicode.IsControl)) {
			return mash.Invalid(path, fmt.Sprintf("has a key in line %d that is empty, no word, or has a sign that nobody sees", c.Line), "name it by a word")
		}
		if err := plain(path, c); err != nil {
			return err
		}
	}
	return nil
}

// Named is an agreement by its id.
type Named struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// List names the agreements of a folder, in order of path.
func List(files fs.FS) (out []Named, err error) {
	docs, err := documents(files)
	for _, d := range docs {
		out = append(out, Named{d.id, cmp.Or(value(at(d.root, "title")), d.id)})
	}
	return out, err
}

// Check reports whether every agreement of a folder can be read as a document and
// says nothing but what the schema knows. Errors: CodeInvalid, with the file, the
// lines and the remedy.
func Check(files fs.FS) error {
	docs, err := documents(files)
	if err != nil {
		return err
	}
	for _, d := range docs {
		if err := conforms(d); err != nil {
			return err
		}
	}
	return nil
}

// at follows keys from a mapping; nil where one is missing.
func at(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		if n == nil || n.Kind != yaml.MappingNode {
			return nil
		}
		var next *yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				next = n.Content[i+1]
			}
		}
		n = next
	}
	return n
}

// keysOf lists a mapping's keys in their order.
func keysOf(n *yaml.Node) (out []string) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, n.Content[i].Value)
	}
	return out
}

// value is a scalar's text; empty for nil.
func value(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

// labels are the names of categories, and which are neither confirmed nor denied.
func labels(files fs.FS) (map[string]string, map[string]bool, error) {
	b, err := fs.ReadFile(files, "tables/catalogue.yaml")
	if err != nil {
		return nil, nil, err
	}
	var t struct {
		Catalogue map[string]struct {
			Label string `yaml:"label"`
			NCND  bool   `yaml:"ncnd"`
		} `yaml:"catalogue"`
	}
	if err := yaml.Unmarshal(b, &t); err != nil {
		return nil, nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	names, ncnd := map[string]string{}, map[string]bool{}
	for code, c := range t.Catalogue {
		names[code], ncnd[code] = c.Label, c.NCND
	}
	return names, ncnd, nil
}
