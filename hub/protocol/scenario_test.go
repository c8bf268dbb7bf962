package protocol

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"mashhub/hub/mash"
)

// TestBelowThreshold walks scenario 1's path: the police are asked with the
// family's agreement, and answer; one item is past the agreement's age limit.
func TestBelowThreshold(t *testing.T) {
	p := newPoint(t, func(o *Options) {
		o.OnFault = func(d mash.Decision, err error) { t.Errorf("fault in %s: %v", d.Question, err) }
	})
	ask := p.Ask(context.Background(), askPolice())
	if ask.Answer != mash.Permit {
		t.Fatalf("asking the police: %+v", ask.Verdict)
	}
	if want := []string{"identifiers.nhs", "names", "birth_date", "gender", "addresses"}; !slices.Equal(ask.Fields, want) {
		t.Errorf("fields %v, want %v", ask.Fields, want)
	}
	if ask.ID == "" || ask.PolicyVersion != p.Version() || ask.PolicyEpoch != 1 || ask.InputSchema != "ask/1" ||
		!ask.At.Equal(day) || ask.Enquiry != "enquiry-1" || !json.Valid(ask.Input) {
		t.Errorf("decision is not complete: %+v", ask)
	}
	release := p.Release(context.Background(), releasePolice())
	if release.Answer != mash.Permit {
		t.Fatalf("releasing: %+v", release.Verdict)
	}
	if v := release.Part("item:i1"); v.Answer != mash.Permit {
		t.Errorf("recent item: %+v", v)
	}
	old := release.Part("item:i2")
	if old.Answer != mash.Deny || old.Fault || !slices.Equal(old.Clauses, []string{"MF-7.2"}) {
		t.Errorf("item past the age limit: %+v", old)
	}
	if v := release.Part("existence:subject-1:police.domestic_incident"); v.Answer != mash.Permit {
		t.Errorf("its existence: %+v", v)
	}
	if v := release.Part("item:never-mentioned"); !v.Fault {
		t.Errorf("an item nobody mentioned: %+v", v)
	}
	for _, d := range []mash.Decision{ask, release} {
		if again, same := p.Replay(context.Background(), d); !same {
			t.Errorf("replaying %s gives %+v, was %+v", d.Question, again, d)
		}
	}
}
