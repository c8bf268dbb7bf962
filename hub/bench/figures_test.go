package bench

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"
)

// TestJSONIsExactlyWhatIsPromised holds the shape that others read.
func TestJSONIsExactlyWhatIsPromised(t *testing.T) {
	r := (&CrashResult{Points: 3, Violations: []string{"I1: gone"}, Recovery: []time.Duration{time.Second, 2 * time.Second}}).Report()
	var out bytes.Buffer
	if err := r.JSON(&out); err != nil {
		t.Fatal(err)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(doc)); !slices.Equal(keys, []string{"bench", "figures"}) {
		t.Errorf("the object has %v", keys)
	}
	var figures []map[string]any
	if err := json.Unmarshal(doc["figures"], &figures); err != nil {
		t.Fatal(err)
	}
	want := []string{"met", "name", "peer", "peer_value", "ratio", "target", "unit", "value"}
	for _, f := range figures {
		if keys := slices.Sorted(maps.Keys(f)); !slices.Equal(keys, want) {
			t.Errorf("a figure has %v", keys)
		}
	}
	if f := figures[0]; f["name"] != "violations" || f["value"] != 1.0 || f["met"] != false {
		t.Errorf("the violation is reported as %v", f)
	}
	if f := figures[1]; f["name"] != "points" || f["value"] != 3.0 || f["met"] != nil {
		t.Errorf("the points are reported as %v", f)
	}
}

func TestQuantile(t *testing.T) {
	s := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for at, want := range map[float64]time.Duration{0.5: 6, 0.9: 10, 1: 10, 0: 1} {
		if got := quantile(s, at); got != want {
			t.Errorf("quantile %v is %d, not %d", at, got, want)
		}
	}
	if quantile(nil, 0.5) != 0 {
		t.Error("a quantile of nothing is not 0")
	}
}

// TestRoundTrip takes the whole path for a moment: every agency's answer has
// to be in the chronology before anything is measured.
func TestRoundTrip(t *testing.T) {
	if testing.Short() {
		t.Skip("starts ten processes for some seconds")
	}
	r, err := RoundTrip(t.Context(), RoundTripOptions{Rounds: 1, Each: 200 * time.Millisecond, InFlight: 2, Idle: 3, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"throughput_ratio", "idle_p50_ms", "stage_policy_ms", "stage_crypto_ms", "stage_store_ms", "stage_broker_ms", "stage_plugin_ms"} {
		i := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Name == name })
		if i < 0 || r.Figures[i].Value <= 0 {
			t.Errorf("%s was not measured", name)
		}
	}
}

// TestPolicy measures for a moment: each peer has to answer as we do, and a change
// has to be in force everywhere, before anything is counted.
func TestPolicy(t *testing.T) {
	if testing.Short() {
		t.Skip("starts ten processes for some seconds")
	}
	r, err := Policy(t.Context(), PolicyOptions{Rounds: 1, Each: 50 * time.Millisecond, Decisions: 1500, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vs_query_ratio", "decision_us", "activate_hub_ms", "activate_nodes_ms", "rehearse_1500_s"} {
		i := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Name == name })
		if i < 0 || r.Figures[i].Value <= 0 {
			t.Errorf("%s was not measured", name)
		}
	}
	if _, err := Policy(t.Context(), PolicyOptions{Rounds: 1, Each: time.Millisecond, Opa: "/nowhere/opa", Out: t.Output()}); err == nil {
		t.Error("a server that is not there was measured")
	}
}
