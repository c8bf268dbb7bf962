package mash

import "strings"

// Plain-English names of the codes that people read on pages, of the hub and
// of the nodes alike: one word for one thing. A code that is not in a table is
// shown as written, with its underscores as spaces, so that a new one is never
// invisible.

// CategoryName is what a category of the catalogue is called, as a heading or
// a choice: "School attendance".
func CategoryName(code string) string { return named(categoryNames, code) }

// KindName is what a kind of item is called: "Fact", "The child's words".
func KindName(kind string) string { return named(kindNames, kind) }

// OutcomeName is what an answer about one person says: "Nothing known".
func OutcomeName(o ReturnOutcome) string { return named(outcomeNames, string(o)) }

// PurposeName is what a question is for: "Section 47 enquiry".
func PurposeName(p Purpose) string { return named(purposeNames, string(p)) }

func named(names map[string]string, code string) string {
	if n, ok := names[code]; ok {
		return n
	}
	if _, after, ok := strings.Cut(code, "."); ok {
		code = after
	}
	return strings.ReplaceAll(code, "_", " ")
}

var categoryNames = map[string]string{
	"police.domestic_incident":     "Domestic incidents",
	"police.crime":                 "Crimes",
	"police.missing_episode":       "Missing episodes",
	"police.warning":               "Police warnings",
	"police.bail":                  "Bail conditions",
	"police.order":                 "Court orders held by police",
	"police.intelligence":          "Police intelligence",
	"health.gp_registration":       "GP registration",
	"health.missed_appointment":    "Missed health appointments",
	"health.ae_attendance":         "Emergency department attendances",
	"health.health_visitor":        "Health visitor records",
	"health.school_nurse":          "School nurse records",
	"health.midwifery":             "Midwifery records",
	"health.camhs":                 "Child mental health services",
	"health.sexual_health":         "Sexual health services",
	"health.immunisation":          "Immunisations",
	"health.condition":             "Health conditions",
	"health.substance_misuse":      "Substance misuse in health records",
	"education.attendance":         "School attendance",
	"education.suspension":         "Suspensions",
	"education.exclusion":          "Exclusions",
	"education.send":               "Special educational needs",
	"education.concern":            "Concerns noted at school",
	"education.collection":         "Who collects the child",
	"education.dsl_contact":        "Contacts with the safeguarding lead",
	"socialcare.contact":           "Earlier contacts with social care",
	"socialcare.plan":              "Social care plans",
	"socialcare.looked_after":      "Looked-after status",
	"socialcare.lead_professional": "Lead professional",
	"socialcare.early_help":        "Early help assessments",
	"probation.order":              "Probation orders",
	"probation.risk":               "Probation risk assessments",
	"housing.tenancy":              "Tenancy",
	"housing.arrears":              "Rent arrears",
	"housing.concern":              "Concerns noted by housing",
	"adult.care":                   "Adult social care",
	"substance.engagement":         "Engagement with substance misuse services",
	"da_service.engagement":        "Engagement with domestic abuse services",
	"refuge.residence":             "Residence in a refuge",
	"voluntary.observation":        "Observations of voluntary organisations",
}

// agencyNames are those of policies/tables/names.yaml, as they stand alone. The
// name that a hub's directory gives goes before them.
var agencyNames = map[string]string{
	"socialcare": "Children’s social care",
	"police":     "Police",
	"health":     "Health",
	"schools":    "School",
	"housing":    "Housing",
	"probation":  "Probation",
	"adult":      "Adult social care",
	"substance":  "Substance misuse service",
	"da_service": "Domestic abuse service",
	"voluntary":  "Voluntary organisation",
}

var kindNames = map[string]string{
	"fact":           "Fact",
	"opinion":        "Opinion",
	"child_voice":    "The child’s words",
	"family_account": "The family’s account",
}

var outcomeNames = map[string]string{
	string(Pending):            "Not answered yet",
	string(RecordsFound):       "Records found",
	string(NothingKnown):       "Nothing known",
	string(NothingDisclosable): "Nothing that can be shared",
	string(SourceUnavailable):  "Could not search",
	string(Refused):            "Declined, with a reason",
}

var purposeNames = map[string]string{
	string(PurposeS47):       "Section 47 enquiry",
	string(PurposeS17):       "Section 17 assessment",
	string(PurposeEarlyHelp): "Early help",
	string(PurposeEncompass): "Operation Encompass",
	string(PurposeFeedback):  "Feedback",
}
