package enquiry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
)

// OpenInput is a contact, as it is written down.
type OpenInput struct {
	Originator     mash.Originator      `json:"originator"`
	Anonymous      bool                 `json:"anonymous"`
	Evidence       bool                 `json:"evidence"`
	Narrative      string               `json:"narrative"`
	People         []mash.EnquiryPerson `json:"people"`
	RAG            mash.RAG             `json:"rag"`
	Level          int                  `json:"level"`
	Purpose        mash.Purpose         `json:"purpose"`
	Basis          mash.Basis           `json:"basis"`
	Informed       mash.Informed        `json:"family_informed"`
	Restricted     bool                 `json:"restricted"`
	Named          []string             `json:"named,omitempty"`
	VoiceNotSought string               `json:"voice_not_sought,omitempty"`
}

// Open records a contact and its screening. Errors: CodeInvalid, naming the
// field and the remedy; CodeDenied for who may not.
func (d *Desk) Open(ctx context.Context, actor mash.Actor, in OpenInput) (mash.Enquiry, error) {
	var none mash.Enquiry
	if err := d.Page(ctx, actor, "new"); err != nil {
		return none, err
	}
	now := d.Env.Now()
	if err := in.check(now); err != nil {
		return none, err
	}
	if o := in.Originator.Party; o != nil && !d.Agencies.Knows(*o) {
		return none, mash.Invalid("originator.party", "is not an agency of this partnership", "choose one from the directory, a school by its URN, or leave it out")
	}
	ref, err := d.Env.NewReference()
	if err != nil {
		return none, fmt.Errorf("making a reference: %w", err)
	}
	e := mash.Enquiry{
		ID: d.Env.NewID(), Hub: d.Hub, Reference: ref, State: mash.EnquiryScreened,
		RAG: in.RAG, Level: in.Level, Purpose: in.Purpose, Basis: in.Basis, Informed: in.Informed,
		Restricted: in.Restricted, Named: in.Named, Anonymous: in.Anonymous, Evidence: in.Evidence,
		VoiceNotSought: in.VoiceNotSought, OpenedAt: now, OpenedBy: actor.ID, Retention: d.retention(now),
		Content: mash.EnquiryContent{People: in.People, Originator: in.Originator, Narrative: in.Narrative},
	}
	if e.Restricted && !slices.Contains(e.Named, actor.ID) {
		e.Named = append(e.Named, actor.ID)
	}
	err = d.Store.Update(ctx, func(tx mash.HubTx) error {
		if err := tx.PutEnquiry(e); err != nil {
			return err
		}
		if err := d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "enquiry.open", Enquiry: e.ID}); err != nil {
			return err
		}
		return d.note(tx, nil, mash.Entry{At: now, Actor: actor.ID, Action: "enquiry.screen", Enquiry: e.ID,
			Detail: map[string]string{"rag": string(e.RAG), "level": fmt.Sprint(e.Level), "purpose": string(e.Purpose)}})
	})
	return e, err
}

// check validates a contact. It reports the first thing wrong.
func (in OpenInput) check(now time.Time) error {
	switch in.RAG {
	case mash.Red, mash.Amber, mash.Green:
	default:
		return mash.Invalid("rag", "must be red, amber or green", "rate how urgent this is")
	}
	if in.Level < 1 || in.Level > 4 {
		return mash.Invalid("level", "must be 1 to 4", "choose the level of need")
	}
	switch in.Purpose {
	case mash.PurposeS47, mash.PurposeS17, mash.PurposeEarlyHelp:
	default:
		return mash.Invalid("purpose", "must be s47, s17 or early_help", "choose what the enquiry is for")
	}
	switch in.Informed.Answer {
	case "yes":
	case "no", "unsafe_to_tell":
		if blank(in.Informed.Reason) {
			return mash.Invalid("family_informed.reason", "is missing", "say why the family has not been told")
		}
	default:
		return mash.Invalid("family_informed.answer", "must be yes, no or unsafe_to_tell", "say whether the family knows")
	}
	if in.Originator.Kind == "" {
		return mash.Invalid("originator.kind", "is missing", "say who raised the contact, or choose anonymous")
	}
	// Both say it, because the first decides whether a manager reads the
	// contact before anybody is asked, and the second is what people choose.
	if in.Originator.Kind == "anonymous" && !in.Anonymous {
		return mash.Invalid("anonymous", "is not set", "an originator of kind anonymous makes the contact anonymous")
	}
	if o := in.Originator; in.Anonymous && (o.Name != "" || o.Contact != "" || o.Party != nil) {
		return mash.Invalid("originator", "is named in an anonymous contact", "leave name, telephone and agency out, or do not call it anonymous")
	}
	if blank(in.Narrative) {
		return mash.Invalid("narrative", "is missing", "write what the originator is worried about")
	}
	if len(in.Narrative) > 100_000 {
		return mash.Invalid("narrative", "is longer than 100,000 characters", "shorten it")
	}
	if err := checkBasis(in.Purpose, in.Basis, now); err != nil {
		return err
	}
	return checkPeople(in.People)
}

