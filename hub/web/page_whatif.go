package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"mashhub/hub/agreement"
	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// whatIfLink leads to the form about an agency, by an edition or by what is in force.
func whatIfLink(m agreement.Matrix, edition string) string {
	q := url.Values{"agreement": {m.Agreement}, "pair": {m.Pair}}
	if edition != "" {
		q.Set("edition", edition)
	}
	return "/agreements/what-if?" + q.Encode()
}

// whatIfLinks lead to the form about each agency that a change is about.
func (s *site) whatIfLinks(changes []agreement.Change, files edition.Files, id string) (out kit.Stack, err error) {
	seen := map[string]bool{}
	for _, c := range changes {
		if c.Pair == "" || seen[c.Agreement+c.Pair] {
			continue
		}
		seen[c.Agreement+c.Pair] = true
		m, ok, err := agreement.MatrixOf(agreement.FS(files), c.Agreement, c.Pair)
		if err != nil || !ok {
			return out, err
		}
		out = append(out, kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "What would happen if …", Href: whatIfLink(m, id), Hidden: m.Name + ", by this change"})})
	}
	return out, nil
}

// whatIf says what the agreements would let happen in an invented case. It is asked
// by address: nothing in it is about anybody, and it changes nothing.
func (s *site) whatIf(w http.ResponseWriter, r *http.Request) error {
	who, f := actor(r.Context()), newForm(r.URL.Query())
	files, err := s.Editions.Current(r.Context(), who)
	if err != nil {
		return err
	}
	id := f.text("edition")
	if id != "" {
		_, _, now, err := s.Editions.Show(r.Context(), who, id)
		if mash.CodeOf(err) == mash.CodeNotFound {
			return kit.ErrNotFound
		}
		if err != nil {
			return err
		}
		files = now
	}
	if f.text("pair") == "" { // which agency is chosen there
		return s.agreements(w, r)
	}
	m, ok, err := agreement.MatrixOf(agreement.FS(files), f.text("agreement"), f.text("pair"))
	if err != nil {
		return err
	}
	if !ok {
		return kit.ErrNotFound
	}
	body, code := kit.Stack{kit.Paragraph{Text: "Make up a case, and see what would be decided about it and why. Nobody is asked, and nothing is released. Write nothing about a real child."}}, http.StatusOK
	if id != "" {
		body = append(body, kit.Inset{HTML: kit.MustHTML(kit.Paragraph{Text: "By the agreements as a change would make them."}, kit.Link{Text: "The change", Href: "/agreements/" + id})})
	}
	if f.Has("category") {
		result, err := s.foreseen(r, f, m, id)
		switch {
		case mash.CodeOf(err) == mash.CodeInvalid:
			f.take(err)
			code = http.StatusUnprocessableEntity
		case err != nil:
			return err
		case len(f.problems) > 0:
			code = http.StatusUnprocessableEntity
		default:
			body = append(body, result...)
		}
	}
	body = append(body, s.whatIfForm(f, m, id))
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: "What would happen if …", Caption: m.Name, Wide: true, Path: "/agreements", Problems: f.problems, Body: body,
		Breadcrumbs: []kit.Link{{Text: "Sharing agreements", Href: "/agreements"}, {Text: m.Name, Href: matrixLink(m.Agreement, m.Pair)}, {Text: "What would happen if …"}}})
}

// foreseen decides the case that the form describes, and says why.
func (s *site) foreseen(r *http.Request, f *form, m agreement.Matrix, id string) (kit.Stack, error) {
	c := edition.Invented{Pair: m.Pair, Category: f.need("category", "Choose a kind of information"), Purpose: mash.Purpose(f.need("purpose", "Choose a purpose")),
		Basis: f.need("basis", "Choose what lets the hub ask"), Contact: f.need("contact", "Choose who is worried"), Match: f.need("match", "Choose whether the record is about this person"),
		Handling: f.text("handling"), Flags: f.Values["flags"]}
	if text := f.text("years"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			f.bad("years", "Write whole years, or nothing if the date is not known")
		}
		c.Years = &n
	}
	if len(f.problems) > 0 {
		return nil, nil
	}
	x, err := s.Editions.WhatIf(r.Context(), actor(r.Context()), id, c)
	if err != nil {
		return nil, err
	}
	t := kit.Table{Caption: "What would be decided", CaptionClasses: "govuk-table__caption--m", Scroll: true, FirstCellIsHeader: true, Head: []kit.Cell{{Text: "Question"}, {Text: "Answer"}, {Text: "Why"}}}
	row := func(question string, v mash.Verdict) {
		answer, why := v.Answer, slices.Clone(v.Reasons)
		for _, o := range v.Obligations {
			why = append(why, "With it goes: "+lower(word(obligationWords, o.Code))+".")
		}
		text := word(answerWords, string(answer))
		if v.Fault {
			text = word(answerWords, "fault")
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: question}, {Text: text}, {HTML: lines(why...)}})
	}
	row("May the hub ask "+m.Name+"?", x.Ask)
	row("May it be said that something is held?", x.Existence)
	row("May it leave the agency?", x.Content)
	out := kit.Stack{t}
	if x.Ask.Answer != mash.Permit {
		out = append(out, kit.Inset{Text: "The question would not go, or not before a person decides. The other two answers are what the agency’s own node would say if it came all the same."})
	}
	return append(out, clausesOf("The clauses that decide", x.Read)), nil
}

