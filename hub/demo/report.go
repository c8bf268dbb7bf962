package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"mashhub/hub/app"
	"mashhub/hub/audit"
	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
	"mashhub/hub/tracking"
)

// Report is what `demo --once --json` prints: one object.
type Report struct {
	Scenario struct {
		Number int    `json:"number"`
		Title  string `json:"title"`
	} `json:"scenario"`
	Enquiry struct {
		ID        string `json:"id"`
		Reference string `json:"reference"`
		State     string `json:"state"`
		RAG       string `json:"rag"`
	} `json:"enquiry"`
	Requests  []RequestReport  `json:"requests"`
	NotAsked  []mash.NotAsked  `json:"not_asked"`
	Items     []ItemReport     `json:"items"`
	Withheld  []WithheldReport `json:"withheld"`
	Notices   []notice         `json:"notices"`
	Closing   ClosingReport    `json:"closing"`
	Audit     AuditReport      `json:"audit"`
	Logs      []AuditReport    `json:"logs"` // every log checked, the hub's and the nodes'
	Processes []ProcessReport  `json:"processes"`
	Checks    []Check          `json:"checks"`
	Later     []string         `json:"later"` // what the story needs that is not asserted today
	// ChronologySeconds is from the program's start to the complete chronology.
	ChronologySeconds float64 `json:"chronology_seconds"`
	OK                bool    `json:"ok"`
}

// RequestReport is one agency's row. Times are whole milliseconds.
type RequestReport struct {
	Agency      string               `json:"agency"`
	Unit        string               `json:"unit"`
	State       string               `json:"state"`
	Marks       []string             `json:"marks,omitempty"`
	Outcomes    []mash.PersonOutcome `json:"outcomes"`
	AgencyMS    int64                `json:"agency_ms"`
	HubMS       int64                `json:"hub_ms"`
	TransportMS int64                `json:"transport_ms"`
	PolicyMS    int64                `json:"policy_ms"`
	RequesterMS int64                `json:"requester_ms"`
	OutageMS    int64                `json:"outage_ms"`
	TotalMS     int64                `json:"total_ms"`
	Target      time.Time            `json:"target"`
}

// ItemReport is one line of the chronology, without its content.
type ItemReport struct {
	Agency   string `json:"agency"`
	Unit     string `json:"unit,omitempty"`
	Person   string `json:"person"`
	Category string `json:"category"`
	Date     string `json:"date"`
	Kind     string `json:"kind"`
	Title    string `json:"title"`
	Source   string `json:"source"`
}

// WithheldReport is what an agency says that it keeps.
type WithheldReport struct {
	Agency   string `json:"agency"`
	Unit     string `json:"unit,omitempty"`
	Person   string `json:"person"`
	Category string `json:"category"`
	Clause   string `json:"clause"`
	Reason   string `json:"reason"`
	Count    int    `json:"count"`
}

// ClosingReport is what happened when the enquiry was to be closed.
type ClosingReport struct {
	Tried   bool     `json:"tried"`
	Closed  bool     `json:"closed"`
	Clauses []string `json:"clauses"` // that speak against it
	Reasons []string `json:"reasons"` // in plain English
}

// AuditReport is one log, checked with its public key alone.
type AuditReport struct {
	Log         string `json:"log"`
	Size        int64  `json:"size"`
	Root        string `json:"root"`
	Unsequenced int64  `json:"unsequenced"`
	Verified    bool   `json:"verified"`
	Problem     string `json:"problem,omitempty"`
}

// ProcessReport is a live connector.
type ProcessReport struct {
	Connector string `json:"connector"`
	PID       int    `json:"pid"`
	Agency    string `json:"agency"`
}

// once plays the scenario and prints what a worker would see.
func (d *Demo) once(ctx context.Context) error {
	s, err := d.newStory(ctx)
	if err != nil {
		return err
	}
	pctx, stop := context.WithCancel(ctx)
	defer stop()
	people := make(chan error, 1)
	go func() { people <- s.people(pctx) }()
	steps := []func(context.Context) error{s.open, s.ask,
		func(ctx context.Context) error { return s.wait(ctx, s.answered) }, s.conclude, s.awaitNotices}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			stop()
			if perr := <-people; perr != nil {
				err = errors.Join(err, perr)
			}
			return err
		}
	}
	stop()
	if err := <-people; err != nil {
		return err
	}
	var last struct {
		Enquiry mash.Enquiry `json:"enquiry"`
	}
	if err := s.worker.call(ctx, http.MethodGet, s.path(""), nil, &last); err != nil {
		return fmt.Errorf("looking at the enquiry: %w", err)
	}
	s.picture.Enquiry = last.Enquiry
	r := s.report(ctx)
	if d.JSON {
		enc := json.NewEncoder(d.Out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		r.print(d.Out)
	}
	if !r.OK {
		return fmt.Errorf("scenario %d: not everything that it asserts held", d.Scenario)
	}
	return nil
}

