package mash

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAddresses(t *testing.T) {
	for _, p := range []Party{{Agency: "police"}, {Agency: "schools", Unit: "999001"}} {
		if got, ok := PartyAddress(p).Party(); !ok || got != p {
			t.Errorf("%s came back as %s, %v", p, got, ok)
		}
		if _, ok := PartyAddress(p).Hub(); ok {
			t.Errorf("%s counts as a hub", p)
		}
	}
	if id, ok := HubAddress("fernshire").Hub(); !ok || id != "fernshire" {
		t.Errorf("got %q, %v", id, ok)
	}
	for _, bad := range []Address{"", "hub/", "agency/", "police", HubAddress("x")} {
		if p, ok := bad.Party(); ok {
			t.Errorf("%q is the party %s", bad, p)
		}
	}
}

func TestReferencesAreRandomAndSpeakable(t *testing.T) {
	env := SystemEnv()
	seen := map[string]bool{}
	for range 1000 {
		r, err := env.NewReference()
		if err != nil || len(r) != 9 || strings.ContainsAny(r, "01IO") || seen[r] {
			t.Fatalf("%q, %v", r, err)
		}
		seen[r] = true
	}
	env.Rand = bytes.NewReader(nil)
	if _, err := env.NewReference(); err == nil {
		t.Error("a reference was made without randomness")
	}
}

func TestErrorsKeepTheirCause(t *testing.T) {
	cause := errors.New("disk")
	err := fmt.Errorf("storing: %w", Errorf(CodeUnavailable, "writing: %w", cause))
	if CodeOf(err) != CodeUnavailable || !errors.Is(err, cause) {
		t.Errorf("%v has code %s", err, CodeOf(err))
	}
	if CodeOf(cause) != CodeInternal || CodeOf(nil) != "" {
		t.Error("a foreign error is not internal, or nothing has a code")
	}
	if e := Invalid("rag", "is wrong", "choose"); !strings.Contains(e.Error(), "rag") || !strings.Contains(e.Error(), "choose") {
		t.Errorf("%v names neither field nor remedy", e)
	}
}

// TestNoAnswerIsADeny: an item that the policy does not mention is not
// permitted, and a faulty decision permits nothing (I6).
func TestNoAnswerIsADeny(t *testing.T) {
	d := Decision{Verdict: Verdict{Answer: Permit}, Parts: map[string]Verdict{"a": {Answer: Permit}}}
	if d.Part("a").Answer != Permit {
		t.Error("a permitted part is denied")
	}
	if v := d.Part("b"); v.Answer != Deny || !v.Fault {
		t.Errorf("an item that is not mentioned: %+v", v)
	}
	d.Fault = true
	if v := d.Part("a"); v.Answer != Deny || !v.Fault {
		t.Errorf("an item of a faulty decision: %+v", v)
	}
}

func TestRanks(t *testing.T) {
	states := []RequestState{RequestRaised, RequestHeld, RequestAuthorised, RequestQueued, RequestSent, RequestReceived, RequestAnswering, RequestReturned}
	for i, s := range states {
		if s.Rank() != i || s.Ended() {
			t.Errorf("%s has rank %d, ended %v", s, s.Rank(), s.Ended())
		}
	}
	for _, s := range []RequestState{RequestLanded, RequestRefused, RequestUndeliverable, RequestWithdrawn, RequestExpired} {
		if !s.Ended() || s.Rank() <= RequestReturned.Rank() {
			t.Errorf("%s does not end, or ranks %d", s, s.Rank())
		}
	}
}

func TestInstantIsWholeMilliseconds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(0, rapid.Int64Range(0, 1<<61).Draw(t, "ns"))
		got := Instant(at)
		if got.Location() != time.UTC || got.Nanosecond()%1e6 != 0 || at.Sub(got) >= time.Millisecond || at.Before(got) {
			t.Fatalf("%s became %s", at, got)
		}
	})
}

func TestDirectory(t *testing.T) {
	d := Directory{{ID: "police", Name: "Police", Telephone: "1"}, {ID: "schools", Name: "Schools", Telephone: "2",
		Units: []Unit{{ID: "999001", Name: "Millbrook", Telephone: "3"}, {ID: "999002", Name: "St Brannoc's"}}}}
	for _, c := range []struct {
		p     Party
		knows bool
		name  string
		rings string
	}{
		{Party{Agency: "police"}, true, "Police", "1"},
		{Party{Agency: "schools", Unit: "999001"}, true, "Millbrook", "3"},
		{Party{Agency: "schools", Unit: "999002"}, true, "St Brannoc's", "2"},
		{Party{Agency: "schools"}, false, "Schools", "2"},
		{Party{Agency: "schools", Unit: "1"}, false, "Schools", "2"},
		{Party{Agency: "police", Unit: "1"}, false, "Police", "1"},
		{Party{Agency: "nobody"}, false, "nobody (not in the directory)", ""},
		{Party{Agency: "nobody", Unit: "1"}, false, "nobody/1 (not in the directory)", ""},
		{Party{Agency: "voluntary"}, false, "Voluntary organisation", ""},
		{Party{Agency: "voluntary", Unit: "Red Cross"}, false, "Voluntary organisation Red Cross", ""},
		{Party{}, false, "", ""},
	} {
		if d.Knows(c.p) != c.knows || d.Name(c.p) != c.name || d.Telephone(c.p) != c.rings {
			t.Errorf("%s: known %v as %q, rings %q", c.p, d.Knows(c.p), d.Name(c.p), d.Telephone(c.p))
		}
	}
}
