package record

import (
	"encoding/json"
	"errors"
	"time"
)

// Organisation is a council, trust, school or force.
type Organisation struct {
	Identifiers   []Identifier `json:"identifier"`
	Name          string       `json:"name"`
	Alias         []string     `json:"alias,omitempty"`
	Type          []string     `json:"type"` // codes of OrganisationTypes
	Active        *bool        `json:"active,omitempty"`
	Addresses     []Address    `json:"address,omitempty"`
	Contacts      []Contact    `json:"contact"`
	Professionals []Identifier `json:"relatedProfessional,omitempty"`
	Services      []Identifier `json:"relatedService"`
}

// Service is one thing that organisations do for people.
type Service struct {
	Identifiers   []Identifier `json:"identifier"`
	Name          string       `json:"name"`
	Alias         []string     `json:"alias,omitempty"`
	Type          []string     `json:"type"` // codes of ServiceTypes
	Active        *bool        `json:"active,omitempty"`
	Addresses     []Address    `json:"address,omitempty"`
	Contacts      []Contact    `json:"contact"`
	Professionals []Identifier `json:"relatedProfessional,omitempty"`
	Organisations []Identifier `json:"relatedOrganisation,omitempty"`
}

// Professional is somebody acting in a formal role.
type Professional struct {
	Identifiers   []Identifier `json:"identifier"`
	Name          Name         `json:"name"`
	Role          []string     `json:"role"` // in words
	Status        *bool        `json:"status,omitempty"`
	Contact       Contact      `json:"contact"`
	Services      []Identifier `json:"relatedService,omitempty"`
	Organisations []Identifier `json:"relatedOrganisation,omitempty"`
}

// ServiceEpisode is a bounded time in which people receive a service: a child
// in need plan, a section 47 enquiry.
type ServiceEpisode struct {
	Identifiers   []Identifier          `json:"identifier"`
	Type          []string              `json:"type"` // codes of EpisodeTypes
	Subjects      []SubjectPerson       `json:"subjectPerson"`
	Professionals []RelatedProfessional `json:"relatedProfessional,omitempty"`
	Services      []Identifier          `json:"relatedService"`
	Times         []TimeInformation     `json:"timeInformation"`
	Locations     []string              `json:"location"`
	Findings      []Finding             `json:"finding,omitempty"`
}

// LifeEvent is a significant occurrence in people's lives. Its types are codes
// of EventTypes, or of OwnEvents written by Code.URN.
type LifeEvent struct {
	Identifiers   []Identifier          `json:"identifier"`
	Type          []string              `json:"type"`
	Subjects      []SubjectPerson       `json:"subjectPerson"`
	Professionals []RelatedProfessional `json:"relatedProfessional,omitempty"`
	Services      []Identifier          `json:"relatedService,omitempty"`
	Times         []TimeInformation     `json:"timeInformation,omitempty"`
	Locations     []string              `json:"location,omitempty"`
}

// SubjectPerson refers to a person whom an episode or event concerns.
type SubjectPerson struct {
	Person      Identifier `json:"person"`
	Involvement string     `json:"involvement"` // HL7 v3 ParticipationType: see Involvements
}

// RelatedProfessional refers to a professional involved in one.
type RelatedProfessional struct {
	Professional Identifier `json:"professional"`
	Involvement  string     `json:"involvement"` // HL7 v3 ParticipationType: see Involvements
}

// TimeInformation says when an episode or event was.
type TimeInformation struct {
	Start DateTime `json:"startDateTime"`
	End   DateTime `json:"endDateTime,omitempty"`
	// Frequency is a FHIR Timing, kept as it came: the standard leaves its
	// content to FHIR.
	Frequency json.RawMessage `json:"frequency,omitempty"`
}

// Finding is what was observed or measured during an episode.
type Finding struct {
	Observations []Observation `json:"observation,omitempty"`
	Measurements []Measurement `json:"measurement,omitempty"`
	Text         []string      `json:"text,omitempty"`
}

// Observation is a quality of somebody or of their circumstances, and since
// when. An End means that it no longer holds.
type Observation struct {
	Type  string   `json:"type"` // a code of ObservationTypes
	Start DateTime `json:"startDate"`
	End   DateTime `json:"endDate,omitempty"`
}

// Measurement is a number with its unit.
type Measurement struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // a code of MeasurementUnits
	Type  string  `json:"type"` // a code of MeasurementTypes
}

// DateTime is an ISO 8601 date-time as it was written, with or without a zone:
// the standard's own examples have both, and a zone that was not there must
// not be invented on the way through.
type DateTime string

// Time returns the instant. A date-time without a zone is read in loc, which
// for systems of this country is Europe/London.
func (d DateTime) Time(loc *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, string(d)); err == nil {
		return t, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, string(d), loc); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("not an ISO 8601 date-time: write for example 2026-05-01T09:30:00Z")
}
