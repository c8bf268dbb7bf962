package pages

import (
	"net/http"
	"slices"
	"strings"

	"mashhub/hub/node"
	"mashhub/hub/web/kit"
)

// systems shows how the agency's own systems and their connectors fare, to
// whoever may see the inbox: it tells why something waits there.
func (s *site) systems(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Node.Systems(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	body := kit.Stack{kit.Paragraph{Text: "While a system cannot be searched, the hub is told so. That is never the same as nothing known."}}
	if len(all) == 0 {
		body = append(body, kit.Paragraph{Text: "No system is connected. People here answer every question."})
		return s.layout.Write(w, r, kit.Page{Title: "Systems", Path: "/systems", Body: body})
	}
	t := kit.Table{Caption: "Systems and their connectors", CaptionClasses: "govuk-visually-hidden", FirstCellIsHeader: true, Scroll: true,
		Head: []kit.Cell{{Text: "Connector"}, {Text: "State"}, {Text: "What it does"}}}
	for _, x := range all {
		state := kit.Stack{kit.Paragraph{Text: stateWord(x.State), Classes: "govuk-!-margin-bottom-0"}}
		if x.Failure != "" {
			state = append(state, kit.Paragraph{Text: failureWord(x.Failure), Classes: "govuk-body-s govuk-!-margin-bottom-0"})
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: x.Connector}, {HTML: kit.MustHTML(state)}, {Text: does(x)}})
	}
	return s.layout.Write(w, r, kit.Page{Title: "Systems", Path: "/systems", Wide: true, Body: append(body, t)})
}

func stateWord(state string) string {
	switch state {
	case "running", "half_open":
		return "Works"
	case "unavailable":
		return "Cannot be searched: the system does not answer"
	case "tripped":
		return "Cannot be searched: the connector failed several times and is left alone for a while"
	case "starting":
		return "Starting"
	case "restarting":
		return "Starting again"
	case "closed":
		return "Stopped"
	}
	return state
}

// failureWord says why a connector does not start, with the code that its
// author and the log use.
func failureWord(code string) string {
	text := map[string]string{
		"unavailable": "It ended, or said nothing, when it was started",
		"misbehaved":  "It does not keep to the connector standard",
		"invalid":     "Its settings or its version do not fit",
		"too_large":   "Its answer was too large",
	}[code]
	if text == "" {
		text = "It failed when it was started"
	}
	return text + " (code " + code + ")."
}

// does is what a connector is there for.
func does(x node.System) string {
	var out []string
	for _, m := range []struct{ method, text string }{{"search", "Answers questions"}, {"watch", "Watches for notices"}, {"deliver", "Takes notices in"}} {
		if slices.Contains(x.Methods, m.method) {
			out = append(out, m.text)
		}
	}
	if len(x.Methods) == 0 {
		return "It has not said so yet"
	}
	return strings.Join(out, "; ")
}
