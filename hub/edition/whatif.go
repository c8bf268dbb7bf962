package edition

import (
	"context"
	"slices"
	"strings"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// Invented is a case that somebody makes up to see what the agreements let happen.
// It is about nobody.
type Invented struct {
	Pair     string       `json:"pair" doc:"The hub and the agency that is asked, such as fernshire/police"`
	Category string       `json:"category" doc:"What kind of information, such as police.crime"`
	Purpose  mash.Purpose `json:"purpose" doc:"s47, s17 or early_help"`
	Basis    string       `json:"basis" enum:"given,refused,withdrawn,silent,dispensation,s47" doc:"What lets the hub ask: the family's agreement, a manager's reasons, or the recorded section 47 decision"`
	Contact  string       `json:"contact" enum:"named,checkable,anonymous" doc:"Who is worried: somebody with a name, or somebody anonymous with or without something that can be checked"`
	Match    string       `json:"match" enum:"match,potential,none" doc:"Whether the agency's record is surely, perhaps or not about this person"`
	Years    *int         `json:"years,omitempty" doc:"How old the item is, 0 to 100; left out: its date is not known"`
	Handling string       `json:"handling,omitempty" doc:"Its handling code"`
	Flags    []string     `json:"flags,omitempty" doc:"third_party, protected_location, intelligence"`
}

// Foreseen is what would be decided about it.
type Foreseen struct {
	Ask       mash.Verdict       `json:"ask"`       // may the hub put the question?
	Existence mash.Verdict       `json:"existence"` // may it be said that something is held?
	Content   mash.Verdict       `json:"content"`   // may the item leave the agency?
	Read      []agreement.Clause `json:"read"`      // the clauses that decide, as they read
}

// What an invented case may say.
var (
	bases     = []string{"given", "refused", "withdrawn", "silent", "dispensation", "s47"}
	contacts  = []string{"named", "checkable", "anonymous"}
	matches   = []string{"match", "potential", "none"}
	caseFlags = []string{record.FlagThirdParty, record.FlagProtectedLocation, record.FlagIntelligence}
)

func (c Invented) check() error {
	for field, x := range map[string]struct {
		value string
		of    []string
	}{"basis": {c.Basis, bases}, "contact": {c.Contact, contacts}, "match": {c.Match, matches}} {
		if !slices.Contains(x.of, x.value) {
			return mash.Invalid(field, "is none of "+strings.Join(x.of, ", "), "choose one")
		}
	}
	if c.Years != nil && (*c.Years < 0 || *c.Years > 100) {
		return mash.Invalid("years", "is not between 0 and 100", "write whole years, or nothing if the date is not known")
	}
	if len(c.Handling) > 20 {
		return mash.Invalid("handling", "is longer than 20 characters", "write the code alone")
	}
	for _, f := range c.Flags {
		if !slices.Contains(caseFlags, f) {
			return mash.Invalid("flags", "has one that is none of "+strings.Join(caseFlags, ", "), "choose from these")
		}
	}
	return nil
}

// WhatIf decides an invented case by an edition, or by what is in force where none
// is named. Nothing is asked, released or recorded as a decision by it. Errors:
// CodeNotFound, CodeInvalid for a case that says what no case can.
func (d *Desk) WhatIf(ctx context.Context, actor mash.Actor, id string, c Invented) (out Foreseen, err error) {
	var files Files
	if id == "" {
		files, err = d.Current(ctx, actor)
	} else {
		files, err = d.toRehearse(ctx, actor, id)
	}
	if err != nil {
		return out, err
	}
	if err := c.check(); err != nil {
		return out, err
	}
	m, ok, err := agreement.MatrixOf(agreement.FS(files), "", c.Pair)
	switch {
	case err != nil:
		return out, err
	case !ok:
		return out, mash.Invalid("pair", "is in no agreement", "name one by hub and agency, as the matrices do")
	case !slices.ContainsFunc(m.Rows, func(r agreement.MatrixRow) bool { return r.Category == c.Category }):
		return out, mash.Invalid("category", "is not in the schedule of this agency", "choose one of its matrix")
	case !slices.Contains(m.Purposes, string(c.Purpose)):
		return out, mash.Invalid("purpose", "is none of the agreement", "choose one of "+strings.Join(m.Purposes, ", "))
	}
	draft, err := d.Engine.Draft(ctx, files)
	if err != nil {
		return out, err
	}
	ask, release := c.inputs(d.Hub, d.Env.Now())
	asked, released := draft.Ask(ctx, ask), draft.Release(ctx, release)
	out = Foreseen{Ask: asked.Verdict, Existence: released.Part("existence:subject-1:" + c.Category), Content: released.Part("item:item-1")}
	if part := asked.Part(c.Category); asked.Answer == mash.Permit { // the whole may be asked, and this kind not
		out.Ask = part
		out.Ask.Clauses, out.Ask.Reasons = slices.Concat(asked.Clauses, part.Clauses), slices.Concat(asked.Reasons, part.Reasons)
	}
	out.Read, _, err = agreement.Read(agreement.FS(files), slices.Concat(out.Ask.Clauses, out.Existence.Clauses, out.Content.Clauses), c.Pair)
	return out, err
}

// inputs are the two questions that the case puts.
func (c Invented) inputs(hub string, now time.Time) (mash.AskInput, mash.ReleaseInput) {
	_, agency, _ := strings.Cut(c.Pair, "/")
	about := mash.About{Actor: "what-if", Now: now}
	basis := map[string]mash.BasisInput{"given": {Agreement: "given", GivenBy: "parent", Told: true}, "refused": {Agreement: "refused", GivenBy: "parent", Told: true},
		"withdrawn": {Agreement: "withdrawn", GivenBy: "parent", Told: true}, "dispensation": {Dispensation: true}, "s47": {S47: true}}[c.Basis]
	from := now.AddDate(-101, 0, 0) // the period asked about is to refuse nothing
	ask := mash.AskInput{About: about, Hub: hub, Party: mash.Party{Agency: agency}, Purpose: c.Purpose, Level: 3, RAG: mash.Amber, Basis: basis,
		Anonymous: c.Contact != "named", Evidence: c.Contact == "checkable", Categories: []string{c.Category}, From: from, To: now,
		Persons: []mash.AskPerson{{Key: "subject-1", Role: mash.RoleSubject, HasReason: true, Fields: []string{record.FieldNames, record.FieldBirthDate, record.FieldAddresses},
			ProtectedLocation: slices.Contains(c.Flags, record.FlagProtectedLocation)}}}
	item := mash.ItemInput{ID: "item-1", Person: "subject-1", Category: c.Category, Kind: string(record.Fact), Handling: c.Handling, Flags: c.Flags, Band: c.Match}
	if c.Years != nil {
		then := now.AddDate(-*c.Years, 0, 0)
		item.Date, item.AgeDays = then.Format(time.DateOnly), int(now.Sub(then).Hours()/24)
	}
	release := mash.ReleaseInput{About: about, Hub: hub, Party: ask.Party, Purpose: c.Purpose, Basis: basis, Asked: ask.Categories, From: from, To: now,
		Held: []mash.HeldInput{{Person: "subject-1", Category: c.Category, Band: c.Match, Held: true}}, Items: []mash.ItemInput{item}}
	return ask, release
}
