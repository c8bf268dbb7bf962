package web

import (
	"net/http"
	"slices"
	"strings"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// chronology shows what all agencies said, in one order: the child's voice
// first, then by date. It scores nothing, suggests nothing and colours no
// family; a person reads it, who has written their own view before.
func (s *site) chronology(w http.ResponseWriter, r *http.Request) error {
	p, err := s.Desk.Show(r.Context(), actor(r.Context()), r.PathValue("id"), "chronology")
	if err != nil {
		return err
	}
	v := view{s, p, names(p.Content), actor(r.Context())}
	page := kit.Page{Title: "Chronology", Caption: p.Enquiry.Reference, Breadcrumbs: trail(p.Enquiry, "Chronology"), Path: "/board", Wide: true}
	if p.OwnViewNeeded {
		page.Title, page.Wide = "Your own view first", false
		page.Body = s.ownView(p.Enquiry, newForm(nil))
		return s.layout.Write(w, r, page)
	}
	page.Body = kit.Stack{kit.Live{ID: "chronology", URL: "/events/" + p.Enquiry.Reference, Notice: true, Body: v.joined()}}
	return s.layout.Write(w, r, page)
}

// ownView asks for the worker's own view.
func (s *site) ownView(e mash.Enquiry, f *form) kit.Stack {
	return kit.Stack{
		kit.Paragraph{Text: "Before you see what the agencies said together, write down what you think from what you know now: what worries you, what protects the child, what you want to find out. It is kept beside the answers, so that they do not do the thinking."},
		s.posted("/enquiries/"+e.ID+"/own-view", f.area("own_view", "Your own view", "A few sentences are enough. You cannot be wrong here.", 8), save("Save and open the chronology")),
	}
}

// joined is the whole chronology.
func (v view) joined() kit.Stack {
	var voices, others []enquiry.Entry
	for _, x := range v.p.Chronology {
		if x.Item.Kind == record.ChildVoice {
			voices = append(voices, x)
		} else {
			others = append(others, x)
		}
	}
	body := kit.Stack{v.informed(), kit.Heading{Text: "The child’s voice"}}
	for _, x := range voices {
		body = append(body, v.voice(x))
	}
	if len(voices) == 0 {
		body = append(body, v.noVoice())
	}
	body = append(body, kit.Heading{Text: "What the agencies said, by date"})
	if len(others) == 0 {
		body = append(body, kit.Paragraph{Text: "Nothing is here yet."})
	} else {
		t := kit.Table{Caption: "Chronology, oldest first", CaptionClasses: "govuk-visually-hidden", Scroll: true,
			Head: []kit.Cell{{Text: "Date"}, {Text: "What was said"}}}
		for _, x := range others {
			t.Rows = append(t.Rows, v.entry(x))
		}
		body = append(body, t)
	}
	body = append(body, v.missing()...)
	body = append(body, v.withheld()...)
	if v.p.Hidden > 0 {
		body = append(body, kit.Inset{Text: plural(v.p.Hidden, "item is", "items are") + " here that you may not see. Ask the hub manager if you need " + itThem(v.p.Hidden) + " for your work."})
	}
	if own := v.p.Content.OwnView; own != "" {
		body = append(body, kit.Details{Summary: "What you thought before you read this", HTML: kit.MustHTML(kit.Paragraph{Text: own, AsWritten: true})})
	}
	return append(body, kit.ButtonGroup{Items: kit.Stack{kit.Button{Text: "Back to the enquiry", Href: "/enquiries/" + v.p.Enquiry.ID, Classes: "govuk-button--secondary"}}})
}

func plural1(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func itThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// voice is what a child said. It is never summarised.
func (v view) voice(x enquiry.Entry) kit.Component {
	how := "As reported"
	if o := x.Item.Voice; o != nil {
		if o.Verbatim {
			how = "In the child’s own words"
		}
		how += ", heard by: " + lower(o.HeardBy) + "."
		switch o.Agreed {
		case record.AgreedYes:
			how += " The child agreed to sharing it"
			if o.With != "" {
				how += " with " + o.With
			}
			how += "."
		case record.AgreedNo:
			how += " The child did not agree to sharing it."
		default:
			how += " The child was not asked whether it may be shared."
		}
	}
	said := x.Item.Text
	if said == "" {
		said = x.Item.Title
	}
	return kit.Inset{HTML: kit.MustHTML(kit.Stack{
		kit.Paragraph{HTML: kit.MustHTML(kindTag(x.Item.Kind))},
		kit.Paragraph{Text: said, AsWritten: true, Classes: "govuk-!-font-size-24"},
		kit.Paragraph{Text: v.name(x.Item.Person) + ", " + x.Item.Date.Words() + ". " + how},
		kit.Paragraph{Text: "From " + v.sources(x), Classes: "govuk-body-s"},
		v.takenIn(x), notes(x), v.trace(x)})}
}

func (v view) noVoice() kit.Component {
	e := v.p.Enquiry
	if e.VoiceNotSought != "" {
		return kit.Inset{Text: "Nobody has sent the child’s own words. Why it was not sought: " + e.VoiceNotSought}
	}
	return kit.Inset{HTML: kit.MustHTML(kit.Paragraph{Text: "Nobody has sent the child’s own words yet. Ask somebody who knows the child. A decision needs them, or the reason why they were not sought."},
		kit.Link{Text: "Say why it was not sought", Href: "/enquiries/" + e.ID + "/voice"})}
}

// entry is one row of the chronology.
func (v view) entry(x enquiry.Entry) []kit.Cell {
	i := x.Item
	date := i.Date.Words()
	switch {
	case i.Until == nil:
	case !i.Until.Known(): // the contract's way to say that it lasts
		date = "Since " + date
	default:
		date += " to " + i.Until.Words()
	}
	what := kit.Stack{kit.Paragraph{HTML: kit.MustHTML(kindTag(i.Kind)), Classes: "govuk-!-margin-bottom-1"},
		kit.Paragraph{Text: i.Title, Classes: "govuk-!-font-weight-bold govuk-!-margin-bottom-1"}}
	if i.Text != "" {
		what = append(what, kit.Paragraph{Text: i.Text, AsWritten: true, Classes: "govuk-!-margin-bottom-1"})
	}
	what = append(what,
		kit.Paragraph{Text: "About " + v.name(i.Person) + ". From " + v.sources(x) + " (" + joined(i.Source, i.Author) + "). " + mash.CategoryName(i.Category) + ".",
			Classes: "govuk-body-s govuk-!-margin-bottom-1"}, v.takenIn(x), notes(x), v.trace(x))
	return []kit.Cell{{Text: date}, {HTML: kit.MustHTML(what)}}
}

// takenIn says that an item came late, who took it in, and why.
func (v view) takenIn(x enquiry.Entry) kit.Component {
	var out kit.Stack
	for _, s := range x.Sources {
		if t := s.TakenIn; t != nil {
			text := "Came late from " + v.partyName(s.Party) + ". Taken in by " + v.staffName(t.By) + " on " + when(t.At)
			if t.Reason != "" {
				text += ", because: " + t.Reason
			}
			out = append(out, kit.Paragraph{Text: text, Classes: "govuk-body-s govuk-!-margin-bottom-1"})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// sources names every agency that said it.
func (v view) sources(x enquiry.Entry) string {
	var out []string
	for _, s := range x.Sources {
		if n := v.partyName(s.Party); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return strings.Join(out, " and ")
}

// notes are what binds whoever reads an item.
func notes(x enquiry.Entry) kit.Component {
	var out []string
	if x.Item.Handling != "" {
		out = append(out, "Handling code "+x.Item.Handling)
	}
	for _, o := range x.Obligations {
		out = append(out, word(obligationWords, o.Code))
	}
	for _, f := range x.Item.Flags {
		if w := word(flagWords, f); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return kit.Paragraph{Text: "Take care: " + strings.Join(out, ". ") + ".", Classes: "govuk-body-s govuk-!-font-weight-bold govuk-!-margin-bottom-1"}
}

// trace leads back to the return that an item came in, and to why it was shared.
func (v view) trace(x enquiry.Entry) kit.Component {
	var items []kit.Paragraph
	for _, s := range x.Sources {
		items = append(items, kit.Paragraph{Text: s.Party.String() + ", return " + s.Return + ", revision " + itoa(s.Revision) + ", item " + s.Item})
	}
	why := kit.Link{Text: "Why was this shared?", Href: whyPath(v.p.Enquiry.ID, x.ID), Hidden: v.sources(x) + ", " + x.Item.Date.Words()}
	return kit.Details{Summary: "Where this comes from", HTML: kit.MustHTML(kit.List{Items: items}, kit.Paragraph{HTML: kit.MustHTML(why)}), Classes: "govuk-!-margin-bottom-1 mash-break"}
}

// missing lists who has not answered, and who could not search.
func (v view) missing() kit.Stack {
	t := kit.Table{Caption: "Who has not answered, or could not", Scroll: true, Head: []kit.Cell{{Text: "Agency"}, {Text: "State"}, {Text: "Telephone"}}}
	for _, r := range v.p.Requests {
		state := append([]string{word(requestWords, string(r.State))}, markLines(r.Marks)...)
		if r.State == mash.RequestLanded && len(r.Marks) == 0 {
			continue
		}
		if r.State == mash.RequestLanded {
			state = state[1:]
		}
		if slices.ContainsFunc(r.Returns, takenIn) {
			state = append(state, "Its answer came late and was taken in")
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: r.Name}, {HTML: lines(state...)}, {Text: r.Telephone}})
	}
	for _, n := range v.p.Enquiry.NotAsked {
		t.Rows = append(t.Rows, []kit.Cell{{Text: v.partyName(n.Party)}, {HTML: lines("Not asked", n.Reason)}, {Text: v.Agencies.Telephone(n.Party)}})
	}
	if len(t.Rows) == 0 {
		return kit.Stack{kit.Heading{Text: "Who has not answered"}, kit.Paragraph{Text: "Everybody who was asked has answered."}}
	}
	return kit.Stack{t}
}
