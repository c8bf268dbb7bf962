package record

// Namespace is ours. What the sector's standards have no code or URI for is
// named below it, so that a reader sees at once that it is not published by
// Data Standards for Social Care, by the NHS or by anybody else. When the
// sector publishes a code, ours is retired. The name is not registered.
const Namespace = "urn:mashhub"

// OwnEvents is our vocabulary of life events that the Event Code Vocabulary
// lacks. In a LifeEvent's type, where the standard has no place for a system,
// a code of ours is written with its namespace: see Code.URN.
var OwnEvents = Vocabulary{
	Name:   "Own event codes",
	System: Namespace + ":event",
	Codes: []Coded{
		{"domestic-abuse-incident", "Domestic abuse incident", "An incident that police recorded as domestic abuse, whether or not a crime."},
	},
}

// DomesticAbuseIncident is the code of an incident that police recorded as
// domestic abuse, in our namespace: the published event codes have none.
var DomesticAbuseIncident = Code{
	System: OwnEvents.System,
	Code:   "domestic-abuse-incident",
	Label:  "Domestic abuse incident",
}

// URN writes a coded value as one text, for the places where the standard
// takes a code without its system.
func (c Code) URN() string { return c.System + ":" + c.Code }
