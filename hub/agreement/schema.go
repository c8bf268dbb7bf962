package agreement

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// Schema is the JSON Schema of an agreement's file (draft 2020-12).
//
//go:embed agreement.schema.json
var Schema []byte

var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("agreement.schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("agreement.schema.json")
})

// mostWrong is how many things that are wrong with a file are named.
const mostWrong = 10

// conforms holds a document against the schema. The engine looks up what it knows
// and passes over the rest: a misspelt limit would be no limit. Errors: CodeInvalid
// that names file, lines, members and what they may be.
func conforms(d document) error {
	schema, err := compiled()
	if err != nil {
		return fmt.Errorf("reading the schema of agreements: %w", err)
	}
	var value any
	if err := d.root.Decode(&value); err != nil {
		return mash.Invalid(d.path, err.Error(), "mend the line that is named")
	}
	err = schema.Validate(map[string]any{d.id: value})
	var wrong *jsonschema.ValidationError
	if err == nil || !errors.As(err, &wrong) {
		return err
	}
	type named struct {
		line int
		text string
	}
	var found []named
	for _, leaf := range leaves(wrong) {
		where := leaf.InstanceLocation
		line, name := d.root.Line, ""
		if len(where) > 1 {
			name = strings.Join(where[1:], " → ") + " "
			if key := keyAt(d.root, where[1:]); key != nil {
				line = key.Line
			}
		}
		for _, problem := range problems(leaf) {
			at := line
			if problem.member != "" {
				if key := keyAt(d.root, append(slices.Clone(where[1:]), problem.member)); key != nil {
					at = key.Line
				}
			}
			found = append(found, named{at, fmt.Sprintf("line %d: %s%s", at, name, problem.text)})
		}
	}
	slices.SortFunc(found, func(a, b named) int { return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.text, b.text)) })
	var all []string
	for _, x := range found {
		all = append(all, x.text)
	}
	more := ""
	if len(all) > mostWrong {
		more = fmt.Sprintf("; and %d more", len(all)-mostWrong)
		all = all[:mostWrong]
	}
	return mash.Invalid(d.path, strings.Join(all, "; ")+more, `mend the lines that are named; "mashhub policy schema" prints what a file may say`)
}

// leaves are the causes that have none themselves.
func leaves(e *jsonschema.ValidationError) (out []*jsonschema.ValidationError) {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	for _, c := range e.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

type problem struct{ member, text string }

// problems says what is wrong in words that name the remedy.
func problems(e *jsonschema.ValidationError) (out []problem) {
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, p := range k.Properties {
			out = append(out, problem{p, fmt.Sprintf("has a member %q, which no agreement has", p)})
		}
		return out
	case *kind.Required:
		for _, p := range k.Missing {
			out = append(out, problem{"", fmt.Sprintf("has no %q", p)})
		}
		return out
	case *kind.Enum:
		var want []string
		for _, w := range k.Want {
			want = append(want, fmt.Sprint(w))
		}
		return []problem{{"", fmt.Sprintf("is %v; it may be %s", k.Got, strings.Join(want, ", "))}}
	case *kind.InvalidJsonValue: // a day without quotes, which YAML takes for an instant
		return []problem{{"", "is no text: write it in quotes"}}
	}
	return []problem{{"", e.ErrorKind.LocalizedString(message.NewPrinter(language.BritishEnglish))}}
}

// keyAt finds the key of a member by its path; nil where it is not there.
func keyAt(n *yaml.Node, path []string) (key *yaml.Node) {
	for _, name := range path {
		if n == nil || n.Kind != yaml.MappingNode {
			return key // an item of a list has no key: that of the list
		}
		i := slices.IndexFunc(n.Content, func(c *yaml.Node) bool { return c.Value == name })
		for i >= 0 && i%2 == 1 { // a value that reads like the key
			next := slices.IndexFunc(n.Content[i+1:], func(c *yaml.Node) bool { return c.Value == name })
			if next < 0 {
				return key
			}
			i += 1 + next
		}
		if i < 0 {
			return key
		}
		key, n = n.Content[i], n.Content[i+1]
	}
	return key
}
