package pages

import (
	"net/http"
	"slices"
	"strconv"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// review answers POST /tasks/{id}/review.
func (s *site) review(w http.ResponseWriter, r *http.Request) error {
	v, form, ok, err := s.posted(w, r, node.TaskReview)
	if !ok || err != nil {
		return err
	}
	f := &reviewForm{Said: map[string]string{}, Errors: map[string]string{}, Reason: trim(form.Get("reason"))}
	allow, keeps := map[string]bool{}, false
	for n, i := range v.Items {
		said := form.Get("allow." + i.ID)
		switch said {
		case "yes", "no":
			f.Said[i.ID], allow[i.ID] = said, said == "yes"
			keeps = keeps || said == "no"
		default:
			text := "Item " + strconv.Itoa(n+1) + ": choose whether it may be shared"
			f.Errors[i.ID] = text
			f.Problems = append(f.Problems, kit.Problem{Text: text, Field: allowID(n)})
		}
	}
	switch {
	case keeps && f.Reason == "":
		f.ReasonError = "Say why you keep something back"
	case len(f.Reason) > 5000:
		f.ReasonError = "Shorten the reason to 5,000 characters"
	}
	if f.ReasonError != "" {
		f.Problems = append(f.Problems, kit.Problem{Text: f.ReasonError, Field: "reason"})
	}
	if len(f.Problems) > 0 {
		return s.reviewPage(w, r, v, f, nil)
	}
	err = s.Node.SubmitReview(r.Context(), actor(r.Context()), v.Task.ID, allow, f.Reason)
	return s.finished(w, r, err, "Your decision has been taken.", func(ps []kit.Problem) error {
		f.Problems = ps
		return s.reviewPage(w, r, v, f, nil)
	})
}

// reviewForm is what was said, with what is wrong.
type reviewForm struct {
	Said, Errors        map[string]string // by item
	Reason, ReasonError string
	Problems            []kit.Problem
}

func allowID(n int) string { return "item-" + strconv.Itoa(n+1) }

// reviewPage shows what the agreement wants a person to look at before it
// leaves.
func (s *site) reviewPage(w http.ResponseWriter, r *http.Request, v node.TaskView, f *reviewForm, back *question) error {
	if f == nil {
		f = &reviewForm{}
	}
	names := map[string]string{}
	for _, p := range v.Question.Persons {
		names[p.Key] = called(p.Record)
	}
	body := append(s.asked(v), s.askBackForm(v, back), kit.Heading{Text: "Your decision"},
		kit.Paragraph{Text: "Your sharing agreement wants a person to look at these before they leave. Say yes or no to each. Keeping something back with a reason is as good an answer as sharing it."})
	form := kit.Stack{}
	for n, i := range v.Items {
		form = append(form, kit.SummaryList{Card: &kit.Card{Title: "Item " + strconv.Itoa(n+1) + ": " + mash.CategoryName(i.Category), Level: 3}, Rows: itemRows(i, names[i.Person], v.Reasons[i.ID])},
			kit.Radios{Name: "allow." + i.ID, IDPrefix: allowID(n), Value: f.Said[i.ID], Error: f.Errors[i.ID], Classes: "govuk-radios--inline",
				Legend: kit.Legend{Text: "May item " + strconv.Itoa(n+1) + " be shared?", Classes: "govuk-fieldset__legend--s"},
				Items:  []kit.Choice{{Value: "yes", Text: "Yes, share it"}, {Value: "no", Text: "No, keep it back"}}})
	}
	form = append(form, kit.Textarea{Name: "reason", Value: f.Reason, Error: f.ReasonError, Label: kit.Label{Text: "If you keep something back, why?"}, Rows: 3},
		kit.Button{Text: "Confirm", OnceOnly: true})
	body = append(body, kit.Form{Action: "/tasks/" + v.Task.ID + "/review", Body: form})
	return s.layout.Write(w, r, kit.Page{Title: taskName(v.Task.Kind), Caption: s.partyName(v.Task.Party), Path: "/tasks",
		Back: &kit.BackLink{Text: "Inbox", Href: "/tasks"}, Problems: append(f.Problems, back.problems()...), Body: body})
}

// itemRows shows an item whole, beginning with why it needs a look.
func itemRows(i record.Item, person string, reasons []string) []kit.Row {
	var why []kit.Paragraph
	for _, r := range slices.Concat(reasons, flagReasons(i, len(reasons) > 0)) {
		why = append(why, kit.Paragraph{Text: r})
	}
	when := i.Date.Words()
	switch {
	case i.Until == nil:
	case !i.Until.Known(): // the contract's way to say that it lasts
		when = "Since " + when
	default:
		when += " to " + i.Until.Words()
	}
	rows := []kit.Row{
		{Key: "Why it needs a look", HTML: kit.MustHTML(kit.List{Items: why})},
		{Key: "About", Text: dash(person)},
		{Key: "Kind", Text: mash.KindName(string(i.Kind))},
		{Key: "When", Text: when},
		{Key: "What", Text: i.Title},
	}
	if i.Text != "" {
		rows = append(rows, kit.Row{Key: "In full", HTML: kit.MustHTML(kit.Paragraph{Text: i.Text, AsWritten: true})})
	}
	if i.Voice != nil {
		rows = append(rows, kit.Row{Key: "How it was heard", Text: voiceWords(*i.Voice)})
	}
	rows = append(rows, kit.Row{Key: "Source", Text: i.Source})
	if i.Handling != "" {
		rows = append(rows, kit.Row{Key: "Handling code", Text: i.Handling})
	}
	return rows
}

// flagReasons says what the item itself gives as a reason to look.
func flagReasons(i record.Item, others bool) []string {
	var out []string
	if i.Has(record.FlagProtectedLocation) {
		out = append(out, "It could help someone to find a person in hiding.")
	}
	if i.Has(record.FlagThirdParty) {
		out = append(out, "It also tells about somebody who was not asked about.")
	}
	if i.Has(record.FlagIntelligence) {
		out = append(out, "It is intelligence.")
	}
	if len(out) == 0 && !others {
		out = append(out, "Your sharing agreement asks for it.")
	}
	return out
}

func voiceWords(v record.Voice) string {
	how := "As described by the "
	if v.Verbatim {
		how = "Word for word, heard by the "
	}
	agreed := map[string]string{record.AgreedYes: "The child agreed to sharing it", record.AgreedNo: "The child did not agree to sharing it"}[v.Agreed]
	if agreed == "" {
		agreed = "The child was not asked about sharing it"
	}
	if v.With != "" {
		agreed += " with " + v.With
	}
	return how + lower(v.HeardBy) + ". " + agreed + "."
}
