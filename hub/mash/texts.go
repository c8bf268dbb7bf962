package mash

// Recorded stands where a text was that is kept sealed with the content: it
// says that there is one, and nothing of it.
const Recorded = "recorded"

// EnquiryTexts are what people wrote in their own words beside the content of
// an enquiry: why, on which grounds, what was told. They can be about anybody,
// so a store seals them with the content, under the enquiry's own key, and
// they go when it does.
type EnquiryTexts struct {
	Basis    Basis      `json:"basis"`
	Informed string     `json:"informed,omitempty"`
	NotAsked []NotAsked `json:"not_asked,omitempty"`
	Voice    string     `json:"voice,omitempty"`
	Reopened string     `json:"reopened,omitempty"`
	Feedback string     `json:"feedback,omitempty"`
}

// Part takes the texts out of an enquiry and leaves Recorded in their place.
func (e Enquiry) Part() (Enquiry, EnquiryTexts) {
	t := EnquiryTexts{Basis: e.Basis, Informed: e.Informed.Reason, NotAsked: e.NotAsked, Voice: e.VoiceNotSought, Reopened: e.ReopenedWhy}
	hide := func(s *string) {
		if *s != "" {
			*s = Recorded
		}
	}
	if a := e.Basis.Agreement; a != nil {
		b := *a
		hide(&b.Told)
		e.Basis.Agreement = &b
	}
	if d := e.Basis.Dispensation; d != nil {
		b := *d
		hide(&b.Reason)
		e.Basis.Dispensation = &b
	}
	if s := e.Basis.S47; s != nil {
		b := *s
		hide(&b.Grounds)
		hide(&b.Evidence)
		hide(&b.Qualified)
		e.Basis.S47 = &b
	}
	hide(&e.Informed.Reason)
	hide(&e.VoiceNotSought)
	hide(&e.ReopenedWhy)
	e.NotAsked = append([]NotAsked(nil), e.NotAsked...)
	for i := range e.NotAsked {
		hide(&e.NotAsked[i].Reason)
	}
	if e.Feedback != nil {
		f := *e.Feedback
		t.Feedback = f.Reason
		hide(&f.Reason)
		e.Feedback = &f
	}
	return e, t
}

// Map gives the texts as f makes them; what is not text stays.
func (t EnquiryTexts) Map(f func(string) string) EnquiryTexts {
	if a := t.Basis.Agreement; a != nil {
		b := *a
		b.Told = f(b.Told)
		t.Basis.Agreement = &b
	}
	if d := t.Basis.Dispensation; d != nil {
		b := *d
		b.Reason = f(b.Reason)
		t.Basis.Dispensation = &b
	}
	if s := t.Basis.S47; s != nil {
		b := *s
		b.Grounds, b.Evidence, b.Qualified = f(b.Grounds), f(b.Evidence), f(b.Qualified)
		t.Basis.S47 = &b
	}
	t.NotAsked = append([]NotAsked(nil), t.NotAsked...)
	for i := range t.NotAsked {
		t.NotAsked[i].Reason = f(t.NotAsked[i].Reason)
	}
	t.Informed, t.Voice, t.Reopened, t.Feedback = f(t.Informed), f(t.Voice), f(t.Reopened), f(t.Feedback)
	return t
}

// Join puts texts back where Recorded stands.
func (e *Enquiry) Join(t EnquiryTexts) {
	e.Basis = t.Basis
	e.Informed.Reason, e.VoiceNotSought, e.ReopenedWhy = t.Informed, t.Voice, t.Reopened
	e.NotAsked = t.NotAsked
	if e.Feedback != nil {
		e.Feedback.Reason = t.Feedback
	}
}

// ReturnTexts are the reasons that people at an agency wrote in a return, in
// the order of its outcomes and withholdings.
type ReturnTexts struct {
	Outcomes []string `json:"outcomes,omitempty"`
	Withheld []string `json:"withheld,omitempty"`
}

// Part takes the reasons out of a return and leaves Recorded in their place.
func (r Return) Part() (Return, ReturnTexts) {
	var t ReturnTexts
	r.Outcomes = append([]PersonOutcome(nil), r.Outcomes...)
	for i := range r.Outcomes {
		t.Outcomes = append(t.Outcomes, r.Outcomes[i].Reason)
		if r.Outcomes[i].Reason != "" {
			r.Outcomes[i].Reason = Recorded
		}
	}
	r.Withheld = append([]Withholding(nil), r.Withheld...)
	for i := range r.Withheld {
		t.Withheld = append(t.Withheld, r.Withheld[i].Reason)
		if r.Withheld[i].Reason != "" {
			r.Withheld[i].Reason = Recorded
		}
	}
	return r, t
}

// Join puts the reasons back.
func (r *Return) Join(t ReturnTexts) {
	for i := range r.Outcomes {
		if i < len(t.Outcomes) {
			r.Outcomes[i].Reason = t.Outcomes[i]
		}
	}
	for i := range r.Withheld {
		if i < len(t.Withheld) {
			r.Withheld[i].Reason = t.Withheld[i]
		}
	}
}
