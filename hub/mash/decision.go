package mash

import (
	"context"
	"encoding/json"
	"time"
)

// Question is one of the five that a sharing agreement answers.
type Question string

const (
	QuestionAsk     Question = "ask"     // may we put this question?
	QuestionRelease Question = "release" // may this leave the agency?
	QuestionView    Question = "view"    // may this person see this now?
	QuestionNotify  Question = "notify"  // may this event go to this setting?
	QuestionClose   Question = "close"   // may this enquiry close?
)

// Answer is what the policy said.
type Answer string

const (
	Permit Answer = "permit"
	Deny   Answer = "deny"
	Review Answer = "review" // a person decides
)

// Verdict is one answer with what it rests on.
type Verdict struct {
	Answer Answer `json:"answer"`
	// Fault says that Answer is deny because it could not be decided: error,
	// timeout, undefined, stale or missing policy, an unknown obligation. It
	// is never confused with a clause's deny.
	Fault       bool         `json:"fault,omitempty"`
	Clauses     []string     `json:"clauses,omitempty"`
	Reasons     []string     `json:"reasons,omitempty"` // plain English, from the rules
	Obligations []Obligation `json:"obligations,omitempty"`
}

// Obligation binds whoever acts on a permit. A caller that does not implement
// one must treat the verdict as deny(fault).
type Obligation struct {
	Code  string `json:"code"`
	Value string `json:"value,omitempty"`
}

// Obligations that exist.
const (
	ObligeProtectLocation  = "protect_location"
	ObligeExistenceOnly    = "existence_only"
	ObligeOriginator       = "originator_control" // goes no further than the hub without the originator
	ObligeExpires          = "expires"            // Value: RFC 3339 instant
	ObligeRedactThirdParty = "redact_third_party"
	ObligeNotVisible       = "not_visible_to_family"
)

// Decision is recorded in the transaction of its effect, denials too, with its
// complete content-free input, so that it can be replayed (I5).
type Decision struct {
	ID       string   `json:"id"`
	Question Question `json:"question"`
	Verdict
	// Parts answers by item id, category or person, where one decision covers
	// several. Keys are opaque ids, never names.
	Parts map[string]Verdict `json:"parts,omitempty"`
	// Fields are the identifying fields that an ask permits.
	Fields []string `json:"fields,omitempty"`

	PolicyVersion string          `json:"policy_version"`
	PolicyEpoch   int64           `json:"policy_epoch"`
	InputSchema   string          `json:"input_schema"` // "ask/1"
	Input         json.RawMessage `json:"input"`
	Where         Address         `json:"where"` // hub or node that decided
	Hub           string          `json:"hub"`   // by whose agreements
	Actor         string          `json:"actor"`
	Enquiry       string          `json:"enquiry,omitempty"`
	Request       string          `json:"request,omitempty"`
	At            time.Time       `json:"at"`
	Took          time.Duration   `json:"took"`
}

// Part is the verdict for key: the part's own, else deny(fault), because a
// policy that does not mention an item has not permitted it.
func (d Decision) Part(key string) Verdict {
	if v, ok := d.Parts[key]; ok && !d.Fault {
		return v
	}
	return Verdict{Answer: Deny, Fault: true, Reasons: []string{"The policy gave no answer for this item."}}
}

// Policy decides. Implementations never return an error: what goes wrong is a
// deny with Fault set. Safe for concurrent use.
type Policy interface {
	Ask(context.Context, AskInput) Decision
	Release(context.Context, ReleaseInput) Decision
	View(context.Context, ViewInput) Decision
	Notify(context.Context, NotifyInput) Decision
	Close(context.Context, CloseInput) Decision
}

// About is in every input: whose decision, where, when, on what.
type About struct {
	Where   Address   `json:"where"`
	Actor   string    `json:"actor"`
	Enquiry string    `json:"enquiry,omitempty"`
	Request string    `json:"request,omitempty"`
	Now     time.Time `json:"now"`
}

// AskInput: schema "ask/1". It answers Verdict for the request as a whole,
// Parts per category and per person key, and Fields.
type AskInput struct {
	About
	Hub        string      `json:"hub"`
	Party      Party       `json:"party"`
	Purpose    Purpose     `json:"purpose"`
	Level      int         `json:"level"`
	RAG        RAG         `json:"rag"`
	Basis      BasisInput  `json:"basis"`
	Anonymous  bool        `json:"anonymous"`
	Evidence   bool        `json:"evidence"`
	Reviewed   bool        `json:"reviewed"` // a manager has reviewed and allowed it
	Conflict   bool        `json:"conflict"` // the recipient may be one of the people
	Persons    []AskPerson `json:"persons"`
	Categories []string    `json:"categories"`
	From       time.Time   `json:"from"`
	To         time.Time   `json:"to"`
}

