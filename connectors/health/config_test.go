package health_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"mashhub/connectors/health"
	"mashhub/plugins/connector"
)

func TestConfigIsRefusedWithTheFieldAndTheRemedy(t *testing.T) {
	const base = `"base_url":"https://fhir.example/R4","source":"GP record"`
	tests := []struct{ name, config, field string }{
		{"unknown key", `{` + base + `,"colour":"red"}`, "config"},
		{"not JSON", `{`, "config"},
		{"two objects", `{` + base + `}{}`, "config"},
		{"no address", `{"source":"GP"}`, "base_url"},
		{"no source", `{"base_url":"https://fhir.example"}`, "source"},
		{"plain http", `{"base_url":"http://fhir.example","source":"GP"}`, "base_url"},
		{"other scheme", `{"base_url":"ftp://fhir.example","source":"GP"}`, "base_url"},
		{"password in the address", `{"base_url":"https://a:s3cret@fhir.example","source":"GP"}`, "base_url"},
		{"query in the address", `{"base_url":"https://fhir.example?x=1","source":"GP"}`, "base_url"},
		{"profile", `{` + base + `,"profile":"stu3"}`, "profile"},
		{"search", `{` + base + `,"search":"both"}`, "search"},
		{"timeout", `{` + base + `,"timeout_ms":5}`, "timeout_ms"},
		{"cap", `{` + base + `,"max_bytes":99999999999}`, "max_bytes"},
		{"CA file absent", `{` + base + `,"ca_file":"/does/not/exist"}`, "ca_file"},
		{"CA without certificate", `{` + base + `,"ca_pem":"hello"}`, "ca_file"},
		{"no rules", `{` + base + `,"rules":[]}`, "rules"},
		{"rule without category", `{` + base + `,"rules":[{"resource":"Encounter"}]}`, "rules.category"},
		{"rule of an unknown type", `{` + base + `,"rules":[{"category":"health.x","resource":"Binary"}]}`, "rules.resource"},
		{"rule that PDS lacks", `{` + base + `,"profile":"pds","rules":[{"category":"health.x","resource":"Encounter"}]}`, "rules.resource"},
		{"rule of a kind", `{` + base + `,"rules":[{"category":"health.x","resource":"Encounter","kind":"child_voice"}]}`, "rules.kind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := health.New().Configure(t.Context(), connector.ConfigureRequest{Config: json.RawMessage(tt.config)})
			var e *connector.Error
			if !asError(err, &e) || e.Code != connector.CodeInvalid || e.Field != tt.field || e.Message == "" {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Error("the error quotes the settings")
			}
		})
	}
	_, err := health.New().Configure(t.Context(), connector.ConfigureRequest{Config: json.RawMessage(`{` + base + `}`), Secrets: map[string]string{"tokn": "x"}})
	if connector.CodeOf(err) != connector.CodeInvalid {
		t.Error("a misspelt secret was taken:", err)
	}
}

func asError(err error, into **connector.Error) bool {
	return errors.As(err, into)
}

// The schema and the struct are two statements of one thing.
func TestSchemaAndConfigAgree(t *testing.T) {
	d, err := health.New().Describe(t.Context(), connector.DescribeRequest{})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(d.ConfigSchema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("health.json", doc); err != nil {
		t.Fatal(err)
	}
	sch, err := compiler.Compile("health.json")
	if err != nil {
		t.Fatal(err)
	}
	var named struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(d.ConfigSchema, &named); err != nil {
		t.Fatal(err)
	}
	var fields []string
	for f := range reflect.TypeFor[health.Config]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	if len(fields) != len(named.Properties) {
		t.Errorf("the schema names %d settings, the struct %d", len(named.Properties), len(fields))
	}
	for _, f := range fields {
		if named.Properties[f] == nil {
			t.Errorf("the schema does not name %s", f)
		}
	}
	raw, err := json.Marshal(health.Config{BaseURL: "https://fhir.example", Source: "GP", Rules: health.DefaultRules()})
	if err != nil {
		t.Fatal(err)
	}
	inst, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := sch.Validate(inst); err != nil {
		t.Error("the default rules do not pass the schema:", err)
	}
	if err := sch.Validate(map[string]any{"base_url": "https://x", "source": "y", "z": 1}); err == nil {
		t.Error("the schema lets an unknown key pass")
	}
}

func TestDescribe(t *testing.T) {
	c := health.New()
	d, err := c.Describe(t.Context(), connector.DescribeRequest{})
	if err != nil || d.Kind != "health" || !slices.Equal(d.Methods, []string{"search", "fetch"}) || !slices.Contains(d.Categories, "health.camhs") {
		t.Error(d, err)
	}
	s := serve(t, false, gp(nil))
	c = configured(t, map[string]any{"base_url": s.URL, "rules": []map[string]any{{"category": "health.ae_attendance", "resource": "Encounter", "class": []string{"EMER"}}}}, nil)
	if d, err = c.Describe(t.Context(), connector.DescribeRequest{}); err != nil || !slices.Equal(d.Categories, []string{"health.ae_attendance"}) {
		t.Error("after configuring, what is listed is what is mapped:", d.Categories, err)
	}
}

func TestWhatIsNotOffered(t *testing.T) {
	c := health.New()
	if _, err := c.Search(t.Context(), connector.SearchRequest{}); connector.CodeOf(err) != connector.CodeInvalid {
		t.Error("searching before configuring:", err)
	}
	if _, err := c.Fetch(t.Context(), connector.FetchRequest{}); connector.CodeOf(err) != connector.CodeInvalid {
		t.Error("fetching before configuring:", err)
	}
	if _, err := c.Deliver(t.Context(), connector.DeliverRequest{}); connector.CodeOf(err) != connector.CodeUnsupported {
		t.Error(err)
	}
	if _, err := c.Watch(t.Context(), connector.WatchRequest{}); connector.CodeOf(err) != connector.CodeUnsupported {
		t.Error(err)
	}
}

// Whatever dates a record carries, an item given lies within the period asked.
func TestNothingOutsideThePeriod(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := func(name string) string {
			return rapid.Custom(func(t *rapid.T) string {
				return date("2020-01-01").AddDate(0, 0, rapid.IntRange(0, 2200).Draw(t, "days")).Format("2006-01-02")
			}).Draw(rt, name)
		}
		start, from, to := d("start"), d("from"), d("to")
		if to < from {
			from, to = to, from
		}
		s := serve(t, false, gp(map[string][]string{"Encounter": {encounter("e", start, "EMER", "", "x")}}))
		defer s.Close()
		c := configured(t, map[string]any{"base_url": s.URL + "/R4", "search": "post"}, nil)
		got, err := c.Fetch(t.Context(), connector.FetchRequest{Ref: ref, Person: rowan(), Categories: []string{"health.ae_attendance"}, Period: connector.Period{From: date(from), To: date(to)}})
		if err != nil {
			rt.Fatal(err)
		}
		if inside := start >= from && start <= to; (len(got.Items) == 1) != inside {
			rt.Fatalf("start %s in [%s, %s]: %d items", start, from, to, len(got.Items))
		}
	})
}
