package record

import (
	"encoding/json"
	"reflect"
	"strings"
)

// The contexts that the standards publish for their terms.
const (
	personContext       = "https://socialcaredata.github.io/ontology/person/context.jsonld"
	safeguardingContext = "https://socialcaredata.github.io/ontology/safeguarding/context.jsonld"
)

// LinkedData returns the JSON of a value of this package as the standards'
// examples show it: with @context and with the @type of every object, and
// every date in the published form. Plain json.Marshal gives the same
// properties without the keywords of JSON-LD; reading ignores those.
//
// It is for handing records to other systems of the sector. Messages between
// hub and node use plain JSON, which is smaller and says the same.
func LinkedData(v any) ([]byte, error) {
	out, err := annotate(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	if top, ok := out.(map[string]any); ok {
		top["@context"] = safeguardingContext
		switch v.(type) {
		case Person, *Person:
			top["@context"] = personContext
		}
	}
	return json.Marshal(out)
}

// annotate turns a value into maps and slices that carry the names of their
// types. The names of our types are the published ones.
func annotate(v reflect.Value) (any, error) {
	switch x := v.Interface().(type) {
	case ContactPoints:
		groups, err := x.Groups()
		if err != nil {
			return nil, err
		}
		return annotate(reflect.ValueOf(groups))
	case PartialDate:
		v = reflect.ValueOf(x.Published())
	case json.RawMessage:
		return x, nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		return annotate(v.Elem())
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			e, err := annotate(v.Index(i))
			if err != nil {
				return nil, err
			}
			out[i] = e
		}
		return out, nil
	case reflect.Struct:
		out := map[string]any{"@type": v.Type().Name()}
		for i := range v.NumField() {
			name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			f := v.Field(i)
			if options == "omitempty" && isEmpty(f) {
				continue
			}
			e, err := annotate(f)
			if err != nil {
				return nil, err
			}
			out[name] = e
		}
		return out, nil
	}
	return v.Interface(), nil
}

// isEmpty is what omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.Kind() != reflect.Struct && v.IsZero()
}
