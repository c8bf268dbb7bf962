package app

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
)

// TestOpenRefusesWhatIsIncomplete: the error names field and remedy, and
// nothing at all is stored.
func TestOpenRefusesWhatIsIncomplete(t *testing.T) {
	p := perform(t, plot{absent: []string{"police", "schools"}})
	in2 := func(f func(*enquiry.OpenInput, *mash.EnquiryPerson)) func(*enquiry.OpenInput) {
		return func(in *enquiry.OpenInput) { f(in, &in.People[0]) }
	}
	later := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		field  string
		change func(*enquiry.OpenInput)
	}{
		"no urgency":                {"rag", func(in *enquiry.OpenInput) { in.RAG = "" }},
		"urgency of no kind":        {"rag", func(in *enquiry.OpenInput) { in.RAG = "purple" }},
		"level 0":                   {"level", func(in *enquiry.OpenInput) { in.Level = 0 }},
		"level 5":                   {"level", func(in *enquiry.OpenInput) { in.Level = 5 }},
		"no purpose":                {"purpose", func(in *enquiry.OpenInput) { in.Purpose = "" }},
		"a purpose not for opening": {"purpose", func(in *enquiry.OpenInput) { in.Purpose = mash.PurposeEncompass }},
		"family: silent":            {"family_informed.answer", func(in *enquiry.OpenInput) { in.Informed = mash.Informed{} }},
		"family: no, without why":   {"family_informed.reason", func(in *enquiry.OpenInput) { in.Informed = mash.Informed{Answer: "no", Reason: " "} }},
		"unsafe, without why":       {"family_informed.reason", func(in *enquiry.OpenInput) { in.Informed = mash.Informed{Answer: "unsafe_to_tell"} }},
		"no originator":             {"originator.kind", func(in *enquiry.OpenInput) { in.Originator = mash.Originator{} }},
		"anonymous by kind alone":   {"anonymous", func(in *enquiry.OpenInput) { in.Originator.Kind = "anonymous" }},
		"anonymous with a name": {"originator", func(in *enquiry.OpenInput) {
			in.Anonymous, in.Originator = true, mash.Originator{Kind: "anonymous", Name: "Jo Marsh"}
		}},
		"originator of no agency": {"originator.party", func(in *enquiry.OpenInput) { in.Originator.Party = &mash.Party{Agency: "nobody"} }},
		"originator without unit": {"originator.party", func(in *enquiry.OpenInput) { in.Originator.Party = &mash.Party{Agency: "schools"} }},
		"no narrative":            {"narrative", func(in *enquiry.OpenInput) { in.Narrative = " \n" }},
		"a book":                  {"narrative", func(in *enquiry.OpenInput) { in.Narrative = strings.Repeat("x", 100_001) }},
		"no basis":                {"basis", func(in *enquiry.OpenInput) { in.Basis = mash.Basis{} }},
		"two bases": {"basis", func(in *enquiry.OpenInput) {
			in.Basis.Dispensation = &mash.Dispensation{Reason: "risk", Manager: "manager", At: p.clock.Now()}
		}},
		"agreement: silence":      {"basis.agreement.state", func(in *enquiry.OpenInput) { in.Basis.Agreement.State = "" }},
		"agreement: by nobody":    {"basis.agreement", func(in *enquiry.OpenInput) { in.Basis.Agreement.GivenBy = "" }},
		"agreement: told nothing": {"basis.agreement", func(in *enquiry.OpenInput) { in.Basis.Agreement.Told = "" }},
		"agreement: never":        {"basis.agreement.at", func(in *enquiry.OpenInput) { in.Basis.Agreement.At = time.Time{} }},
		"agreement: to come":      {"basis.agreement.at", func(in *enquiry.OpenInput) { in.Basis.Agreement.At = later }},
		"dispensation: no reason": {"basis.dispensation", func(in *enquiry.OpenInput) {
			in.Basis = mash.Basis{Dispensation: &mash.Dispensation{Manager: "m", At: p.clock.Now()}}
		}},
		"dispensation: no manager": {"basis.dispensation", func(in *enquiry.OpenInput) {
			in.Basis = mash.Basis{Dispensation: &mash.Dispensation{Reason: "r", At: p.clock.Now()}}
		}},
		"dispensation: to come": {"basis.dispensation", func(in *enquiry.OpenInput) {
			in.Basis = mash.Basis{Dispensation: &mash.Dispensation{Reason: "r", Manager: "m", At: later}}
		}},
		"s47 without its decision": {"basis.s47", func(in *enquiry.OpenInput) { in.Purpose = mash.PurposeS47 }},
		"s47 without evidence":     {"basis.s47", func(in *enquiry.OpenInput) { p.s47(in); in.Basis.S47.Evidence = " " }},
		"s47 without grounds":      {"basis.s47", func(in *enquiry.OpenInput) { p.s47(in); in.Basis.S47.Grounds = "" }},
		"s47 by nobody":            {"basis.s47", func(in *enquiry.OpenInput) { p.s47(in); in.Basis.S47.By = "" }},
		"s47 unqualified":          {"basis.s47", func(in *enquiry.OpenInput) { p.s47(in); in.Basis.S47.Qualified = "" }},
		"s47 to come":              {"basis.s47", func(in *enquiry.OpenInput) { p.s47(in); in.Basis.S47.At = later }},
		"nobody":                   {"people", func(in *enquiry.OpenInput) { in.People = nil }},
		"a key that is a name":     {"people[0].key", in2(func(_ *enquiry.OpenInput, x *mash.EnquiryPerson) { x.Key = "rowan-1" })},
		"a key that is no number":  {"people[0].key", in2(func(_ *enquiry.OpenInput, x *mash.EnquiryPerson) { x.Key = "subject-one" })},
		"a key twice":              {"people[1].key", func(in *enquiry.OpenInput) { in.People = append(in.People, in.People[0]) }},
		"no role":                  {"people[0].role", in2(func(_ *enquiry.OpenInput, x *mash.EnquiryPerson) { x.Role = "" })},
		"no child": {"people", func(in *enquiry.OpenInput) {
			in.People = []mash.EnquiryPerson{{Key: "household-1", Role: mash.RoleHousehold, Reason: "lives there", Record: leanne()}}
		}},
		"household without a reason": {"people[1].reason", func(in *enquiry.OpenInput) {
			in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, Record: leanne()})
		}},
		"an NHS number with a slip": {"people[0].record", in2(func(_ *enquiry.OpenInput, x *mash.EnquiryPerson) { x.Record.Identifiers[0].Value = "9990000019" })},
		"no name":                   {"people[0].record.name", in2(func(_ *enquiry.OpenInput, x *mash.EnquiryPerson) { x.Record.Names = nil })},
		"no identifier, no why": {"people[0].identifier_omitted_reason", in2(func(_ *enquiry.OpenInput, x *mash.EnquiryPerson) {
			x.Record.Identifiers, x.IdentifierOmitted = nil, " "
		})},
	}
	for name, c := range cases {
		in := p.contact()
		c.change(&in)
		_, err := p.hub.Desk.Open(t.Context(), p.as("worker").Actor, in)
		var e *mash.Error
		if !errors.As(err, &e) || e.Code != mash.CodeInvalid || e.Field != c.field || e.Message == "" || e.Remedy == "" {
			t.Errorf("%s: %v, want field %s with message and remedy", name, err, c.field)
		}
		if err != nil && (strings.Contains(err.Error(), "Rowan") || strings.Contains(err.Error(), "9990000019") || strings.Contains(err.Error(), "Jo Marsh")) {
			t.Errorf("%s: the error tells whom: %v", name, err)
		}
	}
	for _, who := range []string{"ig", "scrutineer"} {
		_, err := p.hub.Desk.Open(t.Context(), p.as(who).Actor, p.contact())
		p.wants(err, mash.CodeNotFound)
	}
	p.look(func(tx mash.HubTx) error {
		es, err := tx.ListEnquiries(mash.EnquiryFilter{})
		if len(es) > 0 {
			t.Errorf("%d enquiries are stored", len(es))
		}
		return err
	})
	for _, e := range p.entries() { // that somebody tried is recorded, and nothing else
		if e.Action != "page.view" && e.Action != "page.denied" {
			t.Errorf("an entry says %s", e.Action)
		}
	}
}

