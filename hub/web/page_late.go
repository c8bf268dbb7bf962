package web

import (
	"errors"
	"net/http"
	"strings"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// lateReview shows what landed after the decision and asks whether it stands.
func (s *site) lateReview(w http.ResponseWriter, r *http.Request) error {
	return s.writeLate(w, r, newForm(nil), http.StatusOK)
}

func (s *site) writeLate(w http.ResponseWriter, r *http.Request, f *form, code int) error {
	x, err := s.Desk.ShowLate(r.Context(), actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := view{s, enquiry.Picture{Enquiry: x.Enquiry, Content: x.Content}, names(x.Content), actor(r.Context())}
	at := "/enquiries/" + x.Enquiry.ID
	page := kit.Page{Title: "Review what came late", Caption: x.Enquiry.Reference, Breadcrumbs: trail(x.Enquiry, "Review what came late"), Path: "/board", Wide: true,
		Problems: f.problems}
	switch {
	case !x.Enquiry.Review:
		page.Body = kit.Stack{kit.Paragraph{Text: "Nothing has come since the decision was made or last reviewed."},
			kit.Button{Text: "Back to the enquiry", Href: at, Classes: "govuk-button--secondary"}}
		return s.layout.WriteStatus(w, r, code, page)
	case x.OwnViewNeeded:
		page.Body = kit.Stack{kit.Paragraph{Text: "Before you read it, write down what you think from what you know now."},
			kit.Button{Text: "Write your own view", Href: at + "/chronology"}}
		return s.layout.WriteStatus(w, r, code, page)
	}
	body := kit.Stack{v.informed(), kit.Paragraph{Text: "The decision is up for review, because it was made without what stands below."}, v.decision()}
	body = append(body, kit.Heading{Text: "What is new"})
	var seen []string
	for _, ret := range x.Returns {
		seen = append(seen, ret.ID)
		body = append(body, v.lateReturn(ret)...)
	}
	if len(x.Returns) == 0 {
		body = append(body, kit.Paragraph{Text: "What came then is not in the chronology: a newer answer stands in its place, or who somebody is was corrected since it was asked."},
			kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "See what is set aside", Href: at + "/set-aside"})})
	}
	if x.Hidden > 0 {
		body = append(body, kit.Inset{Text: plural(x.Hidden, "item is", "items are") + " in it that you may not see. Ask the hub manager if you need " + itThem(x.Hidden) + " for your work."})
	}
	body = append(body, kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "Read the whole chronology", Href: at + "/chronology"})})
	answer := s.posted(at+"/late-review", f.radios("reopen", "Does the decision stand?", "", kit.Choice{Value: "no", Text: "Yes, it stands"}, kit.Choice{Value: "yes", Text: "No, reopen the enquiry"}),
		f.area("reason", "What is new in it, and why do you keep or reopen?", "", 4), save("Record the review"))
	answer.Hidden["seen"] = strings.Join(seen, " ")
	page.Body = append(body, answer)
	return s.layout.WriteStatus(w, r, code, page)
}

// decision is what was decided, and why.
func (v view) decision() kit.Component {
	o := v.p.Enquiry.Outcome
	if o == nil {
		return nil
	}
	rows := []kit.Row{{Key: "Decision", HTML: lines(word(decisionWords, o.Code), "By "+v.staffName(o.By)+", "+when(o.At)+"; rests on "+plural(len(o.Cited), "item", "items"))}}
	if why := v.p.Content.OutcomeWhy; why != "" {
		rows = append(rows, kit.Row{Key: "Reasons", HTML: kit.MustHTML(kit.Paragraph{Text: why, AsWritten: true})})
	}
	return kit.SummaryList{Rows: rows}
}

// lateReturn is one answer that the decision was made without.
func (v view) lateReturn(ret enquiry.LateReturn) kit.Stack {
	text := map[string]string{"joined": "It is in the chronology.",
		"waiting":          "Its question had ended, so it is not in the chronology.",
		mash.ReturnTakenIn: "Its question had ended; it was taken into the chronology.",
		mash.ReturnLeftOut: "Its question had ended; it was left out of the chronology."}[ret.State]
	what := "Answer"
	if !ret.Final {
		what = "Part of the answer"
	}
	out := kit.Stack{kit.Heading{Text: what + " from " + ret.Name, Size: "s"}, kit.Paragraph{Text: "It came on " + when(ret.LandedAt) + ". " + text}}
	switch {
	case ret.Guarded:
		out = append(out, kit.Paragraph{Text: "The family had withdrawn its agreement when it came, so it is not shown here. A manager looks at it and leaves it out."},
			kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "See what is set aside", Href: "/enquiries/" + v.p.Enquiry.ID + "/set-aside", Hidden: ret.Name})})
	case ret.State == "waiting" || ret.State == mash.ReturnLeftOut:
		out = append(out, kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "Take it in or leave it out", Href: "/set-aside/" + ret.ID, Hidden: ret.Name})})
	}
	var about []string
	for _, o := range ret.Outcomes {
		about = append(about, v.name(o.Person)+": "+lower(outcomeText(o.Outcome)))
	}
	out = append(out, kit.Raw(evenLines(about)))
	if len(ret.Entries) > 0 {
		out = append(out, v.entryTable("What "+ret.Name+" said", ret.Entries))
	}
	return out
}

// postLateReview records whether the decision stands.
func (s *site) postLateReview(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	err = s.send(w, r, f, func() (string, string, error) {
		reopen := f.need("reopen", "Say whether the decision stands")
		if len(f.problems) > 0 {
			return "", "", errProblems
		}
		err := s.Desk.ReviewLate(r.Context(), actor(r.Context()), id, reopen == "yes", f.text("reason"), strings.Fields(f.Get("seen"))...)
		return "/enquiries/" + id, "The review is recorded.", err
	})
	switch {
	case errors.Is(err, errProblems):
		return s.writeLate(w, r, f, http.StatusUnprocessableEntity)
	case isProblem(err):
		f.take(err)
		return s.writeLate(w, r, f, kit.Status(err))
	}
	return err
}
