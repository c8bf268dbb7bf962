package web

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/retention"
	"mashhub/hub/web/kit"
)

// The pages of those who keep records: references, states and dates, and never
// what anybody said.

var holdWords = map[string]string{
	mash.HoldForCourt: "Court proceedings, or a claim", mash.HoldForInquiry: "A public inquiry or a child safeguarding practice review",
	mash.HoldForComplaint: "A complaint or an ombudsman", mash.HoldForPolice: "A criminal investigation", mash.HoldForAccess: "Somebody asked for their own record",
	mash.HoldForOther: "Something else", mash.KeepForSchedule: "Our own schedule says longer",
}

// retentionPages registers them.
func (s *site) retentionPages(get, post func(path, rule string, h kit.HandlerFunc)) {
	get("/retention", ruleRetention, func(w http.ResponseWriter, r *http.Request) error {
		return s.writeRetention(w, r, newForm(nil), http.StatusOK)
	})
	post("/retention/find", ruleHold, s.findRecord)
	post("/retention/notices", ruleDispose, s.reviewNotices)
	get("/enquiries/{id}/keeping", ruleRetention, func(w http.ResponseWriter, r *http.Request) error {
		return s.writeKeeping(w, r, newForm(nil), http.StatusOK)
	})
	post("/enquiries/{id}/hold", ruleHold, s.keepingPost("It is on hold. Nothing of it is destroyed until the hold is lifted.",
		func(ctx context.Context, who mash.Actor, id string, f *form) error {
			return s.Desk.PlaceHold(ctx, who, id, f.text("why"), f.text("note"))
		}))
	post("/enquiries/{id}/lift-hold", ruleHold, s.keepingPost("The hold is lifted.",
		func(ctx context.Context, who mash.Actor, id string, f *form) error {
			return s.Desk.LiftHold(ctx, who, id, f.text("note"))
		}))
	post("/enquiries/{id}/dispose", ruleDispose, s.keepingPost("Your review is recorded.", s.dispose))
}

// keepingPost carries out a form of an enquiry's page of keeping.
func (s *site) keepingPost(done string, act func(context.Context, mash.Actor, string, *form) error) kit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("id")
		return s.retentionPost(w, r, func(f *form) (string, string, error) {
			return "/enquiries/" + id + "/keeping", done, act(r.Context(), actor(r.Context()), id, f)
		}, s.writeKeeping)
	}
}

// retentionPost sends a form once, or shows it again with what is wrong.
func (s *site) retentionPost(w http.ResponseWriter, r *http.Request, act func(*form) (to, done string, err error),
	again func(http.ResponseWriter, *http.Request, *form, int) error) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	err = s.send(w, r, f, func() (string, string, error) {
		to, done, err := act(f)
		if err == nil && len(f.problems) > 0 {
			err = errProblems
		}
		return to, done, err
	})
	switch {
	case errors.Is(err, errProblems):
		return again(w, r, f, http.StatusUnprocessableEntity)
	case isProblem(err):
		f.take(err)
		return again(w, r, f, kit.Status(err))
	}
	return err
}

// dispose destroys what is due, or keeps it.
func (s *site) dispose(ctx context.Context, who mash.Actor, id string, f *form) error {
	if f.text("decision") == mash.DisposalDestroy {
		return s.Desk.DestroyEnquiry(ctx, who, id)
	}
	if f.text("decision") != mash.DisposalKeep {
		f.bad("decision", "Say whether it is destroyed or kept")
		return errProblems
	}
	return s.Desk.KeepEnquiry(ctx, who, id, enquiry.KeepInput{Years: yearsOf(f), Why: f.text("why"), Note: f.text("note")})
}

// yearsOf reads a number of years; what is none is 0, which the use case
// refuses.
func yearsOf(f *form) int {
	n, _ := strconv.Atoi(f.text("years"))
	return n
}

