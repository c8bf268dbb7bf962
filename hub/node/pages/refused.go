package pages

import (
	"net/http"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
)

// refusedPage tells the agency's people that the hub could not take an answer,
// why, and what to do: they believe that they have answered.
func (s *site) refusedPage(w http.ResponseWriter, r *http.Request, v node.TaskView) error {
	t := v.Refused
	what := "Telephone the hub, give them the reference, and ask them to put the question again. Until then the hub has no answer from you."
	if t.Code == mash.CodeConflict {
		what = "Telephone the hub, give them the reference, and ask whether they still need an answer."
	}
	return s.layout.Write(w, r, kit.Page{Title: taskName(node.TaskRefused), Caption: s.partyName(v.Task.Party), Path: "/tasks", Back: &kit.BackLink{Text: "Inbox", Href: "/tasks"},
		Body: kit.Stack{
			kit.Paragraph{Text: "You sent an answer, and the hub did not take it in. Nothing of it is kept there."},
			kit.SummaryList{Rows: []kit.Row{{Key: "Reference", Text: dash(t.Reference)}, {Key: "Why", Text: upper(refusedWhy(t.Code))}, {Key: "When", Text: s.when(t.At)}}},
			kit.Heading{Text: "What to do", Size: "s"},
			kit.Paragraph{Text: what},
			kit.Paragraph{Text: "If a child may be in danger now, tell the hub on the telephone what you know. Do not wait for the question."},
			kit.Form{Action: "/tasks/" + v.Task.ID + "/acknowledge", Body: kit.Stack{
				kit.Paragraph{Text: "When you have telephoned, take this off the list."},
				kit.Button{Text: "I have telephoned the hub", OnceOnly: true}}},
			kit.Details{Summary: "For your technical support", Text: "Code " + string(t.Code) + ", request " + v.Task.Request + ". The node’s own log has the message."}}})
}

// refusedWhy is why the hub could not take an answer, in plain words.
func refusedWhy(c mash.Code) string {
	switch c {
	case mash.CodeOutOfScope:
		return "it answered something else than was asked"
	case mash.CodeBadMessage:
		return "it was incomplete, or the hub could not read it"
	case mash.CodeConflict:
		return "the hub has an answer already, or keeps nothing about this enquiry any more"
	case mash.CodeUnknownKey:
		return "it was signed with a key that the hub does not accept any more"
	case mash.CodeWrongParty:
		return "it was not meant for this hub, or the question was put to somebody else"
	case mash.CodeUnsupported:
		return "this node and the hub speak different versions"
	case mash.CodeNotFound:
		return "the hub does not know the question"
	}
	return "the hub failed on it"
}
