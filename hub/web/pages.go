package web

import (
	"context"
	"net/http"
	"strings"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// pages registers the pages.
func (s *site) pages() {
	get := func(path, rule string, h kit.HandlerFunc) {
		s.router.Handle(kit.Route{Pattern: "GET " + path, Rule: rule, Handler: h})
	}
	post := func(path, rule string, h kit.HandlerFunc) {
		s.router.Handle(kit.Route{Pattern: "POST " + path, Rule: rule, Handler: h})
	}
	get("/{$}", ruleHome, s.home)
	get("/board", ruleBoard, s.board)
	s.router.Handle(kit.Route{Pattern: "GET /events", Rule: ruleLive, Stream: true, Handler: s.stream},
		kit.Route{Pattern: "GET /events/{reference}", Rule: ruleLive, Stream: true, Handler: s.streamEnquiry})
	get("/enquiries/new", ruleNew, s.newEnquiry)
	post("/enquiries/new", ruleNew, s.openEnquiry)
	get("/enquiries/{id}", ruleEnquiry, s.enquiry)
	get("/enquiries/{id}/chronology", ruleChronology, s.chronology)
	s.router.Handle(kit.Route{Pattern: "GET /enquiries/{id}/items/{return}/{item}/why", Rule: ruleChronology, Timeout: whyTime, Handler: s.why},
		kit.Route{Pattern: "GET /enquiries/{id}/items/{return}/{item}/why.json", Rule: ruleChronology, Timeout: whyTime, Handler: s.whyFile})
	get("/enquiries/{id}/ask", ruleAsk, s.askPage)
	post("/enquiries/{id}/ask", ruleAsk, s.ask)
	for _, st := range s.steps() {
		get("/enquiries/{id}/"+st.path, st.rule, s.stepPage(st))
		post("/enquiries/{id}/"+st.path, st.rule, s.stepPost(st))
	}
	get("/enquiries/{id}/late-review", ruleSetAside, s.lateReview)
	post("/enquiries/{id}/late-review", ruleReopen, s.postLateReview)
	get("/enquiries/{id}/set-aside", ruleSetAside, s.setAside)
	get("/set-aside/{id}", ruleSetAside, s.openAside)
	post("/set-aside/{id}/consider", ruleSetAside, s.consider)
	post("/set-aside/{id}/destroy", ruleOutOfScope, s.destroy)
	get("/quarantine", ruleQuarantine, s.quarantinePage)
	post("/quarantine", ruleQuarantine, s.seeQuarantine)
	s.retentionPages(get, post)
	s.agreementPages(get, post)
	get("/agencies", ruleHealth, s.agenciesPage)
	get("/notices", ruleNotices, s.noticesPage)
	get("/audit", ruleAudit, s.auditPage)
	s.router.Handle(kit.Route{Pattern: "GET /audit/bundle", Rule: ruleAudit, Timeout: bundleTime, Handler: s.bundle})
}

// duty is something that a role may do, with the page for it.
type duty struct {
	text, href, about string
}

var staffDuties = []duty{
	{"Board", "/board", "See which questions are outstanding, with whom, and who to telephone."},
	{"Open an enquiry", "/enquiries/new", "Write down a contact about a child and decide whom to ask."},
	{"Notices", "/notices", "See whether schools have received and acknowledged Operation Encompass notices."},
}

// dutiesOf says what a person's roles are for. It words pages; what is allowed
// is the policy's to decide.
func dutiesOf(has func(role string) bool) []duty {
	var out []duty
	switch {
	case has(mash.RoleWorker), has(mash.RoleManager):
		out = append(out, staffDuties...)
	case has(mash.RoleIGLead):
		out = append(out, duty{"Board", "/board", "See how requests are running. You see references and times, never what was said."})
	}
	if len(out) > 0 {
		out = append(out, duty{"Agencies", "/agencies", "See whose systems work, and whom to telephone."})
	}
	if has(mash.RoleIGLead) || has(mash.RoleManager) {
		out = append(out, duty{"Unopened messages", "/quarantine", "See which messages to the hub could not be opened, and say what you found."})
	}
	if has(mash.RoleIGLead) || has(mash.RoleScrutineer) || has(mash.RoleManager) {
		out = append(out, duty{"Agreements", "/agreements", "See what may be shared with whom, how it changed and who agreed to it."})
		out = append(out, duty{"Records", "/retention", "See what is due for review, on legal hold or destroyed, and how long everything is kept."})
		out = append(out, duty{"Audit", "/audit", "Download the log of everything the hub did and check it with the public key."})
	}
	return out
}

// navigation gives the entries that a person's roles open.
func navigation(u kit.User) (out []kit.NavItem) {
	for _, d := range dutiesOf(u.HasRole) {
		out = append(out, kit.NavItem{Text: d.text, Href: d.href})
	}
	return out
}

// home says what the person who signed in can do here.
func (s *site) home(w http.ResponseWriter, r *http.Request) error {
	a := actor(r.Context())
	var rows []kit.Row
	for _, d := range dutiesOf(a.Has) {
		rows = append(rows, kit.Row{Key: d.text, Text: d.about, Actions: []kit.Link{{Text: "Open", Href: d.href, Hidden: lower(d.text)}}})
	}
	body := kit.Stack{}
	if len(rows) > 0 {
		body = append(body, kit.Heading{Text: "What you can do here"}, kit.SummaryList{Rows: rows})
	}
	switch {
	case a.Has(mash.RoleManager):
		body = append(body, kit.Inset{Text: "Questions that the agreement holds for a person wait for your review. They are on the board as “Waiting for a manager’s review”."})
	case a.Has(mash.RoleWorker):
		body = append(body, kit.Inset{Text: "If a child may be in danger now, telephone. The board and every enquiry have the agencies’ numbers."})
	case a.Has(mash.RoleIGLead), a.Has(mash.RoleScrutineer):
		body = append(body, kit.Inset{Text: "Your role checks how the hub works. It never sees what agencies said about a family."})
	default:
		body = append(body, kit.Paragraph{Text: "Your role opens no page of this hub. Ask the hub manager if you need one for your work."})
	}
	list, err := s.worklist(r.Context(), kit.PageNumber(r))
	if err != nil {
		return err
	}
	return s.layout.Write(w, r, kit.Page{Title: "Start", Body: append(list, body...)})
}

// worklist is how a worker finds an enquiry whose questions have all been
// answered: the board shows only what is outstanding.
func (s *site) worklist(ctx context.Context, page int) (kit.Stack, error) {
	if !staff(ctx) {
		return nil, nil
	}
	list, err := s.Desk.Worklist(ctx, actor(ctx), page)
	if err != nil {
		return nil, err
	}
	out := kit.Stack{kit.Heading{Text: "Enquiries under way"}}
	if list.Total == 0 {
		return append(out, kit.Paragraph{Text: "None."}), nil
	}
	if shown := kit.Shown(list.Paging); shown != "" {
		out = append(out, kit.Paragraph{Text: strings.TrimSpace(shown)})
	}
	t := kit.Table{Caption: "Enquiries under way, or up for review, newest first", CaptionClasses: "govuk-visually-hidden", FirstCellIsHeader: true, Scroll: true,
		Head: []kit.Cell{{Text: "Enquiry"}, {Text: "Urgency"}, {Text: "State"}, {Text: "Opened"}}}
	for _, e := range list.Rows {
		state := []string{word(enquiryWords, string(e.State))}
		if e.Review {
			state = append(state, "An answer came after the decision: read it")
		}
		t.Rows = append(t.Rows, []kit.Cell{{HTML: kit.MustHTML(kit.Link{Text: e.Reference, Href: "/enquiries/" + e.ID})}, {HTML: kit.MustHTML(ragTag(e.RAG))},
			{HTML: lines(state...)}, {HTML: lines(when(e.OpenedAt), "by "+s.staffName(e.OpenedBy))}})
	}
	return append(append(out, t), kit.Pager(list.Paging, "/", "Pages of enquiries under way")...), nil
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

// trail is the way back from a page about an enquiry.
func trail(e mash.Enquiry, here string) []kit.Link {
	out := []kit.Link{{Text: "Board", Href: "/board"}, {Text: e.Reference, Href: "/enquiries/" + e.ID}}
	if here == "" {
		out[1].Href = ""
		return out
	}
	return append(out, kit.Link{Text: here})
}

// staff reports whether somebody works on enquiries: it words links only.
func staff(ctx context.Context) bool {
	a := actor(ctx)
	return a.Has(mash.RoleWorker) || a.Has(mash.RoleManager)
}
