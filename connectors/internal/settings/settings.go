package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"
	"time"

	"mashhub/plugins/connector"
)

// Decode reads raw into the struct that into points to. Nothing, null and {}
// all mean the defaults that into already holds. Errors: CodeInvalid with the
// path of the key that is to blame.
func Decode(raw json.RawMessage, into any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return Invalid("config", "is not JSON; check commas, quotes and brackets")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Invalid("config", "has text after the JSON object; remove it")
	}
	switch tree.(type) {
	case nil:
		return nil
	case map[string]any:
	default:
		return Invalid("config", "must be a JSON object")
	}
	if err := unknown(tree, reflect.TypeOf(into), ""); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return Invalid(or(wrong.Field, "config"), "has a value of the wrong type (%s); give a %s", wrong.Value, wrong.Type)
		}
		var invalid *connector.Error
		if errors.As(err, &invalid) {
			return invalid
		}
		return Invalid("config", "cannot be read; compare it with the published schema")
	}
	return nil
}

// Invalid makes a CodeInvalid error about one field.
func Invalid(field, format string, args ...any) *connector.Error {
	return &connector.Error{Code: connector.CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// unknown walks the tree and the type side by side and reports the first key,
// in alphabetical order, that the type does not have.
func unknown(tree any, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := tree.(type) {
	case map[string]any:
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		switch t.Kind() {
		case reflect.Struct:
			fields := Fields(t)
			for _, k := range keys {
				f, ok := fields[k]
				if !ok {
					return Invalid(join(path, k), "unknown key; known here: %s", known(fields))
				}
				if err := unknown(v[k], f, join(path, k)); err != nil {
					return err
				}
			}
		case reflect.Map:
			for _, k := range keys {
				if err := unknown(v[k], t.Elem(), join(path, k)); err != nil {
					return err
				}
			}
		}
	case []any:
		if t.Kind() == reflect.Slice {
			for i := range v {
				if err := unknown(v[i], t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Fields gives the JSON keys of a struct type and the types behind them,
// embedded structs included.
func Fields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for f := range t.Fields() {
		if f.Anonymous && f.Tag.Get("json") == "" && f.Type.Kind() == reflect.Struct {
			for k, v := range Fields(f.Type) {
				out[k] = v
			}
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			out[name] = f.Type
		}
	}
	return out
}

func known(fields map[string]reflect.Type) string {
	keys := make([]string, 0, len(fields))
	for k := range fields {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return strings.Join(keys, ", ")
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// Duration is a time span written as "5s" or "2m30s".
type Duration time.Duration

// UnmarshalJSON reads the written form.
func (d *Duration) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return Invalid("config", `a duration must be text such as "5s"`)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return Invalid("config", `a duration cannot be read; write it like "500ms", "5s" or "2m"`)
	}
	*d = Duration(v)
	return nil
}

// MarshalJSON gives the written form.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }
