package record

// Kind tells fact from opinion on every item.
type Kind string

const (
	Fact          Kind = "fact"
	Opinion       Kind = "opinion"
	ChildVoice    Kind = "child_voice"
	FamilyAccount Kind = "family_account"
)

// Item is one piece of what an agency holds about one person.
type Item struct {
	// ID is the agency's own stable reference for this piece, opaque to
	// everybody else. The same record gives the same ID each time it is
	// fetched, so that a repeat can be recognised.
	ID string `json:"id"`
	// Person is the key of the person asked about (FetchRequest.Person.Key),
	// never a name.
	Person string `json:"person"`
	// Category is a code of the sharing catalogue, such as
	// "police.domestic_incident".
	Category string `json:"category"`
	Kind     Kind   `json:"kind"`
	// Date is when the thing happened or was observed.
	Date PartialDate `json:"date"`
	// Until is set for things that last (a plan, an order, a registration).
	Until *PartialDate `json:"until,omitempty"`
	Title string       `json:"title"`
	Text  string       `json:"text,omitempty"`
	// Codes are coded values from the standards' vocabularies or our own.
	Codes []Code `json:"codes,omitempty"`
	// Source says who or what the agency has it from, as the agency words it.
	Source string `json:"source"`
	// Author is the professional role that recorded it; never a person's name.
	Author string `json:"author,omitempty"`
	// Flags drive decisions without content: see the Flag… constants.
	Flags []string `json:"flags,omitempty"`
	// Handling is the agency's own handling code (police 3x5x2: "P" or "C").
	Handling string `json:"handling,omitempty"`
	// Protected holds every value inside this item that would help someone to
	// find a person who must not be found. It is set together with
	// FlagProtectedLocation; renderers remove these values from Title, Text
	// and Source for whoever may not see them.
	Protected []string `json:"protected,omitempty"`
	// Voice is set for, and only for, Kind ChildVoice.
	Voice *Voice `json:"voice,omitempty"`
}

// Flags of an item.
const (
	FlagProtectedLocation = "protected_location" // locates someone at risk of being found
	FlagThirdParty        = "third_party"        // tells about somebody not asked about
	FlagIntelligence      = "intelligence"       // police intelligence
	// FlagRedacted is set by Redact, beside FlagProtectedLocation: the
	// protected values are gone from this copy.
	FlagRedacted = "redacted"
)

// Voice is what a child said, who heard it, and what the child agreed to.
type Voice struct {
	Verbatim bool   `json:"verbatim"`
	HeardBy  string `json:"heardBy"` // role, never a name
	Agreed   string `json:"agreed"`  // AgreedYes, AgreedNo or AgreedNotAsked
	// With says with whom the child agreed that it may be shared; words.
	With string `json:"with,omitempty"`
}

// Whether a child agreed that what they said may be shared.
const (
	AgreedYes      = "yes"
	AgreedNo       = "no"
	AgreedNotAsked = "not_asked"
)

// Code is a coded value.
type Code struct {
	System string `json:"system"`
	Code   string `json:"code"`
	Label  string `json:"label,omitempty"`
}