// checkBasis sees that what is recorded is complete. Whether it is enough is
// the policy's decision, not this function's.
func checkBasis(purpose mash.Purpose, b mash.Basis, now time.Time) error {
	n := 0
	if a := b.Agreement; a != nil {
		n++
		if !slices.Contains([]string{"given", "refused", "withdrawn"}, a.State) {
			return mash.Invalid("basis.agreement.state", "must be given, refused or withdrawn", "silence is never agreement")
		}
		if a.GivenBy != "" && !slices.Contains([]string{"parent", "competent_child", "carer", "other"}, a.GivenBy) {
			return mash.Invalid("basis.agreement.given_by", "must be parent, competent_child, carer or other", "record who agreed, not their name")
		}
		for _, s := range a.Scope {
			if strings.ContainsFunc(s, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
				return mash.Invalid("basis.agreement.scope", "must name agencies by their ids", "choose from the directory")
			}
		}
		if a.State == "given" && (blank(a.GivenBy) || blank(a.Told)) {
			return mash.Invalid("basis.agreement", "given_by or told is missing", "record who agreed and what they were told")
		}
		if a.At.IsZero() || a.At.After(now) {
			return mash.Invalid("basis.agreement.at", "is missing or in the future", "record when the family answered")
		}
	}
	if x := b.Dispensation; x != nil {
		n++
		if blank(x.Reason) || blank(x.Manager) || x.At.IsZero() || x.At.After(now) {
			return mash.Invalid("basis.dispensation", "reason, manager or time is missing, or the time is to come", "a manager records why agreement is dispensed with")
		}
	}
	if s := b.S47; s != nil {
		n++
		if blank(s.By) || blank(s.Qualified) || blank(s.Grounds) || blank(s.Evidence) || s.At.IsZero() || s.At.After(now) {
			return mash.Invalid("basis.s47", "by, qualified, grounds, evidence or time is missing, or the time is to come",
				"record the s.47 decision in full before the first question goes out")
		}
	}
	if n != 1 {
		return mash.Invalid("basis", "must hold exactly one of agreement, dispensation, s47", "record why this enquiry may ask")
	}
	if purpose == mash.PurposeS47 && b.S47 == nil {
		return mash.Invalid("basis.s47", "is missing", "s47 is a recorded decision, not a tick-box")
	}
	return nil
}

func checkPeople(people []mash.EnquiryPerson) error {
	if len(people) == 0 || len(people) > 50 {
		return mash.Invalid("people", "must name 1 to 50 people", "add the child the enquiry is about")
	}
	seen, subjects := map[string]bool{}, 0
	for i, p := range people {
		field := func(name string) string { return fmt.Sprintf("people[%d].%s", i, name) }
		if !personKey(p.Key) || seen[p.Key] {
			return mash.Invalid(field("key"), "must be unique, like subject-1", "number the people; a key is never a name")
		}
		seen[p.Key] = true
		switch p.Role {
		case mash.RoleSubject:
			subjects++
		case mash.RoleHousehold:
			if blank(p.Reason) {
				return mash.Invalid(field("reason"), "is missing", "say why this member of the household is asked about")
			}
		default:
			return mash.Invalid(field("role"), "must be subject or household", "say whether this is the child")
		}
		if err := p.Record.Validate(); err != nil {
			return mash.Invalid(field("record"), err.Error(), "correct it, or leave it out")
		}
		if len(p.Record.Names) == 0 {
			return mash.Invalid(field("record.name"), "is missing", "give at least one name, or how the person is called")
		}
		if len(p.Record.Identifiers) == 0 && blank(p.IdentifierOmitted) {
			return mash.Invalid(field("identifier_omitted_reason"), "is missing", "give an identifier or say why there is none")
		}
	}
	if subjects == 0 {
		return mash.Invalid("people", "no subject", "mark the child the enquiry is about as subject")
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// personKey accepts subject-1, household-12 and nothing that could be a name.
func personKey(s string) bool {
	role, n, ok := strings.Cut(s, "-")
	if !ok || role != mash.RoleSubject && role != mash.RoleHousehold || n == "" || len(n) > 2 {
		return false
	}
	return strings.Trim(n, "0123456789") == ""
}
