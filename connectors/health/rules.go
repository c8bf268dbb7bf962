package health

import (
	"slices"
	"strings"

	"mashhub/plugins/record"
)

// Rule maps resources to a category. Every condition that is set must hold; of
// codes and terms together, one match is enough.
type Rule struct {
	Category string      `json:"category"`
	Resource string      `json:"resource"`
	Status   []string    `json:"status,omitempty"`
	Class    []string    `json:"class,omitempty"` // Encounter.class
	Codes    []CodeMatch `json:"codes,omitempty"`
	Terms    []string    `json:"terms,omitempty"` // words in the name of type, service, speciality, category
	Title    string      `json:"title,omitempty"`
	Kind     record.Kind `json:"kind,omitempty"`
	Author   string      `json:"author,omitempty"` // a role, never a name
}

// CodeMatch is a code to look for; an empty System fits any.
type CodeMatch struct {
	System string `json:"system,omitempty"`
	Code   string `json:"code"`
}

// services are the kinds of service whose contacts have a category of their
// own, the sensitive ones first. Local systems code services in many ways, so
// the defaults go by the words of the service's name; an agency that codes
// strictly names its codes in its own rules.
var services = []Rule{
	{Category: "health.sexual_health", Terms: []string{"sexual health", "genitourinary", "contraception", "termination of pregnancy"}, Title: "Sexual health service contact", Author: "Sexual health service"},
	{Category: "health.camhs", Terms: []string{"camhs", "child and adolescent mental health", "child and adolescent psychiatry"}, Title: "Child and adolescent mental health contact", Author: "CAMHS clinician"},
	{Category: "health.substance_misuse", Terms: []string{"substance misuse", "drug and alcohol", "addiction"}, Title: "Substance misuse service contact", Author: "Substance misuse worker"},
	{Category: "health.midwifery", Terms: []string{"midwif", "antenatal", "maternity"}, Title: "Midwifery contact", Author: "Midwife"},
	{Category: "health.health_visitor", Terms: []string{"health visit"}, Title: "Health visitor contact", Author: "Health visitor"},
	{Category: "health.school_nurse", Terms: []string{"school nurs"}, Title: "School nurse contact", Author: "School nurse"},
}

// sensitiveConditions keep a diagnosis out of the plain list of conditions.
var sensitiveConditions = []Rule{
	{Category: "health.sexual_health", Terms: []string{"sexual", "chlamydia", "gonorrh", "syphilis", "contracepti", "termination of pregnancy", "hiv"}},
	{Category: "health.camhs", Terms: []string{"camhs", "self-harm", "self harm", "suicid", "eating disorder", "depressi", "anxiety disorder"}},
	{Category: "health.substance_misuse", Terms: []string{"substance misuse", "drug misuse", "alcohol dependence", "opioid", "addiction"}},
}

// DefaultRules returns the rules that apply when the settings name none.
//
// Services go by the words of their name (see schema.json, terms), A&E by the
// HL7 class EMER, missed appointments by the status noshow. A missed
// appointment with a sensitive service is that service's category, for its
// existence alone tells.
func DefaultRules() []Rule {
	var rules []Rule
	for _, resource := range []string{"Encounter", "Appointment", "EpisodeOfCare"} {
		for _, s := range services {
			s.Resource = resource
			switch resource {
			case "Appointment":
				if s.Category == "health.health_visitor" || s.Category == "health.school_nurse" || s.Category == "health.midwifery" {
					continue // a missed one is a missed appointment
				}
				s.Status = []string{"noshow"}
				s.Title = "Appointment not attended: " + strings.ToLower(s.Title[:1]) + s.Title[1:]
			case "EpisodeOfCare":
				s.Title = "Under the care of a service"
			}
			rules = append(rules, s)
		}
	}
	for _, s := range sensitiveConditions {
		s.Resource = "Condition"
		rules = append(rules, s)
	}
	return append(rules,
		Rule{Category: "health.ae_attendance", Resource: "Encounter", Class: []string{"EMER"}, Title: "Emergency department attendance", Author: "Emergency department"},
		Rule{Category: "health.missed_appointment", Resource: "Appointment", Status: []string{"noshow"}, Title: "Appointment not attended"},
		Rule{Category: "health.condition", Resource: "Condition"},
		Rule{Category: "health.condition", Resource: "Flag", Status: []string{"active"}, Title: "Alert on the health record", Kind: record.Opinion},
		Rule{Category: "health.immunisation", Resource: "Immunization"},
		Rule{Category: "health.gp_registration", Resource: "Patient", Title: "GP registration"},
		Rule{Category: "health.gp_registration", Resource: "RelatedPerson", Title: "Related person on the health record"},
	)
}

// pdsRules are the defaults where the server offers demographics only.
func pdsRules() []Rule {
	return []Rule{
		{Category: "health.gp_registration", Resource: "Patient", Title: "GP registration"},
		{Category: "health.gp_registration", Resource: "RelatedPerson", Title: "Related person on the health record"},
	}
}

// specific says whether the rule names what the resource is about.
func (r *Rule) specific() bool { return len(r.Codes) > 0 || len(r.Terms) > 0 }

// fits says whether res belongs to the rule's category.
func (r *Rule) fits(res *resource) bool {
	if r.Resource != res.ResourceType {
		return false
	}
	if len(r.Status) > 0 && !slices.Contains(r.Status, res.Status) {
		return false
	}
	if len(r.Class) > 0 && (res.Class == nil || !slices.Contains(r.Class, res.Class.Code)) {
		return false
	}
	if !r.specific() {
		return !res.labelledSensitive() || r.Resource == "Patient"
	}
	for _, concept := range res.concepts() {
		if r.fitsConcept(concept) {
			return true
		}
	}
	return false
}

func (r *Rule) fitsConcept(c codeableConcept) bool {
	words := strings.ToLower(c.Text)
	for _, coding := range c.Coding {
		for _, want := range r.Codes {
			if want.Code == coding.Code && (want.System == "" || want.System == coding.System) {
				return true
			}
		}
		words += "\n" + strings.ToLower(coding.Display)
	}
	for _, t := range r.Terms {
		if strings.Contains(words, strings.ToLower(t)) {
			return true
		}
	}
	return false
}

// classify returns the first rule that takes res, or nil.
func (s *settings) classify(res *resource) *Rule {
	for i := range s.Rules {
		if s.Rules[i].fits(res) {
			return &s.Rules[i]
		}
	}
	return nil
}

// categories lists what the rules can give, sorted.
func categories(rules []Rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.Category)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
