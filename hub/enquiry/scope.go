package enquiry

import (
	"encoding/json"
	"fmt"
	"slices"

	"mashhub/hub/mash"
)

// existenceOnly lists the categories that were asked for on the terms that
// their content stays with the agency.
func existenceOnly(tx mash.HubTx, r mash.Request) ([]string, error) {
	dec, err := tx.Decision(r.Decision)
	if err != nil {
		return nil, fmt.Errorf("finding the decision to ask: %w", err)
	}
	var out []string
	for _, c := range r.Categories {
		if obliged(dec.Part(c).Obligations, mash.ObligeExistenceOnly) {
			out = append(out, c)
		}
	}
	return out, nil
}

// sift takes out of a return every piece that is outside the question and
// gives each by itself: one bad item takes no good one with it. It counts what
// stays and what goes. The outcome about a person stays as the agency gave it.
func (d *Desk) sift(ret *mash.Return, r mash.Request, existence []string) ([]mash.SetAside, error) {
	var aside []mash.SetAside
	put := func(kind, why string, piece any) error {
		content, err := json.Marshal(piece)
		if err != nil {
			return fmt.Errorf("setting aside: %w", err)
		}
		aside = append(aside, mash.SetAside{ID: d.Env.NewID(), Hub: d.Hub, EnquiryID: r.EnquiryID, RequestID: r.ID, ReturnID: ret.ID,
			Party: r.Party, Revision: ret.Revision, Kind: kind, Why: why, LandedAt: ret.LandedAt, State: mash.AsideKept, Content: content})
		return nil
	}
	var items []mash.ReturnedItem
	seen := map[string]bool{}
	for _, i := range ret.Items {
		why := outside(i, *ret, r, existence)
		if why == "" && seen[i.ID] { // two of one id: a decision about one would hold for both
			why = mash.AsideInvalid
		}
		if why == "" {
			seen[i.ID] = true
			items = append(items, i)
		} else if err := put(mash.AsideItem, why, i); err != nil {
			return nil, err
		}
	}
	var withheld []mash.Withholding
	for _, w := range ret.Withheld {
		why := ""
		switch {
		case !slices.Contains(r.Persons, w.Person):
			why = mash.AsidePerson
		case !slices.Contains(r.Categories, w.Category):
			why = mash.AsideCategory
		default:
			withheld = append(withheld, w)
			continue
		}
		if err := put(mash.AsideWithheld, why, w); err != nil {
			return nil, err
		}
	}
	ret.Items, ret.Withheld, ret.ItemCount, ret.SetAside = items, withheld, len(items), len(aside)
	if len(aside) > 0 {
		ret.Flags = append(ret.Flags, mash.FlagQuarantined)
	}
	return aside, nil
}

// outside says why an item is outside the question; empty if it is about
// somebody, something and some time that was asked about, and its return says
// that something was found.
func outside(i mash.ReturnedItem, ret mash.Return, r mash.Request, existence []string) string {
	switch {
	case !slices.Contains(r.Persons, i.Person):
		return mash.AsidePerson
	case !slices.Contains(r.Categories, i.Category):
		return mash.AsideCategory
	case slices.Contains(existence, i.Category):
		return mash.AsideExistence
	case i.Validate() != nil:
		return mash.AsideInvalid
	}
	first, last := i.Date.Earliest(), i.Date.Latest()
	if i.Until != nil {
		last = i.Until.Latest()
	}
	to := r.To
	if !to.Before(r.RaisedAt) { // asked until now: until the answer
		to = ret.LandedAt
	}
	if first.After(to) || last.Before(r.From) {
		return mash.AsidePeriod
	}
	if !slices.ContainsFunc(ret.Outcomes, func(o mash.PersonOutcome) bool {
		return o.Person == i.Person && (o.Outcome == mash.RecordsFound || o.Outcome == mash.Pending)
	}) {
		return mash.AsideOutcome
	}
	return ""
}