// BasisInput is Basis without names.
type BasisInput struct {
	Agreement    string   `json:"agreement,omitempty"` // given, refused, withdrawn
	GivenBy      string   `json:"given_by,omitempty"`
	Told         bool     `json:"told,omitempty"`
	Scope        []string `json:"scope,omitempty"`
	Dispensation bool     `json:"dispensation,omitempty"` // with reason and manager
	S47          bool     `json:"s47,omitempty"`          // complete: who, qualified, grounds, evidence, time
}

// AskPerson says why a person is asked about and which fields are known.
type AskPerson struct {
	Key               string   `json:"key"`
	Role              string   `json:"role"`
	HasReason         bool     `json:"has_reason"`
	Fields            []string `json:"fields"` // available, record field codes
	ProtectedLocation bool     `json:"protected_location"`
}

// ReleaseInput: schema "release/1". It answers Parts "existence:PERSON:CATEGORY"
// for each pair in Held and "item:ID" for each item.
type ReleaseInput struct {
	About
	Hub      string        `json:"hub"`
	Party    Party         `json:"party"`
	Purpose  Purpose       `json:"purpose"`
	Basis    BasisInput    `json:"basis"`
	Asked    []string      `json:"asked"` // categories of the request
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	Held     []HeldInput   `json:"held"`
	Items    []ItemInput   `json:"items"`
	Allowed  []string      `json:"allowed,omitempty"`
	Withhold []Withholding `json:"withhold,omitempty"` // items a person chose to withhold, with reasons
}

// HeldInput says that something of a category was asked for about a person,
// whether or not anything is held: a category marked neither-confirm-nor-deny
// gets the same answer both ways.
type HeldInput struct {
	Person   string `json:"person"`
	Category string `json:"category"`
	Band     string `json:"band"` // of the match
	Held     bool   `json:"held"`
}

// ItemInput describes an item without its content.
type ItemInput struct {
	ID       string   `json:"id"`
	Person   string   `json:"person"`
	Category string   `json:"category"`
	Kind     string   `json:"kind"`
	Date     string   `json:"date"` // YYYY-MM-DD, the latest day it may have been
	AgeDays  int      `json:"age_days"`
	Handling string   `json:"handling,omitempty"`
	Flags    []string `json:"flags,omitempty"`
	Band     string   `json:"band"`
	Source   string   `json:"source,omitempty"` // party it comes from; on views
	Obliged  []string `json:"obliged,omitempty"`
	Reviewed bool     `json:"reviewed,omitempty"` // a person at the agency wrote it, or its reviewer allowed it
}

// ViewInput: schema "view/1". One decision per page. It answers Verdict for
// the page and Parts by item id.
type ViewInput struct {
	About
	Person    ViewPerson  `json:"person"`
	Subject   ViewEnquiry `json:"enquiry_state"`
	Items     []ItemInput `json:"items"`
	Page      string      `json:"page"` // route name: board, enquiry, chronology, audit …
	PurposeOf string      `json:"purpose_of"`
}

// ViewPerson is who looks.
type ViewPerson struct {
	ID       string   `json:"id"`
	Roles    []string `json:"roles"`
	Agency   string   `json:"agency,omitempty"`
	Units    []string `json:"units,omitempty"`
	Relation string   `json:"relation"` // to the enquiry: assigned, team, named, none, conflicted
}

// ViewEnquiry is the state looked at.
type ViewEnquiry struct {
	State      EnquiryState `json:"state,omitempty"`
	RAG        RAG          `json:"rag,omitempty"`
	Purpose    Purpose      `json:"purpose,omitempty"`
	Restricted bool         `json:"restricted"`
}

// NotifyInput: schema "notify/1".
type NotifyInput struct {
	About
	Hub       string  `json:"hub"`
	Kind      string  `json:"kind"` // encompass, feedback
	From      Party   `json:"from"`
	To        Party   `json:"to"`
	Setting   string  `json:"setting"` // school, college, nursery, la_officer, originator
	Informed  string  `json:"family_informed"`
	Child     bool    `json:"child"` // the person told about is a child
	AgeDays   int     `json:"age_days"`
	Purpose   Purpose `json:"purpose"`
	Anonymous bool    `json:"anonymous"`
	// Reviewed: a second person has read the text. Feedback is review without.
	Reviewed bool `json:"reviewed,omitempty"`
}

// CloseInput: schema "close/1". Reasons against closing are all named.
type CloseInput struct {
	About
	State             EnquiryState `json:"state"`
	Purpose           Purpose      `json:"purpose"`
	Decided           bool         `json:"decided"`
	Feedback          string       `json:"feedback,omitempty"` // sent, waived, not_possible
	OpenRequests      int          `json:"open_requests"`      // those of Unavailable not counted again
	Unavailable       int          `json:"unavailable"`        // agencies whose system could not be searched
	LateUnreviewed    int          `json:"late_unreviewed"`
	VoiceRecorded     bool         `json:"voice_recorded"` // or a reason why not
	PlanOpenDays      int          `json:"plan_open_days"` // days since an open child-in-need plan began; 0 none
	OffenderSentenced bool         `json:"offender_sentenced"`
	StepDownDays      int          `json:"step_down_days"`
}
