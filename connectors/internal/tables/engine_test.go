package tables

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// engine is a real database that a test fills and a connector asks.
type engine struct {
	name    string
	conn    map[string]any // the connection's settings
	secrets map[string]string
	db      *sql.DB // writes
}

func (e *engine) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if e.name == "postgres" {
		for i := range args {
			statement = strings.Replace(statement, "?", fmt.Sprintf("$%d", i+1), 1)
		}
	}
	if _, err := e.db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// config adds settings to the connection's.
func (e *engine) config(t *testing.T, more map[string]any) json.RawMessage {
	t.Helper()
	all := map[string]any{}
	for k, v := range e.conn {
		all[k] = v
	}
	for k, v := range more {
		all[k] = v
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func sqliteEngine(t *testing.T) *engine {
	t.Helper()
	path := filepath.Join(t.TempDir(), "records of 2026 é.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &engine{name: "sqlite", conn: map[string]any{"driver": "sqlite", "dsn": path}, db: db}
}

// postgresEngine gives a schema of its own in the database that
// MASH_TEST_POSTGRES names.
func postgresEngine(t *testing.T) *engine {
	t.Helper()
	dsn := os.Getenv("MASH_TEST_POSTGRES")
	if dsn == "" {
		t.Skip("MASH_TEST_POSTGRES is not set: give a PostgreSQL DSN to test against a real server")
	}
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatalf("MASH_TEST_POSTGRES cannot be read")
	}
	schema := "mash_tables_" + strings.ToLower(strings.NewReplacer("/", "_", "#", "_").Replace(t.Name()))
	if len(schema) > 60 {
		schema = schema[:60]
	}
	admin := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { admin.Exec("DROP SCHEMA IF EXISTS " + schema + " CASCADE"); admin.Close() })
	for _, s := range []string{"DROP SCHEMA IF EXISTS " + schema + " CASCADE", "CREATE SCHEMA " + schema} {
		if _, err := admin.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	cfg.RuntimeParams["search_path"] = schema
	db := stdlib.OpenDB(*cfg)
	t.Cleanup(func() { db.Close() })
	separator := " "
	if strings.Contains(dsn, "://") {
		separator = "?"
		if strings.Contains(dsn, "?") {
			separator = "&"
		}
	}
	return &engine{name: "postgres", conn: map[string]any{"driver": "postgres"},
		secrets: map[string]string{"dsn": dsn + separator + "search_path=" + schema}, db: db}
}

// onEach runs a test on every engine there is.
func onEach(t *testing.T, test func(*testing.T, *engine)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteEngine(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresEngine(t)) })
}

var testCategories = []string{"police.crime", "police.order", "police.intelligence"}

func testConnector(t *testing.T) *Connector {
	t.Helper()
	c := New(Spec{Kind: "test", Version: "1.0.0", Categories: testCategories,
		Default: func() (*PersonTable, *AliasTable, []Source) { return EventLayout([]string{"police.order"}) },
		Finish: func(it *record.Item) {
			if it.Source == "" {
				it.Source = "test system"
			}
		}})
	t.Cleanup(func() { c.Close() })
	return c
}

func configured(t *testing.T, e *engine, more map[string]any) *Connector {
	t.Helper()
	c := testConnector(t)
	if _, err := c.Configure(context.Background(), connector.ConfigureRequest{Config: e.config(t, more), Secrets: e.secrets}); err != nil {
		t.Fatalf("configuring: %v", err)
	}
	return c
}

// layout creates the default tables.
func (e *engine) layout(t *testing.T) {
	t.Helper()
	for _, s := range []string{
		`CREATE TABLE person (ref TEXT PRIMARY KEY, nhs TEXT, family TEXT, given TEXT, dob TEXT, gender TEXT, line1 TEXT, postcode TEXT, uprn TEXT)`,
		`CREATE TABLE alias (person_ref TEXT NOT NULL, family TEXT, given TEXT)`,
		`CREATE TABLE event (id TEXT PRIMARY KEY, person_ref TEXT, category TEXT, kind TEXT, date TEXT, until TEXT, title TEXT, text TEXT,
		 handling TEXT, source TEXT, author TEXT, intelligence INTEGER DEFAULT 0, third_party INTEGER DEFAULT 0, protected TEXT)`,
	} {
		e.exec(t, s)
	}
}

func (e *engine) person(t *testing.T, ref, nhs, family, given, dob, postcode, uprn string) {
	t.Helper()
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	e.exec(t, `INSERT INTO person (ref, nhs, family, given, dob, gender, line1, postcode, uprn) VALUES (?, ?, ?, ?, ?, 'F', '1 High Street', ?, ?)`,
		ref, null(nhs), null(family), null(given), null(dob), null(postcode), null(uprn))
}

func (e *engine) event(t *testing.T, id, ref, category, date, until string) {
	t.Helper()
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	e.exec(t, `INSERT INTO event (id, person_ref, category, kind, date, until, title, text) VALUES (?, ?, ?, 'fact', ?, ?, 'Title', 'Text')`,
		id, ref, category, null(date), null(until))
}

func who(given, family, dob string) record.Person {
	p := record.Person{}
	if given+family != "" {
		p.Names = []record.Name{{Given: []string{given}, Family: []string{family}}}
	}
	if dob != "" {
		p.BirthDate = &record.PartialDate{Date: dob}
	}
	return p
}

func withNHS(p record.Person, nhs string) record.Person {
	p.Identifiers = append(p.Identifiers, record.Identifier{System: record.SystemNHSNumber, Value: nhs})
	return p
}

func refs(candidates []connector.Candidate) string {
	var out []string
	for _, c := range candidates {
		out = append(out, c.Ref)
	}
	return strings.Join(out, " ")
}
