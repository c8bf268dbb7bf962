package agreement

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
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
		a, b := before[p], after[p]
		switch {
		case a == b:
		case strings.HasPrefix(p, "agreements/") && a != "" && b != "":
			some, err := compare(p, a, b, names)
			if err != nil {
				return nil, err
			}
			out = append(out, some...)
		case strings.HasPrefix(p, "rego/"):
			out = append(out, Change{Widens: true, Sentence: "The rules themselves change (" + p + ")."})
		default:
			out = append(out, Change{Widens: true, Sentence: "What the rules look up changes (" + p + ")."})
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

func union(a, b map[string]string) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

// compare lists what differs between two versions of one agreement's file.
func compare(path, was, now string, names map[string]string) ([]Change, error) {
	var a, b yaml.Node
	for text, n := range map[string]*yaml.Node{was: &a, now: &b} {
		if err := yaml.Unmarshal([]byte(text), n); err != nil || len(n.Content) != 1 || len(n.Content[0].Content) != 2 {
			return nil, fmt.Errorf("reading %s: not one agreement", path)
		}
	}
	id := b.Content[0].Content[0].Value
	left, right := map[string]string{}, map[string]string{}
	flatten(a.Content[0].Content[1], "", left)
	flatten(b.Content[0].Content[1], "", right)
	root := b.Content[0].Content[1]
	var out []Change
	for _, place := range slices.Sorted(maps.Keys(union(left, right))) {
		if left[place] != right[place] {
			out = append(out, sentence(id, root, strings.Split(place, "\x00"), left[place], right[place], names))
		}
	}
	if len(out) == 0 {
		out = append(out, Change{Agreement: id, Sentence: "Only comments or layout change (" + path + ")."})
	}
	return out, nil
}

// flatten lists a tree's scalars by their place.
func flatten(n *yaml.Node, place string, into map[string]string) {
	join := func(key string) string {
		if place == "" {
			return key
		}
		return place + "\x00" + key
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			flatten(n.Content[i+1], join(n.Content[i].Value), into)
		}
	case yaml.SequenceNode:
		var all []string
		for i, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				flatten(c, join(fmt.Sprint(i)), into)
				continue
			}
			all = append(all, c.Value)
		}
		into[place] = strings.Join(all, ", ")
	case yaml.AliasNode:
		flatten(n.Alias, place, into)
	default:
		into[place] = n.Value
	}
}

// sentence words one difference.
func sentence(id string, root *yaml.Node, keys []string, was, now string, names map[string]string) Change {
	c := Change{Agreement: id, Was: was, Now: now}
	party := func(pair string) string { return cmp.Or(value(at(root, "pairs", pair, "name")), pair) }
	switch {
	case len(keys) == 5 && keys[0] == "pairs" && keys[2] == "categories":
		c.Pair, c.Category, c.Purpose = keys[1], keys[3], keys[4]
		c.Was, c.Now = cmp.Or(was, "none"), cmp.Or(now, "none")
		c.Widens = slices.Index(modes, c.Now) > slices.Index(modes, c.Was)
		text := modeSentences[c.Now]
		if text == "" {
			text = "has no known mode for %s"
		}
		c.Sentence = fmt.Sprintf("For %s, %s "+text+". Until now it "+cmp.Or(modeSentences[c.Was], "had no known mode for %s")+".",
			cmp.Or(purposeSentences[c.Purpose], c.Purpose), party(c.Pair), cmp.Or(names[c.Category], c.Category), "it")
	case len(keys) == 1 && keys[0] == "status":
		c.Widens = now == "active"
		c.Sentence = "The whole agreement is " + now + ". Until now it was " + was + "."
	case len(keys) == 3 && keys[0] == "pairs" && keys[2] == "status":
		c.Pair, c.Widens = keys[1], now == "active"
		c.Sentence = party(c.Pair) + " is " + now + ". Until now it was " + was + "."
	default:
		c.Widens = true
		c.Sentence = fmt.Sprintf("%s: %s changes from %q to %q.", id, strings.Join(keys, ", "), was, now)
	}
	return c
}
