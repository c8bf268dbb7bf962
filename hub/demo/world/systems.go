package world

// Systems is what each agency's own system holds.
type Systems struct {
	Health     Health            `yaml:"health"`
	Police     Police            `yaml:"police"`
	SocialCare Records           `yaml:"socialcare"`
	Schools    map[string]School `yaml:"schools"` // by URN
}

// Entry is a person as one system knows them: like the person of the scenario
// (Is), except for what is written here; or somebody else entirely.
type Entry struct {
	Ref     string   `yaml:"ref"`
	Is      string   `yaml:"is"`
	Details Person   `yaml:"details"` // replaces, field by field
	Without []string `yaml:"without"` // fields that this system lacks: nhs, upn, address, phone, born
}

// Health is a FHIR R4 server.
type Health struct {
	Down     bool      `yaml:"down"` // answers 503 to everything
	Patients []Patient `yaml:"patients"`
}

// Patient is a health record in short.
type Patient struct {
	Entry      `yaml:",inline"`
	Restricted bool    `yaml:"restricted"` // labelled R: the location must not be told
	GP         *GP     `yaml:"gp"`
	Visits     []Visit `yaml:"visits"`
	Missed     []Visit `yaml:"missed"`
	Conditions []Note  `yaml:"conditions"`
	Vaccines   []Note  `yaml:"vaccines"`
}

// GP is a registration with a practice.
type GP struct {
	Code  string `yaml:"code"`
	Name  string `yaml:"name"`
	Since string `yaml:"since"`
}

// Visit is an encounter or appointment.
type Visit struct {
	ID      string `yaml:"id"`
	Date    string `yaml:"date"`
	Service string `yaml:"service"` // emergency, health visiting, school nursing, general practice …
	Place   string `yaml:"place"`
	Text    string `yaml:"text"`
}

// Note is a condition or immunisation.
type Note struct {
	ID   string `yaml:"id"`
	Date string `yaml:"date"`
	Name string `yaml:"name"`
	Text string `yaml:"text"`
}

// Records is a relational record system.
type Records struct {
	People []RecordEntry `yaml:"people"`
}

// RecordEntry is a person with what is held on them.
type RecordEntry struct {
	Entry   `yaml:",inline"`
	Aliases []Alias `yaml:"aliases"`
	Events  []Item  `yaml:"events"`
}

// Alias is another name in a record system.
type Alias struct {
	Family string `yaml:"family"`
	Given  string `yaml:"given"`
}

// Police is a record system and the incidents that Encompass watches.
type Police struct {
	Records   `yaml:",inline"`
	Incidents []Incident `yaml:"incidents"`
}

// Incident is a domestic abuse incident with the children who may be victims.
type Incident struct {
	ID             string          `yaml:"id"`
	Happened       string          `yaml:"happened"` // ISO instant
	Place          string          `yaml:"place"`
	Reference      string          `yaml:"reference"`
	Text           string          `yaml:"text"`
	FamilyInformed string          `yaml:"family_informed"`
	Children       []IncidentChild `yaml:"children"`
}

// IncidentChild is a child of an incident.
type IncidentChild struct {
	Is      string `yaml:"is"`
	Setting string `yaml:"setting"` // URN or unit
	Present string `yaml:"present"`
	Voice   string `yaml:"voice"`
}

// School is one school's folder of exports.
type School struct {
	// Export is no where the school exports nothing: the connector then says
	// that a person must be asked.
	Export   string  `yaml:"export"`   // yes, no
	Encoding string  `yaml:"encoding"` // utf-8, cp1252
	Pupils   []Pupil `yaml:"pupils"`
}

// Pupil is a child with what the school's exports say.
type Pupil struct {
	Entry       `yaml:",inline"`
	Protected   []string     `yaml:"protected"`
	Attendance  []Attendance `yaml:"attendance"`
	Suspensions []Suspension `yaml:"suspensions"`
	Concerns    []Item       `yaml:"concerns"`
	SEND        []SEND       `yaml:"send"`
	Collection  []Collection `yaml:"collection"`
}

// Attendance counts sessions (half days) of a term.
type Attendance struct {
	Term         string `yaml:"term"`
	From         string `yaml:"from"`
	To           string `yaml:"to"`
	Possible     int    `yaml:"possible"`
	Attended     int    `yaml:"attended"`
	Unauthorised int    `yaml:"unauthorised"`
}

// Suspension is a suspension or exclusion.
type Suspension struct {
	Type   string `yaml:"type"`
	From   string `yaml:"from"`
	To     string `yaml:"to"`
	Days   string `yaml:"days"`
	Reason string `yaml:"reason"`
}

// SEND is a special educational need as the school records it.
type SEND struct {
	Status string `yaml:"status"`
	From   string `yaml:"from"`
	To     string `yaml:"to"`
	Need   string `yaml:"need"`
}

// Collection says who collects the child.
type Collection struct {
	Date string `yaml:"date"`
	Who  string `yaml:"who"`
	Text string `yaml:"text"`
}
