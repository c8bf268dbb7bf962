package edition

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"mashhub/hub/mash"
)

// Rehearsal is what a version would have decided otherwise, had it been in
// force: newly shared first.
type Rehearsal struct {
	From    time.Time `json:"from"`
	Back    time.Time `json:"back"`    // of the oldest decision that was put again: it begins with the newest
	Looked  int       `json:"looked"`  // recorded decisions that were put again
	Changed int       `json:"changed"` // of them, answered otherwise
	Counts  []Count   `json:"counts"`
	// Cases are the changed answers themselves, mostCases at most.
	Cases []Case `json:"cases"`
	More  int    `json:"more,omitempty"` // changed answers that are counted and not listed
	// Running: there is more to look at, and neither counts nor cases are there yet.
	Running bool `json:"running,omitempty"`
	// Stopped: somebody ended it; what is there is what was looked at.
	Stopped bool      `json:"stopped,omitempty"`
	At      time.Time `json:"at,omitzero"` // when it ended
}

// Count is how many answers of one kind would change in one way.
type Count struct {
	Question mash.Question `json:"question"`
	Agency   string        `json:"agency,omitempty"`
	Category string        `json:"category,omitempty"`
	Purpose  mash.Purpose  `json:"purpose,omitempty"`
	Role     string        `json:"role,omitempty"`
	Was      string        `json:"was"` // permit, review, deny or fault, with "+" before each obligation where the terms differ; or the fields that go
	Now      string        `json:"now"`
	Widens   bool          `json:"widens"`
	N        int           `json:"n"`
}

// Case is one changed answer, to look up: the decision, and what decided.
type Case struct {
	Count
	Decision   string    `json:"decision"`
	At         time.Time `json:"at"`
	WasClauses []string  `json:"was_clauses,omitempty"`
	NowClauses []string  `json:"now_clauses,omitempty"`
	Reasons    []string  `json:"reasons,omitempty"` // of the new answer
}

const (
	mostCases = 200
	chunk     = 500
)

// Rehearse puts the decisions that the hub recorded since an instant to what is in
// force and to an edition's version, and compares the two. Nothing changes by it, and no content is looked at: inputs
// hold none. What agencies release is decided at their nodes and is not in it.
func (d *Desk) Rehearse(ctx context.Context, actor mash.Actor, id string, since time.Time) (Rehearsal, error) {
	files, err := d.toRehearse(ctx, actor, id)
	if err != nil {
		return Rehearsal{From: since}, err
	}
	return d.rehearse(ctx, files, since, func(Rehearsal) {})
}

// toRehearse gives the files of an edition to whom they may be shown.
func (d *Desk) toRehearse(ctx context.Context, actor mash.Actor, id string) (files Files, err error) {
	if err := d.May(ctx, actor, pageRead); err != nil {
		return nil, err
	}
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		e, err := d.find(tx, id)
		if err == nil {
			files, err = filesOf(tx, e.Version)
		}
		return err
	})
	return files, err
}

// rehearse goes back from the newest decision, on all processors, and tells how
// far it is. A rehearsal that is interrupted gives what it has, with the error.
func (d *Desk) rehearse(ctx context.Context, files Files, since time.Time, told func(Rehearsal)) (Rehearsal, error) {
	out := Rehearsal{From: since}
	draft, err := d.Engine.Draft(ctx, files)
	if err != nil {
		return out, err
	}
	current, err := d.FilesOf(ctx, d.Engine.Version())
	if err != nil {
		return out, err
	}
	base, err := d.Engine.Draft(ctx, current)
	if err != nil {
		return out, err
	}
	counts := map[Count]int{}
	var wider, others []Case // each the newest of its kind
	for place, more := int64(math.MaxInt64), true; more && err == nil; {
		var some []mash.Decision
		if err = d.Store.View(ctx, func(tx mash.HubTx) (err error) {
			some, place, err = tx.DecisionsBefore(place, chunk)
			return err
		}); err != nil {
			break
		}
		more = len(some) == chunk
		some = slices.DeleteFunc(some, func(was mash.Decision) bool { return was.At.Before(since) })
		more = more && len(some) > 0 // they are in order, but for those made at about the same time
		// What could not be decided then says nothing of the agreement.
		some = slices.DeleteFunc(some, func(was mash.Decision) bool { return was.Fault })
		for _, cases := range putAgain(ctx, base, draft, some) {
			for _, c := range cases {
				counts[c.Count]++
				out.Changed++
				if c.Widens && len(wider) < mostCases {
					wider = append(wider, c)
				} else if !c.Widens && len(others) < mostCases {
					others = append(others, c)
				}
			}
		}
		if err = ctx.Err(); err != nil {
			break // what was put again meanwhile is a fault of nobody's agreement
		}
		if out.Looked += len(some); len(some) > 0 {
			out.Back = some[len(some)-1].At
		}
		told(out)
	}
	for c, n := range counts {
		c.N = n
		out.Counts = append(out.Counts, c)
	}
	slices.SortFunc(out.Counts, func(a, b Count) int {
		return cmp.Or(order(a.Widens, b.Widens), cmp.Compare(b.N, a.N), cmp.Compare(a.Question, b.Question), cmp.Compare(a.Agency, b.Agency), cmp.Compare(a.Category, b.Category))
	})
	out.Cases = append(wider, others...)
	out.Cases = out.Cases[:min(len(out.Cases), mostCases)]
	out.More = out.Changed - len(out.Cases)
	return out, err
}

