package police

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver"

	"mashhub/plugins/connector"
	"mashhub/plugins/connectortest"
	"mashhub/plugins/record"
)

var rowan = record.Person{Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "9990000018"}},
	Names: []record.Name{{Family: []string{"Tessel"}, Given: []string{"Rowan"}}}, BirthDate: &record.PartialDate{Date: "2016-05-03"}}

var nobody = record.Person{Names: []record.Name{{Family: []string{"Quillfeather"}, Given: []string{"Zebedee"}}}, BirthDate: &record.PartialDate{Date: "1999-09-09"}}

func database(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "police.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(LayoutSQL + `
	INSERT INTO person VALUES ('n1', '9990000018', 'Tessel', 'Rowan', '2016-05-03', 'M', '12 Fallow Road', 'FE1 2AB', '100000000001');
	INSERT INTO event (id, person_ref, category, kind, date, until, title, text, handling, source, intelligence, protected) VALUES
	 ('di', 'n1', 'police.domestic_incident', 'fact', '2026-01-02', NULL, 'Verbal domestic incident', 'No crime', NULL, 'Command and control', 0, NULL),
	 ('old', 'n1', 'police.crime', 'fact', '2012-01-02', NULL, 'Theft', '', NULL, NULL, 0, NULL),
	 ('graded', 'n1', 'police.intelligence', 'opinion', '2026-02-02', NULL, 'Report', 'At 3 Quay Court', '2-B-P', NULL, 0, '3 Quay Court|FE1 2AB'),
	 ('bare', 'n1', 'police.intelligence', 'opinion', '2026-02-03', NULL, 'Report', '', NULL, NULL, 1, NULL),
	 ('odd', 'n1', 'police.crime', 'fact', '2026-02-04', NULL, 'Damage', '', 'see sergeant', NULL, 0, NULL),
	 ('order', 'n1', 'police.order', 'fact', '2019-02-04', NULL, 'Restraining order', '', NULL, NULL, 0, NULL),
	 ('voice', 'n1', 'police.domestic_incident', 'child_voice', '2026-01-02', NULL, 'Said to officer', 'I hid', NULL, NULL, 0, NULL);`); err != nil {
		t.Fatal(err)
	}
	return path
}

func config(path string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"driver":"sqlite","dsn":%q}`, path))
}

func period() connector.Period {
	return connector.Period{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}
}

func TestConformance(t *testing.T) {
	connectortest.Run(t, connectortest.Spec{New: New, Config: config(database(t)),
		Known: connector.Person{Key: "subject-1", Record: rowan}, Unknown: connector.Person{Key: "subject-1", Record: nobody},
		Categories: []string{"police.domestic_incident", "police.intelligence", "police.order"}, Period: period()})
}

func TestHandlingIsNeverLoosened(t *testing.T) {
	c := New()
	defer c.(interface{ Close() error }).Close()
	if _, err := c.Configure(context.Background(), connector.ConfigureRequest{Config: config(database(t))}); err != nil {
		t.Fatal(err)
	}
	got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "n1", Person: connector.Person{Key: "s"}, Categories: categories, Period: period()})
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]record.Item{}
	for _, it := range got.Items {
		if err := it.Validate(); err != nil {
			t.Errorf("%s: %v", it.ID, err)
		}
		byID[it.ID] = it
	}
	for id, want := range map[string]string{"event/di": "", "event/graded": "P", "event/bare": "C", "event/odd": "C", "event/order": ""} {
		it, ok := byID[id]
		if !ok || it.Handling != want {
			t.Errorf("%s: there %v, handling %q, want %q", id, ok, it.Handling, want)
		}
	}
	if _, ok := byID["event/old"]; ok {
		t.Error("an item before the period was fetched")
	}
	g := byID["event/graded"]
	if !g.Has(record.FlagIntelligence) || len(g.Codes) != 1 || g.Codes[0] != (record.Code{System: GradingSystem, Code: "2BP"}) || len(g.Protected) != 2 || !g.Has(record.FlagProtectedLocation) {
		t.Errorf("%+v", g)
	}
	if v := byID["event/voice"].Voice; v == nil || v.Agreed != record.AgreedNotAsked {
		t.Errorf("voice %+v", v)
	}
}

func TestReadGrading(t *testing.T) {
	for in, want := range map[string][2]string{"P": {"", "P"}, " c ": {"", "C"}, "1AP": {"1AP", "P"}, "3/e/c": {"3EC", "C"}, "2 B C": {"2BC", "C"},
		"4AP": {"", ""}, "1FP": {"", ""}, "1A": {"", ""}, "PC": {"", ""}, "": {"", ""}, "1APX": {"", ""}} {
		if g, h := readGrading(in); g != want[0] || h != want[1] {
			t.Errorf("%q: %q %q, want %q", in, g, h, want)
		}
	}
}

func TestDASHGradesHaveTheirLabel(t *testing.T) {
	it := record.Item{Category: "police.domestic_incident", Codes: []record.Code{{System: DASHSystem, Code: "High"}, {System: "urn:other", Code: "High"}}}
	finish(&it)
	if it.Codes[0].Label != "DASH: high risk" || it.Codes[1].Label != "" {
		t.Errorf("%+v", it.Codes)
	}
}
