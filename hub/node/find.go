package node

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/matching"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// find searches for every person that has no finding yet, or whose system was
// unavailable, and fills in w.Findings. It changes nothing anywhere.
func (n *Node) find(ctx context.Context, a asked, p mash.Party, w *work) error {
	for _, person := range w.Question.Persons {
		if f := w.Findings[person.Key]; f != nil && f.State != findUnavailable {
			continue
		}
		f, err := n.findPerson(ctx, a, p, w, person)
		if err != nil {
			return err
		}
		w.Findings[person.Key] = f
	}
	return nil
}

// findPerson asks every source that can search. One that could not be searched
// makes the whole finding unavailable: half an answer must not read as nothing
// known.
func (n *Node) findPerson(ctx context.Context, a asked, p mash.Party, w *work, person wire.Person) (*finding, error) {
	out := &finding{State: findNone}
	searched := false
	for _, s := range n.Sources {
		if !s.does("search") {
			continue
		}
		searched = true
		f, err := n.searchSource(ctx, s, a, p, w, person)
		if err != nil {
			return nil, err
		}
		switch f.State {
		case findUnavailable, findAsk:
			return f, nil
		case findCheck:
			out.State = findCheck
			out.Candidates = append(out.Candidates, f.Candidates...)
		case findFound:
			if out.State != findCheck {
				out.State = findFound
			}
			out.Band = f.Band
		}
		out.Items = append(out.Items, f.Items...)
	}
	if !searched { // an agency without any system
		out.State = findAsk
	}
	return out, nil
}

func (n *Node) searchSource(ctx context.Context, s Source, a asked, p mash.Party, w *work, person wire.Person) (*finding, error) {
	about := connector.Person{Key: person.Key, Record: person.Record}
	cctx, done := context.WithTimeout(ctx, n.CallTime)
	defer done()
	res, err := s.Connector.Search(cctx, connector.SearchRequest{Call: a.key(person.Key, s.Name), Unit: p.Unit, Person: about, Limit: 20})
	if err != nil {
		return n.sourceFailed(ctx, s, err)
	}
	switch res.Outcome {
	case connector.None:
		return &finding{State: findNone}, nil
	case connector.AskPerson:
		return &finding{State: findAsk}, nil
	case connector.Found:
	default:
		return n.sourceSays(s, res.Reason), nil
	}
	held := make([]record.Person, len(res.Candidates))
	for i, c := range res.Candidates {
		held[i] = c.Record
	}
	choice := matching.Choose(person.Record, held)
	switch choice.Band {
	case matching.Match:
		return n.fetch(ctx, s, a, p, w, about, res.Candidates[choice.Index].Ref, string(choice.Band))
	case matching.Potential, matching.Many:
		return &finding{State: findCheck, Band: string(choice.Band), Candidates: candidates(s.Name, res.Candidates, choice)}, nil
	}
	if res.More {
		// The person may be among those the system did not list.
		return &finding{State: findCheck, Band: string(matching.Many)}, nil
	}
	return &finding{State: findNone}, nil
}

// candidates keeps those that may be the person, for somebody to check.
func candidates(source string, cs []connector.Candidate, choice matching.Choice) []candidate {
	var out []candidate
	for i, c := range cs {
		r := choice.Results[i]
		if r.Band != matching.Match && r.Band != matching.Potential && r.Band != matching.Many {
			continue
		}
		x := candidate{Source: source, Ref: c.Ref, Record: c.Record}
		for _, why := range r.Reasons {
			x.Why = append(x.Why, why.Field+": "+string(why.Agreement))
		}
		out = append(out, x)
	}
	return out
}

func (n *Node) fetch(ctx context.Context, s Source, a asked, p mash.Party, w *work, person connector.Person, ref, band string) (*finding, error) {
	cctx, done := context.WithTimeout(ctx, n.CallTime)
	defer done()
	res, err := s.Connector.Fetch(cctx, connector.FetchRequest{Call: a.key(person.Key, s.Name) + "/" + ref, Unit: p.Unit, Ref: ref, Person: person,
		Categories: w.Question.Categories, Period: connector.Period{From: w.Question.From, To: w.Question.To}})
	if err != nil {
		return n.sourceFailed(ctx, s, err)
	}
	switch res.Outcome {
	case connector.None:
		return &finding{State: findNone}, nil
	case connector.AskPerson:
		return &finding{State: findAsk}, nil
	case connector.Found:
	default:
		return n.sourceSays(s, res.Reason), nil
	}
	f := &finding{State: findFound, Band: band}
	for _, i := range res.Items {
		// The connector is the agency's own program, and still: what it gives
		// beyond the question, or about somebody else, goes nowhere.
		if i.Person != person.Key || !slices.Contains(w.Question.Categories, i.Category) || i.Validate() != nil || !within(i, w.Question, n.Env.Now()) {
			n.Log.Error("a connector answered beyond the question", "connector", s.Name)
			return &finding{State: findUnavailable, Reason: "connector_misbehaved"}, nil
		}
		i.ID = a.item(person.Key, s.Name, i.ID)
		f.Items = append(f.Items, i)
	}
	if len(f.Items) == 0 {
		f.State = findNone
	}
	if b, err := json.Marshal(f.Items); err != nil || len(b) > maxItems/len(w.Question.Persons) {
		n.Log.Error("a connector's answer is larger than a message", "connector", s.Name)
		return &finding{State: findUnavailable, Reason: "answer_too_large"}, nil
	}
	return f, nil
}

// maxItems is how many bytes of items a return carries, shared out among the
// people asked about; a sealed message has room for about 575 KiB in all.
const maxItems = 450 << 10

// within reports whether an item can lie inside the period asked about. One
// that began before it and has no end may still last: the policy knows which
// categories do. What happened since the question is no news from the future.
func within(i record.Item, q wire.Request, now time.Time) bool {
	return (!i.Date.Earliest().After(q.To) || !i.Date.Earliest().After(now)) && (i.Until == nil || !i.Until.Latest().Before(q.From))
}

// sourceSays is a source that says that it could not be searched. Its reason
// goes to the hub, which no release decision looks at: so of it only a leading
// code does, and what it says beside that stays in no store and no log.
func (n *Node) sourceSays(s Source, reason string) *finding {
	code := strings.TrimSuffix(reasonCode.FindString(reason), ":")
	if code == "" {
		code = string(connector.CodeUnavailable)
	}
	n.Log.Warn("source unavailable", "connector", s.Name, "code", code)
	return &finding{State: findUnavailable, Reason: code}
}

// reasonCode is a code like source_failed, alone or before a colon: at least two
// words, so that no name is one.
var reasonCode = regexp.MustCompile(`^[a-z]{1,20}(?:_[a-z0-9]{1,20}){1,4}(?:$|:)`)

// sourceFailed tells what became of a failed call: the source is unavailable,
// unless the node itself is stopping.
func (n *Node) sourceFailed(ctx context.Context, s Source, err error) (*finding, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	n.Log.Warn("source unavailable", "connector", s.Name, "code", connector.CodeOf(err))
	return &finding{State: findUnavailable, Reason: string(connector.CodeOf(err))}, nil
}
