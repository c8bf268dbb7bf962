package protocol

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mashhub/hub/mash"
)

// TestRecordedInput: what is recorded is complete, so that it replays, and
// holds nothing that a person typed.
func TestRecordedInput(t *testing.T) {
	p := newPoint(t, nil)
	in := releasePolice()
	in.Where, in.Now = "", time.Time{} // left to the point
	in.Withhold = []mash.Withholding{{Person: "subject-1", Category: "police.crime", Reason: "canary: told by a neighbour"}}
	given := in.Withhold[0].Reason
	d := p.Release(context.Background(), in)
	if d.Fault || strings.Contains(string(d.Input), "canary") {
		t.Errorf("recorded: %s", d.Input)
	}
	if in.Withhold[0].Reason != given {
		t.Error("the caller's input was changed")
	}
	var recorded mash.ReleaseInput
	if err := json.Unmarshal(d.Input, &recorded); err != nil {
		t.Fatal(err)
	}
	if !recorded.Now.Equal(day) || recorded.Where != mash.HubAddress("fernshire") || d.Where != recorded.Where || len(recorded.Items) != 2 {
		t.Errorf("recorded: %+v", recorded)
	}
	if _, same := p.Replay(context.Background(), d); !same {
		t.Error("it does not replay")
	}
	// Another time zone is the same instant, and days compare in UTC.
	ask := askPolice()
	ask.Now = time.Date(2030, 1, 1, 0, 30, 0, 0, time.FixedZone("east", 3600)) // still 2029 in UTC
	if d := p.Ask(context.Background(), ask); d.Answer != mash.Permit {
		t.Errorf("the last half hour of the agreement: %+v", d.Verdict)
	}
}

// TestOptions: without these a point does not start.
func TestOptions(t *testing.T) {
	env := testEnv()
	for name, opts := range map[string]Options{
		"where": {Env: env, Hub: "fernshire"},
		"hub":   {Env: env, Where: mash.PartyAddress(mash.Party{Agency: "police"})},
		"env":   {Where: mash.HubAddress("fernshire")},
		"ids":   {Where: mash.HubAddress("fernshire"), Env: mash.Env{Now: env.Now}},
	} {
		if _, err := New(context.Background(), opts); err == nil {
			t.Errorf("started without %s", name)
		}
	}
}

// TestInputThatCannotBeWritten: a time that JSON cannot hold is a fault.
func TestInputThatCannotBeWritten(t *testing.T) {
	var told faults
	p := newPoint(t, func(o *Options) { o.OnFault = told.tell })
	in := askPolice()
	in.From = time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)
	d := p.Ask(context.Background(), in)
	if !d.Fault || len(d.Parts) != 4 || told.last() == nil {
		t.Errorf("answer %+v", d)
	}
	if _, err := json.Marshal(d); err != nil {
		t.Errorf("it cannot be recorded: %v", err)
	}
}
