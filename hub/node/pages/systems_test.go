package pages

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"mashhub/hub/node"
)

// TestSystems: people at the agency see how its systems fare, and why one does
// not start, by a code.
func TestSystems(t *testing.T) {
	f := newAgency(t, schools, nil)
	c := f.as("dsl-999001")
	c.want(c.get("/systems"), http.StatusOK, "records", "Works", "Answers questions; Takes notices in")
	c.want(c.get("/tasks"), http.StatusOK, `href="/systems"`)
	f = newAgencyOn(t, schools, node.Source{Name: "records", Status: func() (string, int) { return "restarting", 0 },
		Known: func() ([]string, error) { return nil, errors.New("of Rowan Tessel") }, Failure: func() string { return "misbehaved" }})
	c = f.as("dsl-999001")
	page := c.want(c.get("/systems"), http.StatusOK, "Starting again", "It does not keep to the connector standard (code misbehaved).", "It has not said so yet")
	if strings.Contains(page.body, "Tessel") {
		t.Error("the page repeats an error text")
	}
	f = newAgencyOn(t, schools)
	c = f.as("dsl-999001")
	c.want(c.get("/systems"), http.StatusOK, "No system is connected")
}