// findRecord leads to an enquiry by its reference.
func (s *site) findRecord(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	id, err := s.Desk.FindEnquiry(r.Context(), actor(r.Context()), f.text("reference"))
	if isProblem(err) {
		f.take(err)
		return s.writeRetention(w, r, f, kit.Status(err))
	}
	if err == nil {
		http.Redirect(w, r, "/enquiries/"+id+"/keeping", http.StatusSeeOther)
	}
	return err
}

// reviewNotices destroys or keeps the notices that were chosen.
func (s *site) reviewNotices(w http.ResponseWriter, r *http.Request) error {
	return s.retentionPost(w, r, func(f *form) (string, string, error) {
		if d := f.text("decision"); d != mash.DisposalDestroy && d != mash.DisposalKeep {
			f.bad("decision", "Say whether they are destroyed or kept")
			return "", "", errProblems
		}
		in := enquiry.NoticeReview{IDs: f.Values["ids"], Destroy: f.text("decision") == mash.DisposalDestroy, Years: yearsOf(f), Why: f.text("why")}
		return keptPage(kit.PageNumber(r)), "Your review is recorded.", s.Desk.ReviewNotices(r.Context(), actor(r.Context()), in)
	}, s.writeRetention)
}

// writeRetention is the page of everything that is due, held and destroyed.
func (s *site) writeRetention(w http.ResponseWriter, r *http.Request, f *form, code int) error {
	who := actor(r.Context())
	p, err := s.Desk.Kept(r.Context(), who, kit.PageNumber(r))
	if err != nil {
		return err
	}
	body := kit.Stack{kit.Paragraph{Text: "What is personal is kept as long as the schedule below says. Then a person destroys it, or keeps it with a reason. While a record is on legal hold, nothing of it is destroyed. You see references and dates here, never what was said about anybody."}}
	if who.Has(mash.RoleManager) || who.Has(mash.RoleIGLead) {
		body = append(body, kit.Form{Action: "/retention/find", Body: []kit.Component{
			f.input("reference", "Find an enquiry by its reference", "To place or lift a legal hold. For example K7QM-2ZXA."), kit.Button{Text: "Find it"}}})
	}
	body = append(body, contents(p)...)
	body = append(body, s.records("Due for review", "Nothing is due for review.", p.Counts.Due, p.Due)...)
	if who.Has(mash.RoleIGLead) {
		body = append(body, s.noticesDue(f, p)...)
	}
	body = append(body, s.records("Open for longer than a year", "", p.Counts.Late, p.Late)...)
	body = append(body, s.records("On legal hold", "Nothing is on legal hold.", p.Counts.Held, p.Held)...)
	body = append(body, s.records("About to be destroyed", "", p.Counts.Going, p.Going)...)
	body = append(body, s.records("Destroyed", "Nothing has been destroyed by a review yet.", p.Counts.Destroyed, p.Destroyed)...)
	body = append(body, kit.Pager(p.Paging, "/retention", "Pages of records")...)
	body = append(body, schedule(p)...)
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: "Records: keeping and destroying", Wide: true, Path: "/retention", Problems: f.problems, Body: body})
}

// keptPage is the address of a page of it.
func keptPage(n int) string {
	if n < 2 {
		return "/retention"
	}
	return "/retention?page=" + itoa(n)
}

// contents says on which page each of the lists begins: they follow one another.
func contents(p enquiry.RetentionPicture) kit.Stack {
	if p.Pages < 2 {
		return nil
	}
	var items []kit.Paragraph
	before := 0
	for _, l := range []struct {
		title string
		n     int
	}{{"Due for review", p.Counts.Due}, {"Open for longer than a year", p.Counts.Late}, {"On legal hold", p.Counts.Held},
		{"About to be destroyed", p.Counts.Going}, {"Destroyed", p.Counts.Destroyed}} {
		if l.n > 0 {
			items = append(items, kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: l.title + ": " + itoa(l.n), Href: keptPage(before/mash.PageRows + 1)})})
		}
		before += l.n
	}
	return kit.Stack{kit.Paragraph{Text: strings.TrimSpace(kit.Shown(p.Paging))}, kit.List{Items: items}}
}

