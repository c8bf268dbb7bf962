package web

import (
	"testing"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
)

// TestAgenciesPage: a system that cannot be searched and a node that is silent
// are said in words, with the telephone.
func TestAgenciesPage(t *testing.T) {
	h := newHub(t)
	now := h.clock.Now()
	beats := []mash.Heartbeat{
		{Party: mash.Party{Agency: "police"}, At: now.Add(-time.Hour)},
		{Party: mash.Party{Agency: "health"}, At: now, Sources: []mash.Source{{Connector: "fhir", State: "tripped", Since: now.Add(-time.Minute)}}},
	}
	if err := h.store.Update(t.Context(), func(tx mash.HubTx) error {
		for _, b := range beats {
			if err := tx.PutHeartbeat(b); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w := h.as("worker")
	contains(t, "the page", w.get("/agencies").body, "No sign of life", "01632 960102", "fhir: cannot be searched", "Not connected yet", "Connected")
	var all []enquiry.AgencyHealth
	w.json("GET", "/api/v1/health", "", &all)
	if len(all) != len(agencies) {
		t.Errorf("%d agencies", len(all))
	}
}
