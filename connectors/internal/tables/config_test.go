package tables

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
)

const person = `"person":{"table":"person","ref":"ref","family":"family","given":"given","dob":"dob"}`

func src(more string) string {
	return `{"driver":"sqlite","dsn":"x.db",` + person + `,"sources":[{"table":"event","person_ref":"person_ref","id":"id","date":"date",` +
		`"category":{"value":"police.crime"},"kind":{"value":"fact"}` + more + `}]}`
}

func TestHostileSettingsAreRefusedByName(t *testing.T) {
	replaced := func(old, new string) string { return strings.Replace(src(""), old, new, 1) }
	for _, c := range []struct{ name, raw, field string }{
		{"unknown key", `{"driver":"sqlite","dsn":"x","statment_timeout":"5s"}`, "statment_timeout"},
		{"unknown nested key", src(`,"untill":"u"`), "sources[0].untill"},
		{"no driver", `{"dsn":"x"}`, "driver"},
		{"other driver", `{"driver":"mysql","dsn":"x"}`, "driver"},
		{"no dsn", `{"driver":"sqlite"}`, "dsn"},
		{"writable by parameter", `{"driver":"sqlite","dsn":"file:x.db?mode=rwc"}`, "dsn"},
		{"fragment", `{"driver":"sqlite","dsn":"x.db#y"}`, "dsn"},
		{"memory", `{"driver":"sqlite","dsn":":memory:"}`, "dsn"},
		{"password in a URL", `{"driver":"postgres","dsn":"postgres://u:canary@h/d"}`, "dsn"},
		{"password in a query", `{"driver":"postgres","dsn":"postgres://u@h/d?password=canary"}`, "dsn"},
		{"password in keywords", `{"driver":"postgres","dsn":"host=h password = canary"}`, "dsn"},
		{"not a dsn", `{"driver":"postgres","dsn":"canary :: nothing"}`, "dsn"},
		{"timeout too long", `{"driver":"sqlite","dsn":"x","statement_timeout":"2h"}`, "statement_timeout"},
		{"timeout negative", `{"driver":"sqlite","dsn":"x","statement_timeout":"-1s"}`, "statement_timeout"},
		{"row limit negative", `{"driver":"sqlite","dsn":"x","row_limit":-1}`, "row_limit"},
		{"time zone", `{"driver":"postgres","dsn":"postgres://u@h/d","time_zone":"UTC'; SET x"}`, "time_zone"},
		{"person without sources", `{"driver":"sqlite","dsn":"x",` + person + `}`, "sources"},
		{"sources without person", `{"driver":"sqlite","dsn":"x","sources":[]}`, "person"},
		{"SQL as a table", replaced(`"table":"person"`, `"table":"person; DROP TABLE person"`), "person.table"},
		{"quotes in a table", replaced(`"table":"person"`, `"table":"per\"son"`), "person.table"},
		{"empty part of a table", replaced(`"table":"person"`, `"table":"public..person"`), "person.table"},
		{"a dot in a column", replaced(`"family":"family"`, `"family":"a.b"`), "person.family"},
		{"SQL as a column", replaced(`"dob":"dob"`, `"dob":"1) OR (1=1"`), "person.dob"},
		{"no ref", replaced(`"ref":"ref",`, ``), "person.ref"},
		{"dates", replaced(`"dob":"dob"`, `"dob":"dob","dob_format":"mdy"`), "person.dob_format"},
		{"gender", replaced(`"dob":"dob"`, `"dob":"dob","gender_values":{"M":"man"}`), "person.gender_values"},
		{"other category", replaced(`police.crime`, `health.camhs`), "sources[0].category"},
		{"other kind", replaced(`"value":"fact"`, `"value":"truth"`), "sources[0].kind"},
		{"category twice", replaced(`{"value":"police.crime"}`, `{"value":"police.crime","column":"c"}`), "sources[0].category"},
		{"SQL as a category column", replaced(`{"value":"police.crime"}`, `{"column":"c' --"}`), "sources[0].category.column"},
		{"SQL in a template", src(`,"title":{"template":"{a} {b FROM c}"}`), "sources[0].title.template"},
		{"open brace", src(`,"text":{"template":"{a"}`), "sources[0].text.template"},
		{"both texts", src(`,"text":{"template":"x","column":"y"}`), "sources[0].text"},
		{"unknown flag", src(`,"flags":{"secret":"s"}`), "sources[0].flags"},
		{"flag without values", src(`,"flags":{"protected_location":"s"}`), "sources[0].flags"},
		{"flag column", src(`,"flags":{"third_party":"s t"}`), "sources[0].flags.third_party"},
		{"protected column", src(`,"protected":{"column":"*"}`), "sources[0].protected.column"},
		{"voice column", src(`,"voice":{"agreed":"a-b"}`), "sources[0].voice.agreed"},
		{"code system", src(`,"codes":[{"column":"a"}]`), "sources[0].codes[0].system"},
		{"ongoing", src(`,"ongoing":["x.y"]`), "sources[0].ongoing"},
		{"same name twice", strings.Replace(src(""), `"sources":[`, `"sources":[{"table":"event","person_ref":"p","id":"i","date":"d","category":{"value":"police.crime"},"kind":{"value":"fact"}},`, 1), "sources[1].name"},
		{"long name", replaced(`"table":"person"`, `"table":"`+strings.Repeat("a", 64)+`"`), "person.table"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := testConnector(t).Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(c.raw)})
			var e *connector.Error
			if !errors.As(err, &e) || e.Code != connector.CodeInvalid || e.Field != c.field {
				t.Fatalf("got %v, want CodeInvalid for %s", err, c.field)
			}
			if !strings.ContainsAny(e.Message, ";,") || strings.Contains(e.Message, "canary") {
				t.Errorf("no remedy, or the value: %q", e.Message)
			}
		})
	}
	if _, err := testConnector(t).Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(`{"driver":"sqlite","dsn":"x"}`),
		Secrets: map[string]string{"pasword": "canary"}}); connector.CodeOf(err) != connector.CodeInvalid || strings.Contains(err.Error(), "canary") {
		t.Errorf("a misspelt secret: %v", err)
	}
}

