package world

// Scenario is one story.
type Scenario struct {
	Number int    `yaml:"-"`
	Slug   string `yaml:"-"` // of the file: "below-threshold"
	// Today is the day the story was written for; Load uses it, LoadAt another.
	Today string   `yaml:"today"`
	Title string   `yaml:"title"`
	Shows []string `yaml:"shows"` // what the story is there to show

	People  map[string]Person `yaml:"people"`
	Enquiry Enquiry           `yaml:"enquiry"`
	Systems Systems           `yaml:"systems"`
	Forms   []Form            `yaml:"forms"`
	Reviews []Review          `yaml:"reviews"`
	Expect  Expect            `yaml:"expect"`
}

// Enquiry is what the MASH worker writes down, and whom they ask.
type Enquiry struct {
	RAG            string     `yaml:"rag"`
	Level          int        `yaml:"level"`
	Purpose        string     `yaml:"purpose"` // s47, s17, early_help
	Basis          Basis      `yaml:"basis"`
	FamilyInformed Informed   `yaml:"family_informed"`
	Restricted     bool       `yaml:"restricted"`
	Named          []string   `yaml:"named"` // who may see a restricted enquiry
	Originator     Originator `yaml:"originator"`
	Anonymous      bool       `yaml:"anonymous"`
	Evidence       bool       `yaml:"evidence"` // something in the contact can be checked
	Narrative      string     `yaml:"narrative"`
	OwnView        string     `yaml:"own_view"` // the worker's, before the joined picture opens
	VoiceNotSought string     `yaml:"voice_not_sought"`
	About          []About    `yaml:"about"`
	From           string     `yaml:"from"` // first day asked about
	Ask            []Ask      `yaml:"ask"`
	NotAsked       []NotAsked `yaml:"not_asked"`
}

// Basis is why the enquiry may ask; exactly one part is set.
type Basis struct {
	Agreement    *Agreement    `yaml:"agreement"`
	Dispensation *Dispensation `yaml:"dispensation"`
	S47          *S47          `yaml:"s47"`
}

// Agreement is the family's answer.
type Agreement struct {
	State   string   `yaml:"state"`    // given, refused, withdrawn
	GivenBy string   `yaml:"given_by"` // parent, competent_child
	Told    string   `yaml:"told"`
	Scope   []string `yaml:"scope"` // agencies; empty means all
	On      string   `yaml:"on"`
}

// Dispensation is a manager's decision to go on without it.
type Dispensation struct {
	Reason  string `yaml:"reason"`
	Manager string `yaml:"manager"`
	On      string `yaml:"on"`
}

// S47 is the recorded decision under section 47.
type S47 struct {
	By        string `yaml:"by"`
	Qualified string `yaml:"qualified"`
	Grounds   string `yaml:"grounds"`
	Evidence  string `yaml:"evidence"`
	On        string `yaml:"on"`
}

// Informed says whether the family knows.
type Informed struct {
	Answer string `yaml:"answer"` // yes, no, unsafe_to_tell
	Reason string `yaml:"reason"`
}

// Originator raised the contact.
type Originator struct {
	Kind    string `yaml:"kind"` // school, gp, police, charity, family, anonymous
	Agency  string `yaml:"agency"`
	Unit    string `yaml:"unit"`
	Name    string `yaml:"name"`
	Contact string `yaml:"contact"`
}

// About is one person the enquiry is about.
type About struct {
	Key               string `yaml:"key"`
	Role              string `yaml:"role"` // subject, household
	Relation          string `yaml:"relation"`
	Reason            string `yaml:"reason"`
	IdentifierOmitted string `yaml:"identifier_omitted_reason"`
	ProtectedLocation bool   `yaml:"protected_location"`
}

// Ask is the question to one party.
type Ask struct {
	Agency     string   `yaml:"agency"`
	Unit       string   `yaml:"unit"`
	People     []string `yaml:"people"`
	Categories []string `yaml:"categories"`
}

// NotAsked says why a party is not asked.
type NotAsked struct {
	Agency string `yaml:"agency"`
	Unit   string `yaml:"unit"`
	Reason string `yaml:"reason"`
}

// Form is what a person of an agency posts on the node's page.
type Form struct {
	Agency  string   `yaml:"agency"`
	Unit    string   `yaml:"unit"`
	By      string   `yaml:"by"` // role of who posts it
	Answers []Answer `yaml:"answers"`
}

