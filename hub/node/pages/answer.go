package pages

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// answer answers POST /tasks/{id}/answer.
func (s *site) answer(w http.ResponseWriter, r *http.Request) error {
	v, form, ok, err := s.posted(w, r, node.TaskAnswer)
	if !ok || err != nil {
		return err
	}
	d := readDraft(v, form)
	if key := form.Get("more"); key != "" {
		d.pad()
		d.add(key)
		return s.answerPage(w, r, v, d, nil)
	}
	a := d.answer(v.Question, s.partyName(v.Task.Party))
	if len(d.Problems) > 0 {
		return s.answerPage(w, r, v, d, nil)
	}
	err = s.Node.SubmitAnswer(r.Context(), actor(r.Context()), v.Task.ID, a)
	return s.finished(w, r, err, "Your answer has been taken. It leaves as far as your sharing agreement allows.", func(ps []kit.Problem) error {
		d.Problems = ps
		return s.answerPage(w, r, v, d, nil)
	})
}

// sendAnswer is what the form does, by its button and by the Enter key.
const sendAnswer = "Send this answer"

// answerPage shows the question and the form, with what was typed so far.
func (s *site) answerPage(w http.ResponseWriter, r *http.Request, v node.TaskView, d *draft, back *question) error {
	d.pad()
	action := "/tasks/" + v.Task.ID + "/answer"
	form := kit.Stack{}
	for i, p := range d.Persons {
		form = append(form, s.personForm(v, p, i, len(d.Persons), action))
	}
	form = append(form,
		kit.Inset{Text: "Sharing part of what you hold is a complete answer. So is declining with a reason. Either way the question is answered, and nobody will chase you for more."},
		kit.Button{Text: sendAnswer, OnceOnly: true})
	body := s.asked(v)
	body = append(body, s.askBackForm(v, back), kit.Heading{Text: "Your answer"}, kit.Form{Action: action, Enter: sendAnswer, Body: form})
	return s.layout.Write(w, r, kit.Page{Title: taskName(v.Task.Kind), Caption: s.partyName(v.Task.Party), Path: "/tasks",
		Back: &kit.BackLink{Text: "Inbox", Href: "/tasks"}, Problems: append(d.Problems, back.problems()...), Body: body})
}

// personForm asks for the answer about one person.
func (s *site) personForm(v node.TaskView, p *draftPerson, at, of int, action string) kit.Component {
	reasonFor := func(o mash.ReturnOutcome, label, hint string) kit.Stack {
		t := kit.Textarea{Name: p.Key + ".reason", ID: p.Key + ".reason", Label: kit.Label{Text: label}, Hint: hint, Rows: 3}
		if o != mash.Refused {
			t.ID += "-" + string(o)
		}
		if p.Outcome == string(o) || p.Outcome == "" && o == mash.Refused {
			t.Value = p.Reason
			t.Error = p.Errors["reason"]
		}
		return kit.Stack{t}
	}
	items := kit.Stack{kit.Paragraph{Text: "Write each thing you want to share as an item of its own. Keep fact and opinion apart. An item left empty is not sent."}}
	for n, i := range p.Items {
		items = append(items, s.itemForm(v, p, n, i))
	}
	items = append(items, s.views.With("answer/more", map[string]string{"Person": p.Key, "Name": p.Name, "Action": action,
		"Field": fieldID(p.Key, len(p.Items), "category")}))
	items = append(items, keptForm(v, p))
	legend := kit.Legend{Text: "What is your answer about " + p.Name + "?", Classes: "govuk-fieldset__legend--m"}
	if of > 1 {
		legend.Text = "Person " + strconv.Itoa(at+1) + " of " + strconv.Itoa(of) + ": what is your answer about " + p.Name + "?"
	}
	return kit.Radios{Name: p.Key + ".outcome", Value: p.Outcome, Legend: legend, Error: p.Errors["outcome"], Items: []kit.Choice{
		{Value: string(mash.RecordsFound), Text: "We hold information", Hint: "You choose what of it to share.", Conditional: items},
		{Value: string(mash.NothingKnown), Text: "We have looked and hold nothing", Hint: "Nothing was found, and you are keeping nothing back."},
		{Value: string(mash.Refused), Text: "We do not answer, for a reason", Hint: "A refusal with a reason is a complete answer.",
			Conditional: reasonFor(mash.Refused, "Why do you not answer?", "The hub reads this. Do not write here what you are keeping back.")},
		{Value: string(mash.SourceUnavailable), Text: "We could not look", Hint: "Your records could not be searched. The hub never takes this to mean that you hold nothing.",
			Conditional: reasonFor(mash.SourceUnavailable, "Why could you not look? (optional)", "")},
	}}
}

