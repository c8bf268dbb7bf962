package bench

import (
	"testing"
	"time"

	"mashhub/hub/mash"
)

// TestStopped: nothing passes for a stopped return that left, that the hub
// refused for another reason, or whose question stands.
func TestStopped(t *testing.T) {
	r := mash.Request{State: mash.RequestWithdrawn}
	m := mash.OutMessage{State: mash.OutRefused, Code: "withdrawn"}
	if !stopped(r, m) {
		t.Error("a stopped return is taken for a lost one")
	}
	for name, bend := range map[string]func(){
		"the question stands": func() { r.State = mash.RequestReceived },
		"it left":             func() { m.Sent = time.Now() },
		"it is open":          func() { m.State = mash.OutOpen },
		"another reason":      func() { m.Code = "conflict" },
	} {
		keptR, keptM := r, m
		bend()
		if stopped(r, m) {
			t.Error(name)
		}
		r, m = keptR, keptM
	}
}
