package connectortest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// reference is a connector that keeps every clause, over a handful of items in
// memory. spoil names the one clause that it breaks, so that the suite can be
// seen to notice.
type reference struct {
	spoil    string
	answered int
	folder   string // where deliveries go
	taking   sync.Mutex
	count    atomic.Int64
}

// deliveries is the folder of this run; a process under test is told of it.
var deliveries = sync.OnceValue(func() string {
	if *serving {
		return "/told/by/configure"
	}
	dir, err := os.MkdirTemp("", "deliveries")
	if err != nil {
		panic(err)
	}
	return dir
})

var rowan = record.Person{
	Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "9990000018"}},
	Names:       []record.Name{{Family: []string{"Tessel"}, Given: []string{"Rowan"}}},
	BirthDate:   &record.PartialDate{Date: "2016-05-03"},
}

var stranger = record.Person{
	Identifiers: []record.Identifier{{System: record.SystemNHSNumber, Value: "9990000026"}},
	Names:       []record.Name{{Family: []string{"Marchetti-Lund"}, Given: []string{"Ivo"}}},
}

func referenceSpec(spoil string) Spec {
	return Spec{
		New:     func() connector.Connector { return &reference{spoil: spoil} },
		Config:  json.RawMessage(fmt.Sprintf(`{"folder": %q}`, deliveries())),
		Secrets: map[string]string{"password": "correct horse"},
		Unit:    "100001", UnknownUnit: "100009",
		Known:      connector.Person{Key: "subject-1", Record: rowan},
		Unknown:    connector.Person{Key: "subject-2", Record: stranger},
		Categories: []string{"education.attendance", "education.send"},
		Period:     connector.Period{From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)},
		Deliver:    &connector.DeliverRequest{Unit: "100001", Notification: connector.Notification{ID: "n", Kind: "encompass", Person: rowan}},
		Delivered: func() (int, error) {
			all, err := os.ReadDir(deliveries())
			return len(all), err
		},
		Events:      2,
		CallTimeout: 10 * time.Second,
	}
}

func (r *reference) is(spoil string) bool { return r.spoil == spoil }

func (r *reference) Describe(context.Context, connector.DescribeRequest) (connector.DescribeResponse, error) {
	d := connector.DescribeResponse{
		Kind: "reference", Version: "1.0.0", Methods: []string{"search", "fetch", "deliver", "watch"},
		Categories:   []string{"education.attendance", "education.send"},
		ConfigSchema: json.RawMessage(`{"type":"object","properties":{"folder":{"type":"string"}},"required":["folder"],"additionalProperties":false}`),
	}
	switch {
	case r.is("version"):
		d.Version = "one"
	case r.is("schema open"):
		d.ConfigSchema = json.RawMessage(`{"type":"object"}`)
	case r.is("undeclared method"):
		d.Methods = d.Methods[:3]
	}
	return d, nil
}

func (r *reference) Configure(_ context.Context, q connector.ConfigureRequest) (connector.ConfigureResponse, error) {
	decoder := json.NewDecoder(bytes.NewReader(q.Config))
	if !r.is("lenient") {
		decoder.DisallowUnknownFields()
	}
	var settings struct{ Folder string }
	if err := decoder.Decode(&settings); err != nil && !r.is("careless") {
		return connector.ConfigureResponse{}, &connector.Error{Code: connector.CodeInvalid, Field: "folder", Message: "not understood: write a folder"}
	}
	r.folder = settings.Folder
	return connector.ConfigureResponse{}, nil
}

func (r *reference) Search(ctx context.Context, q connector.SearchRequest) (connector.SearchResponse, error) {
	if ctx.Err() != nil && !r.is("deaf") {
		return connector.SearchResponse{}, ctx.Err()
	}
	if r.is("logs names") {
		slog.Info("searching", "name", q.Person.Record.Names)
	}
	none := connector.SearchResponse{Outcome: connector.None}
	switch {
	case q.Unit != "100001" && r.is("unknown unit"):
		return none, nil
	case q.Unit != "100001":
		return connector.SearchResponse{Outcome: connector.AskPerson, Unit: q.Unit}, nil
	case len(q.Person.Record.Identifiers) == 0 && r.is("lists everybody"):
	case len(q.Person.Record.Identifiers) == 0 && r.is("empty is none"):
		return none, nil
	case len(q.Person.Record.Identifiers) == 0:
		return connector.SearchResponse{}, connector.Errorf(connector.CodeInvalid, "nothing to search by")
	case q.Person.Record.Identifiers[0].Value != "9990000018" && r.is("tells"):
		return connector.SearchResponse{}, connector.Errorf(connector.CodeUnavailable, "no row for %s", q.Person.Record.Identifiers[0].Value)
	case q.Person.Record.Identifiers[0].Value != "9990000018" && !r.is("finds anybody"):
		return none, nil
	}
	a := connector.SearchResponse{Outcome: connector.Found, Candidates: []connector.Candidate{{Ref: "p1", Record: rowan}}}
	switch {
	case r.is("bare candidate"):
		a.Candidates[0].Record = record.Person{}
	case r.is("limit"):
		a.Candidates = append(a.Candidates, connector.Candidate{Ref: "p2", Record: rowan})
	case r.is("fickle search"):
		r.answered++
		a.Candidates[0].Ref = strings.Repeat("p", r.answered%7+1)
	}
	return a, nil
}