func TestAMappingThatTheDatabaseContradictsIsNamed(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		base := func() (map[string]any, map[string]any) {
			return map[string]any{"table": "person", "ref": "ref", "family": "family", "given": "given", "dob": "dob"},
				map[string]any{"table": "event", "person_ref": "person_ref", "id": "id", "date": "date",
					"category": map[string]any{"column": "category"}, "kind": map[string]any{"value": "fact"}}
		}
		for field, change := range map[string]func(p, s map[string]any){
			"person.family":                  func(p, _ map[string]any) { p["family"] = "surname" },
			"person.nhs":                     func(p, _ map[string]any) { p["nhs"] = "nhs_no" },
			"person.table":                   func(p, _ map[string]any) { p["table"] = "people" },
			"sources[0].category.column":     func(_, s map[string]any) { s["category"] = map[string]any{"column": "cat"} },
			"sources[0].title.template {no}": func(_, s map[string]any) { s["title"] = map[string]any{"template": "{title} {no}"} },
			"sources[0].table":               func(_, s map[string]any) { s["table"] = "nowhere.event" },
		} {
			p, s := base()
			change(p, s)
			_, err := testConnector(t).Configure(context.Background(), connector.ConfigureRequest{
				Config: e.config(t, map[string]any{"person": p, "sources": []any{s}}), Secrets: e.secrets})
			var ce *connector.Error
			if !errors.As(err, &ce) || ce.Code != connector.CodeInvalid || ce.Field != field {
				t.Errorf("%s: got %v", field, err)
			}
		}
	})
}

func TestSchemaIsWhatIsRead(t *testing.T) {
	if err := settings.Agree(Schema, Config{}); err != nil {
		t.Error(err)
	}
	var doc, instance any
	if err := json.Unmarshal(Schema, &doc); err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	for raw, ok := range map[string]bool{
		`{"driver":"sqlite","dsn":"x.db"}`: true, src(`,"until":"u","ongoing":["police.order"]`): true,
		`{"driver":"sqlite","colour":1}`: false, src(`,"untill":"u"`): false, `{"dsn":"x"}`: false,
		strings.Replace(src(""), `"table":"event"`, `"table":"a b"`, 1): false,
	} {
		if err := json.Unmarshal([]byte(raw), &instance); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); (err == nil) != ok {
			t.Errorf("%s: valid = %v, want %v (%v)", raw, err == nil, ok, err)
		}
	}
}

func TestUnconfigured(t *testing.T) {
	c := testConnector(t)
	if _, err := c.Search(context.Background(), connector.SearchRequest{}); connector.CodeOf(err) != connector.CodeUnavailable {
		t.Error(err)
	}
	if _, err := c.Fetch(context.Background(), connector.FetchRequest{}); connector.CodeOf(err) != connector.CodeUnavailable {
		t.Error(err)
	}
	if h, err := c.Health(context.Background(), connector.HealthRequest{}); err != nil || h.OK {
		t.Error(h, err)
	}
	if _, err := c.Deliver(context.Background(), connector.DeliverRequest{}); connector.CodeOf(err) != connector.CodeUnsupported {
		t.Error(err)
	}
	if _, err := c.Watch(context.Background(), connector.WatchRequest{}); connector.CodeOf(err) != connector.CodeUnsupported {
		t.Error(err)
	}
}
