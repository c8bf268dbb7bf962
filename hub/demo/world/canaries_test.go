package world_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mashhub/hub/demo/world"
)

// impersonal are the fields of a scenario whose values are no canaries, by
// type; * is every field of it. Whatever else somebody adds to a scenario is
// personal until it stands here.
var impersonal = map[string]string{
	"Scenario":      "Slug Today Title Shows",                          // of the story, shown to whoever starts the demo
	"Person":        "Accuracy Gender",                                 // codes
	"Address":       "City Use",                                        // a town; a code
	"Enquiry":       "RAG Purpose Named From",                          // codes, accounts, a date
	"Agreement":     "State GivenBy Scope On",                          // codes, agencies, a date
	"Dispensation":  "Manager On",                                      // an account, a date
	"S47":           "By Qualified Grounds On",                         // an account, codes, a date
	"Informed":      "Answer",                                          // a code
	"Originator":    "Kind Agency Unit",                                // a code, a partner
	"About":         "Key Role Relation",                               // the story's own key, codes
	"Ask":           "*",                                               // partners, keys, codes
	"NotAsked":      "Agency Unit",                                     // a partner
	"Form":          "Agency Unit By",                                  // a partner, a role
	"Answer":        "Person Outcome",                                  // a key, a code
	"Item":          "Category Kind Date Until Source Author Handling", // codes, dates, a system, a role
	"Voice":         "*",                                               // codes, roles
	"Review":        "Agency Unit Person",                              // a partner, a key
	"Outcome":       "*",                                               // partners, keys, codes
	"Expected":      "*",                                               // the same, and words of items that are canaries
	"Never":         "*",                                               // words of items that are canaries
	"Withheld":      "*",                                               // partners, keys, codes
	"Decision":      "Code",                                            // a code
	"Feedback":      "State",                                           // a code
	"Closing":       "*",                                               // clauses, a date
	"Encompass":     "*",                                               // keys, units, codes
	"Expect":        "Later",                                           // of the story
	"Entry":         "Is Without",                                      // a key, fields' names
	"GP":            "*",                                               // a practice
	"Visit":         "Date Service",                                    // a date, a kind of service
	"Note":          "Date",                                            //
	"Incident":      "Happened FamilyInformed",                         // an instant, a code
	"IncidentChild": "Is Setting Present",                              // a key, a unit, a code
	"School":        "Export Encoding",                                 // settings
	"Attendance":    "*",                                               // dates
	"Suspension":    "Type From To Days",                               // a code, dates, a number
	"SEND":          "Status From To",                                  // a code, dates
	"Collection":    "Date",                                            //
}

// TestEveryPersonalFieldIsACanary fills every field of a scenario with a value
// of its own: each is looked for, or stands among the impersonal.
func TestEveryPersonalFieldIsACanary(t *testing.T) {
	var s world.Scenario
	fields := map[string]string{} // of a value
	number := 0
	var fill func(v reflect.Value, at string)
	fill = func(v reflect.Value, at string) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				f := v.Type().Field(i)
				left := strings.Fields(impersonal[v.Type().Name()])
				if slices.Contains(left, f.Name) || slices.Contains(left, "*") {
					continue
				}
				fill(v.Field(i), v.Type().Name()+"."+f.Name)
			}
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), at)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), at)
		case reflect.Map:
			e := reflect.New(v.Type().Elem()).Elem()
			fill(e, at)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf("key"), e)
		case reflect.String:
			number++
			value := fmt.Sprintf("Unique value %d of a field", number)
			switch at {
			case "Person.Born":
				value = fmt.Sprintf("1990-01-%02d", number%28+1)
			case "Person.NHS":
				value = fmt.Sprintf("999%07d", number)
			}
			v.SetString(value)
			fields[value] = at
		}
	}
	fill(reflect.ValueOf(&s).Elem(), "")
	list := world.Canaries(&s)
	for value, field := range fields {
		if !slices.Contains(list, value) {
			t.Errorf("%s is not looked for, and not among the impersonal", field)
		}
	}
	if len(fields) < 60 {
		t.Errorf("%d fields were filled: the test looks at too little", len(fields))
	}
}