func (r *reference) Fetch(ctx context.Context, q connector.FetchRequest) (connector.FetchResponse, error) {
	if ctx.Err() != nil && !r.is("deaf fetch") {
		return connector.FetchResponse{}, ctx.Err()
	}
	if q.Ref != "p1" && !r.is("any ref") {
		return connector.FetchResponse{Outcome: connector.None}, nil
	}
	all := []record.Item{
		{ID: "a1", Category: "education.attendance", Date: record.NewDate(2025, 3, 2), Title: "Attendance 81 %"},
		{ID: "a2", Category: "education.attendance", Date: record.NewDate(2019, 3, 2), Title: "Attendance 96 %"},
		{ID: "s1", Category: "education.send", Date: record.NewDate(2024, 9, 1), Title: "SEN support",
			Until: &record.PartialDate{Date: "2024", Accuracy: "UUU"}},
	}
	a := connector.FetchResponse{Outcome: connector.None}
	for _, i := range all {
		i.Person, i.Kind, i.Source, i.Author = q.Person.Key, record.Fact, "register", "class teacher"
		inCategory := slices.Contains(q.Categories, i.Category) || r.is("all categories")
		inPeriod := q.Period.Covers(i) || r.is("all periods")
		if r.is("end excluded") && !i.Date.Earliest().After(q.Period.From) {
			inPeriod = false
		}
		switch {
		case r.is("other person"):
			i.Person = "subject-1"
		case r.is("names author"):
			i.Author = "Mr Tessel"
		case r.is("no source"):
			i.Source = ""
		case r.is("one id"):
			i.ID = "x"
		case r.is("fickle fetch"):
			r.answered++
			i.ID += strings.Repeat("x", r.answered%7)
		case r.is("latin1"):
			i.Title = "caf\xe9"
		}
		if inCategory && inPeriod {
			a.Items, a.Outcome = append(a.Items, i), connector.Found
		}
	}
	if r.is("found nothing") && len(a.Items) == 0 {
		a.Outcome = connector.Found
	}
	return a, nil
}

func (r *reference) Deliver(_ context.Context, q connector.DeliverRequest) (connector.DeliverResponse, error) {
	if !r.is("all at once") {
		r.taking.Lock()
		defer r.taking.Unlock()
	}
	name, a := filepath.Join(r.folder, q.Call), connector.DeliverResponse{Outcome: connector.Found, Reference: q.Call}
	switch _, err := os.Stat(name); {
	case r.is("delivers nothing"):
		return a, nil
	case err == nil && r.is("delivers twice"), err != nil && r.is("all at once"):
		time.Sleep(5 * time.Millisecond)
		name += fmt.Sprint("+", r.count.Add(1))
	case r.is("other reference"):
		r.answered++
		a.Reference += strings.Repeat("+", r.answered)
	case err == nil:
		return a, nil
	}
	return a, os.WriteFile(name, nil, 0o600)
}

func (r *reference) Watch(ctx context.Context, q connector.WatchRequest) (connector.WatchResponse, error) {
	next := len(q.Cursor)
	if next < 2 {
		if ctx.Err() != nil && !r.is("deaf watch") {
			return connector.WatchResponse{}, ctx.Err()
		}
		cursor := q.Cursor + "c"
		if r.is("stuck cursor") {
			cursor = q.Cursor
		}
		return connector.WatchResponse{Events: []connector.Notification{{ID: string(rune('a' + next)), Kind: "encompass"}}, Cursor: cursor}, nil
	}
	if r.is("overstays") {
		q.Wait = time.Hour
	}
	select {
	case <-time.After(q.Wait):
	case <-ctx.Done():
		return connector.WatchResponse{}, ctx.Err()
	}
	return connector.WatchResponse{Cursor: q.Cursor}, nil
}

func (r *reference) Health(context.Context, connector.HealthRequest) (connector.HealthResponse, error) {
	return connector.HealthResponse{OK: !r.is("sick"), Reason: "the reference is sick"}, nil
}
