package enquiry

import (
	"context"
	"slices"

	"mashhub/hub/mash"
	"mashhub/hub/tracking"
)

// Picture is what one person may see of one enquiry now.
type Picture struct {
	Enquiry    mash.Enquiry        `json:"enquiry"`
	Content    mash.EnquiryContent `json:"content"`
	Requests   []RequestRow        `json:"requests"`
	Chronology []Entry             `json:"chronology"`
	Withheld   []WithheldRow       `json:"withheld"`
	// Hidden counts items that this person may not see.
	Hidden int `json:"hidden"`
	// Quarantined counts items kept back because they are outside what was
	// asked, or came too late and were not taken in.
	Quarantined int `json:"quarantined"`
	// OwnViewNeeded: the joined picture opens once the worker has written down
	// their own view, so that it does not do the thinking.
	OwnViewNeeded bool   `json:"own_view_needed"`
	Decision      string `json:"decision"` // id of the view decision
}

// RequestRow is a request with its clock.
type RequestRow struct {
	mash.Request
	Name      string               `json:"name"`
	Telephone string               `json:"telephone"`
	Timing    tracking.Timing      `json:"timing"`
	Outcomes  []mash.PersonOutcome `json:"outcomes"`
	Returns   []mash.Return        `json:"returns"`
	Verdict   mash.Verdict         `json:"verdict"` // of the ask decision
	Changes   []Change             `json:"changes,omitempty"`
}

// WithheldRow is a withholding that the hub may know of.
type WithheldRow struct {
	Party mash.Party `json:"party"`
	mash.Withholding
}

// Show decides what the actor may see of an enquiry, records decision and ids
// durably, and then returns it (I3). Errors: CodeNotFound for what is not
// there and what may not be seen alike, CodeFault.
func (d *Desk) Show(ctx context.Context, actor mash.Actor, id, page string) (Picture, error) {
	var p Picture
	e, err := d.load(ctx, actor, id, page)
	if err != nil {
		return p, err
	}
	var entries []Entry
	var away hiding
	err = d.Store.View(ctx, func(tx mash.HubTx) error {
		p.Requests, p.Withheld, p.Quarantined = nil, nil, 0
		var all []landed
		requests, err := tx.RequestsOf(id)
		if err != nil {
			return err
		}
		for _, r := range requests {
			row, returned, err := d.row(tx, r)
			if err != nil {
				return err
			}
			p.Requests = append(p.Requests, row)
			all = append(all, returned...)
		}
		for _, l := range all {
			p.Quarantined += l.ret.SetAside
			if l.has(mash.FlagLate) && !l.has(mash.FlagSuperseded) && !l.merge() {
				p.Quarantined += l.ret.ItemCount
			}
			if !l.merge() {
				continue
			}
			for _, w := range l.ret.Withheld {
				row := WithheldRow{Party: l.ret.Party, Withholding: w}
				if !slices.Contains(p.Withheld, row) { // two revisions may both stand
					p.Withheld = append(p.Withheld, row)
				}
			}
		}
		entries = chronology(all)
		away = hide(e, entries)
		if p.OwnViewNeeded = e.Content.OwnView == ""; p.OwnViewNeeded || !slices.Contains(itemPages, page) {
			entries = nil
		}
		return nil
	})
	if err != nil {
		return Picture{}, err
	}
	dec := d.Policy.View(ctx, d.viewInput(actor, e, page, entries))
	entry := mash.Entry{At: d.Env.Now(), Actor: actor.ID, Action: "page.view", Enquiry: id, Detail: map[string]string{"page": page}}
	if dec.Answer != mash.Permit || !showable(dec.Obligations) {
		entry.Action = "page.denied"
		if err := d.record(ctx, dec, entry); err != nil {
			return Picture{}, err
		}
		return Picture{}, denied(dec)
	}
	rev := reveal(dec, e, away)
	p.Enquiry, p.Content = rev.Enquiry, rev.Content
	for i := range p.Requests {
		row := &p.Requests[i]
		row.Outcomes = rev.outcomes(row.Outcomes)
		for j := range row.Returns {
			ret := &row.Returns[j]
			ret.Outcomes, ret.Withheld = rev.outcomes(ret.Outcomes), rev.withheld(ret.Withheld)
		}
	}
	for i := range p.Withheld {
		p.Withheld[i].Reason = rev.text(p.Withheld[i].Reason)
	}
	if len(p.Content.People) > 0 {
		entry.Shown = append(entry.Shown, id+"/content")
	}
	for _, r := range p.Requests { // with their outcomes, and what is withheld
		for _, ret := range r.Returns {
			entry.Shown = append(entry.Shown, ret.ID)
		}
	}
	p.Chronology, p.Hidden = seen(dec, e, away, entries)
	for _, x := range p.Chronology {
		entry.Shown = append(entry.Shown, x.ID)
	}
	p.Decision = dec.ID
	if err := d.record(ctx, dec, entry); err != nil {
		return Picture{}, err // what could not be recorded is not shown
	}
	return p, nil
}

