package tables

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func ids(items []record.Item) string {
	var out []string
	for _, it := range items {
		out = append(out, strings.TrimPrefix(it.ID, "event/"))
	}
	return strings.Join(out, " ")
}

func TestFetchBringsOnlyWhatWasAsked(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "p1", "", "Tessel", "Rowan", "2016-05-03", "", "")
		e.person(t, "p2", "", "Tessel", "Other", "2016-05-03", "", "")
		e.event(t, "before", "p1", "police.crime", "2025-05-31", "")
		e.event(t, "first", "p1", "police.crime", "2025-06-01", "")
		e.event(t, "last", "p1", "police.crime", "2025-06-30T23:59:59Z", "")
		e.event(t, "after", "p1", "police.crime", "2025-07-01", "")
		e.event(t, "month", "p1", "police.crime", "2025-06", "")
		e.event(t, "year", "p1", "police.crime", "2025", "")
		e.event(t, "othermonth", "p1", "police.crime", "2025-04", "")
		e.event(t, "undated", "p1", "police.crime", "", "")
		e.event(t, "lasting", "p1", "police.order", "2019-01-01", "2025-06-15")
		e.event(t, "ended", "p1", "police.order", "2019-01-01", "2025-05-15")
		e.event(t, "open", "p1", "police.order", "2019-01-02", "")
		e.event(t, "intel", "p1", "police.intelligence", "2025-06-10", "")
		e.event(t, "other-person", "p2", "police.crime", "2025-06-10", "")
		e.event(t, "not-ours", "p1", "police.unheard", "2025-06-10", "")
		c := configured(t, e, nil)
		june := connector.Period{From: day("2025-06-01"), To: day("2025-06-30")}
		for _, q := range []struct {
			name       string
			categories []string
			period     connector.Period
			want       string
		}{
			{"crime in June", []string{"police.crime"}, june, "year month first last"},
			{"orders in June", []string{"police.order"}, june, "lasting open"},
			{"both", []string{"police.crime", "police.order", "police.crime"}, june, "lasting open year month first last"},
			{"up to June", []string{"police.order"}, connector.Period{To: day("2019-01-01")}, "ended lasting"},
			{"since July", []string{"police.crime"}, connector.Period{From: day("2025-07-01")}, "year after"},
			{"open at both ends, undated too", []string{"police.crime"}, connector.Period{}, "undated year othermonth before month first last after"},
			{"a category that is not ours", []string{"police.unheard", "health.camhs"}, connector.Period{}, ""},
			{"SQL as a category", []string{"police.crime') OR 1=1 --"}, connector.Period{}, ""},
		} {
			got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "p1", Person: connector.Person{Key: "subject-1"}, Categories: q.categories, Period: q.period})
			if err != nil {
				t.Fatalf("%s: %v", q.name, err)
			}
			gotIDs := ids(got.Items)
			if e.name == "postgres" {
				gotIDs, q.want = sortWords(gotIDs), sortWords(q.want)
			}
			if gotIDs != q.want {
				t.Errorf("%s: got %q, want %q", q.name, gotIDs, q.want)
			}
			if q.want == "" && got.Outcome != connector.None {
				t.Errorf("%s: outcome %s", q.name, got.Outcome)
			}
			for _, it := range got.Items {
				if err := it.Validate(); err != nil {
					t.Errorf("%s: %s: %v", q.name, it.ID, err)
				}
				if !q.period.Covers(it) {
					t.Errorf("%s: %s is outside the period by the contract's own rule", q.name, it.ID)
				}
				if it.Person != "subject-1" {
					t.Errorf("%s: person %q", q.name, it.Person)
				}
			}
		}
		if _, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "p1"}); connector.CodeOf(err) != connector.CodeInvalid {
			t.Errorf("no categories: %v", err)
		}
	})
}

func sortWords(s string) string {
	w := strings.Fields(s)
	for i := range w {
		for j := i + 1; j < len(w); j++ {
			if w[j] < w[i] {
				w[i], w[j] = w[j], w[i]
			}
		}
	}
	return strings.Join(w, " ")
}

