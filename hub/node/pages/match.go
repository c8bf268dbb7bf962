package pages

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"mashhub/hub/matching"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
)

// noneOfThese is the form's value for "none of the records is this person".
const noneOfThese = "none"

// match answers POST /tasks/{id}/match.
func (s *site) match(w http.ResponseWriter, r *http.Request) error {
	v, form, ok, err := s.posted(w, r, node.TaskCheck)
	if !ok || err != nil {
		return err
	}
	choice := map[string]string{}
	m := &matchForm{Chosen: map[string]string{}, Errors: map[string]string{}}
	for _, p := range v.Persons {
		ref := form.Get(p.Key)
		known := slices.ContainsFunc(v.Candidates[p.Key], func(c node.Candidate) bool { return c.Ref == ref })
		switch {
		case ref == noneOfThese:
			choice[p.Key] = ""
		case ref != "" && known:
			choice[p.Key] = ref
		default:
			text := "Choose the record that is " + called(p.Record) + ", or “None of these”"
			m.Errors[p.Key] = text
			m.Problems = append(m.Problems, kit.Problem{Text: text, Field: p.Key})
			continue
		}
		m.Chosen[p.Key] = ref
	}
	if len(m.Problems) > 0 {
		return s.matchPage(w, r, v, m, nil)
	}
	err = s.Node.CheckMatch(r.Context(), actor(r.Context()), v.Task.ID, choice)
	return s.finished(w, r, err, "Your choice has been taken.", func(ps []kit.Problem) error {
		m.Problems = ps
		return s.matchPage(w, r, v, m, nil)
	})
}

// matchForm is what was chosen, with what is wrong.
type matchForm struct {
	Chosen, Errors map[string]string
	Problems       []kit.Problem
}

// matchPage shows each person beside the records that may be theirs.
func (s *site) matchPage(w http.ResponseWriter, r *http.Request, v node.TaskView, m *matchForm, back *question) error {
	if m == nil {
		m = &matchForm{}
	}
	q := v.Question
	body := kit.Stack{informed(q.Informed.Answer, q.Informed.Reason),
		kit.Paragraph{Text: "Your system holds records that may be the person asked about. Compare them and choose. If you are not sure that it is the same person, choose “None of these”: a note on the wrong child does more harm than a missing one."}}
	body = append(body, s.askBackForm(v, back))
	form := kit.Stack{}
	for _, p := range v.Persons {
		cs := v.Candidates[p.Key]
		form = append(form, compare(called(p.Record), personFacts(p.Record), cs))
		radios := kit.Radios{Name: p.Key, Value: m.Chosen[p.Key], Error: m.Errors[p.Key], Legend: kit.Legend{Text: "Which record is " + called(p.Record) + "?", Classes: "govuk-fieldset__legend--m"}}
		for i, c := range cs {
			radios.Items = append(radios.Items, kit.Choice{Value: c.Ref, Text: recordName(i), Hint: called(c.Record) + " – reference " + c.Ref})
		}
		if len(cs) > 0 {
			radios.Items = append(radios.Items, kit.Choice{Divider: "or"})
		} else {
			form = append(form, kit.Warning{Text: "Your system found more people than it could list, so there is no record to choose from here. Look in the system itself, and ask the hub a question back if you need more to tell them apart."})
		}
		radios.Items = append(radios.Items, kit.Choice{Value: noneOfThese, Text: "None of these", Hint: "What these records hold is left out of your answer."})
		form = append(form, radios)
	}
	form = append(form, kit.Button{Text: "Confirm", OnceOnly: true})
	body = append(body, kit.Form{Action: "/tasks/" + v.Task.ID + "/match", Body: form})
	return s.layout.Write(w, r, kit.Page{Title: taskName(v.Task.Kind), Caption: s.partyName(v.Task.Party), Path: "/tasks", Wide: true,
		Back: &kit.BackLink{Text: "Inbox", Href: "/tasks"}, Problems: append(m.Problems, back.problems()...), Body: body})
}

func recordName(i int) string { return "Record " + strconv.Itoa(i+1) }

// compare stands what was asked and what is held side by side.
func compare(name string, asked []fact, cs []node.Candidate) kit.Component {
	t := kit.Table{Caption: "What was asked, beside your records: " + name, CaptionClasses: "govuk-table__caption--m", FirstCellIsHeader: true, Scroll: true,
		Head: []kit.Cell{{Text: "Field"}, {Text: "Asked about"}}}
	columns := []map[string]string{byName(asked)}
	for i, c := range cs {
		t.Head = append(t.Head, kit.Cell{Text: recordName(i)})
		columns = append(columns, byName(personFacts(c.Record)))
	}
	for _, field := range []string{"Name", "Date of birth", "Gender", "Sex", "Address", "Telephone and e-mail", "NHS number", "Unique pupil number", "Other numbers"} {
		row, some := []kit.Cell{{Text: field}}, false
		for _, col := range columns {
			some = some || col[field] != ""
			row = append(row, kit.Cell{Text: dash(col[field]), Classes: "mash-as-written"})
		}
		if some {
			t.Rows = append(t.Rows, row)
		}
	}
	if len(cs) > 0 {
		row := []kit.Cell{{Text: "How they compare"}, {}}
		for _, c := range cs {
			row = append(row, kit.Cell{HTML: kit.MustHTML(agreements(c.Why)...)})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func byName(fs []fact) map[string]string {
	out := map[string]string{}
	for _, f := range fs {
		lines := strings.Join(f.Lines, "\n")
		if out[f.Name] != "" {
			lines = out[f.Name] + "\n" + lines
		}
		out[f.Name] = lines
	}
	return out
}

// agreements words a comparison, which the node keeps as "field: agreement".
// What could not be compared comes last, in one line.
func agreements(why []string) []kit.Component {
	var items []kit.Paragraph
	var missing []string
	for _, w := range why {
		field, how, _ := strings.Cut(w, ": ")
		words := matching.Reason{Field: field, Agreement: matching.Agreement(how)}.String()
		if matching.Agreement(how) == matching.NotCompared {
			name, _, _ := strings.Cut(words, ":")
			missing = append(missing, name)
			continue
		}
		items = append(items, kit.Paragraph{Text: upper(words)})
	}
	out := []kit.Component{kit.List{Items: items}}
	if len(missing) > 0 {
		out = append(out, kit.Paragraph{Text: "Not compared, because one side lacks it: " + strings.Join(missing, ", ") + ".", Classes: "govuk-body-s"})
	}
	return out
}
