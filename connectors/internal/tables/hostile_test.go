package tables

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var injections = []string{
	`' OR '1'='1`, `'; DROP TABLE person; --`, `" OR ""="`, `x') UNION SELECT nhs FROM person --`, `\'; DELETE FROM event; --`,
	`?1`, `$1`, `%`, `_`, `*`, "a\x00b", "\xff\xfe", `{given}`, strings.Repeat("(", 5000), `1); ATTACH DATABASE '/tmp/x' AS x; --`,
}

func TestNoTextOfAQuestionReachesSQL(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "p1", "9990000018", "Tessel", "Rowan", "2016-05-03", "FE1 2AB", "1")
		e.event(t, "e1", "p1", "police.crime", "2025-06-10", "")
		c := configured(t, e, nil)
		for _, bad := range injections {
			for field, ask := range map[string]record.Person{
				"family":     {Names: []record.Name{{Family: []string{bad}}}},
				"given":      {Names: []record.Name{{Given: []string{bad, bad}, Preferred: bad}}},
				"both":       who(bad, bad, ""),
				"birthday":   who("Nobody", "Else", bad),
				"identifier": withNHS(record.Person{}, bad),
				"system":     {Identifiers: []record.Identifier{{System: bad, Value: bad}}, Names: []record.Name{{Family: []string{bad}}}},
				"postcode":   {Addresses: []record.Address{{Postcode: bad}}},
				"uprn":       {Addresses: []record.Address{{UPRN: bad, Line1: bad}}},
			} {
				got, err := c.Search(context.Background(), connector.SearchRequest{Call: bad, Unit: bad, Person: connector.Person{Key: bad, Record: ask}})
				if err == nil && len(got.Candidates) > 0 {
					t.Errorf("%s = %.30q found %d records", field, bad, len(got.Candidates))
				}
				if err == nil && got.Outcome == connector.Unavailable && got.Reason != ReasonNothing {
					t.Errorf("%s = %.30q broke the statement: %s", field, bad, got.Reason)
				}
				if err != nil && strings.Contains(err.Error(), bad) && len(bad) > 2 {
					t.Errorf("%s = %.30q is repeated in the error", field, bad)
				}
			}
			for _, req := range []connector.FetchRequest{
				{Ref: bad, Categories: testCategories},
				{Ref: "p1", Categories: []string{bad}},
				{Ref: "p1", Unit: bad, Call: bad, Categories: []string{bad, "health.camhs"}},
			} {
				got, err := c.Fetch(context.Background(), req)
				if len(got.Items) > 0 {
					t.Errorf("fetching with %.30q brought %d items", bad, len(got.Items))
				}
				if err == nil && got.Outcome != connector.None {
					t.Errorf("fetching with %.30q: %+v", bad, got)
				}
			}
		}
		got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "p1", Categories: testCategories})
		if err != nil || len(got.Items) != 1 {
			t.Errorf("afterwards: %+v %v", got, err)
		}
	})
}

func TestNothingCanBeWritten(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "p1", "", "Tessel", "Rowan", "2016-05-03", "", "")
		c := configured(t, e, nil)
		m, _ := c.mapping()
		// One connection, so that what a transaction leaves behind is seen.
		m.db.SetMaxOpenConns(1)
		if _, err := c.Search(context.Background(), connector.SearchRequest{Person: connector.Person{Record: who("Rowan", "Tessel", "")}}); err != nil {
			t.Fatal(err)
		}
		for _, write := range []string{
			`INSERT INTO alias VALUES ('p1', 'x', 'y')`, `UPDATE person SET family = 'x'`, `DELETE FROM person`, `DROP TABLE person`, `CREATE TABLE more (a TEXT)`,
		} {
			if _, err := m.db.Exec(write); err == nil {
				t.Errorf("written outside a transaction: %s", write)
			}
			if e.name == "sqlite" { // switching the pragma off does not help, the file itself is opened for reading
				m.db.Exec(`PRAGMA query_only = off`)
				if _, err := m.db.Exec(write); err == nil {
					t.Errorf("written without query_only: %s", write)
				}
			}
			s := m.statement()
			s.sql.WriteString(write)
			if err := m.each(context.Background(), s, func([]string) error { return nil }); err == nil {
				t.Errorf("written: %s", write)
			}
		}
		var n int
		if err := e.db.QueryRow(`SELECT count(*) FROM person WHERE family = 'Tessel'`).Scan(&n); err != nil || n != 1 {
			t.Errorf("the data changed: %d %v", n, err)
		}
	})
}

