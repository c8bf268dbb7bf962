package connector

import (
	"slices"

	"mashhub/plugins/record"
)

// Covers reports whether the item may have been true at any moment of the
// period. A date of which part is unknown or estimated is as wide as
// record.PartialDate says; an Until of which nothing is known (accuracy UUU)
// means that it still lasts.
func (p Period) Covers(i record.Item) bool {
	first, last := i.Date.Earliest(), i.Date.Latest()
	if i.Until != nil && i.Until.Latest().After(last) {
		last = i.Until.Latest()
	}
	return (p.From.IsZero() || !last.Before(p.From)) && (p.To.IsZero() || !first.After(p.To))
}

// Wants reports whether the item is within the categories and the period asked
// for. A connector returns only what is wanted; the host drops the rest. Better
// than to drop is not to read: put the categories and the period into the query
// where the agency's system allows it.
func (q FetchRequest) Wants(i record.Item) bool {
	return slices.Contains(q.Categories, i.Category) && q.Period.Covers(i)
}
