package web

import (
	"slices"
	"strings"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/tracking"
	"mashhub/hub/web/kit"
)

// requests is a row per agency asked.
func (v view) requests() kit.Stack {
	out := kit.Stack{kit.Heading{Text: "Agencies asked"}}
	if len(v.p.Requests) == 0 {
		return append(out, kit.Paragraph{Text: "Nobody has been asked yet."})
	}
	// Open requests share the scale of their targets, answered ones that of the
	// longest answer: beside a day's target a second would not be seen.
	scale, took := int64(0), int64(0)
	for _, r := range v.p.Requests {
		if r.State.Ended() {
			took = max(took, r.Timing.TotalMS)
			continue
		}
		scale = max(scale, r.Timing.TotalMS, r.TargetAt.Sub(r.RaisedAt).Milliseconds())
	}
	t := kit.Table{Caption: "Agencies asked", CaptionClasses: "govuk-visually-hidden", Scroll: true, FirstCellIsHeader: true,
		Head: []kit.Cell{{Text: "Agency"}, {Text: "State and answer"}, {Text: "Target"}, {Text: "Whose time it was"}, {Text: "Do"}}}
	var more kit.Stack
	for _, r := range v.p.Requests {
		t.Rows = append(t.Rows, v.requestRow(r, scale, took))
		more = append(more, v.requestMore(r))
	}
	return append(append(out, kit.BarLegend{}, t), more...)
}

// requestRow is one agency: how it stands, by when it should, whose time it was.
func (v view) requestRow(r enquiry.RequestRow, scale, took int64) []kit.Cell {
	now := v.Desk.Env.Now()
	state := append([]string{word(requestWords, string(r.State))}, markTexts(r.Marks, r.AnswerRefused, r.Name, r.Telephone)...)
	if r.Code != "" {
		state[0] += ": " + word(codeWords, r.Code)
	}
	if r.State == mash.RequestHeld || r.State == mash.RequestRefused {
		state = append(state, r.Verdict.Reasons...)
	}
	var answers []string
	for _, o := range r.Outcomes {
		text := v.name(o.Person) + ": " + lower(outcomeText(o.Outcome))
		if o.Reason != "" && o.Outcome == mash.Refused {
			text += " (" + o.Reason + ")"
		}
		answers = append(answers, text)
	}
	if r.AnswerRefused != "" && !r.State.Ended() {
		state = append(state, "If they cannot, withdraw this question and ask again.")
	}
	state = append(state, v.flagged(r)...)
	target := lines(when(r.TargetAt))
	turn := "It took " + kit.Duration(r.Timing.TotalMS)
	bar := timeBar("bar-"+r.ID, r.Name, r.Timing, 0, took)
	if !r.State.Ended() {
		bar = timeBar("bar-"+r.ID, r.Name, r.Timing, r.TargetAt.Sub(r.RaisedAt).Milliseconds(), scale)
		target = lateLines(now.After(r.TargetAt), []string{left(r.TargetAt, now), when(r.TargetAt)})
		turn = "Asked " + coarse(now.Sub(r.RaisedAt)) + " ago. Whose turn: " + lower(word(turnTexts, string(r.Timing.Waiting)))
	}
	var actions kit.Stack
	for _, l := range v.requestActions(r) {
		l.Hidden = r.Name
		actions = append(actions, kit.Paragraph{HTML: kit.MustHTML(l), Classes: "govuk-!-margin-bottom-1"})
	}
	return []kit.Cell{{HTML: lines(r.Name, r.Telephone)}, {HTML: lines(state...) + evenLines(answers)}, {HTML: target},
		{HTML: kit.MustHTML(bar,
			kit.Paragraph{Text: turn, Classes: "govuk-body-s govuk-!-margin-bottom-0"})},
		{HTML: kit.MustHTML(actions...)}}
}

// requestMore is what was asked, what was asked back, and the times in figures.
func (v view) requestMore(r enquiry.RequestRow) kit.Component {
	rows := []kit.Row{{Key: "Asked about", Text: strings.Join(mapped(r.Persons, v.name), ", ")},
		{Key: "Asked for", Text: strings.Join(mapped(r.Categories, mash.CategoryName), "; ")},
		{Key: "Asked", Text: when(r.RaisedAt)}}
	if c := v.changes(r); len(c) > 0 {
		rows = append(rows, kit.Row{Key: "Changed", HTML: lines(c...)})
	}
	for _, c := range v.p.Content.Clarifications {
		if c.Request != r.ID {
			continue
		}
		rows = append(rows, kit.Row{Key: "They asked", HTML: kit.MustHTML(kit.Paragraph{Text: c.Question, AsWritten: true})})
		if c.Answer != "" {
			rows = append(rows, kit.Row{Key: "We answered", HTML: kit.MustHTML(kit.Paragraph{Text: c.Answer, AsWritten: true})})
		}
	}
	return kit.Details{Summary: r.Name + ": what was asked, and the times in figures", HTML: kit.MustHTML(kit.SummaryList{Rows: rows}, timeTable(r.Name, r.Timing))}
}

