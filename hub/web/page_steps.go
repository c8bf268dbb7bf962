package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// stepForm is a page with one form that moves an enquiry on. GET shows it, by
// the use case that shows enquiries; POST carries it out.
type stepForm struct {
	path, rule string
	show       string // the page whose decision opens the form
	title      string
	done       string // said afterwards
	back       string // where it leads, below the enquiry
	form       func(v view, f *form) kit.Stack
	act        func(ctx context.Context, who mash.Actor, id string, f *form) error
}

func (s *site) stepPage(st stepForm) kit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.writeStep(w, r, st, newForm(map[string][]string{"request": {r.URL.Query().Get("request")}, "person": {r.URL.Query().Get("person")}}), http.StatusOK)
	}
}

func (s *site) stepPost(st stepForm) kit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := readForm(r)
		if err != nil {
			return err
		}
		id := r.PathValue("id")
		err = s.send(w, r, f, func() (string, string, error) {
			err := st.act(r.Context(), actor(r.Context()), id, f)
			if err == nil && len(f.problems) > 0 {
				err = errProblems
			}
			return "/enquiries/" + id + st.back, st.done, err
		})
		switch {
		case err == nil:
			return nil
		case errors.Is(err, errProblems):
			return s.writeStep(w, r, st, f, http.StatusUnprocessableEntity)
		case isProblem(err):
			f.take(err)
			return s.writeStep(w, r, st, f, kit.Status(err))
		}
		return err
	}
}

// errProblems: the form has problems of its own, and nothing was done.
var errProblems = mash.Invalid("", "the form has problems", "")

func (s *site) writeStep(w http.ResponseWriter, r *http.Request, st stepForm, f *form, code int) error {
	p, err := s.Desk.Show(r.Context(), actor(r.Context()), r.PathValue("id"), st.show)
	if err != nil {
		return err
	}
	v := view{s, p, names(p.Content), actor(r.Context())}
	body := st.form(v, f)
	if body == nil {
		return kit.ErrNotFound // a request that is not this enquiry's
	}
	form := s.posted("/enquiries/"+p.Enquiry.ID+"/"+st.path, body...)
	for _, about := range []string{"request", "person"} {
		if f.Get(about) != "" {
			form.Hidden[about] = f.Get(about)
		}
	}
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: st.title, Caption: p.Enquiry.Reference, Breadcrumbs: trail(p.Enquiry, st.title), Path: "/board",
		Problems: f.problems, Body: kit.Stack{form}})
}

// requestOf finds the request that a form is about, among those of its enquiry.
func (v view) requestOf(f *form) (enquiry.RequestRow, bool) {
	i := slices.IndexFunc(v.p.Requests, func(r enquiry.RequestRow) bool { return r.ID == f.Get("request") })
	if i < 0 {
		return enquiry.RequestRow{}, false
	}
	return v.p.Requests[i], true
}

// steps are all of them.
func (s *site) steps() []stepForm {
	return slices.Concat(s.enquirySteps(), s.endSteps(), s.requestSteps(), s.amendSteps())
}

