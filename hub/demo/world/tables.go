package world

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "github.com/ncruces/go-sqlite3/driver" // registers "sqlite3"

	"mashhub/connectors/encompass"
	"mashhub/connectors/police"
	"mashhub/connectors/socialcare"
)

// BuildPolice writes the police record system of a scenario, incidents
// included, as an SQLite database in dir and returns its path. A database that
// is already there is replaced.
func BuildPolice(ctx context.Context, dir string, s *Scenario) (string, error) {
	return build(ctx, filepath.Join(dir, "police.db"), police.LayoutSQL+encompass.LayoutSQL, func(tx *sql.Tx) error {
		if err := insertRecords(ctx, tx, s, s.Systems.Police.Records, 2, "police.warning", "Advice given about a noise complaint"); err != nil {
			return err
		}
		for i, inc := range s.Systems.Police.Incidents {
			if err := insert(ctx, tx, "incident", i+1, inc.ID, inc.Happened, inc.Place, inc.Reference, inc.Text, inc.FamilyInformed); err != nil {
				return err
			}
			for _, c := range inc.Children {
				p := s.People[c.Is]
				if err := insert(ctx, tx, "incident_child", inc.ID, p.Family, strings.Join(p.Given, " "), p.Born, p.NHS, c.Setting, c.Present, c.Voice); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// BuildSocialCare writes the council's case system of a scenario as an SQLite
// database in dir and returns its path.
func BuildSocialCare(ctx context.Context, dir string, s *Scenario) (string, error) {
	return build(ctx, filepath.Join(dir, "socialcare.db"), socialcare.LayoutSQL, func(tx *sql.Tx) error {
		return insertRecords(ctx, tx, s, s.Systems.SocialCare, 3, "socialcare.contact", "Contact about school transport, advice given")
	})
}

// build makes the database beside its final name and moves it there whole, so
// that a connector never sees half a system.
func build(ctx context.Context, path, layout string, fill func(*sql.Tx) error) (_ string, err error) {
	fresh := path + ".new"
	for _, f := range []string{fresh, fresh + "-journal"} {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("clearing the way for a database: %w", err)
		}
	}
	db, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", Path: filepath.ToSlash(fresh)}).String())
	if err != nil {
		return "", fmt.Errorf("opening a database: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := populate(ctx, db, layout, fill); err != nil {
		return "", errors.Join(err, db.Close())
	}
	if err := db.Close(); err != nil {
		return "", fmt.Errorf("closing a database: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return "", fmt.Errorf("putting a database in place: %w", err)
	}
	return path, nil
}

func populate(ctx context.Context, db *sql.DB, layout string, fill func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("beginning to fill a database: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	if _, err := tx.ExecContext(ctx, layout); err != nil {
		return fmt.Errorf("making the tables: %w", err)
	}
	if err := fill(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// insert adds a row; empty text becomes NULL, as record systems keep it.
func insert(ctx context.Context, tx *sql.Tx, table string, values ...any) error {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = fmt.Sprintf("?%d", i+1)
		if v == "" {
			values[i] = nil
		}
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO "+table+" VALUES ("+strings.Join(marks, ", ")+")", values...); err != nil {
		return fmt.Errorf("filling the table %s: %w", table, err)
	}
	return nil
}

func insertRecords(ctx context.Context, tx *sql.Tx, s *Scenario, records Records, seed uint64, category, title string) error {
	for _, e := range records.People {
		who := e.in(s)
		if err := insertPerson(ctx, tx, e.Ref, who); err != nil {
			return err
		}
		for _, a := range append(who.Other, e.Aliases...) {
			if err := insert(ctx, tx, "alias", e.Ref, a.Family, a.Given); err != nil {
				return err
			}
		}
		for _, ev := range e.Events {
			if err := insert(ctx, tx, "event", ev.ID, e.Ref, ev.Category, ev.Kind, ev.Date, ev.Until, ev.Title, ev.Text, ev.Handling,
				ev.Source, ev.Author, flag(ev.Intelligence), flag(ev.ThirdParty), strings.Join(ev.Protected, "|")); err != nil {
				return err
			}
		}
	}
	for _, r := range residents(uint64(s.Number)<<8|seed, Residents) {
		ref := fmt.Sprintf("R%04d", r.number)
		if err := insertPerson(ctx, tx, ref, r.Person); err != nil {
			return err
		}
		if r.number%3 == 0 {
			if err := insert(ctx, tx, "event", fmt.Sprintf("E%04d", r.number), ref, category, "fact", "2025-02-03", "", title, "", "P", "Log", "Call handler", 0, 0, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func insertPerson(ctx context.Context, tx *sql.Tx, ref string, p Person) error {
	return insert(ctx, tx, "person", ref, p.NHS, p.Family, strings.Join(p.Given, " "), p.Born, genderCodes[p.Gender], p.Address.Line1, p.Address.Postcode, p.Address.UPRN)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
