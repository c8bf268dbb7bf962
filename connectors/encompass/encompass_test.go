package encompass

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

type system struct {
	db  *sql.DB
	dsn string
}

func newSystem(t testing.TB) *system {
	t.Helper()
	path := filepath.Join(t.TempDir(), "police.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec(LayoutSQL); err != nil {
		t.Fatal(err)
	}
	return &system{db, path}
}

type failer interface {
	Helper()
	Fatal(...any)
}

func (s *system) incident(t failer, seq int, children ...string) {
	t.Helper()
	if _, err := s.db.Exec(`INSERT INTO incident VALUES (?1, ?2, ?3, 'Fallow Road', 'REF/1', 'Verbal argument', 'unsafe_to_tell')`,
		seq, fmt.Sprintf("I%d", seq), fmt.Sprintf("2026-08-07T22:%02d:00Z", seq%60)); err != nil {
		t.Fatal(err)
	}
	for _, c := range children {
		s.child(t, seq, c)
	}
}

func (s *system) child(t failer, seq int, given string) {
	t.Helper()
	if _, err := s.db.Exec(`INSERT INTO incident_child VALUES (?1, 'Tessel', ?2, '2016-05-03', '9990000018', '100001', 'yes', 'I hid')`, fmt.Sprintf("I%d", seq), given); err != nil {
		t.Fatal(err)
	}
}

func (s *system) watcher(t testing.TB, more string) connector.Connector {
	t.Helper()
	c := New()
	raw := fmt.Sprintf(`{"driver":"sqlite","dsn":%q,"poll_interval":"50ms"%s}`, s.dsn, more)
	if _, err := c.Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(raw), Secrets: map[string]string{"id_key": key}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.(*watcher).Close() })
	return c
}

func look(t failer, c connector.Connector, cursor *string, limit int) (given []string) {
	t.Helper()
	got, err := c.Watch(context.Background(), connector.WatchRequest{Cursor: *cursor, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	*cursor = got.Cursor
	for _, n := range got.Events {
		given = append(given, n.Person.Names[0].Given[0])
	}
	return given
}

func TestOneNotificationForEachChildAndIncident(t *testing.T) {
	s := newSystem(t)
	s.incident(t, 1, "Ada", "Bo")
	s.incident(t, 2, "Ada")
	c := s.watcher(t, "")
	got, err := c.Watch(context.Background(), connector.WatchRequest{})
	if err != nil || len(got.Events) != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	n := got.Events[0]
	if n.Kind != "encompass" || n.Setting != "100001" || n.Happened != time.Date(2026, 8, 7, 22, 1, 0, 0, time.UTC) || n.Place != "Fallow Road" ||
		n.Reference != "REF/1" || n.Present != "yes" || n.Voice != "I hid" || n.Text != "Verbal argument" || n.FamilyInformed != "unsafe_to_tell" ||
		n.Person.BirthDate.Date != "2016-05-03" || n.Person.Identifiers[0].Value != "9990000018" {
		t.Errorf("%+v", n)
	}
	ids := map[string]bool{}
	for _, n := range got.Events {
		ids[n.ID] = true
		for _, clear := range []string{"Ada", "Tessel", "9990000018", "2016", "I1"} {
			if strings.Contains(n.ID, clear) {
				t.Errorf("the ID %s holds %s", n.ID, clear)
			}
		}
	}
	if len(ids) != 3 {
		t.Errorf("IDs %v", ids)
	}
	// Again from the start: the same IDs. With another key: other ones.
	again, _ := c.Watch(context.Background(), connector.WatchRequest{})
	if !slices.EqualFunc(again.Events, got.Events, func(a, b connector.Notification) bool { return a.ID == b.ID }) {
		t.Error("the IDs change from look to look")
	}
	other := New()
	defer other.(*watcher).Close()
	if _, err := other.Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(fmt.Sprintf(`{"driver":"sqlite","dsn":%q}`, s.dsn)),
		Secrets: map[string]string{"id_key": strings.Repeat("ab", 32)}}); err != nil {
		t.Fatal(err)
	}
	if o, _ := other.Watch(context.Background(), connector.WatchRequest{}); ids[o.Events[0].ID] {
		t.Error("the ID does not depend on the key")
	}
}

func TestLateCommittedRowsAndLateChildrenAreFound(t *testing.T) {
	s := newSystem(t)
	c := s.watcher(t, `,"overlap":10`)
	cursor := ""
	s.incident(t, 1, "Ada")
	s.incident(t, 3, "Cy")
	if got := look(t, c, &cursor, 0); !slices.Equal(got, []string{"Ada", "Cy"}) {
		t.Fatalf("got %v", got)
	}
	s.incident(t, 2, "Bo") // numbered before 3, committed after
	s.child(t, 1, "Di")    // a child recorded later
	if got := look(t, c, &cursor, 0); !slices.Equal(got, []string{"Di", "Bo"}) {
		t.Errorf("got %v, want the late ones and nothing twice", got)
	}
	if got := look(t, c, &cursor, 0); len(got) != 0 {
		t.Errorf("got %v again", got)
	}
	// A correction of the incident's text is no new notification.
	if _, err := s.db.Exec(`UPDATE incident SET text = 'corrected'`); err != nil {
		t.Fatal(err)
	}
	if got := look(t, c, &cursor, 0); len(got) != 0 {
		t.Errorf("got %v after a correction", got)
	}
}

