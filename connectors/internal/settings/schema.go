package settings

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
)

// Agree checks that a published JSON Schema and the Go type that reads the
// settings know the same keys, level by level, and that the schema refuses
// unknown ones. Every connector's tests call it, so that what is published
// cannot drift from what is read.
func Agree(schema json.RawMessage, config any) error {
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	return agree(root, root, reflect.TypeOf(config), "$")
}

func agree(root, node map[string]any, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if ref, ok := node["$ref"].(string); ok {
		defs, _ := root["$defs"].(map[string]any)
		target, ok := defs[ref[len("#/$defs/"):]].(map[string]any)
		if !ok {
			return fmt.Errorf("%s: dangling reference %s", path, ref)
		}
		node = target
	}
	switch {
	case t.Kind() == reflect.Struct:
		if node["additionalProperties"] != false {
			return fmt.Errorf("%s: additionalProperties must be false", path)
		}
		props, _ := node["properties"].(map[string]any)
		fields := Fields(t)
		var both []string
		for k := range fields {
			both = append(both, k)
		}
		for k := range props {
			if _, ok := fields[k]; !ok {
				return fmt.Errorf("%s.%s: in the schema, not in %s", path, k, t)
			}
		}
		sort.Strings(both)
		for _, k := range both {
			p, ok := props[k].(map[string]any)
			if !ok {
				return fmt.Errorf("%s.%s: in %s, not in the schema", path, k, t)
			}
			if err := agree(root, p, fields[k], path+"."+k); err != nil {
				return err
			}
		}
	case t.Kind() == reflect.Slice:
		items, ok := node["items"].(map[string]any)
		if !ok {
			return fmt.Errorf("%s: a list without items", path)
		}
		return agree(root, items, t.Elem(), path+"[]")
	}
	return nil
}
