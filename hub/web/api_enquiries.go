package web

import (
	"errors"
	"net/http"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// enquiries registers opening, asking and reading.
func (a *api) enquiries() {
	d := a.site.Desk
	kit.Add[kit.WithBody](a.API, kit.Op{ID: "open-enquiry", Method: http.MethodPost, Path: "/enquiries", Rule: ruleNew, Summary: "Open an enquiry", Status: http.StatusCreated},
		func(c kit.Call, in enquiry.OpenInput) (mash.Enquiry, error) { return d.Open(c, c.Actor, in) })
	kit.Add[kit.WithPage](a.API, kit.Get("enquiries", "/enquiries", ruleBoard, "Enquiries under way, or up for review, newest first, a page at a time"),
		func(c kit.Call, _ kit.Nothing) (enquiry.Worklist, error) { return d.Worklist(c, c.Actor, c.Page) })
	kit.Add[kit.WithIDBody](a.API, kit.Post("ask", "/enquiries/{id}/ask", ruleAsk, "Ask agencies, and say why others are not asked"),
		func(c kit.Call, in enquiry.AskInput) ([]mash.Request, error) {
			out, err := d.Ask(c, c.Actor, c.ID, in)
			return orEmpty(out), err
		})
	kit.Add[kit.WithID](a.API, kit.Get("show-enquiry", "/enquiries/{id}", ruleEnquiry, "An enquiry with its requests and their clock"),
		func(c kit.Call, _ kit.Nothing) (enquiry.Picture, error) { return d.Show(c, c.Actor, c.ID, "enquiry") })
	a.Raw("why", "/enquiries/{id}/items/{return}/{item}/why", "application/json", "Why one item of a chronology was shared, with the proofs of each entry; nothing of what it says",
		kit.Route{Rule: ruleChronology, Timeout: whyTime, Handler: a.site.whyFile})
	kit.Add[kit.WithID](a.API, kit.Get("show-chronology", "/enquiries/{id}/chronology", ruleChronology,
		"The chronology; empty until the worker's own view is written"),
		func(c kit.Call, _ kit.Nothing) (enquiry.Picture, error) {
			return d.Show(c, c.Actor, c.ID, "chronology")
		})
}

// orEmpty makes a list that is written [] rather than null.
func orEmpty[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// What steps take.
type (
	reasonIn struct {
		Reason string `json:"reason"`
	}
	ownViewIn struct {
		OwnView string `json:"own_view"`
	}
	agenciesIn struct {
		Agencies []string `json:"agencies"`
	}
	ragIn struct {
		RAG mash.RAG `json:"rag" enum:"red,amber,green"`
	}
	lateIn struct {
		Reopen bool     `json:"reopen"`
		Reason string   `json:"reason"`
		Seen   []string `json:"seen,omitempty" doc:"The returns that were read; if another has landed, nothing changes"`
	}
	reviewIn struct {
		Allow  bool   `json:"allow"`
		Reason string `json:"reason"`
	}
	textIn struct {
		Text string `json:"text"`
	}
	closedOut struct {
		State    mash.EnquiryState `json:"state"`
		Decision string            `json:"decision"`
	}
)

// steps registers what moves an enquiry on.
func (a *api) steps() {
	d := a.site.Desk
	at := func(id, method, path, rule, summary string) kit.Op {
		return kit.Op{ID: id, Method: method, Path: "/enquiries/{id}/" + path, Rule: rule, Summary: summary}
	}
	kit.Step[kit.WithIDBody](a.API, at("write-own-view", http.MethodPut, "own-view", ruleAct, "Write your own view before the joined picture opens"),
		func(c kit.Call, in ownViewIn) error { return d.WriteOwnView(c, c.Actor, c.ID, in.OwnView) })
	kit.Step[kit.WithIDBody](a.API, at("voice-not-sought", http.MethodPost, "voice-not-sought", ruleAct, "Say why the child was not heard"),
		func(c kit.Call, in reasonIn) error { return d.VoiceNotSought(c, c.Actor, c.ID, in.Reason) })
	kit.Step[kit.WithIDBody](a.API, at("set-rag", http.MethodPost, "rag", ruleAct, "Change how urgent it is"),
		func(c kit.Call, in ragIn) error { return d.SetRAG(c, c.Actor, c.ID, in.RAG) })
	kit.Step[kit.WithID](a.API, at("withdraw-agreement", http.MethodPost, "agreement/withdraw", ruleAct, "Record that the family no longer agrees"),
		func(c kit.Call, _ kit.Nothing) error { return d.WithdrawAgreement(c, c.Actor, c.ID) })
	kit.Step[kit.WithIDBody](a.API, at("narrow-agreement", http.MethodPost, "agreement/narrow", ruleAct, "Record that the family agrees to fewer agencies"),
		func(c kit.Call, in agenciesIn) error { return d.NarrowAgreement(c, c.Actor, c.ID, in.Agencies) })
	kit.Step[kit.WithIDBody](a.API, at("correct-person", http.MethodPost, "correct", ruleAct, "Correct who somebody is; agencies with an open question search again"),
		func(c kit.Call, in enquiry.CorrectInput) error { return d.Correct(c, c.Actor, c.ID, in) })
	kit.Step[kit.WithID](a.API, at("collate", http.MethodPost, "collate", ruleAct, "Say that the picture is ready for a decision"),
		func(c kit.Call, _ kit.Nothing) error { return d.Collate(c, c.Actor, c.ID) })
	kit.Step[kit.WithIDBody](a.API, at("decide", http.MethodPost, "decision", ruleDecide, "Record the decision"),
		func(c kit.Call, in enquiry.DecideInput) error { return d.Decide(c, c.Actor, c.ID, in) })
	kit.Step[kit.WithIDBody](a.API, at("review-late", http.MethodPost, "late-review", ruleReopen, "Answer what landed after the decision"),
		func(c kit.Call, in lateIn) error {
			return d.ReviewLate(c, c.Actor, c.ID, in.Reopen, in.Reason, in.Seen...)
		})
	kit.Step[kit.WithIDBody](a.API, at("reopen", http.MethodPost, "reopen", ruleReopen, "Reopen"),
		func(c kit.Call, in reasonIn) error { return d.Reopen(c, c.Actor, c.ID, in.Reason) })
	kit.Add[kit.WithIDBody](a.API, at("tell-originator", http.MethodPost, "feedback", ruleFeedback, "Tell who raised the contact, or say why not"),
		func(c kit.Call, in enquiry.FeedbackInput) (mash.Feedback, error) {
			return d.TellOriginator(c, c.Actor, c.ID, in)
		})
	kit.Add[kit.WithIDBody](a.API, at("review-feedback", http.MethodPost, "feedback/review", ruleFeedback, "Read what somebody else wrote to the originator, and send or return it"),
		func(c kit.Call, in enquiry.FeedbackReview) (mash.Feedback, error) {
			return d.ReviewFeedback(c, c.Actor, c.ID, in)
		})
	kit.Add[kit.WithIDBody](a.API, at("close", http.MethodPost, "close", ruleClose, "Close, unless something speaks against it"),
		func(c kit.Call, in enquiry.CloseInput) (closedOut, error) {
			dec, err := d.Close(c, c.Actor, c.ID, in)
			if mash.CodeOf(err) == mash.CodeConflict && dec.Answer == mash.Deny {
				p := a.site.router.Problem(c, err)
				p.Reasons, p.Clauses = dec.Reasons, dec.Clauses
				err = p
			}
			return closedOut{mash.EnquiryClosed, dec.ID}, err
		})
}

// requests registers what is done about one request.
func (a *api) requests() {
	d := a.site.Desk
	at := func(id, path, rule, summary string) kit.Op {
		return kit.Post(id, "/requests/{id}/"+path, rule, summary)
	}
	kit.Add[kit.WithIDBody](a.API, at("withdraw-request", "withdraw", ruleAct, "Withdraw a request that has not landed"),
		func(c kit.Call, in reasonIn) (mash.Request, error) { return d.Withdraw(c, c.Actor, c.ID, in.Reason) })
	kit.Add[kit.WithID](a.API, at("telephoned", "telephoned", ruleAct, "Say that the agency was told on the telephone what could not be delivered to it"),
		func(c kit.Call, _ kit.Nothing) (mash.Request, error) { return d.Telephoned(c, c.Actor, c.ID) })
	kit.Add[kit.WithIDBody](a.API, at("amend-request", "amend", ruleAsk, "Change what an open request asks; to ask for more is a new decision"),
		func(c kit.Call, in enquiry.AmendInput) (mash.Request, error) { return d.Amend(c, c.Actor, c.ID, in) })
	kit.Add[kit.WithIDBody](a.API, at("review-request", "review", ruleReview, "Allow or refuse a request that is held for review"),
		func(c kit.Call, in reviewIn) (mash.Request, error) {
			return d.ReviewAsk(c, c.Actor, c.ID, in.Allow, in.Reason)
		})
	kit.Add[kit.WithIDBody](a.API, at("answer-clarification", "clarification", ruleAct, "Answer an agency's question"),
		func(c kit.Call, in textIn) (mash.Request, error) {
			return d.AnswerClarification(c, c.Actor, c.ID, in.Text)
		})
}

// isProblem reports a conflict or wrong input: what the person who sent a form
// can do something about.
func isProblem(err error) bool {
	code := mash.CodeOf(err)
	return code == mash.CodeInvalid || code == mash.CodeConflict || errors.Is(err, mash.ErrStale)
}
