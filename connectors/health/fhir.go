package health

import (
	"encoding/json"
	"slices"
	"strings"
)

// The parts of FHIR R4 resources that this connector reads. What is not named
// here is not decoded, so it cannot leave.

type bundle struct {
	Type  string        `json:"type"`
	Link  []bundleLink  `json:"link"`
	Entry []bundleEntry `json:"entry"`
}

type bundleLink struct {
	Relation string `json:"relation"`
	URL      string `json:"url"`
}

type bundleEntry struct {
	Resource json.RawMessage `json:"resource"`
	Search   struct {
		Mode string `json:"mode"`
	} `json:"search"`
}

type operationOutcome struct {
	Issue []struct {
		Severity string          `json:"severity"`
		Code     string          `json:"code"`
		Details  codeableConcept `json:"details"`
	} `json:"issue"`
}

func (o *operationOutcome) codes() []string {
	var out []string
	for _, i := range o.Issue {
		out = append(out, i.Code)
		for _, c := range i.Details.Coding {
			out = append(out, c.Code)
		}
	}
	return out
}

// failed says whether an outcome inside a bundle means that the search is not
// what was asked for.
func (o *operationOutcome) failed() bool {
	for _, i := range o.Issue {
		if i.Severity == "fatal" || i.Severity == "error" {
			return true
		}
	}
	return false
}

type capabilityStatement struct {
	FHIRVersion string `json:"fhirVersion"`
	Rest        []struct {
		Mode     string `json:"mode"`
		Resource []struct {
			Type      string `json:"type"`
			Extension []struct {
				URL       string `json:"url"`
				ValueCode string `json:"valueCode"`
			} `json:"extension"`
			Interaction []struct {
				Code string `json:"code"`
			} `json:"interaction"`
		} `json:"resource"`
	} `json:"rest"`
}

type meta struct {
	Security []coding `json:"security"`
}

type coding struct {
	System  string `json:"system"`
	Code    string `json:"code"`
	Display string `json:"display"`
}

type codeableConcept struct {
	Coding []coding `json:"coding"`
	Text   string   `json:"text"`
}

// label is what a person would read: the text, else the first display.
func (c codeableConcept) label() string {
	if c.Text != "" {
		return c.Text
	}
	for _, x := range c.Coding {
		if x.Display != "" {
			return x.Display
		}
	}
	return ""
}

type identifier struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type reference struct {
	ID         string      `json:"id"`
	Reference  string      `json:"reference"`
	Type       string      `json:"type"`
	Display    string      `json:"display"`
	Identifier *identifier `json:"identifier"`
}

type period struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type annotation struct {
	Text string `json:"text"`
	Time string `json:"time"`
}

type humanName struct {
	Use    string   `json:"use"`
	Text   string   `json:"text"`
	Family string   `json:"family"`
	Given  []string `json:"given"`
	Period period   `json:"period"`
}

type address struct {
	Use        string   `json:"use"`
	Text       string   `json:"text"`
	Line       []string `json:"line"`
	City       string   `json:"city"`
	PostalCode string   `json:"postalCode"`
	Extension  []struct {
		URL       string `json:"url"`
		Extension []struct {
			URL         string `json:"url"`
			ValueCoding coding `json:"valueCoding"`
			ValueString string `json:"valueString"`
		} `json:"extension"`
	} `json:"extension"`
}

type contactPoint struct {
	System string `json:"system"`
	Value  string `json:"value"`
}

type patient struct {
	ResourceType        string         `json:"resourceType"`
	ID                  string         `json:"id"`
	Meta                meta           `json:"meta"`
	Identifier          []identifier   `json:"identifier"`
	Name                []humanName    `json:"name"`
	Gender              string         `json:"gender"`
	BirthDate           string         `json:"birthDate"`
	DeceasedDateTime    string         `json:"deceasedDateTime"`
	Address             []address      `json:"address"`
	Telecom             []contactPoint `json:"telecom"`
	GeneralPractitioner []struct {
		reference
		Identifier *struct {
			identifier
			Period period `json:"period"`
		} `json:"identifier"`
	} `json:"generalPractitioner"`
}