// TestOpenTakesWhatIsComplete: in each way that the law knows.
func TestOpenTakesWhatIsComplete(t *testing.T) {
	p := perform(t, plot{absent: []string{"police"}})
	for name, change := range map[string]func(*enquiry.OpenInput){
		"agreed":  nil,
		"s47":     p.s47,
		"refused": func(in *enquiry.OpenInput) { in.Basis.Agreement.State = "refused" },
		"dispensed": func(in *enquiry.OpenInput) {
			in.Basis = mash.Basis{Dispensation: &mash.Dispensation{Reason: "r", Manager: "m", At: p.clock.Now()}}
		},
		"anonymous":  func(in *enquiry.OpenInput) { in.Anonymous, in.Originator = true, mash.Originator{Kind: "anonymous"} },
		"restricted": func(in *enquiry.OpenInput) { in.Restricted, in.Named = true, []string{"manager"} },
		"no number": func(in *enquiry.OpenInput) {
			in.People[0].Record.Identifiers, in.People[0].IdentifierOmitted = nil, "newly arrived"
		},
		"a household": func(in *enquiry.OpenInput) {
			in.People = append(in.People, mash.EnquiryPerson{Key: "household-1", Role: mash.RoleHousehold, Reason: "lives there", Record: leanne()})
		},
	} {
		id := p.as("worker").opens(change)
		e := p.enquiry(id)
		if e.State != mash.EnquiryScreened || e.OpenedBy != "worker" || e.Retention.Class == "" || e.Retention.Review.IsZero() || len(e.Content.People) == 0 {
			t.Errorf("%s: stored as %+v", name, e)
		}
		if e.Restricted && strings.Join(e.Named, " ") != "manager worker" {
			t.Errorf("who opened a restricted enquiry is not named in it: %v", e.Named)
		}
	}
	if n, m := len(p.audited("enquiry.open")), len(p.audited("enquiry.screen")); n != 8 || m != 8 {
		t.Errorf("%d opened and %d screened are in the log", n, m)
	}
}

