package web

import (
	"context"
	"errors"
	"slices"
	"strings"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// amendSteps are the forms that change what was asked.
func (s *site) amendSteps() []stepForm {
	d := s.Desk
	return []stepForm{
		{path: "amend", rule: ruleAsk, show: ruleRequest, title: "Change a question", done: "The question is changed, and the agency is told.",
			form: amendForm,
			act: func(ctx context.Context, who mash.Actor, _ string, f *form) error {
				in := enquiry.AmendInput{Persons: f.Values["persons"], Categories: f.Values["categories"], Reason: f.need("reason", "Say why the question changes")}
				// Empty would mean as it is: on a page nothing is fallen into.
				if len(in.Persons) == 0 {
					f.bad("persons", "Choose about whom you ask")
				}
				if len(in.Categories) == 0 {
					f.bad("categories", "Choose what you ask for")
				}
				if f.text("from-day")+f.text("from-month")+f.text("from-year") != "" {
					in.From = f.day("from", "")
				}
				if len(f.problems) > 0 {
					return errProblems
				}
				_, err := d.Amend(ctx, who, f.Get("request"), in)
				return err
			}},
		{path: "correct", rule: ruleAct, show: ruleRequest, title: "Correct who somebody is", done: "It is corrected. Agencies with an open question search again.",
			form: correctForm, act: s.correct},
		{path: "agreement-part", rule: ruleAct, show: ruleAct, title: "The family agrees to fewer agencies", done: "It is recorded. Questions to the others are withdrawn.",
			form: func(v view, f *form) kit.Stack {
				a := v.p.Enquiry.Basis.Agreement
				if a == nil || a.State != "given" {
					return kit.Stack{kit.Paragraph{Text: "This enquiry does not rest on the family’s agreement."}}
				}
				still := kit.Checkboxes{Name: "agencies", Values: f.Values["agencies"], Error: f.wrong["agencies"], Hint: "Open questions to all others are withdrawn. What has been answered already stays.",
					Legend: kit.Legend{Text: "To which agencies does the family still agree?", Classes: "govuk-fieldset__legend--s"}}
				for _, x := range v.Agencies {
					if len(a.Scope) == 0 || slices.Contains(a.Scope, x.ID) {
						still.Items = append(still.Items, kit.Choice{Value: x.ID, Text: x.Name})
					}
				}
				return kit.Stack{still, save("Record it")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				return d.NarrowAgreement(ctx, who, id, f.Values["agencies"])
			}},
	}
}

// amendForm shows what is asked now, to be changed.
func amendForm(v view, f *form) kit.Stack {
	r, ok := v.requestOf(f)
	if !ok {
		return nil
	}
	if !f.Has("reason") { // as it is now
		f.Values["persons"], f.Values["categories"] = r.Persons, r.Categories
	}
	about := kit.Checkboxes{Name: "persons", Values: f.Values["persons"], Error: f.wrong["persons"], Classes: "govuk-checkboxes--small",
		Legend: kit.Legend{Text: "About whom do you ask?", Classes: "govuk-fieldset__legend--s"}}
	for _, p := range v.p.Content.People {
		about.Items = append(about.Items, kit.Choice{Value: p.Key, Text: v.name(p.Key)})
	}
	what := kit.Checkboxes{Name: "categories", Values: f.Values["categories"], Error: f.wrong["categories"], Classes: "govuk-checkboxes--small",
		Legend: kit.Legend{Text: "For what?", Classes: "govuk-fieldset__legend--s"}}
	agency, _ := v.Agencies.Agency(r.Party.Agency)
	for _, c := range agency.Holds {
		what.Items = append(what.Items, kit.Choice{Value: c, Text: mash.CategoryName(c)})
	}
	return kit.Stack{kit.SummaryList{Rows: []kit.Row{{Key: "Agency", Text: r.Name}, {Key: "Asked from", Text: day(r.From)}, {Key: "Telephone", Text: r.Telephone}}},
		kit.Paragraph{Text: "To ask less needs nobody’s leave. To ask for more is a new question to the sharing agreement; what it does not allow does not go."},
		about, what, f.date("from", "From when on, if that changes?", "Leave empty to keep it as it is."),
		f.area("reason", "Why does the question change?", "This stays in the hub.", 3), save("Change the question")}
}

// personOf finds whom a form is about.
func (v view) personOf(f *form) (mash.EnquiryPerson, bool) {
	for _, p := range v.p.Content.People {
		if p.Key == f.Get("person") {
			return p, true
		}
	}
	return mash.EnquiryPerson{}, false
}

// correctForm shows who somebody is taken to be, to be corrected.
func correctForm(v view, f *form) kit.Stack {
	p, ok := v.personOf(f)
	if !ok {
		return nil
	}
	if !f.Has("reason") {
		f.prefill(p.Record)
	}
	return kit.Stack{kit.Warning{Text: "Agencies with an open question about this person search again for who it really is. An answer about the wrong one is kept apart. What has landed already stays: look whether it is about the right person."},
		f.input("given", "Given names", ""), f.input("family", "Family name", ""), f.input("preferred", "What they like to be called", ""),
		f.date("born", "Date of birth", "Leave out the day or the month if you do not know it."),
		f.input("nhs", "NHS number", ""), f.input("upn", "Unique pupil number", ""),
		f.input("line1", "Address, first line", ""), f.input("city", "Town or city", ""), f.input("postcode", "Postcode", ""),
		f.input("identifier_omitted_reason", "If there is no number: why not?", ""),
		f.area("reason", "What was wrong, and how do you know?", "", 3), save("Correct it")}
}

// prefill writes a record into the form.
func (f *form) prefill(r record.Person) {
	set := func(name, value string) { f.Set(name, value) }
	if len(r.Names) > 0 {
		n := r.Names[0]
		set("given", strings.Join(n.Given, " "))
		set("family", strings.Join(n.Family, " "))
		set("preferred", n.Preferred)
	}
	if r.BirthDate != nil {
		parts := append(strings.Split(r.BirthDate.Date, "-"), "", "")
		set("born-year", parts[0])
		set("born-month", strings.TrimPrefix(parts[1], "0"))
		set("born-day", strings.TrimPrefix(parts[2], "0"))
	}
	for _, id := range r.Identifiers {
		switch id.System {
		case record.SystemNHSNumber:
			set("nhs", id.Value)
		case record.SystemUPN:
			set("upn", id.Value)
		}
	}
	if len(r.Addresses) > 0 {
		set("line1", r.Addresses[0].Line1)
		set("city", r.Addresses[0].City)
		set("postcode", r.Addresses[0].Postcode)
	}
}

// corrected is a record with what the form says of it; what the form does not
// show stays.
func (f *form) corrected(r record.Person) record.Person {
	n := record.Name{Preferred: f.text("preferred"), Given: strings.Fields(f.text("given"))}
	if family := f.text("family"); family != "" {
		n.Family = []string{family}
	}
	if r.Names = slices.Clone(r.Names); len(r.Names) == 0 {
		r.Names = []record.Name{n}
	} else {
		n.Use = r.Names[0].Use
		r.Names[0] = n
	}
	old := r.BirthDate
	if r.BirthDate = f.readBirth("born", false); old != nil && r.BirthDate != nil && old.Date == r.BirthDate.Date {
		r.BirthDate = old // with its accuracy
	}
	r.Identifiers = slices.DeleteFunc(slices.Clone(r.Identifiers), func(id record.Identifier) bool {
		return id.System == record.SystemNHSNumber || id.System == record.SystemUPN
	})
	for _, x := range [][2]string{{"nhs", record.SystemNHSNumber}, {"upn", record.SystemUPN}} {
		if f.text(x[0]) == "" {
			continue
		}
		id := record.Identifier{System: x[1], Value: f.text(x[0])}.Normal()
		if err := id.Check(); err != nil {
			f.bad(x[0], capital(err.Error()))
		}
		r.Identifiers = append(r.Identifiers, id)
	}
	a := record.Address{Line1: f.text("line1"), City: f.text("city"), Postcode: f.text("postcode")}
	if a.Postcode != "" {
		if normal := record.NormalPostcode(a.Postcode); normal == "" {
			f.bad("postcode", "Write the postcode like AB1 2CD, or leave it out")
		} else {
			a.Postcode = normal
		}
	}
	r.Addresses = slices.Clone(r.Addresses)
	switch {
	case len(r.Addresses) == 0 && a != (record.Address{}):
		r.Addresses = []record.Address{a}
	case len(r.Addresses) > 0 && a == (record.Address{}):
		r.Addresses = slices.Delete(r.Addresses, 0, 1)
	case len(r.Addresses) > 0 && (r.Addresses[0].Line1 != a.Line1 || r.Addresses[0].City != a.City || r.Addresses[0].Postcode != a.Postcode):
		r.Addresses[0] = a // its other parts were of the wrong one
	}
	return r
}

func (s *site) correct(ctx context.Context, who mash.Actor, id string, f *form) error {
	p, err := s.Desk.Show(ctx, who, id, ruleRequest)
	if err != nil {
		return err
	}
	person, ok := view{p: p}.personOf(f)
	if !ok {
		return kit.ErrNotFound
	}
	in := enquiry.CorrectInput{Person: person.Key, Record: f.corrected(person.Record), IdentifierOmitted: f.text("identifier_omitted_reason"),
		Reason: f.need("reason", "Say what was wrong and how you know")}
	if len(f.problems) > 0 {
		return errProblems
	}
	err = s.Desk.Correct(ctx, who, id, in)
	var e *mash.Error
	switch {
	case !errors.As(err, &e) || e.Field == "" || e.Field == "reason":
		return err
	case strings.HasSuffix(e.Field, "identifier_omitted_reason"):
		f.bad("identifier_omitted_reason", capital(e.Remedy))
	default: // about the record, whose parts the message names
		f.bad("given", capital(e.Message)+": "+e.Remedy)
	}
	return errProblems
}

// changes says what became of a question since it was put.
func (v view) changes(r enquiry.RequestRow) (out []string) {
	for _, c := range r.Changes {
		text := word(changeWords, c.What)
		if c.What == "rag" {
			text += " " + c.Detail
		}
		out = append(out, when(c.At)+": "+text)
	}
	return out
}

var changeWords = map[string]string{
	"rag": "the urgency became", "scope": "about whom, for what or from when was asked changed", "identity": "who somebody is was corrected", "failed": "the agency could not be told of a change",
}

// policyLines say by which version of the agreements an agency decides.
func policyLines(p enquiry.PolicyState) []string {
	switch {
	case p.Version == "":
		return []string{"It has not said"}
	case p.Other:
		return []string{"Version " + shortVersion(p.Version), "Not the version that we decide by, since " + when(p.Since)}
	case p.Behind == 0:
		return []string{"Version " + shortVersion(p.Version)}
	}
	if p.Behind < 0 {
		return []string{"Version " + shortVersion(p.Version), itoa(int(-p.Behind)) + " ahead of ours, since " + when(p.Since)}
	}
	return []string{"Version " + shortVersion(p.Version), itoa(int(p.Behind)) + " behind ours, since " + when(p.Since)}
}

// shortVersion is enough of a version to tell two apart on a page, and to read
// out on the telephone. The whole one is in the API and in every decision.
func shortVersion(v string) string {
	algorithm, digest, ok := strings.Cut(v, ":")
	if !ok || len(digest) <= 12 {
		return v
	}
	return algorithm + ":" + digest[:12]
}
