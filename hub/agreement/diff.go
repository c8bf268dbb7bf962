package agreement

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Change is one difference between two versions.
type Change struct {
	Agreement string `json:"agreement,omitempty"`
	Pair      string `json:"pair,omitempty"`
	Category  string `json:"category,omitempty"`
	Purpose   string `json:"purpose,omitempty"`
	Was       string `json:"was,omitempty"`
	Now       string `json:"now,omitempty"`
	// Widens: more may be shared by it, or that is not sure.
	Widens   bool   `json:"widens"`
	Sentence string `json:"sentence"`
}

var modeSentences = map[string]string{
	"content": "may share %s", "existence": "may only say whether it holds anything on %s", "none": "is not asked for %s and shares nothing of it"}

var purposeSentences = map[string]string{"s47": "a section 47 enquiry", "s17": "a section 17 assessment", "early_help": "early help", "encompass": "Operation Encompass"}

// Diff lists what differs, widening first. What is neither a cell nor a status is
// named by its place and counts as widening.
func Diff(was, now fs.FS) ([]Change, error) {
	before, err := Files(was)
	if err != nil {
		return nil, err
	}
	after, err := Files(now)
	if err != nil {
		return nil, err
	}
	names, _, err := labels(now)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, p := range slices.Sorted(maps.Keys(union(before, after))) {
		switch {
		case strings.HasPrefix(p, "agreements/") || before[p] == after[p]:
		case strings.HasPrefix(p, "rego/"):
			out = append(out, Change{Widens: true, Sentence: "The rules themselves change (" + p + ")."})
		default:
			out = append(out, Change{Widens: true, Sentence: "What the rules look up changes (" + p + ")."})
		}
	}
	left, err := byID(was)
	if err != nil {
		return nil, err
	}
	right, err := byID(now)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(union(left, right))) {
		a, b := left[id], right[id]
		switch {
		case a.root == nil:
			out = append(out, Change{Agreement: id, Widens: true, Sentence: "The agreement " + id + " is new (" + b.path + ")."})
		case b.root == nil:
			out = append(out, Change{Agreement: id, Widens: true, Sentence: "The agreement " + id + " is not there any more."})
		case a.text != b.text:
			out = append(out, compare(a, b, names)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int {
		if a.Widens != b.Widens {
			if a.Widens {
				return -1
			}
			return 1
		}
		return 0
	})
	return out, nil
}

func union[V any](a, b map[string]V) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// byID gives the agreements of a folder. The engine finds them by id, whichever
// file they stand in.
func byID(files fs.FS) (map[string]document, error) {
	docs, err := documents(files)
	out := map[string]document{}
	for _, d := range docs {
		out[d.id] = d
	}
	return out, err
}

// compare lists what differs between two versions of one agreement.
func compare(was, now document, names map[string]string) (out []Change) {
	left, right := map[string]leaf{}, map[string]leaf{}
	flatten(was.root, "", left)
	flatten(now.root, "", right)
	for _, place := range slices.Sorted(maps.Keys(union(left, right))) {
		a, b := left[place], right[place]
		if a == b {
			continue
		}
		if a.shown == b.shown { // a word and a truth value, say
			a.shown, b.shown = a.read, b.read
		}
		out = append(out, sentence(now.id, now.root, strings.Split(place, "\x00"), a.shown, b.shown, names))
	}
	switch {
	case len(out) > 0:
	case same(was.root, now.root):
		out = append(out, Change{Agreement: now.id, Sentence: "Only comments or layout change (" + now.path + ")."})
	default: // nobody is to be told that nothing changes by a list that missed something
		out = append(out, Change{Agreement: now.id, Widens: true, Sentence: "Something changes that no sentence tells (" + now.path + "). Compare the files."})
	}
	return out
}

// leaf is what stands at a place: what the engine reads there, with its type,
// and how people read it.
type leaf struct{ read, shown string }

// flatten lists what stands in a tree by its place. An empty table stands there
// too.
func flatten(n *yaml.Node, place string, into map[string]leaf) {
	join := func(key string) string {
		if place == "" {
			return key
		}
		return place + "\x00" + key
	}
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		for i := 0; i+1 < len(n.Content); i += 2 {
			flatten(n.Content[i+1], join(n.Content[i].Value), into)
		}
	case n.Kind == yaml.SequenceNode:
		all := leaf{read: n.ShortTag()}
		for i, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				flatten(c, join(fmt.Sprint(i)), into)
				continue
			}
			if all.shown != "" {
				all.shown += ", "
			}
			all.read, all.shown = all.read+fmt.Sprintf(" %s %q", c.ShortTag(), c.Value), all.shown+c.Value
		}
		into[place] = all
	default:
		into[place] = leaf{n.ShortTag() + " " + n.Value, n.Value}
	}
}

// stopping reports whether nothing is shared under a status.
func stopping(status string) bool { return status == "suspended" || status == "revoked" }

// same reports whether the engine reads the same in two trees.
func same(a, b *yaml.Node) bool {
	var left, right any
	return a.Decode(&left) == nil && b.Decode(&right) == nil && reflect.DeepEqual(left, right)
}

// Stop is an agreement, or one pair of it, that is not active any more.
type Stop struct{ Agreement, Pair string }

// Stops lists what an emergency stopped, if that is all that differs between two
// versions; else not ok.
func Stops(was, now fs.FS) (out []Stop, ok bool, err error) {
	changes, err := Diff(was, now)
	if err != nil {
		return nil, false, err
	}
	for _, c := range changes {
		if c.Widens || c.Now != "suspended" || c.Category != "" || c.Agreement == "" {
			return nil, false, nil
		}
		out = append(out, Stop{c.Agreement, c.Pair})
	}
	return out, len(out) > 0, nil
}

// sentence words one difference.
func sentence(id string, root *yaml.Node, keys []string, was, now string, names map[string]string) Change {
	c := Change{Agreement: id, Was: was, Now: now}
	party := func(pair string) string { return cmp.Or(value(at(root, "pairs", pair, "name")), pair) }
	switch {
	case len(keys) == 5 && keys[0] == "pairs" && keys[2] == "categories":
		c.Pair, c.Category, c.Purpose = keys[1], keys[3], keys[4]
		c.Was, c.Now = cmp.Or(was, "none"), cmp.Or(now, "none")
		c.Widens = !slices.Contains(modes, c.Now) || slices.Index(modes, c.Now) > slices.Index(modes, c.Was)
		text := modeSentences[c.Now]
		if text == "" {
			text = "has no known mode for %s"
		}
		c.Sentence = fmt.Sprintf("For %s, %s "+text+". Until now it "+cmp.Or(modeSentences[c.Was], "had no known mode for %s")+".",
			cmp.Or(purposeSentences[c.Purpose], c.Purpose), party(c.Pair), cmp.Or(names[c.Category], c.Category), "it")
	case len(keys) == 1 && keys[0] == "status":
		c.Widens = !stopping(now)
		c.Sentence = "The whole agreement is " + now + ". Until now it was " + was + "."
	case len(keys) == 3 && keys[0] == "pairs" && keys[2] == "status":
		c.Pair, c.Widens = keys[1], !stopping(now)
		c.Sentence = party(c.Pair) + " is " + now + ". Until now it was " + was + "."
	default:
		c.Widens = true
		c.Sentence = fmt.Sprintf("%s: %s changes from %q to %q.", id, strings.Join(keys, ", "), was, now)
	}
	return c
}