// records is what stands on this page of one list, of n altogether; of an empty
// one, what is said instead.
func (s *site) records(title, none string, n int, rows []enquiry.RetentionRow) kit.Stack {
	switch {
	case len(rows) > 0:
	case n == 0 && none != "":
		return kit.Stack{kit.Heading{Text: title}, kit.Paragraph{Text: none}}
	default:
		return nil
	}
	t := kit.Table{Caption: title, CaptionClasses: "govuk-table__caption--m", Scroll: true,
		Head: []kit.Cell{{Text: "Record"}, {Text: "State"}, {Text: "Since"}, {Text: "Review"}, {Text: "Decided about keeping it"}}}
	for _, r := range rows {
		t.Rows = append(t.Rows, []kit.Cell{{HTML: s.recordName(r)}, {Text: recordState(r)}, {Text: day(r.Began)}, {Text: day(r.Retention.Review)},
			{HTML: lines(s.decided(r.Retention)...)}})
	}
	return kit.Stack{t}
}

func recordState(r enquiry.RetentionRow) string {
	if r.Kind == "notice" {
		return word(noticeWords, r.State)
	}
	return word(enquiryWords, r.State)
}

// decided says who held a record, and what its last review decided.
func (s *site) decided(r mash.Retention) (out []string) {
	if h := r.Held; r.Hold && h != nil {
		out = append(out, "On hold since "+day(h.At)+": "+lower(word(holdWords, h.Why)), "By "+s.staffName(h.By))
	}
	d := r.Disposal
	switch {
	case d == nil:
		if len(out) == 0 {
			out = append(out, "Nothing yet")
		}
	case d.Decision == mash.DisposalKeep:
		out = append(out, "Kept on "+day(d.At)+": "+lower(word(holdWords, d.Why)), "By "+s.staffName(d.By))
	case d.Done == nil:
		out = append(out, "To be destroyed, decided on "+day(d.At), "By "+s.staffName(d.By))
	default:
		out = append(out, "Destroyed on "+day(*d.Done), "Decided by "+s.staffName(d.By))
	}
	return out
}

// noticesDue is the form that reviews notices, several at once.
func (s *site) noticesDue(f *form, p enquiry.RetentionPicture) kit.Stack {
	boxes := kit.Checkboxes{Name: "ids", Values: f.Values["ids"], Error: f.wrong["ids"], Classes: "govuk-checkboxes--small",
		Legend: kit.Legend{Text: "Which notices?", Classes: "govuk-fieldset__legend--s"}}
	for _, r := range p.Due {
		if r.Kind == "notice" {
			boxes.Items = append(boxes.Items, kit.Choice{Value: r.ID, Text: "Raised " + day(r.Began) + ", for " + s.partyName(*r.To)})
		}
	}
	if len(boxes.Items) == 0 {
		return nil
	}
	return kit.Stack{kit.Heading{Text: "Review notices", Level: 3}, s.posted("/retention/notices?page="+itoa(p.Page), append([]kit.Component{boxes}, disposal(f, false)...)...)}
}

// disposal asks whether something that is due is destroyed or kept. Neither
// takes fewer steps, and nothing is preselected.
func disposal(f *form, noted bool) []kit.Component {
	why := kit.Stack{f.radios("why", "If kept: why?", "", choicesOf(holdWords, enquiry.KeepReasons...)...),
		f.input("years", "If kept: in how many years is it looked at again?", "1 to 10.")}
	if noted {
		why = append(why, f.area("note", "If kept: say more", "It is kept sealed with the enquiry.", 3))
	}
	return []kit.Component{f.radios("decision", "What is decided?", "", kit.Choice{Value: mash.DisposalDestroy, Text: "Destroy what it says, for good"},
		kit.Choice{Value: mash.DisposalKeep, Text: "Keep it", Conditional: why}), save("Record the review")}
}

