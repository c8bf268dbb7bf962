package host

import (
	"slices"
	"strings"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// misbehaved is the error for an answer that breaks the contract. Its texts
// are constants: nothing of the answer is repeated.
func misbehaved(format string, args ...any) error {
	return connector.Errorf(connector.CodeMisbehaved, format, args...)
}

func checkDescription(d connector.DescribeResponse) error {
	if d.Kind == "" || len(d.Kind) > 64 || strings.Trim(d.Kind, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
		return misbehaved("describe gives no kind in lower case letters, digits, _ and -")
	}
	for _, m := range d.Methods {
		if !slices.Contains([]string{"search", "fetch", "deliver", "watch"}, m) {
			return misbehaved("describe lists an unknown method")
		}
	}
	return nil
}

// outcome checks what search and fetch have in common.
func outcome(o connector.Outcome, results int, asked, unit string) error {
	switch o {
	case connector.Found:
		if results == 0 {
			return misbehaved("found, but nothing is in the answer")
		}
	case connector.None, connector.Unavailable, connector.AskPerson:
		if results > 0 {
			return misbehaved("the outcome says that nothing was found, but the answer holds something")
		}
	default:
		return misbehaved("unknown outcome")
	}
	if o == connector.AskPerson && asked != "" && unit != "" && unit != asked {
		return misbehaved("one unit was asked, another is to answer")
	}
	return nil
}

// What a question without a limit gets at most: candidates, events.
const (
	defaultLimit  = 20
	defaultEvents = 100
)

func checkSearch(q connector.SearchRequest, a connector.SearchResponse) error {
	if err := outcome(a.Outcome, len(a.Candidates), q.Unit, a.Unit); err != nil {
		return err
	}
	limit := q.Limit
	if limit == 0 {
		limit = defaultLimit
	}
	if len(a.Candidates) > limit {
		return misbehaved("more candidates than the limit")
	}
	refs := map[string]bool{}
	for _, c := range a.Candidates {
		if c.Ref == "" || refs[c.Ref] {
			return misbehaved("a candidate without a reference of its own")
		}
		refs[c.Ref] = true
	}
	return nil
}

// checkFetch refuses an answer about somebody else or of the wrong form. It
// returns the items that were asked for and how many others it dropped.
func checkFetch(q connector.FetchRequest, a connector.FetchResponse) (connector.FetchResponse, int, error) {
	if err := outcome(a.Outcome, len(a.Items), q.Unit, a.Unit); err != nil {
		return a, 0, err
	}
	kept := make([]record.Item, 0, len(a.Items))
	for _, item := range a.Items {
		if item.Person != q.Person.Key {
			return a, 0, misbehaved("an item about another person than the one asked about")
		}
		if err := checkItem(item); err != nil {
			return a, 0, err
		}
		if q.Wants(item) {
			kept = append(kept, item)
		}
	}
	dropped := len(a.Items) - len(kept)
	if len(kept) == 0 {
		kept = nil
		if dropped > 0 {
			return a, dropped, misbehaved("everything in the answer is outside the categories or the period asked for")
		}
	}
	a.Items = kept
	return a, dropped, nil
}

// checkItem names the fields at fault: the errors of the record model never
// hold a value.
func checkItem(i record.Item) error {
	if err := i.Validate(); err != nil {
		return misbehaved("an item that breaks the record model: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return nil
}

func checkDeliver(a connector.DeliverResponse) error {
	switch a.Outcome {
	case connector.Found, connector.AskPerson, connector.Unavailable:
		return nil
	}
	return misbehaved("unknown outcome")
}

func checkWatch(q connector.WatchRequest, a connector.WatchResponse) error {
	limit := q.Limit
	if limit == 0 {
		limit = defaultEvents
	}
	if len(a.Events) > limit {
		return misbehaved("more events than the limit")
	}
	if len(a.Events) > 0 && a.Cursor == q.Cursor {
		return misbehaved("events, but the cursor stands still")
	}
	seen := map[string]bool{}
	for _, e := range a.Events {
		if e.ID == "" || seen[e.ID] {
			return misbehaved("an event without an id of its own")
		}
		seen[e.ID] = true
	}
	return nil
}