// TestEveryRowIsGivenExactlyOnce commits rows in any order within the overlap,
// looks with any limit in between, and sometimes loses an answer.
func TestEveryRowIsGivenExactlyOnce(t *testing.T) {
	const overlap = 8
	rapid.Check(t, func(r *rapid.T) {
		s := &system{}
		dir, err := os.MkdirTemp("", "encompass")
		if err != nil {
			r.Fatal(err)
		}
		defer os.RemoveAll(dir)
		s.dsn = filepath.Join(dir, "police.db")
		if s.db, err = sql.Open("sqlite3", s.dsn); err != nil {
			r.Fatal(err)
		}
		defer s.db.Close()
		if _, err := s.db.Exec(`PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; ` + LayoutSQL); err != nil {
			r.Fatal(err)
		}
		c := New()
		if _, err := c.Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(fmt.Sprintf(`{"driver":"sqlite","dsn":%q,"overlap":%d}`, s.dsn, overlap)),
			Secrets: map[string]string{"id_key": key}}); err != nil {
			r.Fatal(err)
		}
		defer c.(*watcher).Close()
		var pending []int // numbers handed out and not committed
		next, want := 1, 0
		given := map[string]int{}
		cursor := ""
		commit := func(i int) {
			seq := pending[i]
			pending = slices.Delete(pending, i, i+1)
			children := rapid.IntRange(0, 3).Draw(r, "children")
			var names []string
			for k := range children {
				names = append(names, fmt.Sprintf("c%dx%d", seq, k))
			}
			want += children
			s.incident(r, seq, names...)
		}
		steps := rapid.IntRange(5, 25).Draw(r, "steps")
		for range steps {
			switch rapid.IntRange(0, 3).Draw(r, "step") {
			case 0, 1:
				pending = append(pending, next)
				next++
				if pending[0] <= next-overlap { // the longest transaction ends
					commit(0)
				}
			case 2:
				if len(pending) > 0 {
					commit(rapid.IntRange(0, len(pending)-1).Draw(r, "which"))
				}
			case 3:
				before := cursor
				got := look(r, c, &cursor, rapid.IntRange(1, 4).Draw(r, "limit"))
				if rapid.Bool().Draw(r, "lost") {
					cursor = before // the caller died before it stored
					continue
				}
				for _, g := range got {
					given[g]++
				}
			}
		}
		for len(pending) > 0 {
			commit(0)
		}
		for rounds := 0; ; rounds++ {
			got := look(r, c, &cursor, 2)
			if len(got) == 0 {
				break
			}
			if rounds > want {
				r.Fatal("events are given again without end")
			}
			for _, g := range got {
				given[g]++
			}
		}
		if len(given) != want {
			r.Fatal("given", len(given), "of", want)
		}
		for g, n := range given {
			if n != 1 {
				r.Fatal(g, "given", n, "times")
			}
		}
	})
}

func TestTheSameChildListedManyTimesHidesNobody(t *testing.T) {
	s := newSystem(t)
	s.incident(t, 1)
	for range 40 {
		s.child(t, 1, "Ada")
	}
	s.incident(t, 2, "Bo")
	c := s.watcher(t, "")
	cursor := ""
	var all []string
	for range 5 {
		all = append(all, look(t, c, &cursor, 3)...)
	}
	if !slices.Equal(all, []string{"Ada", "Bo"}) {
		t.Errorf("got %v", all)
	}
}

func TestNotBeforeAndDoubt(t *testing.T) {
	s := newSystem(t)
	for _, q := range []string{
		`INSERT INTO incident VALUES (1, 'old', '2020-01-01T10:00:00Z', '', '', '', 'yes')`,
		`INSERT INTO incident VALUES (2, 'new', '2026-07-01 00:30:00', '', '', '', 'dunno')`,
		`INSERT INTO incident VALUES (3, 'when', 'some evening', '', '', '', NULL)`,
		`INSERT INTO incident_child VALUES ('old', 'T', 'Old', '', '', '', '', ''), ('new', 'T', 'New', 'bad', '123', '1234567', 'perhaps', NULL), ('when', 'T', 'When', NULL, NULL, NULL, NULL, NULL)`,
	} {
		if _, err := s.db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.watcher(t, `,"not_before":"2026-07-01"`).Watch(context.Background(), connector.WatchRequest{})
	if err != nil || len(got.Events) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	n := got.Events[0]
	if n.FamilyInformed != "unsafe_to_tell" || n.Present != "unknown" || n.Setting != "" || n.Person.BirthDate != nil || n.Person.Identifiers != nil {
		t.Errorf("%+v", n)
	}
	if want := time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC); !n.Happened.Equal(want) {
		t.Errorf("half past midnight in summer is %s, want %s", n.Happened, want)
	}
	if !got.Events[1].Happened.IsZero() || got.Events[1].FamilyInformed != "unsafe_to_tell" {
		t.Errorf("%+v", got.Events[1])
	}
}

