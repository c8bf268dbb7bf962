package enquiry

import (
	"reflect"
	"slices"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// hiding takes what locates a protected person out of texts, wherever it
// stands: what the enquiry itself says of them, and what agencies marked.
type hiding struct{ values []string }

// hide collects what must not be found. The city alone locates nobody.
func hide(e mash.Enquiry, entries []Entry) hiding {
	var h hiding
	add := func(v string) {
		if len(v) >= 3 && !slices.Contains(h.values, v) {
			h.values = append(h.values, v)
		}
	}
	for _, p := range e.Content.People {
		if !p.ProtectedLocation {
			continue
		}
		for _, a := range p.Record.Addresses {
			for _, v := range []string{a.Line1, a.Line2, a.Postcode, a.UPRN, a.USRN} {
				add(v)
			}
		}
		for _, t := range p.Record.Telecoms {
			add(t.Value)
		}
	}
	for _, x := range entries {
		for _, v := range x.Item.Protected {
			add(v)
		}
	}
	return h
}

// item is a copy of an item without what must be hidden.
func (h hiding) item(i record.Item) record.Item {
	if i.Has(record.FlagProtectedLocation) && len(i.Protected) == 0 {
		return i.Redact() // says that it locates and not what: nothing of it is shown
	}
	all := i
	all.Protected = union(i.Protected, h.values)
	out := all.Redact()
	if unmarked := out; !i.Has(record.FlagProtectedLocation) {
		unmarked.Flags, unmarked.Protected = i.Flags, i.Protected
		if reflect.DeepEqual(unmarked, i) {
			return i // holds nothing of it, and is not to look as if it did
		}
	}
	return out
}

// text is a text without what must be hidden.
func (h hiding) text(s string) string {
	if s == "" || len(h.values) == 0 {
		return s
	}
	return record.Item{Text: s, Protected: h.values}.Redact().Text
}

// informed is whether the family knows, and why not, as others may be told it:
// the reason goes to every agency that is asked.
func (h hiding) informed(i mash.Informed) mash.Informed {
	i.Reason = h.text(i.Reason)
	return i
}

// leaks reports whether a text holds something that must be hidden.
func (h hiding) leaks(s string) bool { return h.text(s) != s }

// content is a copy of an enquiry's content without what must be hidden. A
// household shares its address: whoever has a protected one loses it too.
func (h hiding) content(c mash.EnquiryContent) mash.EnquiryContent {
	c.People = slices.Clone(c.People)
	for i := range c.People {
		p := &c.People[i]
		p.Reason, p.IdentifierOmitted, p.Relation = h.text(p.Reason), h.text(p.IdentifierOmitted), h.text(p.Relation)
		p.Record.Addresses = slices.DeleteFunc(slices.Clone(p.Record.Addresses), func(a record.Address) bool {
			return p.ProtectedLocation || h.leaks(a.Line1) || h.leaks(a.Line2) || h.leaks(a.Postcode) || h.leaks(a.UPRN) || h.leaks(a.USRN)
		})
		p.Record.Telecoms = slices.DeleteFunc(slices.Clone(p.Record.Telecoms), func(t record.ContactPoint) bool {
			return p.ProtectedLocation || h.leaks(t.Value)
		})
	}
	c.Clarifications = slices.Clone(c.Clarifications)
	for i := range c.Clarifications {
		x := &c.Clarifications[i]
		x.Question, x.Answer = h.text(x.Question), h.text(x.Answer)
	}
	c.Notes = slices.Clone(c.Notes)
	for i := range c.Notes {
		c.Notes[i].Text = h.text(c.Notes[i].Text)
	}
	for _, s := range []*string{&c.Narrative, &c.OwnView, &c.OutcomeWhy, &c.Feedback, &c.Originator.Name, &c.Originator.Contact} {
		*s = h.text(*s)
	}
	return c
}
