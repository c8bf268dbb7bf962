package web

import (
	"strings"
	"time"
	_ "time/tzdata" // the time zone of the pages, also where the machine has none

	"mashhub/hub/mash"
	"mashhub/hub/tracking"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// The codes that only the hub shows, in plain English; what its nodes show too
// is named in mash. A code that is not here is shown
// as it is, with its signs turned into spaces: a new one must not hide a row.

func word(m map[string]string, code string) string {
	if w, ok := m[code]; ok {
		return w
	}
	return capital(strings.NewReplacer("_", " ", ".", ": ").Replace(code))
}

var enquiryWords = map[string]string{
	"contact": "Contact received", "screened": "Screened; nobody asked yet", "researching": "Agencies are being asked",
	"collated": "Ready for a decision", "decided": "Decided; the originator is not told yet",
	"feedback_sent": "Decided and feedback settled", "closed": "Closed",
}

var requestWords = map[string]string{
	"raised": "Raised", "held_for_review": "Waiting for a manager's review", "authorised": "Allowed, about to go",
	"queued": "Waiting to be sent", "sent": "Sent, no receipt yet", "received": "Received by the agency",
	"answering": "The agency is answering", "returned": "Part of the answer is here", "landed": "Answered",
	"refused": "Not asked: refused", "undeliverable": "Could not be delivered", "withdrawn": "Withdrawn", "expired": "Expired without an answer",
}

// codeWords say why a request or a notice ended as it did.
var codeWords = map[string]string{
	"deny_clause": "the agreement does not allow it", "deny_fault": "it could not be decided: telephone the agency", "review": "a manager reads it first",
	"identity_corrected": "somebody's identity was corrected, and the agreement does not allow the question about who it is", "not_read": "nobody read it in its time: telephone them",
	"withdrawn": "withdrawn by the hub", "no_receipt": "no receipt came: telephone the agency", "unknown_setting": "no setting is known by that number",
	"unknown_key": "they are not connected", "agreement_withdrawn": "the family no longer agrees to it", "reviewer": "a manager did not allow it",
	"lifetime":                   "nobody answered in its time: telephone the agency",
	string(mash.CodeBadMessage):  "they could not read it: telephone them",
	string(mash.CodeWrongParty):  "their system says that it was not meant for them: telephone them",
	string(mash.CodeUnsupported): "their system is of a version that does not know it: telephone them",
	string(mash.CodeConflict):    "it does not fit what they have already: telephone them",
	string(mash.CodeOutOfScope):  "their system does not take it: telephone them",
	string(mash.CodeInternal):    "their system failed on it: telephone them",
}

var markWords = map[string]string{
	mash.MarkClarifying:            "The agency has asked a question back",
	mash.MarkSourceUnavailable:     "Could not search: this is not the same as nothing known",
	mash.MarkAnswerRefused:         "An answer was refused: ask them to send it again",
	mash.MarkChangeNotTaken:        "The agency could not be told that the question changed: telephone them",
	mash.MarkClarificationNotTaken: "The agency has not got our answer to its question: telephone them",
	mash.MarkUndecided:             "It could not be decided whether this may be asked, and it was not: telephone them, and tell the hub manager",
	mash.MarkWithdrawalNotTaken:    "The agency could not be told that this is not asked any more: telephone them",
}

// refusalWords say why a message was not taken in.
var refusalWords = map[string]string{
	string(mash.CodeOutOfScope): "it answers something else than was asked", string(mash.CodeBadMessage): "it was incomplete or could not be read",
	string(mash.CodeConflict): "it does not fit what is here already", string(mash.CodeUnknownKey): "it is signed or sealed with a key that is not valid here",
	string(mash.CodeWrongParty): "it was not meant for this hub, or not from whom it says", string(mash.CodeUnsupported): "it is of a kind or version that this hub does not know",
	string(mash.CodeInternal): "the hub itself failed on it; tell its support", string(mash.CodeNotFound): "it is about nothing that was asked here",
}

// Why something is set aside, and what became of it.
var (
	lateWords = map[string]string{"withdrawn": "The question had been withdrawn", "expired": "The question had expired", "refused": "The question had ended refused",
		"undeliverable": "The question had been given up as undeliverable", "agreement_withdrawn": "The family had withdrawn its agreement"}
	outsideWords = map[string]string{mash.AsidePerson: "About somebody who was not asked about", mash.AsideCategory: "Of a kind that was not asked for",
		mash.AsideExistence: "Content, where only whether something is held was asked", mash.AsidePeriod: "From a time that was not asked about",
		mash.AsideOutcome: "The same answer says that nothing is shared about this person", mash.AsideInvalid: "Could not be read as an item"}
	asideWords = map[string]string{"waiting": "Sealed; nobody has decided yet", mash.ReturnTakenIn: "Taken in", mash.ReturnLeftOut: "Left out; sealed",
		"replaced": "Sealed", mash.AsideKept: "Sealed", mash.AsideDestroyed: "Destroyed"}
)

// outcomeNotes keep an outcome from being taken for another.
var outcomeNotes = map[mash.ReturnOutcome]string{
	mash.NothingKnown: "searched, and nothing found", mash.NothingDisclosable: "whether anything is held is not said",
	mash.SourceUnavailable: "not the same as nothing known",
}

// outcomeText is an answer about one person, with what it must not be taken for.
func outcomeText(o mash.ReturnOutcome) string {
	if note := outcomeNotes[o]; note != "" {
		return mash.OutcomeName(o) + ": " + note
	}
	return mash.OutcomeName(o)
}

var purposeNotes = map[mash.Purpose]string{mash.PurposeS47: "reasonable cause to suspect significant harm", mash.PurposeS17: "a child in need"}

// purposeText is what an enquiry is for.
func purposeText(p mash.Purpose) string {
	if note := purposeNotes[p]; note != "" {
		return mash.PurposeName(p) + ": " + note
	}
	return mash.PurposeName(p)
}

var noticeWords = map[string]string{
	"raised": "Raised", "sent": "Sent, no receipt yet", "received": "Received, not acknowledged yet", "acknowledged": "Acknowledged by a person",
	"undeliverable": "Could not be delivered", "expired": "Expired", "refused": "This hub could not take it in: nobody was told",
}

// sourceWords are the states of an agency's system.
var sourceWords = map[string]string{"running": "Works", "unavailable": "Cannot be searched", "tripped": "Cannot be searched: it failed several times", "starting": "Starting", "restarting": "Starting again"}

var noticeKindWords = map[string]string{"encompass": "Operation Encompass", "feedback": "Feedback to who raised a contact"}

var decisionWords = map[string]string{
	"no_further_action": "No further action", "advice": "Advice given", "early_help": "Early help", "s17_assessment": "Assessment under section 17",
	"strategy_discussion": "Strategy discussion", "s47": "Section 47 enquiry",
}

// decisionCodes in the order in which they are offered: least to most.
var decisionCodes = []string{"no_further_action", "advice", "early_help", "s17_assessment", "strategy_discussion", "s47"}

var feedbackWords = map[string]string{"held": "The text waits for a second reader", "returned": "The second reader asks for a change", "sent": "Told", "waived": "Not told, with a reason", "not_possible": "Cannot be told"}

var informedWords = map[string]string{"yes": "Yes, the family knows", "no": "No, the family does not know", "unsafe_to_tell": "No: it is unsafe to tell them"}

var levelWords = map[int]string{1: "Level 1: universal services", 2: "Level 2: one agency", 3: "Level 3: several agencies, with agreement", 4: "Level 4: risk of significant harm"}

var originatorWords = map[string]string{
	"school": "A school or nursery", "gp": "A GP or other health service", "police": "Police", "family": "A member of the family", "charity": "A charity",
	"neighbour": "A neighbour or member of the public", "council": "Another council service", "anonymous": "Somebody who did not say who they are", "other": "Somebody else",
}

// originatorKinds in the order in which they are offered.
var originatorKinds = []string{"school", "gp", "police", "family", "charity", "neighbour", "council", "other", "anonymous"}

var obligationWords = map[string]string{
	mash.ObligeProtectLocation: "Locates someone who must not be found", mash.ObligeExistenceOnly: "Only that something is held may be said",
	mash.ObligeOriginator: "Stays in the hub unless the agency agrees", mash.ObligeExpires: "May be kept for a time only",
	mash.ObligeRedactThirdParty: "Tells about a third person: leave them out", mash.ObligeNotVisible: "Must not become visible to the family",
}

var flagWords = map[string]string{
	record.FlagProtectedLocation: "Locates someone who must not be found", record.FlagThirdParty: "Tells about a third person",
	record.FlagIntelligence: "Police intelligence", record.FlagRedacted: "Places were removed for you",
}

var turnWords = map[tracking.Cause]string{
	tracking.Agency: "The agency’s", tracking.Hub: "The hub’s", tracking.Transport: "On its way", tracking.Policy: "A reviewer’s",
	tracking.Requester: "Ours: answer their question", tracking.Outage: "Nobody’s: the hub or its broker is down",
}

var causeWords = map[tracking.Cause]string{
	tracking.Agency: "The agency had it", tracking.Hub: "The hub had it", tracking.Transport: "It was on its way",
	tracking.Policy: "A decision was being made, or a reviewer had it", tracking.Requester: "The agency waited for our answer",
	tracking.Outage: "The hub or its broker did not work",
}

// ragTag is the urgency as a word in a coloured tag.
func ragTag(r mash.RAG) kit.Tag {
	switch r {
	case mash.Red:
		return kit.Tag{Text: "Red: most urgent", Colour: "red"}
	case mash.Amber:
		return kit.Tag{Text: "Amber", Colour: "orange"}
	}
	return kit.Tag{Text: "Green", Colour: "green"}
}

// kindTag is what kind of statement an item is. The colours tell kinds apart;
// they say nothing about how grave it is.
func kindTag(k record.Kind) kit.Tag {
	t := kit.Tag{Text: mash.KindName(string(k)), Colour: "grey"}
	switch k {
	case record.ChildVoice:
		t.Colour = "purple"
	case record.Opinion:
		t.Colour = "blue"
	case record.FamilyAccount:
		t.Colour = "teal"
	}
	return t
}

// london is where people read the pages.
var london = func() *time.Location {
	l, err := time.LoadLocation("Europe/London")
	if err != nil {
		panic(err) // the zones are in the program
	}
	return l
}()

// when is an instant as people here say it.
func when(t time.Time) string {
	if t.IsZero() {
		return "Not yet"
	}
	return t.In(london).Format("Mon 2 Jan 2006, 15:04")
}

// day is a day as people here say it, for what is recorded by the day alone.
func day(t time.Time) string {
	if t.IsZero() {
		return "Not yet"
	}
	return t.In(london).Format("Mon 2 Jan 2006")
}

func whenPtr(t *time.Time) string {
	if t == nil {
		return "Not yet"
	}
	return when(*t)
}

// left says how long a target is away, in words that do not need a colour.
func left(target, now time.Time) string {
	d := target.Sub(now)
	if d < 0 {
		return "Late by " + coarse(-d)
	}
	return coarse(d) + " left"
}

// coarse is a duration to the minute: a board that counts seconds distracts.
func coarse(d time.Duration) string {
	if d < time.Minute {
		return "less than a minute"
	}
	return kit.Duration(d.Truncate(time.Minute).Milliseconds())
}

// capital begins a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Words of a rehearsal.
var (
	answerWords   = map[string]string{"permit": "Yes", "deny": "No", "review": "A person decides", "fault": "Could not be decided"}
	questionWords = map[string]string{"ask": "May we ask?", "release": "May it leave the agency?", "view": "May this person see it?", "notify": "May the notice go?", "close": "May it close?"}
	roleWords     = map[string]string{mash.RoleWorker: "MASH worker", mash.RoleManager: "Hub manager", mash.RoleIGLead: "Information governance lead", mash.RoleScrutineer: "Scrutineer"}
)
