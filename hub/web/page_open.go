package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// maxPeople is how many people one form takes; the API takes more.
const maxPeople = 20

// newEnquiry is the form for a contact, empty.
func (s *site) newEnquiry(w http.ResponseWriter, r *http.Request) error {
	return s.writeOpen(w, r, newForm(map[string][]string{"people": {"1"}}))
}

// openEnquiry takes the form: another person, or the whole.
func (s *site) openEnquiry(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	switch step, n, _ := strings.Cut(f.Get("step"), " "); step {
	case "add":
		f.Set("people", strconv.Itoa(min(f.people()+1, maxPeople)))
		return s.writeOpen(w, r, f)
	case "remove":
		f.remove(n)
		return s.writeOpen(w, r, f)
	}
	in := f.contact(s.Agencies)
	if len(f.problems) > 0 {
		return s.writeOpen(w, r, f)
	}
	err = s.send(w, r, f, func() (string, string, error) {
		e, err := s.Desk.Open(r.Context(), actor(r.Context()), in)
		return "/enquiries/" + e.ID, "Enquiry " + e.Reference + " is open. Nobody has been asked yet.", err
	})
	if isProblem(err) {
		f.take(f.placed(err))
		return s.writeOpen(w, r, f)
	}
	return err
}

// placed moves an error of the use case from the field of the API to the one
// of the form, where they differ.
func (f *form) placed(err error) error {
	var e *mash.Error
	if !errors.As(err, &e) {
		return err
	}
	here := *e
	switch {
	case e.Field == "basis.agreement.at" && f.Get("basis") == "refused":
		here.Field = "basis.refused_at-day"
	case e.Field == "basis.agreement.at":
		here.Field = "basis.given_at-day"
	case e.Field == "basis.agreement":
		here.Field = "basis.told"
	case e.Field == "basis.dispensation":
		here.Field = "basis.reason"
	case e.Field == "basis.s47" && f.Get("basis") == "s47":
		here.Field = "basis.decided_at-day"
	case strings.HasPrefix(e.Field, "basis"):
		here.Field = "basis"
	case strings.HasPrefix(e.Field, "people[") && strings.Contains(e.Field, ".record"):
		// The message names the part of the record.
		here.Field, here.Remedy = e.Field[:strings.Index(e.Field, ".record")]+".given", capital(e.Message)
	case e.Field == "people":
		here.Field = "people[0].given"
	}
	return &here
}

// people is how many people the form has.
func (f *form) people() int {
	n, err := strconv.Atoi(f.Get("people"))
	if err != nil {
		return 1
	}
	return min(max(n, 1), maxPeople)
}

// remove takes a person out and moves the later ones up.
func (f *form) remove(which string) {
	n := f.people()
	i, err := strconv.Atoi(which)
	if err != nil || i < 1 || i >= n {
		return // the first is the child, and stays
	}
	for ; i < n; i++ {
		here, next := fmt.Sprintf("people[%d].", i), fmt.Sprintf("people[%d].", i+1)
		for k := range f.Values {
			if strings.HasPrefix(k, here) {
				delete(f.Values, k)
			}
		}
		for k, v := range f.Values {
			if rest, ok := strings.CutPrefix(k, next); ok {
				f.Values[here+rest] = v
			}
		}
	}
	f.Set("people", strconv.Itoa(n-1))
}