// place is Encounter.location (a list of {location}) or Immunization.location
// (a plain reference).
type place struct {
	Location *reference `json:"location"`
	Display  string     `json:"display"`
}

// resource is the union of what is read from the other resource types.
type resource struct {
	ResourceType string `json:"resourceType"`
	ID           string `json:"id"`
	Meta         meta   `json:"meta"`

	// Whom it is about.
	Subject     *reference `json:"subject"`
	Patient     *reference `json:"patient"`
	Participant []struct {
		Actor *reference `json:"actor"`
	} `json:"participant"`

	// What it is.
	Status       string                `json:"status"`
	Class        *coding               `json:"class"`
	Type         many[codeableConcept] `json:"type"`
	ServiceType  many[codeableConcept] `json:"serviceType"`
	Specialty    many[codeableConcept] `json:"specialty"`
	Category     many[codeableConcept] `json:"category"`
	Code         *codeableConcept      `json:"code"`
	VaccineCode  *codeableConcept      `json:"vaccineCode"`
	ReasonCode   many[codeableConcept] `json:"reasonCode"`
	Relationship many[codeableConcept] `json:"relationship"`
	Verification *codeableConcept      `json:"verificationStatus"`

	// When.
	Period             period `json:"period"`
	Start              string `json:"start"`
	RecordedDate       string `json:"recordedDate"`
	OnsetDateTime      string `json:"onsetDateTime"`
	AbatementDateTime  string `json:"abatementDateTime"`
	OccurrenceDateTime string `json:"occurrenceDateTime"`

	// Where, and in which words.
	Location             many[place]  `json:"location"`
	ServiceProvider      *reference   `json:"serviceProvider"`
	ManagingOrganization *reference   `json:"managingOrganization"`
	Comment              string       `json:"comment"`
	Note                 []annotation `json:"note"`
	Name                 []humanName  `json:"name"` // RelatedPerson
}

// many reads one JSON value or a list of them: FHIR has serviceType once on an
// Encounter and many times on an Appointment.
type many[T any] []T

func (m *many[T]) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		var list []T
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
		*m = list
		return nil
	}
	var one T
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	*m = many[T]{one}
	return nil
}

// enteredInError says whether the record itself says that it is wrong.
func (r *resource) enteredInError() bool {
	if r.Status == "entered-in-error" {
		return true
	}
	if r.Verification != nil {
		for _, c := range r.Verification.Coding {
			if c.Code == "entered-in-error" || c.Code == "refuted" {
				return true
			}
		}
	}
	return false
}

// concepts are the codes by which a rule can know the resource.
func (r *resource) concepts() []codeableConcept {
	var out []codeableConcept
	out = append(out, r.Type...)
	out = append(out, r.ServiceType...)
	out = append(out, r.Specialty...)
	out = append(out, r.Category...)
	out = append(out, r.Relationship...)
	out = append(out, r.ReasonCode...)
	if r.Code != nil {
		out = append(out, *r.Code)
	}
	if r.VaccineCode != nil {
		out = append(out, *r.VaccineCode)
	}
	return out
}

// restricted says whether meta.security holds R or V (HL7 v3 Confidentiality).
func (m meta) restricted() bool {
	for _, c := range m.Security {
		if strings.HasSuffix(c.System, "Confidentiality") && (c.Code == "R" || c.Code == "V") {
			return true
		}
	}
	return false
}

// sensitivity are the labels of HL7 v3 ActCode that mark a resource as one that
// must not go out as an ordinary note.
var sensitivity = []string{"ETH", "GDIS", "HIV", "MST", "PREGNANT", "PSY", "PSYTHPN", "SCA", "SDV", "SEX", "SPI", "STD", "SUD", "TBOO", "VIO", "DVD", "SUDI", "ETHUD", "OPIOIDUD"}

// labelledSensitive says whether the resource is restricted or carries a
// sensitivity label.
func (r *resource) labelledSensitive() bool {
	if r.Meta.restricted() {
		return true
	}
	for _, c := range r.Meta.Security {
		if slices.Contains(sensitivity, c.Code) {
			return true
		}
	}
	return false
}
