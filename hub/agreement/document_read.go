package agreement

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// reading is a tree of which is known what has been said of it: what nobody
// took is left, and nothing is dropped silently.
type reading struct {
	root *yaml.Node
	left map[string]leaf
}

func newReading(root *yaml.Node) *reading {
	r := &reading{root: root, left: map[string]leaf{}}
	flatten(root, "", r.left)
	return r
}

func place(keys []string) string { return strings.Join(keys, "\x00") }

func (r *reading) take(keys []string) { delete(r.left, place(keys)) }

// text gives a word, and takes it where the engine reads a word there too.
func (r *reading) text(keys ...string) string {
	n := at(r.root, keys...)
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	if n.ShortTag() == "!!str" {
		r.take(keys)
	}
	return n.Value
}

// oneOf gives a word, and takes it where it is one of those that are known.
func (r *reading) oneOf(known []string, keys ...string) (word string, ok bool) {
	n := at(r.root, keys...)
	if n == nil || n.Kind != yaml.ScalarNode {
		return "", false
	}
	if ok = n.ShortTag() == "!!str" && slices.Contains(known, n.Value); ok {
		r.take(keys)
	}
	return n.Value, ok
}

// flag gives a truth value, and takes it.
func (r *reading) flag(keys ...string) (yes, ok bool) {
	n := at(r.root, keys...)
	if n == nil || n.ShortTag() != "!!bool" || n.Decode(&yes) != nil {
		return false, false
	}
	r.take(keys)
	return yes, true
}

// number gives a whole number as it is written, and takes it.
func (r *reading) number(keys ...string) string {
	n := at(r.root, keys...)
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	if n.ShortTag() == "!!int" {
		r.take(keys)
	}
	return n.Value
}

// list gives words, and takes them where the engine reads nothing but words.
func (r *reading) list(keys ...string) (out []string) {
	n := at(r.root, keys...)
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	words := true
	for _, c := range n.Content {
		words = words && c.Kind == yaml.ScalarNode && c.ShortTag() == "!!str"
		if c.Kind == yaml.ScalarNode {
			out = append(out, c.Value)
		}
	}
	if words {
		r.take(keys)
	}
	return out
}

// keys lists a table's keys in their order. An empty table is taken: that
// nothing stands there is said by saying nothing.
func (r *reading) keys(keys ...string) []string {
	n := at(r.root, keys...)
	if n != nil && len(n.Content) == 0 && (n.Kind == yaml.MappingNode || n.ShortTag() == "!!null") {
		r.take(keys)
	}
	return keysOf(n)
}

// rest gives what nobody took and begins with one of the keys; nil: everything.
func (r *reading) rest(of func(key string) bool, prefix string) (out []Fact) {
	for _, p := range slices.Sorted(maps.Keys(r.left)) {
		keys := strings.Split(p, "\x00")
		if of != nil && !of(keys[0]) {
			continue
		}
		text := r.left[p].shown
		if text == "" {
			text = "(empty)"
		}
		out = append(out, Fact{prefix + strings.Join(keys, ", "), text})
	}
	return out
}

// tables are the tables that a document reads.
type tables struct{ catalogue, law, names, reasons, register *reading }

func tablesOf(files fs.FS) (tables, error) {
	all := map[string]*reading{}
	for _, path := range tableFiles {
		b, err := fs.ReadFile(files, path)
		if err != nil {
			return tables{}, err
		}
		var n yaml.Node
		if err := yaml.Unmarshal(b, &n); err != nil {
			return tables{}, fmt.Errorf("reading %s: %w", path, err)
		}
		if len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode || len(n.Content[0].Content) != 2 {
			return tables{}, mash.Invalid(path, "has not exactly one root key", "give it one: the table's name")
		}
		if err := plain(path, &n); err != nil {
			return tables{}, err
		}
		all[path] = newReading(n.Content[0].Content[1])
	}
	return tables{all[tableFiles[0]], all[tableFiles[1]], all[tableFiles[2]], all[tableFiles[3]], all[tableFiles[4]]}, nil
}
