package connectortest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"mashhub/plugins/connector"
)

// Spec is what the suite cannot know by itself. People and records are
// synthetic: NHS numbers from the 999 range, UPNs with local authority 000.
type Spec struct {
	// New makes a connector that is not configured. Required, unless Cmd is
	// set: a program in another language is tested as a process only.
	New func() connector.Connector
	// Main is the package, in the directory of the test, whose program serves
	// the connector: usually ".". Empty: the test binary itself is started.
	Main string
	// Cmd is a program and its arguments, built already, in place of Main.
	Cmd []string

	// Config and Secrets are settings with which the connector works.
	Config  json.RawMessage
	Secrets map[string]string

	// Unit is where Known is found; empty for the whole agency. With a Unit,
	// UnknownUnit is one that the agency does not have.
	Unit, UnknownUnit string
	// Known is in the agency's system, with items in Categories and Period.
	Known connector.Person
	// Unknown is not in it.
	Unknown connector.Person
	// Categories are those in which something is held about Known.
	Categories []string
	// Period holds at least one item of Known; items outside it are welcome,
	// since they show that the connector keeps to it.
	Period connector.Period

	// AlwaysAsks is set for a connector without any system behind it: search
	// and fetch answer ask_person, whoever is asked about.
	AlwaysAsks bool
	// Deliver is a delivery that works; required if the connector delivers.
	Deliver *connector.DeliverRequest
	// Delivered counts the deliveries that the agency's system has, so that the
	// suite sees their effect and not only what the connector says; nil where
	// it cannot be looked at.
	Delivered func() (int, error)
	// Events is how many events Watch finds from the start; at least one is
	// required if the connector watches.
	Events int

	// Waive names cases that this connector cannot pass, and why.
	Waive map[string]string
	// CallTimeout bounds one call. Zero means 10 s.
	CallTimeout time.Duration

	inProcessOnly bool // for the suite's own tests
}

func (s Spec) validate() error {
	var missing []string
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, what)
		}
	}
	need(s.New != nil || len(s.Cmd) > 0, "New (or Cmd)")
	need(s.Main == "" || len(s.Cmd) == 0, "only one of Main and Cmd")
	need(json.Valid(s.Config), "Config, a JSON object")
	need(s.Unit == "" || s.UnknownUnit != "" || s.AlwaysAsks, "UnknownUnit, since there is a Unit")
	for name, reason := range s.Waive {
		need(strings.TrimSpace(reason) != "", fmt.Sprintf("a reason for waiving %q", name))
		need(findCase(name), fmt.Sprintf("a case with the waived name %q", name))
	}
	if len(missing) > 0 {
		return errors.New("connectortest: the Spec lacks " + strings.Join(missing, "; "))
	}
	return nil
}

// fixtures reports what a connector with these methods must bring to be tested.
func (s Spec) fixtures(methods []string) error {
	var missing []string
	for _, m := range methods {
		switch {
		case m == "search" && !s.AlwaysAsks && s.Known.Key == "":
			missing = append(missing, "Known with its Key")
		case m == "search" && !s.AlwaysAsks && s.Unknown.Key == "":
			missing = append(missing, "Unknown with its Key")
		case m == "fetch" && !s.AlwaysAsks && len(s.Categories) == 0:
			missing = append(missing, "Categories")
		case m == "deliver" && s.Deliver == nil:
			missing = append(missing, "Deliver")
		case m == "watch" && s.Events == 0:
			missing = append(missing, "Events")
		}
	}
	if len(missing) > 0 {
		return errors.New("the Spec lacks " + strings.Join(missing, ", "))
	}
	return nil
}
