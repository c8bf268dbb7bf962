package pages

import (
	"encoding/json"
	"fmt"
	"net/http"

	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/plugins/connector"
)

// noticePage shows a notice to be read and acknowledged.
func (s *site) noticePage(w http.ResponseWriter, r *http.Request, v node.TaskView) error {
	p := kit.Page{Caption: s.partyName(v.Task.Party), Path: "/tasks", Back: &kit.BackLink{Text: "Inbox", Href: "/tasks"}}
	if v.Notice != nil {
		p.Title = "A child was affected by domestic abuse"
		p.Body = s.encompass(*v.Notice)
	} else {
		var f struct {
			Reference string `json:"reference"`
			Text      string `json:"text"`
			Informed  string `json:"family_informed"`
		}
		if err := json.Unmarshal(v.Feedback, &f); err != nil {
			return fmt.Errorf("reading feedback: %w", err)
		}
		p.Title = "What became of your concern"
		p.Body = kit.Stack{informed(f.Informed, ""), kit.Paragraph{Text: f.Text, AsWritten: true},
			kit.SummaryList{Rows: []kit.Row{{Key: "Reference", Text: dash(f.Reference)}}}}
	}
	if why := inboxWords[v.Inbox]; why != "" {
		p.Body = append(kit.Stack{kit.Inset{Text: why}}, p.Body...)
	}
	p.Body = append(p.Body, kit.Form{Action: "/tasks/" + v.Task.ID + "/acknowledge", Body: kit.Stack{
		kit.Paragraph{Text: "When you acknowledge, the hub learns that you have read this, and when. Nothing else is sent."},
		kit.Button{Text: "I have read this", OnceOnly: true}}})
	return s.layout.Write(w, r, p)
}

// inboxWords say why a notice that goes to the agency's own system is here.
var inboxWords = map[string]string{
	"asked":       "Your own system asks that a person reads this.",
	"unavailable": "Your own system could not be reached in time, so you find this here. It may have it as well.",
	"not_taken":   "Your own system does not take this notice, so you find it here.",
	"no_system":   "Your own system is not connected any more, so you find this here.",
}

// encompass lays out an Operation Encompass notice: calmly, the child first.
func (s *site) encompass(n connector.Notification) kit.Stack {
	body := kit.Stack{informed(n.FamilyInformed, ""),
		kit.Paragraph{Text: "Police tell you this so that the child can be quietly looked after today. The child may be tired, hungry, late, silent or upset. You need not ask about it."},
		kit.SummaryList{Card: &kit.Card{Title: "The child"}, Rows: personRows(n.Person)}}
	if n.Voice != "" {
		body = append(body, kit.Heading{Text: "What the child said", Size: "s"}, kit.Inset{HTML: kit.MustHTML(kit.Paragraph{Text: n.Voice, AsWritten: true})})
	}
	present := map[string]string{"yes": "The child was there", "no": "The child was not in the room"}[n.Present]
	if present == "" {
		present = "It is not known whether the child was there"
	}
	rows := []kit.Row{{Key: "When", Text: dash(s.when(n.Happened))}}
	if n.Place != "" {
		rows = append(rows, kit.Row{Key: "Where", Text: n.Place})
	}
	rows = append(rows, kit.Row{Key: "Was the child there?", Text: present})
	if n.Text != "" {
		rows = append(rows, kit.Row{Key: "What happened", HTML: kit.MustHTML(kit.Paragraph{Text: n.Text, AsWritten: true})})
	}
	if n.Reference != "" {
		rows = append(rows, kit.Row{Key: "Police reference", Text: n.Reference})
	}
	return append(body, kit.SummaryList{Card: &kit.Card{Title: "What police report"}, Rows: rows})
}
