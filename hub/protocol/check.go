package protocol

import (
	"errors"
	"fmt"
)

// check refuses data that the rules would only stumble over later, when
// somebody waits for an answer: a register that names an agreement that is not
// there, a law without its source, an agreement that numbers a clause it does
// not have, a category without a name.
func check(data map[string]any) error {
	agreements, tables := object(data[folderAgreements]), object(data[folderTables])
	var wrong []error
	for hub, purposes := range object(tables["register"]) {
		for purpose, id := range object(purposes) {
			agreement, there := agreements[text(id)]
			if !there {
				wrong = append(wrong, fmt.Errorf("register %s: %s: agreement %q is missing", hub, purpose, text(id)))
			} else if text(object(agreement)["hub"]) != hub {
				wrong = append(wrong, fmt.Errorf("register %s: %s: agreement %q is another hub's", hub, purpose, text(id)))
			}
		}
	}
	laws := object(tables["law"])
	for id, law := range laws {
		for _, key := range []string{"title", "source", "in_force_from", "checked_on"} {
			if text(object(law)[key]) == "" {
				wrong = append(wrong, fmt.Errorf("law %s: %s is missing", id, key))
			}
		}
		if _, is := object(law)["enabled"].(bool); !is {
			wrong = append(wrong, fmt.Errorf("law %s: enabled is missing", id))
		}
	}
	catalogue := object(tables["catalogue"])
	if len(catalogue) == 0 {
		wrong = append(wrong, errors.New("the catalogue of categories is missing"))
	}
	for code, category := range catalogue {
		if text(object(category)["label"]) == "" {
			wrong = append(wrong, fmt.Errorf("category %s: label is missing", code))
		}
	}
	reasons := object(tables["reasons"])
	for id, agreement := range agreements {
		wrong = append(wrong, checkAgreement(id, object(agreement), laws, reasons)...)
	}
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("checking policy data: %w", err)
	}
	return nil
}

// checkAgreement says what is wrong with one agreement.
func checkAgreement(id string, agreement, laws, reasons map[string]any) []error {
	var wrong []error
	for _, key := range []string{"title", "hub", "status", "in_force_from", "expires"} {
		if text(agreement[key]) == "" {
			wrong = append(wrong, fmt.Errorf("agreement %s: %s is missing", id, key))
		}
	}
	for _, key := range []string{"rules", "pairs", "clauses", "purposes"} {
		if object(agreement[key]) == nil {
			wrong = append(wrong, fmt.Errorf("agreement %s: %s is missing", id, key))
		}
	}
	clauses := object(agreement["clauses"])
	for rule, clause := range object(agreement["rules"]) {
		if _, there := clauses[text(clause)]; !there {
			wrong = append(wrong, fmt.Errorf("agreement %s: rule %s: clause %q is missing", id, rule, text(clause)))
		}
		if text(reasons[rule]) == "" {
			wrong = append(wrong, fmt.Errorf("agreement %s: rule %s has no sentence", id, rule))
		}
	}
	for name, pair := range object(agreement["pairs"]) {
		for _, key := range []string{"categories", "handling"} {
			if value, there := object(pair)[key]; there && object(value) == nil {
				wrong = append(wrong, fmt.Errorf("agreement %s: pair %s: %s is not a table", id, name, key))
			}
		}
	}
	for name, clause := range clauses {
		wrong = append(wrong, checkLaw(id, name, object(clause), laws)...)
	}
	for name, purpose := range object(agreement["purposes"]) {
		wrong = append(wrong, checkLaw(id, name, object(purpose), laws)...)
	}
	return wrong
}

// checkLaw says which law a clause or purpose names that is not there.
func checkLaw(id, name string, clause, laws map[string]any) []error {
	var wrong []error
	list, _ := clause["law"].([]any)
	for _, law := range list {
		if _, there := laws[text(law)]; !there {
			wrong = append(wrong, fmt.Errorf("agreement %s: %s: law %q is missing", id, name, text(law)))
		}
	}
	return wrong
}

// object is v as an object, nil if it is none.
func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// text is v as text, empty if it is none.
func text(v any) string {
	s, _ := v.(string)
	return s
}
