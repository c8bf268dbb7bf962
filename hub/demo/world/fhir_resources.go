package world

import (
	"fmt"
	"strings"
)

// resource is a FHIR resource as JSON.
type resource map[string]any

func list(of ...any) []any { return of }

func concept(text string) resource { return resource{"text": text} }

// fhirData is what the FHIR server holds: patients by id, and the other
// resources by type, each with the patients it is about.
type fhirData struct {
	patients map[string]resource
	order    []string // of the patients, as loaded
	people   map[string]Person
	byType   map[string][]held
}

type held struct {
	patient  string
	date     string // day, empty where the resource has none
	resource resource
}

// fhirTypes are the resource types that the server offers.
var fhirTypes = []string{"Patient", "Encounter", "Appointment", "Condition", "Immunization", "RelatedPerson", "Flag", "EpisodeOfCare"}

const confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

// newFHIRData builds the resources of a scenario and of the other residents.
func newFHIRData(s *Scenario) *fhirData {
	d := &fhirData{patients: map[string]resource{}, people: map[string]Person{}, byType: map[string][]held{}}
	for _, p := range s.Systems.Health.Patients {
		d.add(p, p.in(s))
	}
	for _, r := range residents(uint64(s.Number)<<8|1, Residents) {
		p := Patient{Entry: Entry{Ref: fmt.Sprintf("res-%04d", r.number)}, GP: &GP{Code: "Y99901", Name: "Alderbrook Health Centre"}}
		switch r.number % 4 {
		case 0:
			p.Visits = []Visit{{ID: fmt.Sprintf("re-%04d", r.number), Date: "2025-03-14", Service: "emergency", Place: "Alderbrook General Hospital", Text: "Attended and discharged."}}
		case 1:
			p.Missed = []Visit{{ID: fmt.Sprintf("ra-%04d", r.number), Date: "2025-06-10", Service: "general practice", Place: "Alderbrook Health Centre", Text: "Did not attend."}}
		}
		d.add(p, r.Person)
	}
	return d
}

func (d *fhirData) add(p Patient, who Person) {
	d.patients[p.Ref] = patientResource(p, who)
	d.people[p.Ref] = who
	d.order = append(d.order, p.Ref)
	subject := resource{"reference": "Patient/" + p.Ref}
	for _, v := range p.Visits {
		class := "AMB"
		if v.Service == "emergency" {
			class = "EMER"
		}
		d.put("Encounter", p.Ref, v.Date, resource{
			"resourceType": "Encounter", "id": v.ID, "status": "finished", "subject": subject,
			"class":       resource{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": class},
			"serviceType": concept(v.Service),
			"period":      resource{"start": v.Date + "T10:00:00+00:00", "end": v.Date + "T10:40:00+00:00"},
			"reasonCode":  list(concept(v.Text)),
			"location":    list(resource{"location": resource{"display": v.Place}}),
		})
	}
	for _, v := range p.Missed {
		d.put("Appointment", p.Ref, v.Date, resource{
			"resourceType": "Appointment", "id": v.ID, "status": "noshow",
			"serviceType": list(concept(v.Service)), "start": v.Date + "T09:20:00+00:00", "comment": v.Text,
			"participant": list(resource{"actor": subject, "status": "accepted"},
				resource{"actor": resource{"reference": "Location/" + v.ID, "display": v.Place}, "status": "accepted"}),
		})
	}
	for _, n := range p.Conditions {
		d.put("Condition", p.Ref, "", resource{
			"resourceType": "Condition", "id": n.ID, "subject": subject, "code": concept(n.Name),
			"recordedDate": n.Date, "note": list(resource{"text": n.Text}),
		})
	}
	for _, n := range p.Vaccines {
		d.put("Immunization", p.Ref, n.Date, resource{
			"resourceType": "Immunization", "id": n.ID, "status": "completed", "patient": subject,
			"vaccineCode": concept(n.Name), "occurrenceDateTime": n.Date,
		})
	}
}

func (d *fhirData) put(kind, patient, date string, r resource) {
	d.byType[kind] = append(d.byType[kind], held{patient, date, r})
}

func patientResource(p Patient, who Person) resource {
	r := resource{"resourceType": "Patient", "id": p.Ref, "meta": resource{"versionId": "1", "security": list(resource{"system": confidentiality, "code": "U"})}}
	if p.Restricted {
		r["meta"] = resource{"versionId": "1", "security": list(resource{"system": confidentiality, "code": "R", "display": "restricted"})}
	}
	if who.NHS != "" {
		r["identifier"] = list(resource{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": who.NHS})
	}
	names := list(resource{"use": "usual", "family": who.Family, "given": who.Given})
	for _, a := range who.Other {
		names = append(names, resource{"use": "old", "family": a.Family, "given": strings.Fields(a.Given)})
	}
	r["name"] = names
	if who.Born != "" {
		r["birthDate"] = who.Born
	}
	switch who.Gender {
	case "female", "male":
		r["gender"] = who.Gender
	case "":
	default:
		r["gender"] = "unknown"
	}
	var addresses []any
	for i, a := range append([]Address{who.Address}, who.Earlier...) {
		if a == (Address{}) {
			continue
		}
		use := "home"
		if i > 0 {
			use = "old"
		}
		lines := []string{a.Line1}
		if a.Line2 != "" {
			lines = append(lines, a.Line2)
		}
		x := resource{"use": use, "line": lines, "city": a.City, "postalCode": a.Postcode}
		if a.UPRN != "" {
			x["extension"] = list(resource{
				"url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-AddressKey",
				"extension": list(
					resource{"url": "type", "valueCoding": resource{"system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-AddressKeyType", "code": "UPRN"}},
					resource{"url": "value", "valueString": a.UPRN}),
			})
		}
		addresses = append(addresses, x)
	}
	if addresses != nil {
		r["address"] = addresses
	}
	if who.Phone != "" {
		r["telecom"] = list(resource{"system": "phone", "value": who.Phone})
	}
	if g := p.GP; g != nil {
		id := resource{"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": g.Code}
		if g.Since != "" {
			id["period"] = resource{"start": g.Since}
		}
		r["generalPractitioner"] = list(resource{"type": "Organization", "display": g.Name, "identifier": id})
	}
	return r
}