// putAgain puts decisions to what is in force and to a draft, side by side, and
// gives for each what would be otherwise.
func putAgain(ctx context.Context, base, draft Draft, some []mash.Decision) [][]Case {
	out := make([][]Case, len(some))
	workers := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(some) && ctx.Err() == nil; i += workers {
				was, _ := base.Rehearse(ctx, some[i])
				now, _ := draft.Rehearse(ctx, was)
				if ctx.Err() == nil {
					out[i] = compare(was, now)
				}
			}
		})
	}
	wg.Wait()
	return out
}

// order puts what widens first.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// shape is what a rehearsal reads of an input to say whom it was about: no
// content is in any.
type shape struct {
	Party   mash.Party   `json:"party"`
	To      mash.Party   `json:"to"`
	Purpose mash.Purpose `json:"purpose"`
	Person  struct {
		Roles []string `json:"roles"`
	} `json:"person"`
	Page  string           `json:"page"`
	Items []mash.ItemInput `json:"items"`
}

// compare lists what differs between two answers: part by part, or as a whole
// where no part does.
func compare(was, now mash.Decision) (out []Case) {
	var in shape
	_ = json.Unmarshal(was.Input, &in) // what cannot be read stays empty
	base := Case{Decision: was.ID, At: was.At, Count: Count{Question: was.Question, Agency: cmp.Or(in.Party.Agency, in.To.Agency), Purpose: in.Purpose}}
	if len(in.Person.Roles) > 0 {
		base.Role = in.Person.Roles[0]
	}
	categories := map[string]string{}
	for _, i := range in.Items {
		categories[i.ID], categories["item:"+i.ID] = i.Category, i.Category
	}
	add := func(category string, a, b mash.Verdict) {
		c := base
		c.Category, c.Was, c.Now, c.Widens = category, answer(a), answer(b), rank(b) > rank(a)
		switch freed, bound := missing(a.Obligations, b.Obligations), missing(b.Obligations, a.Obligations); {
		case c.Was != c.Now:
		case len(freed)+len(bound) == 0 || a.Answer == mash.Deny:
			return
		default: // on other terms: whatever does not bind any more lets more happen
			c.Was, c.Now, c.Widens = terms(a), terms(b), len(freed) > 0
		}
		c.WasClauses, c.NowClauses, c.Reasons = a.Clauses, b.Clauses, b.Reasons
		out = append(out, c)
	}
	for key, a := range was.Parts {
		category := categories[key]
		if category == "" && strings.Contains(key, ".") { // an ask answers by category
			category = key[strings.LastIndex(key, ":")+1:]
		}
		if category == "" && was.Question == mash.QuestionView {
			category = in.Page
		}
		add(category, a, now.Part(key))
	}
	if len(out) == 0 {
		add(in.Page, was.Verdict, now.Verdict)
	}
	if gone, more := without(was.Fields, now.Fields), without(now.Fields, was.Fields); len(out) == 0 && len(gone)+len(more) > 0 {
		c := base
		c.Was, c.Now, c.Widens = "fields: "+strings.Join(was.Fields, ", "), "fields: "+strings.Join(now.Fields, ", "), len(more) > 0
		out = append(out, c)
	}
	return out
}

// terms is an answer with what it is bound to.
func terms(v mash.Verdict) string {
	out := answer(v)
	for _, o := range v.Obligations {
		out += " +" + o.Code
	}
	return out
}

// missing lists what of some obligations others do not have.
func missing(of, in []mash.Obligation) (out []mash.Obligation) {
	for _, o := range of {
		if !slices.ContainsFunc(in, func(x mash.Obligation) bool { return reflect.DeepEqual(x, o) }) {
			out = append(out, o)
		}
	}
	return out
}

// without lists what of some texts others do not have.
func without(of, in []string) (out []string) {
	for _, s := range of {
		if !slices.Contains(in, s) {
			out = append(out, s)
		}
	}
	return out
}

func answer(v mash.Verdict) string {
	if v.Fault {
		return "fault"
	}
	return string(v.Answer)
}

// rank orders answers by how much they let happen.
func rank(v mash.Verdict) int {
	return map[string]int{string(mash.Permit): 3, string(mash.Review): 2, string(mash.Deny): 1}[answer(v)]
}
