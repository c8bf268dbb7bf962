package node

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mashhub/hub/mash"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// Answer is what a person answers to an answer task: per person asked about,
// an outcome and, where something is known, items.
type Answer struct {
	Persons map[string]PersonAnswer `json:"persons"`
}

// PersonAnswer is the answer about one person. Sharing part of what is held
// takes the same one step as sharing all of it: what is not among Items is not
// shared, and Withheld says that there is more, by category with a reason.
type PersonAnswer struct {
	Outcome  string             `json:"outcome"` // records_found, nothing_known, refused, source_unavailable
	Reason   string             `json:"reason,omitempty"`
	Items    []record.Item      `json:"items,omitempty"`
	Withheld []mash.Withholding `json:"withheld,omitempty"`
}

// What one answer may hold, whoever sends it and how.
const (
	maxWritten = 50   // about one person
	maxReason  = 5000 // bytes
)

func longReason(field string) error {
	return mash.Invalid(field, "is too long", "shorten the reason to 5,000 characters")
}

// SubmitAnswer takes a person's answer. It passes the same release decision
// as a connector's. Errors: CodeInvalid with field and remedy; CodeConflict
// when the task is done already.
func (n *Node) SubmitAnswer(ctx context.Context, actor mash.Actor, id string, a Answer) error {
	t, b, err := n.openTask(ctx, actor, id, TaskAnswer)
	if err != nil {
		return err
	}
	found := map[string]*finding{}
	var kept []mash.Withholding
	for _, key := range b.Persons {
		pa, ok := a.Persons[key]
		if !ok {
			return mash.Invalid("persons."+key, "is missing", "answer for everybody asked about")
		}
		f, err := n.humanFinding(ctx, t, key, pa)
		if err != nil {
			return err
		}
		found[key] = f
		for i, x := range pa.Withheld {
			if len(x.Reason) > maxReason {
				return longReason(fmt.Sprintf("persons.%s.withheld[%d].reason", key, i))
			}
			if strings.TrimSpace(x.Reason) == "" || x.Category == "" {
				return mash.Invalid(fmt.Sprintf("persons.%s.withheld[%d]", key, i), "category or reason is missing", "withholding needs a reason just as sharing does")
			}
			kept = append(kept, mash.Withholding{Person: key, Category: x.Category, Clause: clausePerson, Reason: x.Reason})
		}
	}
	return n.finish(ctx, t, b, actor, func(w *work) error {
		for key, f := range found {
			f := *f                                                       // conclude calls this more than once
			if old := w.Findings[key]; old != nil && len(old.Items) > 0 { // what another system holds beside
				f.Items = append(slices.Clone(f.Items), old.Items...)
				if f.State == findNone {
					f.State = findFound
				}
			}
			w.Findings[key] = &f
		}
		for _, x := range kept {
			if !slices.Contains(w.Question.Categories, x.Category) {
				return mash.Invalid("persons."+x.Person+".withheld", "names a category that was not asked for", "choose a category of the request")
			}
		}
		// What was kept back about others stays kept back.
		w.Withhold = append(slices.DeleteFunc(slices.Clone(w.Withhold), func(x mash.Withholding) bool { return slices.Contains(b.Persons, x.Person) }), kept...)
		return nil
	})
}

// humanFinding checks one person's answer. Items get ids here: a person gives
// none.
func (n *Node) humanFinding(ctx context.Context, t mash.Task, key string, a PersonAnswer) (*finding, error) {
	field := "persons." + key
	if len(a.Reason) > maxReason {
		return nil, longReason(field + ".reason")
	}
	if len(a.Items) > maxWritten {
		return nil, mash.Invalid(field+".items", "are too many", fmt.Sprintf("send at most %d items about one person", maxWritten))
	}
	f := &finding{Band: "match", Reason: strings.TrimSpace(a.Reason)}
	switch mash.ReturnOutcome(a.Outcome) {
	case mash.RecordsFound:
		f.State = findFound
		if len(a.Items) == 0 {
			return nil, mash.Invalid(field+".items", "is empty", "write at least one item, or choose another answer")
		}
	case mash.NothingKnown:
		f.State = findNone
	case mash.Refused:
		f.State = findRefused
		if f.Reason == "" {
			return nil, mash.Invalid(field+".reason", "is missing", "say why you do not answer; a reasoned refusal is an answer")
		}
	case mash.SourceUnavailable:
		f.State = findGivenUp
	default:
		return nil, mash.Invalid(field+".outcome", "is unknown", "choose records_found, nothing_known, refused or source_unavailable")
	}
	if f.State != findFound && len(a.Items) > 0 {
		return nil, mash.Invalid(field+".items", "is not empty", "items go with records_found only")
	}
	var w *work
	if err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		_, w, err = held(tx, t.Hub, t.Request, t.Party)
		return err
	}); err != nil {
		return nil, err
	}
	for i, item := range a.Items {
		at := fmt.Sprintf("%s.items[%d]", field, i)
		item.ID, item.Person = n.Env.NewID(), key
		if item.Source == "" {
			item.Source = mash.Directory{n.Agency}.Name(t.Party)
		}
		if !slices.Contains(w.Question.Categories, item.Category) {
			return nil, mash.Invalid(at+".category", "was not asked for", "choose a category of the request")
		}
		if err := item.Validate(); err != nil {
			return nil, mash.Invalid(at, err.Error(), "correct it")
		}
		if item.Date.Earliest().After(n.Env.Now()) {
			return nil, mash.Invalid(at+".date", "is in the future", "give the day on which it happened or was seen")
		}
		if !within(item, w.Question, n.Env.Now()) {
			return nil, mash.Invalid(at+".date", "lies outside the period asked about",
				"correct the date or the end, or leave it out")
		}
		if len(item.Text) > 20_000 || len(item.Title) > 500 {
			return nil, mash.Invalid(at, "is too long", "20,000 characters of text and 500 of title at most")
		}
		f.Items, f.Written = append(f.Items, item), append(f.Written, item.ID)
	}
	return f, nil
}

