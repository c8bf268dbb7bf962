package pages

import (
	"net/http"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/hub/wire"
)

// refusedPage tells the agency's people what the hub has not got of theirs,
// why, and whom to telephone: they believe that they have answered, asked or
// told.
func (s *site) refusedPage(w http.ResponseWriter, r *http.Request, v node.TaskView) error {
	t := v.Refused
	words := notTakenWords(*t)
	key, id := "Reference", "request "
	if t.What == wire.KindNotify {
		key = "Your reference"
	}
	if t.What == wire.KindNotify || t.What == wire.KindAcknowledge {
		id = "notice "
	}
	body := kit.Stack{
		kit.Paragraph{Text: words.what},
		kit.SummaryList{Rows: []kit.Row{{Key: key, Text: dash(t.Reference)}, {Key: "Why", Text: upper(notTakenWhy(*t))}, {Key: "When", Text: s.when(t.At)}}},
		kit.Heading{Text: "What to do", Size: "s"},
		kit.Paragraph{Text: words.do}}
	if id == "request " {
		body = append(body, kit.Paragraph{Text: "If a child may be in danger now, tell the hub on the telephone what you know. Do not wait for the question."})
	}
	return s.layout.Write(w, r, kit.Page{Title: words.title, Caption: s.partyName(v.Task.Party), Path: "/tasks", Back: &kit.BackLink{Text: "Inbox", Href: "/tasks"},
		Body: append(body,
			kit.Form{Action: "/tasks/" + v.Task.ID + "/acknowledge", Body: kit.Stack{
				kit.Paragraph{Text: "When you have telephoned, take this off the list."},
				kit.Button{Text: "I have telephoned the hub", OnceOnly: true}}},
			kit.Details{Summary: "For your technical support", Text: "Code " + string(t.Code) + ", " + id + v.Task.Request + ". The node’s own log has the message."})})
}

// notTaken is what the inbox and the page say of something that the hub has not
// got.
type notTaken struct{ title, what, do string }

func notTakenWords(t node.NotTaken) notTaken {
	refused := t.Code != "no_receipt"
	switch t.What {
	case wire.KindNotify:
		if t.Code == mash.CodeInvalid {
			return notTaken{"An incident could not be sent to the hub",
				"Your own system reported an incident that a child’s school or nursery should know of, and it could not be sent as it is. Nobody has been told.",
				"Telephone the hub today and tell them of the incident. Ask your technical support to look at it in your own system."}
		}
		return notTaken{"The hub has not got your notice",
			"You sent the hub a notice about a child and, as far as is known here, the hub has not taken it in. The child’s school or nursery may not know.",
			"Telephone the hub today and tell them which notice it was. If you cannot reach them, telephone the child’s school or nursery yourself before the next school day begins."}
	case wire.KindAcknowledge:
		return notTaken{"The hub does not know that you have a notice",
			"A notice was read, taken in by your own system, or not read in its time, and the hub could not be told. There it still counts as waiting.",
			"Telephone the hub and tell them whether somebody has read it."}
	case wire.KindClarify:
		return notTaken{"The hub has not got your question",
			"You asked the hub something before you answer and, as far as is known here, the hub has not taken that in. Nobody there knows that you wait.",
			"Telephone the hub, give them the reference, and ask it there. Until then the time counts as yours."}
	}
	switch {
	case !refused:
		return notTaken{"Your answer may not have reached the hub",
			"You sent an answer, and no receipt for it came. Whether the hub has it is not known here.",
			"Telephone the hub, give them the reference, and ask whether they have your answer. If not, ask them to put the question again."}
	case t.Code == mash.CodeConflict:
		return notTaken{"The hub could not take your answer", answerRefused, "Telephone the hub, give them the reference, and ask whether they still need an answer."}
	}
	return notTaken{"The hub could not take your answer", answerRefused,
		"Telephone the hub, give them the reference, and ask them to put the question again. Until then the hub has no answer from you."}
}

const answerRefused = "You sent an answer, and the hub did not take it in. Nothing of it is kept there."

// notTakenWhy is why the hub has not got it, in plain words.
func notTakenWhy(t node.NotTaken) string {
	switch t.Code {
	case "no_receipt":
		return "the hub gave no receipt for it in its time"
	case mash.CodeInvalid:
		return "it is larger than a message can be, or of a kind that is not sent"
	case mash.CodeOutOfScope:
		return "it answered something else than was asked"
	case mash.CodeBadMessage:
		return "it was incomplete, or the hub could not read it"
	case mash.CodeConflict:
		switch t.What {
		case wire.KindNotify:
			return "it came too late, or the hub has it already"
		case wire.KindClarify:
			return "the hub does not wait for an answer to that question any more"
		}
		return "the hub has an answer already, or keeps nothing about this enquiry any more"
	case mash.CodeUnknownKey:
		return "it was signed with a key that the hub does not accept any more"
	case mash.CodeWrongParty:
		return "it was not meant for this hub, or the question was put to somebody else"
	case mash.CodeUnsupported:
		return "this node and the hub speak different versions"
	case mash.CodeNotFound:
		if t.What == wire.KindAcknowledge {
			return "the hub does not know the notice"
		}
		return "the hub does not know the question"
	}
	return "the hub failed on it"
}