// keptForm asks what more is held and kept back. It is no part of a complete
// answer: keeping something back needs a reason, just as sharing has one.
func keptForm(v node.TaskView, p *draftPerson) kit.Component {
	kept := kit.Checkboxes{Name: p.Key + ".kept", Values: p.Kept, Error: p.Errors["kept"],
		Legend: kit.Legend{Text: "Do you keep anything else back? (optional)", Classes: "govuk-fieldset__legend--s"},
		Hint:   "The hub is told that you keep something back only where your agreement lets it be said that you hold it."}
	for _, c := range v.Question.Categories {
		kept.Items = append(kept.Items, kit.Choice{Value: c, Text: mash.CategoryName(c)})
	}
	return kit.Stack{kept, kit.Textarea{Name: p.Key + ".kept_why", ID: p.Key + ".kept_why", Value: p.KeptWhy, Error: p.Errors["kept_why"], Rows: 2,
		Label: kit.Label{Text: "Why do you keep it back? (optional)"}, Hint: "Do not write here what it says."}}
}

// itemForm is the group of fields of one item.
func (s *site) itemForm(v node.TaskView, p *draftPerson, n int, i *draftItem) kit.Component {
	name := func(f string) string { return p.Key + ".item." + strconv.Itoa(n) + "." + f }
	f, e := i.Fields, i.Errors
	options := []kit.Option{{Value: "", Text: "Choose one"}}
	police := false
	for _, c := range v.Question.Categories {
		options = append(options, kit.Option{Value: c, Text: mash.CategoryName(c)})
		police = police || strings.HasPrefix(c, "police.")
	}
	kinds := kit.Radios{Name: name("kind"), Value: f["kind"], Legend: kit.Legend{Text: "What kind of information is it?", Classes: "govuk-fieldset__legend--s"}, Error: e["kind"],
		Items: []kit.Choice{
			{Value: string(record.Fact), Text: mash.KindName("fact"), Hint: "Something that was seen, measured or written down when it happened."},
			{Value: string(record.Opinion), Text: mash.KindName("opinion"), Hint: "What a professional thinks it means."},
			{Value: string(record.ChildVoice), Text: mash.KindName("child_voice"), Hint: "What the child said, showed or wrote.", Conditional: voiceForm(name, f, e)},
			{Value: string(record.FamilyAccount), Text: mash.KindName("family_account"), Hint: "How a parent, carer or relative explains it."},
		}}
	more := kit.Stack{
		kit.DateInput{ID: name("until"), Prefix: name("until"), Legend: kit.Legend{Text: "When did it end?"}, Hint: "Only for something that lasted, such as a plan or an order.",
			Error: e["until"], Day: f["until-day"], Month: f["until-month"], Year: f["until-year"]},
		kit.Input{Name: name("author"), Value: f["author"], Error: e["author"], Label: kit.Label{Text: "Who recorded it?"}, Hint: "Their role, such as class teacher. No names.", Classes: "govuk-input--width-20", Spellcheck: "false"},
	}
	if police || f["handling"] != "" {
		more = append(more, kit.Input{Name: name("handling"), Value: f["handling"], Error: e["handling"], Label: kit.Label{Text: "Handling code"}, Hint: "P or C, as your intelligence report has it.", Classes: "govuk-input--width-4", Spellcheck: "false"})
	}
	third := kit.Checkboxes{Name: name("third_party"), Items: []kit.Choice{{Value: "yes", Text: "It also tells about somebody who was not asked about"}}}
	if f["third_party"] != "" {
		third.Values = []string{f["third_party"]}
	}
	more = append(more, third, kit.Textarea{Name: name("protected"), Value: f["protected"], Error: e["protected"], Rows: 3, Spellcheck: "false",
		Label: kit.Label{Text: "Is there anything in it that could help someone to find a person in hiding?"},
		Hint:  "Write each address, school, telephone number or place as it stands in the text, one to a line. They will be removed for everyone who may not see them."})
	open := slices.ContainsFunc([]string{"until-day", "until-month", "until-year", "author", "handling", "third_party", "protected"}, func(x string) bool { return f[x] != "" }) ||
		slices.ContainsFunc([]string{"until", "author", "handling", "protected"}, func(x string) bool { return e[x] != "" })
	return kit.Fieldset{Legend: kit.Legend{Text: "Item " + strconv.Itoa(n+1), Classes: "govuk-fieldset__legend--m"}, Body: kit.Stack{
		kit.Select{Name: name("category"), Value: f["category"], Error: e["category"], Label: kit.Label{Text: "What is it about?"}, Items: options},
		kinds,
		kit.DateInput{ID: name("date"), Prefix: name("date"), Legend: kit.Legend{Text: "When did it happen?", Classes: "govuk-fieldset__legend--s"},
			Hint: "For example 3 5 2016. Leave out the day, or the day and month, if you do not know them.", Error: e["date"], Day: f["date-day"], Month: f["date-month"], Year: f["date-year"]},
		kit.Input{Name: name("title"), Value: f["title"], Error: e["title"], Label: kit.Label{Text: "In a few words"}, Hint: "For example: Attendance fell from 96% to 81%"},
		kit.Textarea{Name: name("text"), Value: f["text"], Error: e["text"], Label: kit.Label{Text: "What do you want to say? (optional)"}, Rows: 4},
		kit.Input{Name: name("source"), Value: f["source"], Error: e["source"], Label: kit.Label{Text: "Where do you have it from? (optional)"}, Hint: "For example: attendance register. If you leave this empty we write " + s.partyName(v.Task.Party) + "."},
		kit.Details{Summary: "More about item " + strconv.Itoa(n+1) + ": end date, who recorded it, places to protect", HTML: kit.MustHTML(more), Open: open, Classes: "govuk-!-margin-top-4"},
	}}
}