// Answer is a form's answer about one person.
type Answer struct {
	Person  string `yaml:"person"`
	Outcome string `yaml:"outcome"` // records_found, nothing_known, refused …
	Reason  string `yaml:"reason"`
	Items   []Item `yaml:"items"`
}

// Review is what a person at an agency's node says about a possible match.
type Review struct {
	Agency  string `yaml:"agency"`
	Unit    string `yaml:"unit"`
	Person  string `yaml:"person"`
	Record  string `yaml:"record"`  // the name on the record that the reviewer looks at
	Same    bool   `yaml:"same"`    // is it the person?
	Because string `yaml:"because"` // what the reviewer compared
}

// Item is one piece of a return, or of what a system holds.
type Item struct {
	ID           string   `yaml:"id"`
	Category     string   `yaml:"category"`
	Kind         string   `yaml:"kind"`
	Date         string   `yaml:"date"`
	Until        string   `yaml:"until"`
	Title        string   `yaml:"title"`
	Text         string   `yaml:"text"`
	Source       string   `yaml:"source"`
	Author       string   `yaml:"author"`
	Handling     string   `yaml:"handling"`
	Intelligence bool     `yaml:"intelligence"`
	ThirdParty   bool     `yaml:"third_party"`
	Protected    []string `yaml:"protected"`
	Voice        *Voice   `yaml:"voice"`
}

// Voice says how a child's words were heard.
type Voice struct {
	Verbatim bool   `yaml:"verbatim"`
	HeardBy  string `yaml:"heard_by"`
	Agreed   string `yaml:"agreed"` // yes, no, not_asked
	With     string `yaml:"with"`
}

// Expect is what must come out.
type Expect struct {
	Outcomes   []Outcome   `yaml:"outcomes"`
	Chronology []Expected  `yaml:"chronology"`
	Never      []Never     `yaml:"never"`
	Withheld   []Withheld  `yaml:"withheld"`
	Decision   *Decision   `yaml:"decision"`
	Feedback   *Feedback   `yaml:"feedback"`
	Closing    *Closing    `yaml:"closing"`
	Encompass  []Encompass `yaml:"encompass"`
	Later      []string    `yaml:"later"` // what the story needs that is not asserted today
}

// Outcome is what a party answers about one person, in the end.
type Outcome struct {
	Agency  string `yaml:"agency"`
	Unit    string `yaml:"unit"`
	Person  string `yaml:"person"`
	Outcome string `yaml:"outcome"`
	// Review says that until a person has looked at a possible match there is
	// no answer. The outcome is the one after Reviews.
	Review bool `yaml:"review"`
}

// Expected is an item of the chronology.
type Expected struct {
	Agency   string `yaml:"agency"`
	Unit     string `yaml:"unit"`
	Person   string `yaml:"person"`
	Category string `yaml:"category"`
	Kind     string `yaml:"kind"`
	Date     string `yaml:"date"`
	Says     string `yaml:"says"` // words of its title or text
}

// Never is text that must not appear.
type Never struct {
	Text string `yaml:"text"`
	// For is who must not see it: everyone (it does not leave the agency), or a
	// role or recipient such as father, originator.
	For string `yaml:"for"`
	Why string `yaml:"why"`
}

// Withheld is a category whose existence is told and whose content is not.
type Withheld struct {
	Agency   string `yaml:"agency"`
	Unit     string `yaml:"unit"`
	Person   string `yaml:"person"`
	Category string `yaml:"category"`
	Clause   string `yaml:"clause"`
	Count    int    `yaml:"count"`
}

// Decision is what the person decides and what they cite.
type Decision struct {
	Code  string     `yaml:"code"`
	Why   string     `yaml:"why"`
	Cites []Expected `yaml:"cites"`
}

// Feedback is what the originator is told.
type Feedback struct {
	State  string `yaml:"state"` // sent, waived, not_possible
	Text   string `yaml:"text"`
	Reason string `yaml:"reason"`
}

// Closing is what happens when somebody tries to close the enquiry.
type Closing struct {
	Refused bool     `yaml:"refused"`
	Clauses []string `yaml:"clauses"` // every reason that must be named
	// What the closing decision is told.
	PlanBegan         string `yaml:"plan_began"`
	OffenderSentenced bool   `yaml:"offender_sentenced"`
}

// Encompass is a notification that must arrive, exactly once.
type Encompass struct {
	Incident string `yaml:"incident"`
	Child    string `yaml:"child"`
	Setting  string `yaml:"setting"`
	Kind     string `yaml:"kind"` // school, college, nursery, la_officer
	Present  string `yaml:"present"`
}