func TestWaiting(t *testing.T) {
	s := newSystem(t)
	c := s.watcher(t, "")
	start := time.Now()
	if got, err := c.Watch(context.Background(), connector.WatchRequest{Wait: 120 * time.Millisecond}); err != nil || len(got.Events) != 0 || time.Since(start) < 100*time.Millisecond {
		t.Errorf("%+v %v after %s", got, err, time.Since(start))
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { _, err := c.Watch(ctx, connector.WatchRequest{Wait: time.Minute}); done <- err }()
	cancel()
	if err := <-done; connector.CodeOf(err) != connector.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	arrived := make(chan int, 1)
	go func() {
		got, _ := c.Watch(context.Background(), connector.WatchRequest{Wait: 10 * time.Second})
		arrived <- len(got.Events)
	}()
	s.incident(t, 1, "Ada")
	if n := <-arrived; n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestForeignCursorsAndSettings(t *testing.T) {
	s := newSystem(t)
	c := s.watcher(t, "")
	for _, bad := range []string{"x", "AA", "AQ", "AQI", "!!!", "AQIB", strings.Repeat("A", 2<<20), "AQIDAAAA"} {
		if _, err := c.Watch(context.Background(), connector.WatchRequest{Cursor: bad}); connector.CodeOf(err) != connector.CodeInvalid && bad != "AQI" {
			t.Errorf("cursor %.10q: %v", bad, err)
		}
	}
	for _, bad := range []struct{ raw, secret, field string }{
		{`{"driver":"sqlite","dsn":"x"}`, "", "secrets.id_key"},
		{`{"driver":"sqlite","dsn":"x"}`, "short", "secrets.id_key"},
		{`{"driver":"sqlite","dsn":"x","overlap":-1}`, key, "overlap"},
		{`{"driver":"sqlite","dsn":"x","poll_interval":"1ms"}`, key, "poll_interval"},
		{`{"driver":"sqlite","dsn":"x","not_before":"soon"}`, key, "not_before"},
		{`{"driver":"sqlite","dsn":"x","time_zone":"Nowhere/Land"}`, key, "time_zone"},
		{`{"driver":"sqlite","dsn":"x","incident":{"table":"i","seq":"s","id":"i","happened":"h"}}`, key, "child"},
		{`{"driver":"sqlite","dsn":"x","child":{}}`, key, "incident"},
		{`{"driver":"sqlite","dsn":"x","incident":{"table":"i","seq":"s; --","id":"i","happened":"h"},"child":{"table":"c","incident_id":"i","family":"f","given":"g"}}`, key, "incident.seq"},
		{`{"driver":"sqlite","dsn":"x","incident":{"table":"i","seq":"s","id":"i","happened":"h","kind":{"column":"k"}},"child":{"table":"c","incident_id":"i","family":"f","given":"g"}}`, key, "incident.kind.values"},
		{`{"driver":"sqlite","dsn":"x","childs":{}}`, key, "childs"},
		{fmt.Sprintf(`{"driver":"sqlite","dsn":%q,"incident":{"table":"incident","seq":"seq","id":"id","happened":"occurred"},"child":{"table":"incident_child","incident_id":"incident_id","family":"family","given":"given"}}`, s.dsn), key, "incident.happened"},
	} {
		_, err := New().Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(bad.raw), Secrets: map[string]string{"id_key": bad.secret}})
		var e *connector.Error
		if !errors.As(err, &e) || e.Code != connector.CodeInvalid || e.Field != bad.field {
			t.Errorf("%s: got %v, want %s", bad.raw, err, bad.field)
		}
	}
	if err := settings.Agree(schema, config{}); err != nil {
		t.Error(err)
	}
	if _, err := c.Search(context.Background(), connector.SearchRequest{}); connector.CodeOf(err) != connector.CodeUnsupported {
		t.Error(err)
	}
	if _, err := c.Fetch(context.Background(), connector.FetchRequest{}); connector.CodeOf(err) != connector.CodeUnsupported {
		t.Error(err)
	}
	if h, err := c.Health(context.Background(), connector.HealthRequest{}); err != nil || !h.OK {
		t.Error(h, err)
	}
	if _, err := s.db.Exec(`DROP TABLE incident_child`); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Watch(context.Background(), connector.WatchRequest{}); connector.CodeOf(err) != connector.CodeUnavailable {
		t.Errorf("a table that is gone: %v", err)
	}
}