// schedule is the catalogue in plain English.
func schedule(p enquiry.RetentionPicture) kit.Stack {
	t := kit.Table{Caption: "How long everything is kept", CaptionClasses: "govuk-table__caption--m", Scroll: true, FirstCellIsHeader: true,
		Head: []kit.Cell{{Text: "Records"}, {Text: "Kept for"}, {Text: "What then"}, {Text: "Why"}}}
	for _, c := range p.Catalogue {
		keep := []string{capital(c.Kept()), "From " + c.Begins}
		then := []string{endWords[c.End], c.Destroys}
		if c.Keep.IsZero() {
			keep = keep[:1]
		}
		checked := "Nobody has checked this against the law yet"
		switch {
		case c.Checked != "":
			checked = "Checked on " + c.Checked
		case c.Own():
			checked = ""
		}
		t.Rows = append(t.Rows, []kit.Cell{{HTML: lines(c.Name, c.Records)}, {HTML: lines(keep...)}, {HTML: lines(then...)}, {HTML: lines(c.Why, c.Source, checked)}})
	}
	return kit.Stack{t, kit.Paragraph{Text: "Version " + p.Version + " of the schedule. A hold of the hub binds the hub; what agencies keep in their own systems is under their own."}}
}

var endWords = map[retention.End]string{retention.ByReview: "A person reviews it", retention.BySweep: "It is destroyed by itself",
	retention.WithIts: "It goes with what it belongs to", retention.Never: "It stays"}

// writeKeeping is how one enquiry is kept, with what may be done about it.
func (s *site) writeKeeping(w http.ResponseWriter, r *http.Request, f *form, code int) error {
	who := actor(r.Context())
	x, err := s.Desk.KeptEnquiry(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return err
	}
	review := "Review"
	if x.State != string(mash.EnquiryClosed) {
		review = "Look at it again, if it is still open"
	}
	body := kit.Stack{kit.SummaryList{Rows: []kit.Row{{Key: "State", Text: recordState(x)}, {Key: "Opened", Text: day(x.Began)}, {Key: review, Text: day(x.Retention.Review)},
		{Key: "Decided about keeping it", HTML: lines(s.decided(x.Retention)...)}}}}
	at := "/enquiries/" + x.ID
	holds := who.Has(mash.RoleManager) || who.Has(mash.RoleIGLead)
	switch {
	case x.Retention.Going():
		body = append(body, kit.Paragraph{Text: "What is left is its reference, states and times, and the log of what was done."})
	case holds && x.Retention.Hold:
		body = append(body, kit.Heading{Text: "Lift the legal hold"}, s.posted(at+"/lift-hold",
			f.area("note", "Why need it not be held any more?", "It is kept sealed with the enquiry. Nothing is destroyed by lifting.", 3), save("Lift the hold")))
	case holds:
		body = append(body, kit.Heading{Text: "Place a legal hold"}, s.posted(at+"/hold",
			f.radios("why", "Why must it be kept?", "", choicesOf(holdWords, enquiry.HoldReasons...)...),
			f.area("note", "Who asked for it, and about what?", "It is kept sealed with the enquiry.", 3), save("Place the hold")))
	}
	if due := x.Due(s.Desk.Env.Now()); due && who.Has(mash.RoleIGLead) {
		body = append(body, kit.Heading{Text: "Review"}, kit.Warning{Text: "What is destroyed is gone for good: nobody can bring it back, in any copy. If you need to know what it is about, ask the hub manager, who may read it."},
			s.posted(at+"/dispose", disposal(f, true)...))
	}
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: "How this enquiry is kept", Caption: x.Reference, Path: "/retention", Problems: f.problems,
		Breadcrumbs: []kit.Link{{Text: "Records", Href: "/retention"}, {Text: x.Reference}}, Body: body})
}

// recordName links an enquiry to its page of keeping.
func (s *site) recordName(r enquiry.RetentionRow) template.HTML {
	if r.Kind == "notice" {
		return lines("Notice for "+s.partyName(*r.To), "From "+s.partyName(*r.From))
	}
	return kit.MustHTML(kit.Link{Text: r.Reference, Href: "/enquiries/" + r.ID + "/keeping"})
}
