package kit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"mashhub/hub/mash"
)

// decode reads one JSON value strictly: UTF-8, no unknown field, no field
// twice, nothing after it. encoding/json repeats values in its error texts
// ("parsing time …", "invalid character …"); these are replaced by our own,
// which name the field where that is known.
func decode(body []byte, v any) error {
	if !utf8.Valid(body) {
		return mash.Invalid("", "the body is not UTF-8", "send UTF-8")
	}
	if field, err := repeated(body); err != nil {
		return unreadable(err)
	} else if field != "" {
		return mash.Invalid(fieldName(field), "is there twice", "send it once")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return mash.Invalid("", "something follows the JSON value", "send one object")
	}
	return nil
}

func unreadable(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return mash.Invalid(fieldName(wrong.Field), "is not a "+jsonKind(wrong.Type.Kind().String()), "compare it with /api/openapi.json")
	case strings.HasPrefix(err.Error(), `json: unknown field "`):
		name := strings.TrimSuffix(strings.TrimPrefix(err.Error(), `json: unknown field "`), `"`)
		return mash.Invalid(fieldName(name), "is not a field of this request", "leave it out, or compare it with /api/openapi.json")
	case errors.Is(err, io.EOF):
		return mash.Invalid("", "the body is missing", "send a JSON object")
	}
	return mash.Invalid("", "the body is not JSON of the right form (a date is written 2026-11-22T09:00:00Z)", "compare it with /api/openapi.json")
}

// fieldForm is what a field of ours looks like. A name that does not is not
// repeated: somebody may have written a person's name where a key belongs.
var fieldForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.\[\]]{0,99}$`)

func fieldName(s string) string {
	if fieldForm.MatchString(s) {
		return s
	}
	return "(a field)"
}

func jsonKind(goKind string) string {
	switch goKind {
	case "string":
		return "text"
	case "bool":
		return "true or false"
	case "slice", "array":
		return "list"
	case "struct", "map", "ptr":
		return "object"
	}
	return "number of the right size"
}

// maxDepth of nested objects and lists; ours are six deep.
const maxDepth = 32

// repeated finds the first field that one object has twice. Two readers of
// such a body could take different values from it.
func repeated(body []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	type level struct {
		object bool
		key    bool // the next token is a key
		seen   map[string]bool
	}
	var stack []level
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && len(stack) == 0 {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		top := len(stack) - 1
		if delim, ok := t.(json.Delim); ok {
			switch delim {
			case '{', '[':
				if len(stack) == maxDepth {
					return "", errors.New("too deep")
				}
				if top >= 0 {
					stack[top].key = stack[top].object
				}
				stack = append(stack, level{object: delim == '{', key: delim == '{', seen: map[string]bool{}})
			default:
				stack = stack[:top]
			}
			continue
		}
		if top < 0 || !stack[top].object {
			continue
		}
		if !stack[top].key {
			stack[top].key = true
			continue
		}
		name, _ := t.(string)
		if folded := strings.ToLower(name); stack[top].seen[folded] {
			return name, nil
		} else {
			stack[top].seen[folded] = true
		}
		stack[top].key = false
	}
}