func (s *story) report(ctx context.Context) *Report {
	r := &Report{Requests: []RequestReport{}, NotAsked: []mash.NotAsked{}, Items: []ItemReport{}, Withheld: []WithheldReport{}, Notices: []notice{}, Later: []string{}}
	*r = Report{Requests: r.Requests, Items: r.Items, Withheld: r.Withheld, ChronologySeconds: s.full.Seconds(), Checks: s.checks(), Later: append(r.Later, s.scenario.Expect.Later...), Notices: s.notices,
		NotAsked: s.picture.Enquiry.NotAsked}
	r.Scenario.Number, r.Scenario.Title = s.scenario.Number, s.scenario.Title
	r.Enquiry.ID, r.Enquiry.Reference, r.Enquiry.RAG = s.id, s.ref, string(s.picture.Enquiry.RAG)
	r.Enquiry.State = string(s.picture.Enquiry.State)
	for _, q := range s.picture.Requests {
		by := q.Timing.By
		r.Requests = append(r.Requests, RequestReport{Agency: q.Party.Agency, Unit: q.Party.Unit, State: string(q.State), Marks: q.Marks, Outcomes: q.Outcomes,
			AgencyMS: by[tracking.Agency], HubMS: by[tracking.Hub], TransportMS: by[tracking.Transport], PolicyMS: by[tracking.Policy],
			RequesterMS: by[tracking.Requester], OutageMS: by[tracking.Outage], TotalMS: q.Timing.TotalMS, Target: q.TargetAt})
	}
	r.Closing = ClosingReport{Tried: s.closed || s.closing != nil, Closed: s.closed, Clauses: []string{}, Reasons: []string{}}
	if s.closing != nil {
		r.Closing.Clauses, r.Closing.Reasons = s.closing.Clauses, s.closing.Reasons
	}
	for _, x := range s.picture.Chronology {
		src := x.Sources[0]
		r.Items = append(r.Items, ItemReport{Agency: src.Party.Agency, Unit: src.Party.Unit, Person: x.Item.Person, Category: x.Item.Category,
			Date: x.Item.Date.Date, Kind: string(x.Item.Kind), Title: x.Item.Title, Source: x.Item.Source})
	}
	for _, w := range s.picture.Withheld {
		r.Withheld = append(r.Withheld, WithheldReport{Agency: w.Party.Agency, Unit: w.Party.Unit, Person: w.Person, Category: w.Category,
			Clause: w.Clause, Reason: w.Reason, Count: w.Count})
	}
	for _, a := range s.agencies {
		for name, pid := range s.nodes[a.ID].connectors() {
			live := alive(pid)
			r.Processes = append(r.Processes, ProcessReport{Connector: name, PID: pid, Agency: a.ID})
			r.Checks = append(r.Checks, Check{What: fmt.Sprintf("the connector %s of %s is a live process", name, a.ID), OK: live})
		}
	}
	slices.SortFunc(r.Processes, func(a, b ProcessReport) int { return strings.Compare(a.Agency+a.Connector, b.Agency+b.Connector) })
	r.Logs = s.verify(ctx)
	r.Audit = r.Logs[0]
	for _, l := range r.Logs {
		r.Checks = append(r.Checks, Check{What: "the log of " + l.Log + " verifies", OK: l.Verified, Detail: l.Problem})
	}
	public := s.strangers(ctx)
	r.Checks = append(r.Checks, s.leaks(public)...)
	r.Checks = append(r.Checks, s.never(public)...)
	r.OK = !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK })
	return r
}

// verify checks every log from outside: the bundle as anybody may fetch it,
// and the public key as it was enrolled.
func (s *story) verify(ctx context.Context) []AuditReport {
	out := []AuditReport{s.verifyLog(ctx, "", s.hub.ready.Addr, "scrutineer")}
	for _, a := range s.agencies {
		out = append(out, s.verifyLog(ctx, a.ID, s.nodes[a.ID].ready.Addr, "reviewer"))
	}
	return out
}

func (s *story) verifyLog(ctx context.Context, agency, addr, role string) AuditReport {
	name := app.Enrolment(world.Hub, agency)
	r := AuditReport{Log: name}
	fail := func(err error) AuditReport {
		r.Problem = err.Error()
		return r
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "enrol", name+".json"))
	if err != nil {
		return fail(err)
	}
	var e struct {
		Verifier string `json:"audit_verifier"`
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return fail(err)
	}
	c, err := s.signIn(ctx, addr, role)
	if err != nil {
		return fail(err)
	}
	var bundle []byte
	if err := c.call(ctx, http.MethodGet, "/api/v1/audit/bundle", nil, &bundle); err != nil {
		return fail(err)
	}
	rep, err := audit.VerifyBundle(bytes.NewReader(bundle), e.Verifier)
	r.Size, r.Root, r.Unsequenced = rep.Size, rep.Root.String(), rep.Unsequenced
	if err != nil {
		return fail(err)
	}
	r.Verified = true
	return r
}