// TestARestrictedEnquiryLooksLikeNone: to everybody who is not named, by every
// use case and in every list.
func TestARestrictedEnquiryLooksLikeNone(t *testing.T) {
	p := perform(t, plot{agencies: []string{"police"}})
	id := p.as("worker").opens(func(in *enquiry.OpenInput) { in.Restricted = true })
	r := p.as("worker").asks(id, "police")
	d, ctx := p.hub.Desk, t.Context()
	for _, who := range []string{"colleague", "manager", "ig", "scrutineer"} {
		a := p.as(who).Actor
		for name, use := range map[string]func(id, request string) error{
			"show":      func(id, _ string) error { _, err := d.Show(ctx, a, id, "enquiry"); return err },
			"ask":       func(id, _ string) error { _, err := d.Ask(ctx, a, id, p.as(who).question("police")); return err },
			"own view":  func(id, _ string) error { return d.WriteOwnView(ctx, a, id, "x") },
			"voice":     func(id, _ string) error { return d.VoiceNotSought(ctx, a, id, "x") },
			"rag":       func(id, _ string) error { return d.SetRAG(ctx, a, id, mash.Red) },
			"agreement": func(id, _ string) error { return d.WithdrawAgreement(ctx, a, id) },
			"collate":   func(id, _ string) error { return d.Collate(ctx, a, id) },
			"decide": func(id, _ string) error {
				return d.Decide(ctx, a, id, enquiry.DecideInput{Outcome: "advice", Why: "x"})
			},
			"review": func(id, _ string) error { return d.ReviewLate(ctx, a, id, false, "x") },
			"reopen": func(id, _ string) error { return d.Reopen(ctx, a, id, "x") },
			"close":  func(id, _ string) error { _, err := d.Close(ctx, a, id, enquiry.CloseInput{}); return err },
			"feedback": func(id, _ string) error {
				_, err := d.TellOriginator(ctx, a, id, enquiry.FeedbackInput{Waiver: "x"})
				return err
			},
			"withdraw":   func(_, r string) error { _, err := d.Withdraw(ctx, a, r, "x"); return err },
			"review ask": func(_, r string) error { _, err := d.ReviewAsk(ctx, a, r, true, "x"); return err },
			"clarify":    func(_, r string) error { _, err := d.AnswerClarification(ctx, a, r, "x"); return err },
		} {
			there, missing := use(id, r.ID), use("no-such-enquiry", "no-such-request")
			if mash.CodeOf(there) != mash.CodeNotFound || missing == nil || there.Error() != missing.Error() {
				t.Errorf("%s by %s: %v, and for a missing one %v", name, who, there, missing)
			}
		}
	}
	before := p.enquiry(id)
	if before.RAG != mash.Amber || p.request(r.ID).State == mash.RequestWithdrawn {
		t.Error("an outsider changed it")
	}
	for who, want := range map[string]int{"colleague": 0, "manager": 0, "ig": 0, "worker": 1} {
		b, err := d.Board(ctx, p.as(who).Actor, 1)
		p.must(err)
		if len(b.Rows) != want || b.Total != want {
			t.Errorf("%s sees %d rows of %d on the board, want %d", who, len(b.Rows), b.Total, want)
		}
	}
	if x := p.as("worker").sees(id); x.Enquiry.ID != id || len(x.Content.People) != 1 {
		t.Error("who is named does not see it")
	}
}
