package web

import (
	"errors"
	"net/http"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
)

// enquiries registers opening, asking and reading.
func (a *api) enquiries() {
	d := a.site.Desk
	add[withBody](a, op{"open-enquiry", http.MethodPost, "/enquiries", ruleNew, "Open an enquiry", http.StatusCreated},
		func(c call, in enquiry.OpenInput) (mash.Enquiry, error) { return d.Open(c, c.actor, in) })
	add[withPage](a, op{"enquiries", http.MethodGet, "/enquiries", ruleBoard, "Enquiries under way, or up for review, newest first, a page at a time", http.StatusOK},
		func(c call, _ nothing) (enquiry.Worklist, error) { return d.Worklist(c, c.actor, c.page) })
	add[withIDBody](a, op{"ask", http.MethodPost, "/enquiries/{id}/ask", ruleAsk, "Ask agencies, and say why others are not asked", http.StatusOK},
		func(c call, in enquiry.AskInput) ([]mash.Request, error) {
			out, err := d.Ask(c, c.actor, c.id, in)
			return orEmpty(out), err
		})
	add[withID](a, op{"show-enquiry", http.MethodGet, "/enquiries/{id}", ruleEnquiry, "An enquiry with its requests and their clock", http.StatusOK},
		func(c call, _ nothing) (enquiry.Picture, error) { return d.Show(c, c.actor, c.id, "enquiry") })
	add[withID](a, op{"show-chronology", http.MethodGet, "/enquiries/{id}/chronology", ruleChronology,
		"The chronology; empty until the worker's own view is written", http.StatusOK},
		func(c call, _ nothing) (enquiry.Picture, error) { return d.Show(c, c.actor, c.id, "chronology") })
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
	at := func(id, method, path, rule, summary string) op {
		return op{id, method, "/enquiries/{id}/" + path, rule, summary, http.StatusOK}
	}
	step[withIDBody](a, at("write-own-view", http.MethodPut, "own-view", ruleAct, "Write your own view before the joined picture opens"),
		func(c call, in ownViewIn) error { return d.WriteOwnView(c, c.actor, c.id, in.OwnView) })
	step[withIDBody](a, at("voice-not-sought", http.MethodPost, "voice-not-sought", ruleAct, "Say why the child was not heard"),
		func(c call, in reasonIn) error { return d.VoiceNotSought(c, c.actor, c.id, in.Reason) })
	step[withIDBody](a, at("set-rag", http.MethodPost, "rag", ruleAct, "Change how urgent it is"),
		func(c call, in ragIn) error { return d.SetRAG(c, c.actor, c.id, in.RAG) })
	step[withID](a, at("withdraw-agreement", http.MethodPost, "agreement/withdraw", ruleAct, "Record that the family no longer agrees"),
		func(c call, _ nothing) error { return d.WithdrawAgreement(c, c.actor, c.id) })
	step[withIDBody](a, at("narrow-agreement", http.MethodPost, "agreement/narrow", ruleAct, "Record that the family agrees to fewer agencies"),
		func(c call, in agenciesIn) error { return d.NarrowAgreement(c, c.actor, c.id, in.Agencies) })
	step[withIDBody](a, at("correct-person", http.MethodPost, "correct", ruleAct, "Correct who somebody is; agencies with an open question search again"),
		func(c call, in enquiry.CorrectInput) error { return d.Correct(c, c.actor, c.id, in) })
	step[withID](a, at("collate", http.MethodPost, "collate", ruleAct, "Say that the picture is ready for a decision"),
		func(c call, _ nothing) error { return d.Collate(c, c.actor, c.id) })
	step[withIDBody](a, at("decide", http.MethodPost, "decision", ruleDecide, "Record the decision"),
		func(c call, in enquiry.DecideInput) error { return d.Decide(c, c.actor, c.id, in) })
	step[withIDBody](a, at("review-late", http.MethodPost, "late-review", ruleReopen, "Answer what landed after the decision"),
		func(c call, in lateIn) error { return d.ReviewLate(c, c.actor, c.id, in.Reopen, in.Reason, in.Seen...) })
	step[withIDBody](a, at("reopen", http.MethodPost, "reopen", ruleReopen, "Reopen"),
		func(c call, in reasonIn) error { return d.Reopen(c, c.actor, c.id, in.Reason) })
	add[withIDBody](a, at("tell-originator", http.MethodPost, "feedback", ruleFeedback, "Tell who raised the contact, or say why not"),
		func(c call, in enquiry.FeedbackInput) (mash.Feedback, error) {
			return d.TellOriginator(c, c.actor, c.id, in)
		})
	add[withIDBody](a, at("review-feedback", http.MethodPost, "feedback/review", ruleFeedback, "Read what somebody else wrote to the originator, and send or return it"),
		func(c call, in enquiry.FeedbackReview) (mash.Feedback, error) {
			return d.ReviewFeedback(c, c.actor, c.id, in)
		})
	add[withIDBody](a, at("close", http.MethodPost, "close", ruleClose, "Close, unless something speaks against it"),
		func(c call, in enquiry.CloseInput) (closedOut, error) {
			dec, err := d.Close(c, c.actor, c.id, in)
			if mash.CodeOf(err) == mash.CodeConflict && dec.Answer == mash.Deny {
				p := a.site.problemOf(c, err)
				p.Reasons, p.Clauses = dec.Reasons, dec.Clauses
				err = p
			}
			return closedOut{mash.EnquiryClosed, dec.ID}, err
		})
}

// requests registers what is done about one request.
func (a *api) requests() {
	d := a.site.Desk
	at := func(id, path, rule, summary string) op {
		return op{id, http.MethodPost, "/requests/{id}/" + path, rule, summary, http.StatusOK}
	}
	add[withIDBody](a, at("withdraw-request", "withdraw", ruleAct, "Withdraw a request that has not landed"),
		func(c call, in reasonIn) (mash.Request, error) { return d.Withdraw(c, c.actor, c.id, in.Reason) })
	add[withIDBody](a, at("amend-request", "amend", ruleAsk, "Change what an open request asks; to ask for more is a new decision"),
		func(c call, in enquiry.AmendInput) (mash.Request, error) { return d.Amend(c, c.actor, c.id, in) })
	add[withIDBody](a, at("review-request", "review", ruleReview, "Allow or refuse a request that is held for review"),
		func(c call, in reviewIn) (mash.Request, error) {
			return d.ReviewAsk(c, c.actor, c.id, in.Allow, in.Reason)
		})
	add[withIDBody](a, at("answer-clarification", "clarification", ruleAct, "Answer an agency's question"),
		func(c call, in textIn) (mash.Request, error) {
			return d.AnswerClarification(c, c.actor, c.id, in.Text)
		})
}

// isProblem reports a conflict or wrong input: what the person who sent a form
// can do something about.
func isProblem(err error) bool {
	code := mash.CodeOf(err)
	return code == mash.CodeInvalid || code == mash.CodeConflict || errors.Is(err, mash.ErrStale)
}
