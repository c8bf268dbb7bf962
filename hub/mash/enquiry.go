package mash

import (
	"time"

	"mashhub/plugins/record"
)

// EnquiryState: contact → screened → researching → collated → decided →
// feedback_sent → closed; decided or closed may reopen with a reason, which
// leads back to researching.
type EnquiryState string

const (
	EnquiryContact      EnquiryState = "contact"
	EnquiryScreened     EnquiryState = "screened"
	EnquiryResearching  EnquiryState = "researching"
	EnquiryCollated     EnquiryState = "collated"
	EnquiryDecided      EnquiryState = "decided"
	EnquiryFeedbackSent EnquiryState = "feedback_sent"
	EnquiryClosed       EnquiryState = "closed"
)

// RAG says how urgent an enquiry is, never how much may be shared.
type RAG string

const (
	Red   RAG = "red"
	Amber RAG = "amber"
	Green RAG = "green"
)

// NoticePurpose is what a notification of a kind is for; empty where the kind
// is not known.
func NoticePurpose(kind string) Purpose {
	switch kind {
	case "encompass":
		return PurposeEncompass
	case "feedback":
		return PurposeFeedback
	}
	return ""
}

// Purpose is what a request is for: a code of the agreement.
type Purpose string

const (
	PurposeS47       Purpose = "s47"        // Children Act 1989 s.47
	PurposeS17       Purpose = "s17"        // Children Act 1989 s.17
	PurposeEarlyHelp Purpose = "early_help" //
	PurposeEncompass Purpose = "encompass"  // Domestic Abuse Act 2021 s.49A
	PurposeFeedback  Purpose = "feedback"
)

// Enquiry is one MASH piece of work about one or more children. The fields up
// to Content are free of personal data and are what boards, logs and policy
// see; Content is stored only sealed under the enquiry's own key.
type Enquiry struct {
	ID         string       `json:"id"`
	Hub        string       `json:"hub"`
	Reference  string       `json:"reference"`
	State      EnquiryState `json:"state"`
	RAG        RAG          `json:"rag"`
	Level      int          `json:"level"` // of need, 1 to 4
	Purpose    Purpose      `json:"purpose"`
	Basis      Basis        `json:"basis"`
	Informed   Informed     `json:"family_informed"`
	Restricted bool         `json:"restricted"`
	Named      []string     `json:"named,omitempty"` // who may see it, when restricted
	NotAsked   []NotAsked   `json:"not_asked,omitempty"`
	Anonymous  bool         `json:"anonymous"` // the originator did not say who they are
	Evidence   bool         `json:"evidence"`  // the contact gives something that can be checked
	// Voice is why no child's voice is there; an item of kind child_voice
	// makes it unnecessary.
	VoiceNotSought string     `json:"voice_not_sought,omitempty"`
	OpenedAt       time.Time  `json:"opened_at"`
	OpenedBy       string     `json:"opened_by"`
	Outcome        *Outcome   `json:"outcome,omitempty"`
	Feedback       *Feedback  `json:"feedback,omitempty"`
	ReopenedWhy    string     `json:"reopened_why,omitempty"`
	Review         bool       `json:"review"` // a return landed after the decision
	ReviewedAt     *time.Time `json:"reviewed_at,omitempty"`
	Retention      Retention  `json:"retention"`
	Version        int        `json:"version"`

	Content EnquiryContent `json:"-"`
}

// EnquiryContent is the personal part of an enquiry.
type EnquiryContent struct {
	People     []EnquiryPerson `json:"people"`
	Originator Originator      `json:"originator"`
	Narrative  string          `json:"narrative"`
	OutcomeWhy string          `json:"outcome_why,omitempty"`
	Feedback   string          `json:"feedback,omitempty"`
	// OwnView is what the worker thought before the joined picture opened.
	OwnView string `json:"own_view,omitempty"`
	// Notes are the reasons that people gave for steps that need one.
	Notes []Note `json:"notes,omitempty"`
	// Clarifications are agencies' questions back, by request.
	Clarifications []Clarification `json:"clarifications,omitempty"`
}

// Note is why somebody took a step: which, about which request, in their words.
type Note struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Step    string    `json:"step"` // the action of its audit entry
	Request string    `json:"request,omitempty"`
	Ref     string    `json:"ref,omitempty"` // the return or the piece of one that it was about; of a decision its outcome
	Text    string    `json:"text"`
	Cited   []string  `json:"cited,omitempty"` // entries that an earlier decision rested on
}