// whatIfForm is the form, with what was chosen.
func (s *site) whatIfForm(f *form, m agreement.Matrix, id string) kit.Form {
	kinds := []kit.Option{{Text: "Choose"}}
	for _, row := range m.Rows {
		kinds = append(kinds, kit.Option{Value: row.Category, Text: capital(row.Label)})
	}
	var purposes []kit.Choice
	for _, p := range m.Purposes {
		purposes = append(purposes, kit.Choice{Value: p, Text: mash.PurposeName(mash.Purpose(p))})
	}
	hidden := map[string]string{"agreement": m.Agreement, "pair": m.Pair}
	if id != "" {
		hidden["edition"] = id
	}
	return kit.Form{Action: "/agreements/what-if", Get: true, Hidden: hidden, Body: kit.Stack{
		kit.Select{Name: "category", ID: "category", Value: f.Get("category"), Label: kit.Label{Text: "What kind of information is it?", Classes: "govuk-label--s"}, Error: f.wrong["category"], Items: kinds},
		f.radios("purpose", "For what?", "", purposes...),
		f.radios("basis", "What lets the hub ask?", "", kit.Choice{Value: "given", Text: "The family agreed"}, kit.Choice{Value: "refused", Text: "The family refused"},
			kit.Choice{Value: "withdrawn", Text: "The family agreed and withdrew it"}, kit.Choice{Value: "silent", Text: "The family has said nothing"},
			kit.Choice{Value: "dispensation", Text: "A manager’s reasons to go on without the family’s agreement"}, kit.Choice{Value: "s47", Text: "The recorded section 47 decision"}),
		f.radios("contact", "Who is worried?", "", kit.Choice{Value: "named", Text: "Somebody who gave their name"}, kit.Choice{Value: "checkable", Text: "Somebody anonymous, and something can be checked"},
			kit.Choice{Value: "anonymous", Text: "Somebody anonymous, and nothing can be checked"}),
		f.radios("match", "Is the agency’s record about this person?", "", kit.Choice{Value: "match", Text: "Surely"}, kit.Choice{Value: "potential", Text: "Perhaps"}, kit.Choice{Value: "none", Text: "No"}),
		kit.Input{Name: "years", ID: "years", Value: f.Get("years"), Label: kit.Label{Text: "How many years old is it?", Classes: "govuk-label--s"}, Hint: "Whole years. Leave it empty if the date is not known.",
			Error: f.wrong["years"], Classes: "govuk-input--width-3", Autocomplete: "off"},
		kit.Input{Name: "handling", ID: "handling", Value: f.Get("handling"), Label: kit.Label{Text: "Its handling code, if it has one", Classes: "govuk-label--s"}, Error: f.wrong["handling"], Classes: "govuk-input--width-5", Autocomplete: "off"},
		kit.Checkboxes{Name: "flags", IDPrefix: "flags", Values: f.Values["flags"], Legend: kit.Legend{Text: "Is it marked?", Classes: "govuk-fieldset__legend--s"}, Error: f.wrong["flags"], Items: []kit.Choice{
			{Value: record.FlagThirdParty, Text: word(flagWords, record.FlagThirdParty)}, {Value: record.FlagProtectedLocation, Text: word(flagWords, record.FlagProtectedLocation)},
			{Value: record.FlagIntelligence, Text: word(flagWords, record.FlagIntelligence)}}},
		kit.Button{Text: "What would happen?"}}}
}