// voiceForm asks how a child's words were heard.
func voiceForm(name func(string) string, f, e map[string]string) kit.Stack {
	return kit.Stack{
		kit.Radios{Name: name("voice_verbatim"), Value: f["voice_verbatim"], Error: e["voice_verbatim"], Legend: kit.Legend{Text: "Are these the child’s own words?"}, Classes: "govuk-radios--small",
			Items: []kit.Choice{{Value: "yes", Text: "Yes, word for word"}, {Value: "no", Text: "No, as somebody remembers or describes it"}}},
		kit.Input{Name: name("voice_heard_by"), Value: f["voice_heard_by"], Error: e["voice_heard_by"], Label: kit.Label{Text: "Who heard it?"}, Hint: "Their role, such as teaching assistant. No names.", Classes: "govuk-input--width-20", Spellcheck: "false"},
		kit.Radios{Name: name("voice_agreed"), Value: f["voice_agreed"], Error: e["voice_agreed"], Legend: kit.Legend{Text: "Did the child agree to this being shared?"}, Classes: "govuk-radios--small",
			Items: []kit.Choice{{Value: record.AgreedYes, Text: "Yes"}, {Value: record.AgreedNo, Text: "No"}, {Value: record.AgreedNotAsked, Text: "The child was not asked"}}},
		kit.Input{Name: name("voice_with"), Value: f["voice_with"], Label: kit.Label{Text: "With whom did the child agree to share it? (optional)"}, Classes: "govuk-input--width-20"},
	}
}