// Clarification is a question back and its answer.
type Clarification struct {
	Request  string `json:"request"`
	Question string `json:"question"`
	Answer   string `json:"answer,omitempty"`
}

// EnquiryPerson is one person the enquiry is about.
type EnquiryPerson struct {
	Key      string        `json:"key"`  // subject-1, household-1 …: the only name outside Content
	Role     string        `json:"role"` // subject or household
	Record   record.Person `json:"record"`
	Relation string        `json:"relation,omitempty"` // to the subject
	// Reason why this person is asked about. Every household member needs one.
	Reason string `json:"reason,omitempty"`
	// IdentifierOmitted says why there is no identifier.
	IdentifierOmitted string `json:"identifier_omitted_reason,omitempty"`
	// ProtectedLocation: someone must not find this person.
	ProtectedLocation bool `json:"protected_location,omitempty"`
}

// Roles of an EnquiryPerson.
const (
	RoleSubject   = "subject"
	RoleHousehold = "household"
)

// Originator raised the contact.
type Originator struct {
	Kind    string `json:"kind"` // school, gp, police, family, charity, anonymous …
	Party   *Party `json:"party,omitempty"`
	Name    string `json:"name,omitempty"`
	Contact string `json:"contact,omitempty"`
}

// Basis is why the enquiry may ask at all, as recorded before the first
// question. Exactly one of its parts is set; none means deny.
type Basis struct {
	Agreement    *Agreement    `json:"agreement,omitempty"`
	Dispensation *Dispensation `json:"dispensation,omitempty"`
	S47          *S47Decision  `json:"s47,omitempty"`
}

// Agreement is the family's agreement below s.47. Silence is never agreement.
type Agreement struct {
	State       string     `json:"state"`    // given, refused, withdrawn
	GivenBy     string     `json:"given_by"` // parent, competent_child
	Told        string     `json:"told"`     // what they were told, as a code of the leaflet or script
	Scope       []string   `json:"scope"`    // agencies; empty means every party
	At          time.Time  `json:"at"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty"`
}

// Dispensation is a manager's reasoned decision to go on without agreement.
type Dispensation struct {
	Reason  string    `json:"reason"`
	Manager string    `json:"manager"`
	At      time.Time `json:"at"`
}

// S47Decision is the recorded decision that there is reasonable cause to
// suspect significant harm (Children Act 1989 s.47; AB & CD v Haringey [2013]
// EWHC 416 (Admin)): who, qualified how, on which grounds and evidence, when.
type S47Decision struct {
	By        string    `json:"by"`
	Qualified string    `json:"qualified"` // registration or post
	Grounds   string    `json:"grounds"`   // codes, not narrative
	Evidence  string    `json:"evidence"`
	At        time.Time `json:"at"`
}

// Informed says whether the family knows. It stands on every request and
// notification, because what is filed may be visible to the family.
type Informed struct {
	Answer string `json:"answer"` // yes, no, unsafe_to_tell
	Reason string `json:"reason,omitempty"`
}

// NotAsked records why an agency was not asked.
type NotAsked struct {
	Party  Party  `json:"party"`
	Reason string `json:"reason"`
}

// Outcome is what a person decided.
type Outcome struct {
	Code  string    `json:"code"` // no_further_action, advice, early_help, s17_assessment, strategy_discussion, s47
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	Cited []string  `json:"cited"` // ids of the items it rests on
}

// Feedback closes the loop with the originator.
type Feedback struct {
	State  string    `json:"state"` // held (a second person reads the text), sent, waived, not_possible
	Reason string    `json:"reason,omitempty"`
	How    string    `json:"how,omitempty"` // telephone, letter, in_person; empty: to their own inbox
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Retention says how long a record is kept (I10). Enquiries and notifications
// have one; what belongs to an enquiry is kept as it is.
type Retention struct {
	Class  string    `json:"class"`
	Review time.Time `json:"review"`
	Hold   bool      `json:"hold"` // legal hold: nothing is destroyed
	// Held is who placed the hold and why; nil without one.
	Held *Hold `json:"held,omitempty"`
	// Disposal is what the last review decided; nil before the first.
	Disposal *Disposal `json:"disposal,omitempty"`
}
