package pages

import (
	"html/template"
	"slices"
	"strings"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// asked shows a question: whether the family knows first, because a word too
// many at the school gate can be dangerous; then who, what, and until when.
func (s *site) asked(v node.TaskView) kit.Stack {
	q := v.Question
	body := kit.Stack{informed(q.Informed.Answer, q.Informed.Reason)}
	for _, text := range v.Clarified {
		body = append(body, kit.Inset{HTML: kit.MustHTML(
			kit.Heading{Text: "The hub has answered your question", Level: 2, Size: "s"},
			kit.Paragraph{Text: text, AsWritten: true})})
	}
	who := v.Persons
	if len(who) == 0 {
		who = q.Persons // a review is about everybody in the question
	}
	body = append(body, kit.Heading{Text: "Who is asked about"})
	for _, p := range who {
		body = append(body, kit.SummaryList{Card: &kit.Card{Title: called(p.Record), Level: 3}, Rows: append([]kit.Row{{Key: "In this question", Text: role(p)}}, unnamed(personRows(p.Record), called(p.Record))...)})
	}
	var what []kit.Paragraph
	for _, c := range q.Categories {
		what = append(what, kit.Paragraph{Text: mash.CategoryName(c)})
	}
	due := s.when(q.TargetAt)
	if due != "" {
		due += " (" + lower(left(s.Node.Env.Now(), q.TargetAt)) + ")"
	}
	rows := []kit.Row{
		{Key: "What about", HTML: kit.MustHTML(kit.List{Items: what})},
		{Key: "Period", Text: s.day(q.From) + " to " + s.day(q.To)},
		{Key: "Target", Text: dash(due)},
		{Key: "Who asks", Text: "The safeguarding hub “" + v.Task.Hub + "”"},
		{Key: "Reference", Text: dash(q.Reference)},
		{Key: "Why it may be asked", Text: basis(q)},
	}
	return append(body, kit.Heading{Text: "What is asked"}, kit.SummaryList{Rows: rows})
}

// informed says whether the family knows, before anything else.
func informed(answer, reason string) kit.Component {
	paragraph := func(s string) template.HTML { return kit.MustHTML(kit.Paragraph{Text: s, AsWritten: true}) }
	why := template.HTML("")
	if reason != "" {
		why = paragraph("Reason given: " + reason)
	}
	switch answer {
	case "yes":
		return kit.Inset{HTML: paragraph("The family knows about this.") + why}
	case "no":
		return kit.Banner{Title: "The family has not been told", ID: "family-informed",
			HTML: paragraph("Do not mention this to the child or the family. Keep it where they cannot see it.") + why}
	case "unsafe_to_tell":
		return kit.Banner{ID: "family-informed", HTML: kit.MustHTML(
			kit.Heading{Text: "Do not tell the family", Level: 2, Size: "l"},
			kit.Warning{Text: "It may put somebody in danger if the child, a parent or anybody at home learns of this. Keep it where they cannot see it."}) + why}
	}
	return kit.Banner{Title: "It is not known whether the family has been told", ID: "family-informed",
		HTML: paragraph("Do not mention this to the child or the family until you have asked the hub.") + why}
}

func basis(q *wire.Request) string {
	switch {
	case q.Basis.S47:
		return "A recorded decision under section 47 of the Children Act 1989"
	case q.Basis.Dispensation:
		return "A manager’s recorded decision to ask without the family’s agreement"
	case q.Basis.Agreement == "given" && q.Basis.GivenBy == "competent_child":
		return "The young person agreed"
	case q.Basis.Agreement == "given":
		return "The family agreed"
	}
	return "As the sharing agreement says"
}

func role(p wire.Person) string {
	if p.Role == mash.RoleSubject {
		return "The child"
	}
	return "Somebody in the household"
}

// called is what a person is called on a page's body; never in a title or an
// address.
func called(p record.Person) string {
	for _, n := range p.Names {
		if s := nameText(n); s != "" {
			return s
		}
	}
	return "a person without a name"
}

func nameText(n record.Name) string {
	given := strings.Join(n.Given, " ")
	s := strings.TrimSpace(given + " " + strings.Join(n.Family, " "))
	if n.Preferred != "" && n.Preferred != given {
		if s == "" {
			return n.Preferred
		}
		s += " (known as " + n.Preferred + ")"
	}
	return s
}

// personRows lists what was sent, or is held, about who a person is.
func personRows(p record.Person) []kit.Row {
	var out []kit.Row
	for _, f := range personFacts(p) {
		lines := make([]kit.Component, len(f.Lines))
		for i, l := range f.Lines {
			lines[i] = kit.Paragraph{Text: l}
		}
		if len(lines) == 1 {
			out = append(out, kit.Row{Key: f.Name, Text: f.Lines[0]})
		} else {
			out = append(out, kit.Row{Key: f.Name, HTML: kit.MustHTML(lines...)})
		}
	}
	return out
}

// unnamed leaves out a name that stands above the list already.
func unnamed(rows []kit.Row, name string) []kit.Row {
	return slices.DeleteFunc(rows, func(r kit.Row) bool { return r.Key == "Name" && r.Text == name })
}

// fact is one thing known about who a person is.
type fact struct {
	Name  string
	Lines []string
}

// personFacts are in one order for everybody, so that two people can stand
// side by side. What is empty is left out.
func personFacts(p record.Person) []fact {
	var out []fact
	add := func(name string, lines ...string) {
		var some []string
		for _, l := range lines {
			if l = strings.TrimSpace(l); l != "" {
				some = append(some, l)
			}
		}
		if len(some) > 0 {
			out = append(out, fact{name, some})
		}
	}
	var names, addresses, contacts, ids []string
	for _, n := range p.Names {
		names = append(names, nameText(n))
	}
	add("Name", names...)
	if p.BirthDate != nil {
		add("Date of birth", p.BirthDate.Words())
	}
	if p.Gender != "" {
		add("Gender", coded(record.Genders, p.Gender))
	}
	if p.Sex != "" {
		add("Sex", coded(record.Sexes, p.Sex))
	}
	for _, a := range p.Addresses {
		var parts []string
		for _, s := range []string{a.Line1, a.Line2, a.City, a.Postcode} {
			if s != "" {
				parts = append(parts, s)
			}
		}
		addresses = append(addresses, strings.Join(parts, ", "))
	}
	add("Address", addresses...)
	for _, c := range p.Telecoms {
		contacts = append(contacts, c.Value)
	}
	add("Telephone and e-mail", contacts...)
	for _, system := range []struct{ uri, name string }{{record.SystemNHSNumber, "NHS number"}, {record.SystemUPN, "Unique pupil number"}} {
		for _, id := range p.Identifiers {
			if id.System == system.uri {
				add(system.name, spaced(id))
			}
		}
	}
	for _, id := range p.Identifiers {
		if id.System != record.SystemNHSNumber && id.System != record.SystemUPN {
			ids = append(ids, id.Value)
		}
	}
	add("Other numbers", ids...)
	return out
}

// spaced writes an NHS number as people read it out: 999 000 0018.
func spaced(id record.Identifier) string {
	v := id.Value
	if id.System == record.SystemNHSNumber && len(v) == 10 {
		return v[:3] + " " + v[3:6] + " " + v[6:]
	}
	return v
}

func coded(v record.Vocabulary, code string) string {
	if c, ok := v.Lookup(code); ok {
		return c.Label
	}
	return code
}

// question is a question back as typed, with what is wrong with it.
type question struct{ Text, Problem string }

func (q *question) problems() []kit.Problem {
	if q == nil || q.Problem == "" {
		return nil
	}
	return []kit.Problem{{Text: q.Problem, Field: "text"}}
}

// askBackForm lets a person ask the hub instead of guessing.
func (s *site) askBackForm(v node.TaskView, q *question) kit.Component {
	if q == nil {
		q = &question{}
	}
	return kit.Details{Summary: "Is something unclear? Ask the hub a question back", Open: q.Problem != "", HTML: kit.MustHTML(
		kit.Form{Action: "/tasks/" + v.Task.ID + "/ask-back", Body: kit.Stack{
			kit.Textarea{Name: "text", Value: q.Text, Error: q.Problem, Label: kit.Label{Text: "Your question"}, Rows: 4,
				Hint: "While you wait for the answer, the time is not counted as yours. What you have typed below is not kept: ask before you begin."},
			kit.Button{Text: "Ask the hub", Classes: "govuk-button--secondary", OnceOnly: true},
		}})}
}
