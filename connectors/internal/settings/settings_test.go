package settings

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"mashhub/plugins/connector"
)

type inner struct {
	Column string `json:"column"`
}

type shape struct {
	Name    string            `json:"name"`
	Timeout Duration          `json:"timeout"`
	List    []inner           `json:"list"`
	Table   *inner            `json:"table"`
	Values  map[string]string `json:"values"`
	N       int               `json:"n"`
}

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, in, field, says string }{
		{"unknown at the top", `{"nmae":"x"}`, "nmae", "known here: list, n, name"},
		{"unknown in a list", `{"list":[{"column":"a"},{"colunm":"b"}]}`, "list[1].colunm", "known here: column"},
		{"unknown in an object", `{"table":{"x":1}}`, "table.x", "unknown key"},
		{"case matters", `{"Name":"x"}`, "Name", "unknown key"},
		{"wrong type", `{"n":"seven"}`, "n", "wrong type"},
		{"wrong nested type", `{"table":{"column":7}}`, "table.column", "wrong type"},
		{"bad duration", `{"timeout":"5 parsecs"}`, "config", `"5s"`},
		{"duration as number", `{"timeout":5}`, "config", `"5s"`},
		{"not JSON", `{"name":`, "config", "not JSON"},
		{"two objects", `{} {}`, "config", "after the JSON object"},
		{"a list", `[1]`, "config", "must be a JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s shape
			err := Decode(json.RawMessage(c.in), &s)
			var e *connector.Error
			if !errors.As(err, &e) || e.Code != connector.CodeInvalid {
				t.Fatalf("got %v, want CodeInvalid", err)
			}
			if e.Field != c.field || !strings.Contains(e.Message, c.says) {
				t.Errorf("got field %q message %q, want %q … %q", e.Field, e.Message, c.field, c.says)
			}
		})
	}
}

func TestDecodeKeepsDefaultsAndNeverShowsValues(t *testing.T) {
	s := shape{Name: "default", Timeout: Duration(time.Second)}
	for _, in := range []string{"", " ", "null", "{}"} {
		if err := Decode(json.RawMessage(in), &s); err != nil || s.Name != "default" {
			t.Errorf("%q: %v %v", in, err, s)
		}
	}
	if err := Decode(json.RawMessage(`{"timeout":"2m","values":{"a":"b"}}`), &s); err != nil {
		t.Fatal(err)
	}
	if time.Duration(s.Timeout) != 2*time.Minute || s.Name != "default" {
		t.Errorf("got %+v", s)
	}
	for _, in := range []string{`{"n":"canary"}`, `{"timeout":"canary"}`, `{"table":{"column":"canary","canary2":1}}`, `{"x":"canary"`} {
		err := Decode(json.RawMessage(in), &shape{})
		if err == nil || strings.Contains(strings.ReplaceAll(err.Error(), "canary2", ""), "canary") {
			t.Errorf("%s: %v shows the value", in, err)
		}
	}
}

func TestAgreeSeesDrift(t *testing.T) {
	type two struct {
		A string  `json:"a"`
		L []inner `json:"l"`
	}
	good := `{"additionalProperties":false,"properties":{"a":{"type":"string"},"l":{"items":{"$ref":"#/$defs/i"}}},
	 "$defs":{"i":{"additionalProperties":false,"properties":{"column":{}}}}}`
	if err := Agree(json.RawMessage(good), two{}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		strings.Replace(good, `"a":{"type":"string"},`, ``, 1),
		strings.Replace(good, `"a":{`, `"b":{},"a":{`, 1),
		strings.Replace(good, `"column"`, `"colunm"`, 1),
		strings.Replace(good, `"additionalProperties":false,`, ``, 1),
	} {
		if Agree(json.RawMessage(bad), two{}) == nil {
			t.Errorf("drift not seen: %s", bad)
		}
	}
}