// CheckMatch says which candidate is the person asked about; none when ref is
// empty. Choosing fetches that record; the others are forgotten.
func (n *Node) CheckMatch(ctx context.Context, actor mash.Actor, id string, choice map[string]string) error {
	t, b, err := n.openTask(ctx, actor, id, TaskCheck)
	if err != nil {
		return err
	}
	var h mash.HeldRequest
	var w *work
	if err := n.Store.View(ctx, func(tx mash.NodeTx) (err error) {
		h, w, err = held(tx, t.Hub, t.Request, t.Party)
		return err
	}); err != nil {
		return err
	}
	found := map[string]*finding{}
	for _, key := range b.Persons {
		ref, ok := choice[key]
		if !ok {
			return mash.Invalid("choice."+key, "is missing", "choose a record, or none of them")
		}
		f, err := n.checked(ctx, askedOf(h), t.Party, w, key, ref)
		if err != nil {
			return err
		}
		found[key] = f
	}
	return n.finish(ctx, t, b, actor, func(w *work) error {
		for key, f := range found {
			w.Findings[key] = f
		}
		return nil
	})
}

func (n *Node) checked(ctx context.Context, a asked, party mash.Party, w *work, key, ref string) (*finding, error) {
	old := w.Findings[key]
	if ref == "" && len(old.Candidates) == 0 {
		// The system had more records than it could list, so nobody has looked:
		// a person answers by hand.
		return &finding{State: findAsk, Items: old.Items}, nil
	}
	if ref == "" {
		f := &finding{State: findNone, Items: old.Items}
		if len(old.Items) > 0 {
			f.State, f.Band = findFound, "match"
		}
		return f, nil
	}
	at := slices.IndexFunc(old.Candidates, func(c candidate) bool { return c.Ref == ref })
	if at < 0 {
		return nil, mash.Invalid("choice."+key, "is not one of the candidates", "choose one that is shown")
	}
	c := old.Candidates[at]
	for _, s := range n.Sources {
		if s.Name != c.Source {
			continue
		}
		for _, p := range w.Question.Persons {
			if p.Key == key {
				f, err := n.fetch(ctx, s, a, party, w, connector.Person{Key: key, Record: p.Record}, ref, "match")
				if err != nil {
					return nil, err
				}
				if f.State == findUnavailable { // the choice would be lost, and asked for again
					return nil, mash.Errorf(mash.CodeUnavailable, "the system this record is in does not answer; nothing was changed, try again later")
				}
				if f.Items = append(f.Items, old.Items...); f.State == findNone && len(f.Items) > 0 {
					f.State, f.Band = findFound, "match"
				}
				return f, nil
			}
		}
	}
	return nil, mash.Errorf(mash.CodeUnavailable, "the system this record is in is not connected any more")
}

// SubmitReview says which items may leave and why others may not.
func (n *Node) SubmitReview(ctx context.Context, actor mash.Actor, id string, allow map[string]bool, reason string) error {
	t, b, err := n.openTask(ctx, actor, id, TaskReview)
	if err != nil {
		return err
	}
	if reason = strings.TrimSpace(reason); len(reason) > maxReason {
		return longReason("reason")
	}
	for item := range b.Items {
		ok, said := allow[item]
		if !said {
			return mash.Invalid("allow", "leaves an item undecided", "say yes or no for every item")
		}
		if !ok && reason == "" {
			return mash.Invalid("reason", "is missing", "withholding needs a reason just as sharing does")
		}
	}
	return n.finish(ctx, t, b, actor, func(w *work) error {
		for item := range b.Items {
			if w.Reviewed[item] = allow[item]; !allow[item] {
				w.Why[item] = reason
			}
		}
		return nil
	})
}