func TestFetchMapsEveryColumn(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "p1", "", "Tessel", "Rowan", "2016-05-03", "", "")
		e.exec(t, `CREATE TABLE log (n INTEGER, who TEXT, what TEXT, sort TEXT, seen TEXT, gone TEXT, said TEXT, heard TEXT, verb TEXT, agree TEXT, grade TEXT, risk TEXT, hide TEXT)`)
		e.exec(t, `INSERT INTO log VALUES (1, 'p1', 'DV', 'CV', '07/03/2025', '08/03/2025', 'I hid at 3 Quay Court', 'officer', 'Y', 'YES', 'Z9', 'H', '3 Quay Court;FE1 2AB')`)
		e.exec(t, `INSERT INTO log VALUES (2, 'p1', 'ADMIN', 'CV', '07/03/2025', NULL, 'never returned', NULL, NULL, NULL, NULL, NULL, NULL)`)
		e.exec(t, `INSERT INTO log VALUES (3, 'p1', 'DV', '??', '09/03/2025', NULL, 'unknown kind', NULL, NULL, NULL, 'odd', NULL, NULL)`)
		c := configured(t, e, map[string]any{
			"person": map[string]any{"table": "person", "ref": "ref", "family": "family", "given": "given", "dob": "dob"},
			"sources": []any{map[string]any{"name": "l", "table": "log", "person_ref": "who", "id": "n",
				"category": map[string]any{"column": "what", "values": map[string]any{"DV": "police.crime"}},
				"kind":     map[string]any{"column": "sort", "values": map[string]any{"CV": "child_voice"}},
				"date":     "seen", "date_format": "dmy", "until": "gone",
				"title": map[string]any{"template": "Heard by {heard}"}, "text": map[string]any{"column": "said"},
				"author": map[string]any{"value": "response officer"}, "source": map[string]any{"value": "the log"},
				"handling":  map[string]any{"column": "grade", "values": map[string]any{"Z9": "C"}},
				"protected": map[string]any{"column": "hide", "separator": ";"},
				"voice":     map[string]any{"verbatim": "verb", "heard_by": "heard", "agreed": "agree"},
				"codes":     []any{map[string]any{"system": "urn:x", "column": "risk", "labels": map[string]any{"H": "high"}}}}},
		})
		got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: "p1", Person: connector.Person{Key: "s"}, Categories: testCategories,
			Period: connector.Period{From: day("2025-03-07"), To: day("2025-03-09")}})
		if err != nil || len(got.Items) != 2 {
			t.Fatalf("%+v %v", got, err)
		}
		it := got.Items[0]
		want := record.Item{ID: "l/1", Person: "s", Category: "police.crime", Kind: record.ChildVoice, Date: record.PartialDate{Date: "2025-03-07"},
			Until: &record.PartialDate{Date: "2025-03-08"}, Title: "Heard by officer", Text: "I hid at 3 Quay Court", Source: "the log", Author: "response officer",
			Handling: "C", Flags: []string{"protected_location"}, Protected: []string{"3 Quay Court", "FE1 2AB"},
			Voice: &record.Voice{Verbatim: true, HeardBy: "officer", Agreed: "yes"}, Codes: []record.Code{{System: "urn:x", Code: "H", Label: "high"}}}
		if !reflect.DeepEqual(it, want) {
			t.Errorf("got  %+v\nwant %+v", it, want)
		}
		if u := got.Items[1]; u.Kind != record.Opinion || u.Handling != "odd" || u.Voice != nil {
			t.Errorf("an unknown kind or handling code: %+v", u)
		}
	})
}

func TestFetchNeverGivesAPart(t *testing.T) {
	onEach(t, func(t *testing.T, e *engine) {
		e.layout(t)
		e.person(t, "p1", "", "Tessel", "Rowan", "2016-05-03", "", "")
		for i := range 6 {
			e.event(t, fmt.Sprint(i), "p1", "police.crime", "2025-06-10", "")
		}
		c := configured(t, e, map[string]any{"row_limit": 5})
		req := connector.FetchRequest{Ref: "p1", Person: connector.Person{Key: "s"}, Categories: testCategories}
		if got, err := c.Fetch(context.Background(), req); connector.CodeOf(err) != connector.CodeTooLarge || len(got.Items) > 0 {
			t.Errorf("six rows with a limit of five: %d items, %v", len(got.Items), err)
		}
		e.exec(t, `DELETE FROM event WHERE id = '5'`)
		if got, err := c.Fetch(context.Background(), req); err != nil || len(got.Items) != 5 {
			t.Errorf("five rows: %d items, %v", len(got.Items), err)
		}
	})
}