// writeOpen writes the form with what was typed.
func (s *site) writeOpen(w http.ResponseWriter, r *http.Request, f *form) error {
	body := kit.Stack{
		f.radios("family_informed.answer", "Does the family know that you are asking?", "This goes with every question, because what an agency files may be visible to the family.",
			kit.Choice{Value: "yes", Text: "Yes"},
			kit.Choice{Value: "no", Text: "No"},
			kit.Choice{Value: "unsafe_to_tell", Text: "No, it is unsafe to tell them"}),
		f.input("family_informed.reason", "If not: why has the family not been told?", "Leave empty if the family knows."),
		kit.Heading{Text: "The concern"},
		f.radios("originator.kind", "Who raised it?", "", choicesOf(originatorWords, originatorKinds...)...),
		s.originatorParty(f),
		f.input("originator.name", "Their name or post", "Leave empty if they did not say who they are."),
		f.input("originator.contact", "How to reach them", "So that you can tell them the outcome."),
		f.area("narrative", "What are they worried about?", "In their words where you can. This stays in the hub: it is never sent with a question.", 8),
		f.radios("evidence", "Is there something in it that can be checked?", "A date, a place, an injury that somebody saw.",
			kit.Choice{Value: "yes", Text: "Yes"}, kit.Choice{Value: "no", Text: "No"}),
		kit.Heading{Text: "Who it is about"},
	}
	n := f.people()
	for i := range n {
		body = append(body, f.person(i))
	}
	if n < maxPeople {
		body = append(body, kit.Button{Text: "Add another person", Name: "step", Value: "add", Classes: "govuk-button--secondary"})
	}
	body = append(body,
		kit.Heading{Text: "How urgent, and why we may ask"},
		f.radios("rag", "How urgent is it?", "This says how soon, never how much may be shared.",
			kit.Choice{Value: "red", Text: "Red: most urgent"}, kit.Choice{Value: "amber", Text: "Amber"}, kit.Choice{Value: "green", Text: "Green"}),
		f.radios("level", "Level of need", "", levels()...),
		f.radios("purpose", "What is the enquiry for?", "", purposes()...),
		f.basis(),
		f.radios("restricted", "Must it be restricted to named people?", "For a family of our own staff, or an allegation against a professional.",
			kit.Choice{Value: "no", Text: "No"}, kit.Choice{Value: "yes", Text: "Yes"}),
		f.input("named", "If restricted: who else may see it?", "Sign-in names of colleagues, separated by commas. You always may."),
		f.area("voice_not_sought", "If the child was not heard: why?", "Leave empty if somebody has heard the child, or will.", 2),
		save("Open the enquiry"),
	)
	form := s.posted("/enquiries/new", body...)
	form.Enter = "Open the enquiry"
	form.Hidden["people"] = strconv.Itoa(n)
	if once := f.Get("once"); once != "" {
		form.Hidden["once"] = once
	}
	return s.layout.Write(w, r, kit.Page{Title: "Open an enquiry", Problems: f.problems, Body: kit.Stack{form}})
}

func levels() (out []kit.Choice) {
	for i := 1; i <= 4; i++ {
		out = append(out, kit.Choice{Value: strconv.Itoa(i), Text: levelWords[i]})
	}
	return out
}

func purposes() (out []kit.Choice) {
	for _, p := range []mash.Purpose{mash.PurposeEarlyHelp, mash.PurposeS17, mash.PurposeS47} {
		out = append(out, kit.Choice{Value: string(p), Text: purposeText(p)})
	}
	return out
}

// originatorParty offers the agencies and settings that can be told by the hub.
func (s *site) originatorParty(f *form) kit.Select {
	sel := kit.Select{Name: "originator.party", ID: "originator-party", Value: f.Get("originator.party"), Label: kit.Label{Text: "If they are one of our partners: which?"},
		Hint: "The hub can then tell them the outcome itself.", Items: []kit.Option{{Value: "", Text: "None of these"}}}
	for _, p := range parties(s.Agencies) {
		sel.Items = append(sel.Items, kit.Option{Value: p.String(), Text: s.Agencies.Name(p)})
	}
	return sel
}

// parties lists everybody who can be written to.
func parties(d mash.Directory) (out []mash.Party) {
	for _, a := range d {
		for _, u := range a.Units {
			out = append(out, mash.Party{Agency: a.ID, Unit: u.ID})
		}
		if len(a.Units) == 0 {
			out = append(out, mash.Party{Agency: a.ID})
		}
	}
	return out
}