// never looks for what the scenario says that somebody must not learn. What is
// for nobody is looked for in everything that the worker sees; the originator's
// in what they are told; anybody else (the father) has no role here, so it is
// looked for in what the hub says to somebody who has not signed in.
func (s *story) never(stranger string) []Check {
	var out []Check
	worker, err := json.Marshal(s.picture)
	if err != nil {
		return []Check{{What: "nothing appears that must not", Detail: err.Error()}}
	}
	for i, n := range s.scenario.Expect.Never {
		where := stranger
		switch n.For {
		case "everyone":
			where = string(worker) + stranger
		case "originator":
			where = s.toldText() + stranger
		}
		c := Check{What: fmt.Sprintf("text %d never reaches %s, because %s", i+1, n.For, n.Why), OK: !strings.Contains(where, n.Text)}
		if !c.OK {
			c.Detail = "it is there"
		}
		out = append(out, c)
	}
	return out
}

// toldText is what the originator was told.
func (s *story) toldText() string {
	if f := s.scenario.Expect.Feedback; f != nil {
		return f.Text
	}
	return ""
}

// strangers is all that the hub says to who has not signed in.
func (s *story) strangers(ctx context.Context) string {
	var all strings.Builder
	for _, path := range []string{s.path(""), s.path("/chronology"), "/api/v1/board", "/api/v1/notices", "/enquiries/" + s.id, "/enquiries/" + s.id + "/chronology", "/board"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.worker.base+path, nil)
		if err != nil {
			return err.Error()
		}
		res, err := (&http.Client{Transport: &s.trail}).Do(req)
		if err != nil {
			return err.Error()
		}
		b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		res.Body.Close()
		all.Write(b)
	}
	return all.String()
}

// print writes the report for people.
func (r *Report) print(w io.Writer) {
	fmt.Fprintf(w, "\nScenario %d: %s\nEnquiry %s, %s, %s\n\n", r.Scenario.Number, r.Scenario.Title, r.Enquiry.Reference, r.Enquiry.RAG, r.Enquiry.State)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "AGENCY\tSTATE\tANSWER\tAGENCY\tHUB\tTRANSPORT\tPOLICY\tREQUESTER\tOUTAGE\tTOTAL\tTARGET")
	for _, q := range r.Requests {
		var answers []string
		for _, o := range q.Outcomes {
			answers = append(answers, o.Person+" "+string(o.Outcome))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d ms\t%d ms\t%d ms\t%d ms\t%d ms\t%d ms\t%d ms\t%s\n", mash.Party{Agency: q.Agency, Unit: q.Unit}, q.State,
			strings.Join(answers, ", "), q.AgencyMS, q.HubMS, q.TransportMS, q.PolicyMS, q.RequesterMS, q.OutageMS, q.TotalMS, q.Target.Format("2 Jan 15:04"))
	}
	for _, n := range r.NotAsked {
		fmt.Fprintf(t, "%s\tnot asked\t%s\n", n.Party, n.Reason)
	}
	t.Flush()
	fmt.Fprintln(w, "\nChronology")
	t = tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, i := range r.Items {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", i.Date, i.Kind, mash.Party{Agency: i.Agency, Unit: i.Unit}, i.Person, i.Title, i.Source)
	}
	t.Flush()
	fmt.Fprintln(w, "\nWithheld")
	for _, x := range r.Withheld {
		fmt.Fprintf(w, "  %s keeps %d of %s about %s: %s\n", x.Agency, x.Count, x.Category, x.Person, x.Reason)
	}
	if len(r.Withheld) == 0 {
		fmt.Fprintln(w, "  nothing that the hub may know of")
	}
	if len(r.Notices) > 0 {
		fmt.Fprintln(w, "\nNotices")
		for _, n := range r.Notices {
			fmt.Fprintf(w, "  %s from %s to %s: %s\n", n.Kind, n.From, n.To, n.State)
		}
	}
	if r.Closing.Tried && !r.Closing.Closed {
		fmt.Fprintln(w, "\nClosing is refused")
		for i, reason := range r.Closing.Reasons {
			fmt.Fprintf(w, "  %s (%s)\n", reason, r.Closing.Clauses[min(i, len(r.Closing.Clauses)-1)])
		}
	}
	fmt.Fprintln(w, "\nLogs")
	for _, l := range r.Logs {
		state := "verified"
		if !l.Verified {
			state = "NOT VERIFIED: " + l.Problem
		}
		fmt.Fprintf(w, "  %-22s %5d entries, root %s, %s\n", l.Log, l.Size, l.Root, state)
	}
	fmt.Fprintln(w)
	failed := 0
	for _, c := range r.Checks {
		if !c.OK {
			failed++
			fmt.Fprintf(w, "FAILED  %s: %s\n", c.What, c.Detail)
		}
	}
	fmt.Fprintf(w, "%d of %d checks held; chronology complete %.2f s after the start\n", len(r.Checks)-failed, len(r.Checks), r.ChronologySeconds)
	for _, l := range r.Later {
		fmt.Fprintf(w, "not asserted today: %s\n", l)
	}
}