// itemPages show items; the others show requests, states and times, so that
// nothing counts as shown that was not.
var itemPages = []string{"chronology", "decide"}

// row puts one request together with its clock and its returns.
func (d *Desk) row(tx mash.HubTx, r mash.Request) (RequestRow, []landed, error) {
	row := RequestRow{Request: r, Name: d.Agencies.Name(r.Party), Telephone: d.Agencies.Telephone(r.Party)}
	timing, err := d.timing(tx, r)
	if err != nil {
		return row, nil, err
	}
	row.Timing = timing
	events, err := tx.Events(r.ID)
	if err != nil {
		return row, nil, err
	}
	row.Changes = changes(events)
	if dec, err := tx.Decision(r.Decision); err == nil {
		row.Verdict = dec.Verdict
	}
	returns, err := tx.ReturnsOf(r.ID)
	if err != nil {
		return row, nil, err
	}
	var out []landed
	for _, ret := range returns {
		l := landed{ret: ret}
		out = append(out, l)
		if l.merge() {
			row.Outcomes = ret.Outcomes
		} else { // kept sealed: that it came, and nothing of what it says
			ret.Outcomes, ret.Withheld = nil, nil
		}
		ret.Items = nil
		row.Returns = append(row.Returns, ret)
	}
	return row, out, nil
}

// timing measures a request on the hub's clock.
func (d *Desk) timing(tx mash.HubTx, r mash.Request) (tracking.Timing, error) {
	events, err := tx.Events(r.ID)
	if err != nil {
		return tracking.Timing{}, err
	}
	now := d.Env.Now()
	outages, err := tx.Outages(r.RaisedAt, now)
	if err != nil {
		return tracking.Timing{}, err
	}
	agency, _ := d.Agencies.Agency(r.Party.Agency)
	in := tracking.Input{Events: events, Now: now, Hosted: agency.HeldFor != ""}
	for _, o := range outages {
		switch o.Scope {
		case "hub", "broker":
			in.Outages = append(in.Outages, o)
		case silentScope(r.Party.Agency):
			in.Silent = append(in.Silent, tracking.Window{From: o.From, To: o.To})
		}
	}
	beats, err := tx.Heartbeats()
	if err != nil {
		return tracking.Timing{}, err
	}
	for _, b := range beats {
		if b.Party.Agency == r.Party.Agency && b.Party.Unit == "" && now.Sub(b.At) > silence {
			in.Silent = append(in.Silent, tracking.Window{From: b.At.Add(silence)}) // it still is
		}
	}
	return tracking.Measure(in), nil
}

func (d *Desk) viewInput(actor mash.Actor, e mash.Enquiry, page string, entries []Entry) mash.ViewInput {
	in := mash.ViewInput{
		About:   mash.About{Where: d.self(), Actor: actor.ID, Enquiry: e.ID, Now: d.Env.Now()},
		Person:  mash.ViewPerson{ID: actor.ID, Roles: actor.Roles, Agency: actor.Agency, Units: actor.Units, Relation: relation(actor, e)},
		Subject: mash.ViewEnquiry{State: e.State, RAG: e.RAG, Purpose: e.Purpose, Restricted: e.Restricted},
		Page:    page, PurposeOf: "enquiry",
	}
	in.Items = append(in.Items, mash.ItemInput{ID: "content", Category: "enquiry.content", Kind: "fact", Band: "match", Source: string(d.self())})
	for _, x := range entries {
		i := mash.ItemInput{ID: x.ID, Person: x.Item.Person, Category: x.Item.Category, Kind: string(x.Item.Kind),
			Handling: x.Item.Handling, Flags: x.Item.Flags, Band: "match", Source: x.Sources[0].Party.String()}
		for _, o := range x.Obligations {
			i.Obliged = append(i.Obliged, o.Code)
		}
		if last := x.Item.Date.Latest(); !last.IsZero() {
			i.Date, i.AgeDays = last.Format("2006-01-02"), int(in.Now.Sub(last).Hours()/24)
		}
		in.Items = append(in.Items, i)
	}
	return in
}

// relation is how an actor stands to an enquiry.
func relation(a mash.Actor, e mash.Enquiry) string {
	switch {
	case e.Restricted && slices.Contains(e.Named, a.ID):
		return "named"
	case e.Restricted:
		return "none"
	case e.OpenedBy == a.ID:
		return "assigned"
	case a.Has(mash.RoleWorker) || a.Has(mash.RoleManager):
		return "team"
	}
	return "none"
}

func obliged(obligations []mash.Obligation, code string) bool {
	return slices.ContainsFunc(obligations, func(o mash.Obligation) bool { return o.Code == code })
}

// showable reports whether a page can honour the obligations. An unknown one
// makes the answer a deny.
func showable(obligations []mash.Obligation) bool {
	for _, o := range obligations {
		switch o.Code {
		case mash.ObligeProtectLocation, mash.ObligeOriginator, mash.ObligeNotVisible, mash.ObligeRedactThirdParty:
		default:
			return false
		}
	}
	return true
}