// person is one person's part of the form. The first is the child.
func (f *form) person(i int) kit.Component {
	at := func(name string) string { return fmt.Sprintf("people[%d].%s", i, name) }
	legend := "The child the enquiry is about"
	var body kit.Stack
	if i > 0 {
		legend = fmt.Sprintf("Person %d", i+1)
		body = append(body, f.radios(at("role"), "Is this another child the enquiry is about?", "",
			kit.Choice{Value: mash.RoleSubject, Text: "Yes, this enquiry is about this child too"}, kit.Choice{Value: mash.RoleHousehold, Text: "No, a member of the household or somebody close"}),
			f.input(at("relation"), "What are they to the child?", "For example mother, mother’s partner, brother."),
			f.input(at("reason"), "Why do you ask about this person?", "Everybody but the child needs a reason of their own."))
	}
	body = append(body, f.input(at("given"), "First names", ""), f.input(at("family"), "Family name", ""),
		f.input(at("preferred"), "Known as, if different", ""),
		f.date(at("born"), "Date of birth", "Leave out what is not known, or all of it."),
		kit.Checkboxes{Name: at("estimated"), IDPrefix: fieldID(at("estimated")), Values: f.Values[at("estimated")], Classes: "govuk-checkboxes--small",
			Items: []kit.Choice{{Value: "yes", Text: "The date is estimated"}}},
		f.gender(at("gender")),
		f.input(at("nhs"), "NHS number", "Ten digits."), f.input(at("upn"), "Unique pupil number", "Thirteen characters, from the school."),
		f.input(at("identifier_omitted_reason"), "If neither number is known: why?", ""),
		f.input(at("line1"), "Address: house and street", ""), f.input(at("city"), "Town", ""), f.input(at("postcode"), "Postcode", ""),
		kit.Checkboxes{Name: at("protected"), IDPrefix: fieldID(at("protected")), Values: f.Values[at("protected")], Classes: "govuk-checkboxes--small",
			Items: []kit.Choice{{Value: "yes", Text: "Somebody must not find this person", Hint: "Their addresses and places never leave the hub."}}})
	if i > 0 {
		body = append(body, kit.Button{Text: fmt.Sprintf("Remove person %d", i+1), Name: "step", Value: fmt.Sprintf("remove %d", i), Classes: "govuk-button--secondary"})
	}
	return kit.Fieldset{Legend: kit.Legend{Text: legend, Classes: "govuk-fieldset__legend--m"}, Body: body}
}

func (f *form) gender(name string) kit.Select {
	sel := kit.Select{Name: name, ID: fieldID(name), Value: f.Get(name), Label: kit.Label{Text: "Gender"}, Error: f.wrong[name],
		Items: []kit.Option{{Value: "", Text: "Not recorded"}}}
	for _, c := range record.Genders.Codes {
		sel.Items = append(sel.Items, kit.Option{Value: c.Code, Text: c.Label})
	}
	return sel
}

// basis asks why the hub may ask. The parts of each answer stand with it;
// without JavaScript all are visible, so each label says when it applies.
func (f *form) basis() kit.Radios {
	r := f.radios("basis", "What lets us ask?", "Silence is never agreement. What you record here is checked against the sharing agreement for every question.",
		kit.Choice{Value: "given", Text: "The family agreed", Conditional: kit.Stack{
			f.radios("basis.given_by", "Who agreed?", "", kit.Choice{Value: "parent", Text: "A parent"}, kit.Choice{Value: "competent_child", Text: "The child, who can decide this"}),
			f.input("basis.told", "If the family agreed: what were they told?", "The leaflet or script, so that it can be looked up."),
			f.date("basis.given_at", "If the family agreed: when?", "")}},
		kit.Choice{Value: "refused", Text: "The family refused", Conditional: kit.Stack{f.date("basis.refused_at", "If the family refused: when?", "")}},
		kit.Choice{Value: "dispensation", Text: "A manager decided to go on without agreement", Conditional: kit.Stack{
			f.area("basis.reason", "If without agreement: the manager’s reason", "", 3),
			f.input("basis.manager", "If without agreement: which manager?", ""), f.date("basis.dispensed_at", "If without agreement: when?", "")}},
		kit.Choice{Value: "s47", Text: "There is a section 47 decision", Hint: "Reasonable cause to suspect significant harm: a recorded decision, not a tick.", Conditional: kit.Stack{
			f.input("basis.by", "If section 47: who decided?", ""), f.input("basis.qualified", "If section 47: their registration or post", ""),
			f.input("basis.grounds", "If section 47: on what grounds?", "In a few words, without names."), f.input("basis.evidence", "If section 47: on what evidence?", "In a few words, without names."),
			f.date("basis.decided_at", "If section 47: on which day?", ""), f.input("basis.decided_time", "If section 47: at what time?", "For example 14:30.")}},
	)
	return r
}
