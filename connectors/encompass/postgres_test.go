package encompass

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"mashhub/plugins/connector"
)

// TestAnOpenTransactionOnPostgreSQL shows the late commit itself: the number is
// handed out first and shown last.
func TestAnOpenTransactionOnPostgreSQL(t *testing.T) {
	dsn := os.Getenv("MASH_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("MASH_TEST_POSTGRES is not set: give a PostgreSQL DSN to test against a real server")
	}
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal("MASH_TEST_POSTGRES cannot be read")
	}
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	exec := func(q string) {
		t.Helper()
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	exec(`DROP SCHEMA IF EXISTS mash_encompass CASCADE`)
	exec(`CREATE SCHEMA mash_encompass`)
	defer exec(`DROP SCHEMA mash_encompass CASCADE`)
	exec(`CREATE TABLE mash_encompass.incident (seq BIGSERIAL PRIMARY KEY, id TEXT UNIQUE, kind TEXT, happened TIMESTAMPTZ)`)
	exec(`CREATE TABLE mash_encompass.child (ref BIGINT, incident_id TEXT, family TEXT, given TEXT)`)
	c := New()
	defer c.(*watcher).Close()
	if _, err := c.Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(`{"driver":"postgres",
		"incident":{"table":"mash_encompass.incident","seq":"seq","id":"id","happened":"happened","kind":{"column":"kind","values":["DV"]}},
		"child":{"table":"mash_encompass.child","incident_id":"incident_id","ref":"ref","family":"family","given":"given"}}`),
		Secrets: map[string]string{"id_key": key, "dsn": dsn}}); err != nil {
		t.Fatal(err)
	}
	late, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := late.Exec(`INSERT INTO mash_encompass.incident (id, kind, happened) VALUES ('late', 'DV', '2026-08-07 23:30:00+01')`); err != nil {
		t.Fatal(err)
	}
	if _, err := late.Exec(`INSERT INTO mash_encompass.child VALUES (1, 'late', 'T', 'Late')`); err != nil {
		t.Fatal(err)
	}
	exec(`INSERT INTO mash_encompass.incident (id, kind, happened) VALUES ('soon', 'DV', now()), ('theft', 'OTHER', now())`)
	exec(`INSERT INTO mash_encompass.child VALUES (2, 'soon', 'T', 'Soon'), (3, 'theft', 'T', 'Theft')`)
	cursor := ""
	if got := look(t, c, &cursor, 0); !slices.Equal(got, []string{"Soon"}) {
		t.Errorf("got %v", got)
	}
	if err := late.Commit(); err != nil {
		t.Fatal(err)
	}
	got, err := c.Watch(context.Background(), connector.WatchRequest{Cursor: cursor})
	if err != nil || len(got.Events) != 1 || got.Events[0].Person.Names[0].Given[0] != "Late" || !got.Events[0].Happened.Equal(time.Date(2026, 8, 7, 22, 30, 0, 0, time.UTC)) {
		t.Errorf("%+v %v", got, err)
	}
}