func (s *site) enquirySteps() []stepForm {
	d := s.Desk
	return []stepForm{
		{path: "own-view", rule: ruleAct, show: ruleAct, title: "Your own view first", done: "Your view is kept. Here is what the agencies said.", back: "/chronology",
			form: func(v view, f *form) kit.Stack {
				return kit.Stack{kit.Paragraph{Text: "Write down what you think from what you know now. It is kept beside the answers."},
					f.area("own_view", "Your own view", "A few sentences are enough. You cannot be wrong here.", 8), save("Save and open the chronology")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				return d.WriteOwnView(ctx, who, id, f.text("own_view"))
			}},
		{path: "voice", rule: ruleAct, show: ruleAct, title: "Why the child was not heard", done: "The reason is recorded.",
			form: func(v view, f *form) kit.Stack {
				return kit.Stack{kit.Paragraph{Text: "The child’s own words are worth more than a reason. Record one only if nobody could ask the child, or it would have done harm."},
					f.area("reason", "Why was the child’s voice not sought?", "", 3), save("Record the reason")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				return d.VoiceNotSought(ctx, who, id, f.text("reason"))
			}},
		{path: "rag", rule: ruleAct, show: ruleAct, title: "Change how urgent it is", done: "The urgency is changed, and the targets with it.",
			form: func(v view, f *form) kit.Stack {
				return kit.Stack{kit.Paragraph{HTML: kit.MustHTML(kit.Raw("It is now "), ragTag(v.p.Enquiry.RAG))},
					f.radios("rag", "How urgent is it?", "The targets of open questions follow. What may be shared does not change.",
						kit.Choice{Value: "red", Text: "Red: most urgent"}, kit.Choice{Value: "amber", Text: "Amber"}, kit.Choice{Value: "green", Text: "Green"}), save("Change")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				return d.SetRAG(ctx, who, id, mash.RAG(f.text("rag")))
			}},
		{path: "agreement", rule: ruleAct, show: ruleAct, title: "The family no longer agrees", done: "It is recorded. Open questions are withdrawn.",
			form: func(v view, f *form) kit.Stack {
				return kit.Stack{kit.Warning{Text: "Every open question of this enquiry is withdrawn. What has been answered already stays."}, save("Record that the family no longer agrees")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				return d.WithdrawAgreement(ctx, who, id)
			}},
		{path: "collate", rule: ruleAct, show: ruleAct, title: "Ready for a decision", done: "The picture is ready for a decision.",
			form: func(v view, f *form) kit.Stack {
				open := 0
				for _, r := range v.p.Requests {
					if !r.State.Ended() {
						open++
					}
				}
				text := "Every question has ended."
				if open > 0 {
					text = plural(open, "question is", "questions are") + " still open. You may decide without them; an answer that comes later puts the decision up for review."
				}
				return kit.Stack{kit.Paragraph{Text: text}, save("The picture is ready for a decision")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error { return d.Collate(ctx, who, id) }},
		{path: "decide", rule: ruleDecide, show: ruleDecide, title: "Record the decision", done: "The decision is recorded. Tell the person who raised the concern.",
			form: decideForm,
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				f.need("outcome", "Choose what is decided")
				f.need("why", "Say why, in your own words")
				if len(f.problems) > 0 {
					return errProblems
				}
				return d.Decide(ctx, who, id, enquiry.DecideInput{Outcome: f.text("outcome"), Why: f.text("why"), Cited: f.Values["cited"]})
			}},
	}
}

// decideForm offers the outcomes in one order and recommends none.
func decideForm(v view, f *form) kit.Stack {
	cited := kit.Checkboxes{Name: "cited", Values: f.Values["cited"], Error: f.wrong["cited"], Classes: "govuk-checkboxes--small",
		Legend: kit.Legend{Text: "What does it rest on?", Classes: "govuk-fieldset__legend--s"}, Hint: "Choose every item that carries the decision."}
	for _, x := range v.p.Chronology {
		text := x.Item.Date.Words() + ": " + x.Item.Title
		if x.Item.Kind == record.ChildVoice {
			text = "Child’s voice, " + text
		}
		cited.Items = append(cited.Items, kit.Choice{Value: x.ID, Text: text, Hint: mash.KindName(string(x.Item.Kind)) + ", " + v.sources(x) + ", about " + v.name(x.Item.Person)})
	}
	body := kit.Stack{v.informed()}
	if _, waiting := v.aside(); waiting {
		body = append(body, kit.Inset{HTML: kit.MustHTML(kit.Paragraph{Text: "An answer came after its question had ended, and nobody has read it yet."},
			kit.Link{Text: "Read it before you decide", Href: "/enquiries/" + v.p.Enquiry.ID + "/set-aside"})})
	}
	body = append(body,
		kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "Read the chronology again", Href: "/enquiries/" + v.p.Enquiry.ID + "/chronology"})},
		f.radios("outcome", "What is decided?", "The hub suggests nothing: you decide.", choicesOf(decisionWords, decisionCodes...)...),
		f.area("why", "Why?", "In your own words: what worries you, what protects the child, what is not known.", 8))
	if len(cited.Items) > 0 {
		body = append(body, cited)
	}
	return append(body, save("Record the decision"))
}

func (s *site) endSteps() []stepForm {
	d := s.Desk
	return []stepForm{
		{path: "feedback", rule: ruleFeedback, show: ruleFeedback, title: "Tell the originator", done: "It is recorded. The enquiry says what happens next.",
			form: func(v view, f *form) kit.Stack {
				if v.p.Enquiry.Anonymous {
					return kit.Stack{kit.Paragraph{Text: "The contact was anonymous, so nobody can be told. That is recorded."}, save("Record that nobody can be told")}
				}
				return kit.Stack{v.informed(), kit.Paragraph{Text: "Where the agreement asks for it, somebody else reads the text before it goes."},
					f.radios("told", "Will you tell them?", "", kit.Choice{Value: "yes", Text: "Yes", Conditional: kit.Stack{
						f.area("text", "If yes: what they are told", "Say what happens next. Leave out what agencies said, addresses, places and telephone numbers.", 6),
						f.radios("how", "If they have no inbox here: how do you tell them?", "", kit.Choice{Value: "telephone", Text: "By telephone"},
							kit.Choice{Value: "letter", Text: "By letter"}, kit.Choice{Value: "in_person", Text: "In person"})}},
						kit.Choice{Value: "no", Text: "No", Conditional: kit.Stack{f.area("waiver", "If no: why not?", "", 3)}}),
					save("Settle it")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				in := enquiry.FeedbackInput{}
				switch f.Get("told") {
				case "yes":
					in.Text, in.How = f.need("text", "Write what they are told"), f.text("how")
				case "no":
					in.Waiver = f.need("waiver", "Say why they are not told")
				}
				if len(f.problems) > 0 {
					return errProblems
				}
				_, err := d.TellOriginator(ctx, who, id, in)
				if mash.CodeOf(err) == mash.CodeInvalid && f.Get("told") == "" {
					f.bad("told", "Say whether you will tell them")
					return errProblems
				}
				return err
			}},
		{path: "feedback-review", rule: ruleFeedback, show: ruleAct, title: "Read the text to the originator", done: "Your reading is recorded.",
			form: func(v view, f *form) kit.Stack {
				fb := v.p.Enquiry.Feedback
				if fb == nil || fb.State != "held" {
					return kit.Stack{kit.Paragraph{Text: "No text waits for a second reader."}}
				}
				return kit.Stack{v.informed(), kit.Paragraph{Text: "Somebody else than the writer reads it before it goes. Nothing in it may say what agencies said, or where anybody is."},
					kit.Inset{HTML: kit.MustHTML(kit.Paragraph{Text: v.p.Content.Feedback, AsWritten: true})},
					kit.Raw(`<input type="hidden" name="written" value="` + fb.At.UTC().Format(time.RFC3339Nano) + `">`),
					f.radios("allow", "May it go?", "", kit.Choice{Value: "yes", Text: "Yes, send it"},
						kit.Choice{Value: "no", Text: "No, return it", Conditional: kit.Stack{f.area("reason", "If no: what must change?", "", 3)}}), save("Record it")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				allow := f.need("allow", "Say whether it may go")
				if allow == "no" {
					f.need("reason", "Say what must change")
				}
				if len(f.problems) > 0 {
					return errProblems
				}
				written, err := time.Parse(time.RFC3339Nano, f.Get("written"))
				if err != nil { // not from this page: it is no text that was read
					written = time.Time{}
				}
				_, err = d.ReviewFeedback(ctx, who, id, enquiry.FeedbackReview{Allow: allow == "yes", Reason: f.text("reason"), Written: written})
				return err
			}},
		{path: "close", rule: ruleClose, show: ruleClose, title: "Close the enquiry", done: "The enquiry is closed.",
			form: func(v view, f *form) kit.Stack {
				return kit.Stack{kit.Paragraph{Text: "Closing is refused while something speaks against it. Every reason is then named."},
					f.radios("sentenced", "Has an offender in this family been sentenced lately?", "", kit.Choice{Value: "yes", Text: "Yes"}, kit.Choice{Value: "no", Text: "No"}),
					f.radios("plan", "Is a child-in-need plan open?", "", kit.Choice{Value: "yes", Text: "Yes", Conditional: kit.Stack{f.date("plan_started", "If a plan is open: when did it begin?", "")}},
						kit.Choice{Value: "no", Text: "No"}), save("Close the enquiry")}
			},
			act: s.close},
		{path: "reopen", rule: ruleReopen, show: ruleReopen, title: "Reopen the enquiry", done: "The enquiry is open again.",
			form: func(v view, f *form) kit.Stack {
				return kit.Stack{f.area("reason", "Why is it reopened?", "", 3), save("Reopen")}
			},
			act: func(ctx context.Context, who mash.Actor, id string, f *form) error {
				return d.Reopen(ctx, who, id, f.text("reason"))
			}},
	}
}

// close closes, or names every reason against it.
func (s *site) close(ctx context.Context, who mash.Actor, id string, f *form) error {
	in := enquiry.CloseInput{OffenderSentenced: f.need("sentenced", "Say whether an offender has been sentenced") == "yes"}
	if f.need("plan", "Say whether a child-in-need plan is open") == "yes" {
		in.PlanStarted = f.day("plan_started", "Say when the plan began")
	}
	if len(f.problems) > 0 {
		return errProblems
	}
	dec, err := s.Desk.Close(ctx, who, id, in)
	if mash.CodeOf(err) != mash.CodeConflict || dec.Answer != mash.Deny {
		return err
	}
	f.problems = append(f.problems, kit.Problem{Text: "The enquiry stays open, for " + plural(len(dec.Reasons), "reason", "reasons") + ":"})
	for _, reason := range dec.Reasons {
		f.problems = append(f.problems, kit.Problem{Text: reason})
	}
	return errProblems
}

func (s *site) requestSteps() []stepForm {
	d := s.Desk
	about := func(v view, f *form, body ...kit.Component) kit.Stack {
		r, ok := v.requestOf(f)
		if !ok {
			return nil
		}
		return append(kit.Stack{kit.SummaryList{Rows: []kit.Row{{Key: "Agency", Text: r.Name}, {Key: "State", Text: word(requestWords, string(r.State))},
			{Key: "Asked", Text: when(r.RaisedAt) + ", " + coarse(d.Env.Now().Sub(r.RaisedAt)) + " ago"}, {Key: "Telephone", Text: r.Telephone}}}}, body...)
	}
	return []stepForm{
		{path: "withdraw", rule: ruleAct, show: ruleRequest, title: "Withdraw a question", done: "The question is withdrawn.",
			form: func(v view, f *form) kit.Stack {
				return about(v, f, f.area("reason", "Why is it withdrawn?", "The agency is told that it is, not why.", 3), save("Withdraw"))
			},
			act: func(ctx context.Context, who mash.Actor, _ string, f *form) error {
				_, err := d.Withdraw(ctx, who, f.Get("request"), f.text("reason"))
				return err
			}},
		{path: "telephoned", rule: ruleAct, show: ruleRequest, title: "You have telephoned the agency", done: "It is recorded that you telephoned.",
			form: func(v view, f *form) kit.Stack {
				r, _ := v.requestOf(f)
				return about(v, f, kit.Inset{HTML: lines(markLines(r.Marks)...)},
					kit.Paragraph{Text: "Record it when they know. The line then goes from the board."}, save("I have telephoned them"))
			},
			act: func(ctx context.Context, who mash.Actor, _ string, f *form) error {
				_, err := d.Telephoned(ctx, who, f.Get("request"))
				return err
			}},
		{path: "review", rule: ruleReview, show: ruleReview, title: "Review a question", done: "Your review is recorded.",
			form: func(v view, f *form) kit.Stack {
				r, ok := v.requestOf(f)
				if !ok {
					return nil
				}
				return about(v, f, kit.Inset{HTML: evenLines(r.Verdict.Reasons)},
					f.radios("allow", "May it be asked?", "", kit.Choice{Value: "yes", Text: "Yes, ask it"}, kit.Choice{Value: "no", Text: "No"}),
					f.area("reason", "Why?", "", 3), save("Record the review"))
			},
			act: func(ctx context.Context, who mash.Actor, _ string, f *form) error {
				allow := f.need("allow", "Say whether it may be asked")
				if len(f.problems) > 0 {
					return errProblems
				}
				_, err := d.ReviewAsk(ctx, who, f.Get("request"), allow == "yes", f.text("reason"))
				return err
			}},
		{path: "clarification", rule: ruleAct, show: ruleRequest, title: "Answer an agency’s question", done: "The answer is on its way.",
			form: func(v view, f *form) kit.Stack {
				var asked kit.Stack
				for _, c := range v.p.Content.Clarifications {
					if c.Request == f.Get("request") && c.Answer == "" {
						asked = append(asked, kit.Paragraph{Text: c.Question, AsWritten: true})
					}
				}
				return about(v, f, kit.Inset{HTML: kit.MustHTML(asked...)}, f.area("text", "Your answer", "It goes to this agency only, sealed. The time until you answer counts as ours.", 5), save("Send the answer"))
			},
			act: func(ctx context.Context, who mash.Actor, _ string, f *form) error {
				_, err := d.AnswerClarification(ctx, who, f.Get("request"), f.text("text"))
				return err
			}},
	}
}
