package enquiry

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/wire"
)

// termsOf are the terms of a request's newest revision.
func termsOf(tx mash.HubTx, r mash.Request) (mash.Terms, error) {
	t := mash.Terms{Revision: r.Revision, MessageID: r.MessageID, Persons: r.Persons, Categories: r.Categories, From: r.From, To: r.To,
		Decision: r.Decision, Stands: true}
	q, err := tx.OutMessage(r.MessageID)
	if errors.Is(err, mash.ErrNotFound) { // refused, or held: no question ever left
		return t, mash.Errorf(mash.CodeOutOfScope, "the return answers a question that was not sent")
	}
	if err != nil {
		return t, fmt.Errorf("finding the question: %w", err)
	}
	sum := sha256.Sum256(q.Sealed)
	t.Hash = hex.EncodeToString(sum[:])
	return t, nil
}

// answered sees that a return answers a question that we sent, by the hash of
// its sealed bytes and by what it was allowed to be about, and says which
// revision that was.
func answered(tx mash.HubTx, r mash.Request, m exchange.Received) (mash.Terms, error) {
	newest, err := termsOf(tx, r)
	if err != nil {
		return newest, err
	}
	for _, t := range append(slices.Clone(r.Earlier), newest) {
		if m.Answers != t.Hash {
			continue
		}
		if m.Scope != wire.ScopeHash(r.Purpose, t.Persons, t.Categories, t.From, t.To) || m.Purpose != r.Purpose {
			return t, mash.Errorf(mash.CodeOutOfScope, "the return is about something else than was asked")
		}
		return t, nil
	}
	return newest, mash.Errorf(mash.CodeOutOfScope, "the return answers another question")
}

// follow fits a return that answers an earlier revision to the newest one. It
// was checked against what it answers; what is asked no more is set aside by
// sift. An answer to a narrower question is a part of the answer. One about
// somebody whose identity was corrected since is kept sealed like one that was
// replaced, because it may be about somebody else (I4); also where the question
// was withdrawn for that, and no newest one was put.
func follow(ret *mash.Return, r mash.Request, t mash.Terms) {
	if t.Corrected || r.Code == codeCorrected {
		ret.Flags = union(ret.Flags, []string{mash.FlagOutdated, mash.FlagSuperseded})
		return
	}
	if t.Revision == r.Revision {
		return
	}
	ret.Outcomes = slices.DeleteFunc(slices.Clone(ret.Outcomes), func(o mash.PersonOutcome) bool { return !slices.Contains(r.Persons, o.Person) })
	if !covers(t.Persons, t.Categories, r.Persons, r.Categories) || r.From.Before(t.From) || r.To.After(t.To) {
		ret.Final = false
	}
}

// both is a request as it is asked now and was asked then: what an answer to an
// earlier revision may hold.
func both(r mash.Request, t mash.Terms) mash.Request {
	if t.Revision == r.Revision {
		return r
	}
	not := func(list []string) func(string) bool {
		return func(s string) bool { return !slices.Contains(list, s) }
	}
	r.Persons = slices.DeleteFunc(slices.Clone(r.Persons), not(t.Persons))
	r.Categories = slices.DeleteFunc(slices.Clone(r.Categories), not(t.Categories))
	if t.From.After(r.From) {
		r.From = t.From
	}
	if t.To.Before(r.To) {
		r.To = t.To
	}
	return r
}

// covers reports whether a question about some people and categories holds
// another one.
func covers(persons, categories, otherPersons, otherCategories []string) bool {
	return within(otherPersons, persons) && within(otherCategories, categories)
}

// within reports whether every entry of a list stands in another.
func within(list, in []string) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(in, s) })
}