func TestAStatementThatTakesTooLongEnds(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "p1", "", "Tessel", "Rowan", "2016-05-03", "", "")
		if e.name == "postgres" {
			e.exec(t, `CREATE VIEW slow AS SELECT person.*, pg_sleep(20)::text AS slept FROM person WHERE pg_sleep(20) IS NOT NULL`)
		} else {
			e.exec(t, `CREATE VIEW slow AS SELECT person.* FROM person WHERE (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n) > 0`)
		}
		c := configured(t, e, map[string]any{"statement_timeout": "150ms",
			"person": map[string]any{"table": "slow", "ref": "ref", "family": "family", "given": "given", "dob": "dob"},
			"sources": []any{map[string]any{"table": "event", "person_ref": "person_ref", "id": "id", "date": "date",
				"category": map[string]any{"value": "police.crime"}, "kind": map[string]any{"value": "fact"}}}})
		start := time.Now()
		got, err := c.Search(context.Background(), connector.SearchRequest{Person: connector.Person{Record: who("Rowan", "Tessel", "2016-05-03")}})
		if err != nil || got.Outcome != connector.Unavailable || got.Reason != ReasonTimeout {
			t.Errorf("got %+v %v, want unavailable(statement_timeout)", got, err)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("took %s", took)
		}
		// The caller's own end comes as an error, promptly.
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if _, err := c.Search(ctx, connector.SearchRequest{Person: connector.Person{Record: who("Rowan", "Tessel", "2016-05-03")}}); connector.CodeOf(err) != connector.CodeUnavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

func TestATableThatChangesLaterIsUnavailableNeverNone(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "p1", "", "Tessel", "Rowan", "2016-05-03", "", "")
		c := configured(t, e, nil)
		ask := connector.SearchRequest{Person: connector.Person{Record: who("Rowan", "Tessel", "2016-05-03")}}
		if got, err := c.Search(context.Background(), ask); err != nil || got.Outcome != connector.Found {
			t.Fatalf("%+v %v", got, err)
		}
		e.exec(t, `ALTER TABLE person RENAME COLUMN family TO surname`)
		if got, err := c.Search(context.Background(), ask); err != nil || got.Outcome != connector.Unavailable || got.Reason != ReasonMapping {
			t.Errorf("column gone: %+v %v", got, err)
		}
		if h, err := c.Health(context.Background(), connector.HealthRequest{}); err != nil || h.OK || h.Reason != ReasonMapping {
			t.Errorf("health: %+v %v", h, err)
		}
		e.exec(t, `ALTER TABLE person RENAME COLUMN surname TO family`)
		e.exec(t, `DROP TABLE event`)
		if got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "p1", Categories: testCategories}); err != nil || got.Outcome != connector.Unavailable {
			t.Errorf("table gone: %+v %v", got, err)
		}
	})
}

func TestADatabaseThatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"no file":        fmt.Sprintf(`{"driver":"sqlite","dsn":%q}`, filepath.Join(dir, "none.db")),
		"not a database": fmt.Sprintf(`{"driver":"sqlite","dsn":%q}`, text),
		"nobody listens": `{"driver":"postgres","dsn":"postgres://reader@127.0.0.1:1/records?connect_timeout=1"}`,
	} {
		c := testConnector(t)
		if _, err := c.Configure(context.Background(), connector.ConfigureRequest{Config: []byte(raw)}); err != nil {
			t.Errorf("%s: a system that is down must not refuse the settings: %v", name, err)
			continue
		}
		got, err := c.Search(context.Background(), connector.SearchRequest{Person: connector.Person{Record: who("Rowan", "Tessel", "2016-05-03")}})
		if err != nil || got.Outcome != connector.Unavailable || got.Reason != ReasonUnreachable {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if h, err := c.Health(context.Background(), connector.HealthRequest{}); err != nil || h.OK || h.Reason != ReasonUnreachable {
			t.Errorf("%s: health %+v %v", name, h, err)
		}
		c.Close()
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("asking created the file")
	}
}

func TestManyAtTheSameTime(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "p1", "9990000018", "Tessel", "Rowan", "2016-05-03", "", "")
		e.event(t, "e1", "p1", "police.crime", "2025-06-10", "")
		c := configured(t, e, nil)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 5 {
					got, err := c.Search(context.Background(), connector.SearchRequest{Person: connector.Person{Record: who("Rowan", "Tessel", "2016-05-03")}})
					if err != nil || refs(got.Candidates) != "p1" {
						t.Errorf("%+v %v", got, err)
					}
					f, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "p1", Categories: testCategories})
					if err != nil || len(f.Items) != 1 {
						t.Errorf("%+v %v", f, err)
					}
				}
			})
		}
		wg.Wait()
	})
}

func TestBytesThatAreNoTextBecomeText(t *testing.T) {
	e := sqliteEngine(t)
	e.layout(t)
	e.person(t, "p1", "", "Tessel", "Rowan", "2016-05-03", "", "")
	e.exec(t, `INSERT INTO event (id, person_ref, category, kind, date, title, text) VALUES ('e1', 'p1', 'police.crime', 'fact', '2025-06-10', CAST(x'4A6F73E9' AS TEXT), x'ff00')`)
	c := configured(t, e, nil)
	got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "p1", Person: connector.Person{Key: "s"}, Categories: testCategories})
	if err != nil || len(got.Items) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	if err := got.Items[0].Validate(); err != nil || !strings.HasPrefix(got.Items[0].Title, "Jos") {
		t.Errorf("%q %v", got.Items[0].Title, err)
	}
}