func (v view) requestActions(r enquiry.RequestRow) (out []kit.Link) {
	at := "/enquiries/" + r.EnquiryID + "/"
	if r.State == mash.RequestHeld && v.who.Has(mash.RoleManager) {
		out = append(out, kit.Link{Text: "Review", Href: at + "review?request=" + r.ID})
	}
	if slices.Contains(r.Marks, mash.MarkClarifying) {
		out = append(out, kit.Link{Text: "Answer their question", Href: at + "clarification?request=" + r.ID})
	}
	if !r.State.Ended() && r.MessageID != "" {
		out = append(out, kit.Link{Text: "Change the question", Href: at + "amend?request=" + r.ID})
	}
	if enquiry.Untold(r.Marks) {
		out = append(out, kit.Link{Text: "You have telephoned them", Href: at + "telephoned?request=" + r.ID})
	}
	if !r.State.Ended() {
		out = append(out, kit.Link{Text: "Withdraw", Href: at + "withdraw?request=" + r.ID})
	}
	return out
}

// flagged says what of an answer is kept apart, and why.
func (v view) flagged(r enquiry.RequestRow) (out []string) {
	outside, late := 0, 0
	for _, ret := range r.Returns {
		outside += ret.SetAside
		if takenIn(ret) {
			out = append(out, "Its answer came late and was taken in.")
		}
		if waits(ret) {
			late++
		}
	}
	if outside > 0 {
		out = append(out, plural(outside, "item", "items")+" from "+r.Name+" "+plural1(outside, "was", "were")+" outside the question and "+plural1(outside, "is", "are")+" set aside.")
	}
	if late > 0 {
		out = append(out, "An answer came after this question had ended. It is set aside until somebody reads it.")
	}
	return out
}

// waits reports whether a return came late and nobody has said yet what becomes
// of it.
func waits(ret mash.Return) bool {
	return slices.Contains(ret.Flags, mash.FlagLate) && !slices.Contains(ret.Flags, mash.FlagSuperseded) && ret.Considered == nil
}

// takenIn reports whether a return came late and stands in the chronology.
func takenIn(ret mash.Return) bool {
	return ret.Considered != nil && ret.Considered.State == mash.ReturnTakenIn && !slices.Contains(ret.Flags, mash.FlagSuperseded)
}

// aside reports whether anything of an enquiry's answers is set aside, and
// whether some of it waits for a person.
func (v view) aside() (any, waiting bool) {
	for _, r := range v.p.Requests {
		for _, ret := range r.Returns {
			waiting = waiting || waits(ret)
			any = any || ret.SetAside > 0 || slices.Contains(ret.Flags, mash.FlagLate) || slices.Contains(ret.Flags, mash.FlagSuperseded)
		}
	}
	return any, waiting
}

func timeTable(name string, t tracking.Timing) kit.Table {
	out := kit.Table{Caption: name + ": whose time it was", CaptionClasses: "govuk-visually-hidden", Head: []kit.Cell{{Text: "Cause"}, {Text: "Time", Numeric: true}}}
	for _, c := range tracking.Causes {
		if t.By[c] > 0 {
			out.Rows = append(out.Rows, []kit.Cell{{Text: causeWords[c]}, {Text: kit.Duration(t.By[c]), Numeric: true}})
		}
	}
	out.Rows = append(out.Rows, []kit.Cell{{Text: "Together"}, {Text: kit.Duration(t.TotalMS), Numeric: true}})
	if t.Suspect {
		out.Rows = append(out.Rows, []kit.Cell{{Text: "The agency’s clock disagrees with ours, so this is left out of comparisons.", Colspan: 2}})
	}
	return out
}

// notAsked says why an agency was not asked.
func (v view) notAsked() kit.Stack {
	if len(v.p.Enquiry.NotAsked) == 0 {
		return nil
	}
	t := kit.Table{Caption: "Not asked, and why", Scroll: true, Head: []kit.Cell{{Text: "Agency"}, {Text: "Why not"}}}
	for _, n := range v.p.Enquiry.NotAsked {
		t.Rows = append(t.Rows, []kit.Cell{{Text: v.partyName(n.Party)}, {Text: n.Reason}})
	}
	return kit.Stack{t}
}

// withheld lists what an agency holds and may not share.
func (v view) withheld() kit.Stack {
	var out kit.Stack
	if len(v.p.Withheld) > 0 {
		t := kit.Table{Caption: "Withheld by the agencies", Scroll: true, Head: []kit.Cell{{Text: "Agency"}, {Text: "About"}, {Text: "What"}, {Text: "Why"}, {Text: "Clause"}}}
		for _, w := range v.p.Withheld {
			what := mash.CategoryName(w.Category)
			if w.Count > 0 {
				what += " (" + plural(w.Count, "record", "records") + ")"
			}
			t.Rows = append(t.Rows, []kit.Cell{{HTML: lines(v.partyName(w.Party), v.Agencies.Telephone(w.Party))}, {Text: v.name(w.Person)}, {Text: what}, {Text: w.Reason}, {Text: w.Clause}})
		}
		out = append(out, t)
	}
	if n := v.p.Quarantined; n > 0 {
		out = append(out, kit.Inset{HTML: kit.MustHTML(
			kit.Paragraph{Text: plural(n, "item is", "items are") + " set aside, because " + plural1(n, "it", "they") + " came too late or " + plural1(n, "was", "were") + " not asked for. Nothing of " + itThem(n) + " is shown here."},
			kit.Link{Text: "See what is set aside", Href: "/enquiries/" + v.p.Enquiry.ID + "/set-aside"})})
	}
	return out
}
