package web

import (
	"fmt"
	"net/http"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// askPage is the form that chooses whom to ask what about whom. Nothing in it
// is chosen beforehand, and there is no "everything": asking for all takes no
// fewer steps than asking for what is needed.
func (s *site) askPage(w http.ResponseWriter, r *http.Request) error {
	return s.writeAsk(w, r, newForm(nil))
}

// ask sends the questions.
func (s *site) ask(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	in := f.questions(s.Agencies)
	if len(f.problems) > 0 {
		return s.writeAsk(w, r, f)
	}
	id := r.PathValue("id")
	err = s.send(w, r, f, func() (string, string, error) {
		rs, err := s.Desk.Ask(r.Context(), actor(r.Context()), id, in)
		return "/enquiries/" + id, askedText(rs), err
	})
	if isProblem(err) {
		// The use case counts the agencies that are asked, this form all: what
		// it says is shown without leading to a field.
		f.problems = append(f.problems, kit.Problem{Text: problemText(err)})
		return s.writeAsk(w, r, f)
	}
	return err
}

// askedText says what became of the questions.
func askedText(rs []mash.Request) string {
	sent, held, refused := 0, 0, 0
	for _, r := range rs {
		switch r.State {
		case mash.RequestHeld:
			held++
		case mash.RequestRefused:
			refused++
		default:
			sent++
		}
	}
	text := plural(sent, "question is", "questions are") + " on the way."
	if held > 0 {
		text += " " + plural(held, "waits", "wait") + " for a manager’s review."
	}
	if refused > 0 {
		text += " " + plural(refused, "was", "were") + " not allowed; each says why below."
	}
	return text
}

func (s *site) writeAsk(w http.ResponseWriter, r *http.Request, f *form) error {
	// The page "request" shows who the enquiry is about, which this form needs.
	p, err := s.Desk.Show(r.Context(), actor(r.Context()), r.PathValue("id"), ruleRequest)
	if err != nil {
		return err
	}
	v := view{s, p, names(p.Content), actor(r.Context())}
	open := map[mash.Party]bool{}
	for _, q := range p.Requests {
		if !q.State.Ended() {
			open[q.Party] = true
		}
	}
	body := kit.Stack{f.date("from", "From when on do you need to know?", "For example the child’s birth, or the last six months. Until now is always included.")}
	for i, party := range parties(s.Agencies) {
		if open[party] {
			body = append(body, kit.Heading{Text: s.Agencies.Name(party), Level: 3}, kit.Paragraph{Text: "Has an open question of this enquiry already."})
			continue
		}
		body = append(body, v.askParty(f, i, party))
	}
	body = append(body, save("Send the questions"))
	return s.layout.Write(w, r, kit.Page{Title: "Ask agencies", Caption: p.Enquiry.Reference, Breadcrumbs: trail(p.Enquiry, "Ask agencies"), Path: "/board", Problems: f.problems,
		Body: kit.Stack{v.informed(), kit.Paragraph{Text: "Ask only what you need to know, and only about the people you need to know it about. The sharing agreement decides each question before it goes. The concern as it was told to you never goes with it."},
			s.posted("/enquiries/"+p.Enquiry.ID+"/ask", body...)}})
}

// askParty is the question to one party.
func (v view) askParty(f *form, i int, party mash.Party) kit.Component {
	at := func(name string) string { return fmt.Sprintf("ask[%d].%s", i, name) }
	agency, _ := v.Agencies.Agency(party.Agency)
	about := kit.Checkboxes{Name: at("persons"), IDPrefix: fieldID(at("persons")), Values: f.Values[at("persons")], Error: f.wrong[at("persons")],
		Legend: kit.Legend{Text: "If you ask: about whom?", Classes: "govuk-fieldset__legend--s"}, Classes: "govuk-checkboxes--small"}
	for _, p := range v.p.Content.People {
		hint := "The child"
		if p.Role == mash.RoleHousehold {
			hint = capital(p.Relation)
		}
		about.Items = append(about.Items, kit.Choice{Value: p.Key, Text: v.name(p.Key), Hint: hint})
	}
	what := kit.Checkboxes{Name: at("categories"), IDPrefix: fieldID(at("categories")), Values: f.Values[at("categories")], Error: f.wrong[at("categories")],
		Legend: kit.Legend{Text: "If you ask: for what?", Classes: "govuk-fieldset__legend--s"}, Classes: "govuk-checkboxes--small"}
	for _, c := range agency.Holds {
		what.Items = append(what.Items, kit.Choice{Value: c, Text: mash.CategoryName(c)})
	}
	choice := f.radios(at("choice"), v.Agencies.Name(party), v.askedBefore(party),
		kit.Choice{Value: "ask", Text: "Ask", Conditional: kit.Stack{about, what}},
		kit.Choice{Value: "not", Text: "Do not ask, because", Conditional: kit.Stack{f.input(at("reason"), "If you do not ask: why?", "")}})
	choice.Legend.Classes = "govuk-fieldset__legend--m"
	return choice
}

// askedBefore says how an earlier question to a party of this enquiry ended,
// or why it was not asked.
func (v view) askedBefore(p mash.Party) string {
	text := ""
	for _, n := range v.p.Enquiry.NotAsked {
		if n.Party == p {
			text = "Not asked before: " + n.Reason
		}
	}
	for _, r := range v.p.Requests {
		if r.Party == p {
			text = "Asked on " + when(r.RaisedAt) + ": " + lower(word(requestWords, string(r.State)))
		}
	}
	return text
}

// questions reads the form.
func (f *form) questions(d mash.Directory) enquiry.AskInput {
	in := enquiry.AskInput{From: f.day("from", "Say from when on you need to know")}
	for i, p := range parties(d) {
		at := func(name string) string { return fmt.Sprintf("ask[%d].%s", i, name) }
		switch f.Get(at("choice")) {
		case "ask":
			q := enquiry.PartyAsk{Party: p, Persons: f.Values[at("persons")], Categories: f.Values[at("categories")]}
			// An empty list would mean everybody and everything: on a page that
			// must be chosen, not fallen into.
			if len(q.Persons) == 0 {
				f.bad(at("persons"), "Choose about whom you ask "+d.Name(p))
			}
			if len(q.Categories) == 0 {
				f.bad(at("categories"), "Choose what you ask "+d.Name(p)+" for")
			}
			in.Ask = append(in.Ask, q)
		case "not":
			in.NotAsked = append(in.NotAsked, mash.NotAsked{Party: p, Reason: f.need(at("reason"), "Say why "+d.Name(p)+" is not asked")})
		}
	}
	if len(in.Ask)+len(in.NotAsked) == 0 {
		f.bad("ask[0].choice", "Choose at least one agency, or say why none is asked")
	}
	return in
}
