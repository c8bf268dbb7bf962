package envelope

import (
	"bytes"
	"fmt"
	"regexp"
	"sync"
	"testing"

	"mashhub/hub/mash"
)

// TestManySealings: many at once, while keys are forgotten and sets change, for
// the race detector.
func TestManySealings(t *testing.T) {
	w := newWorld(t, mixed)
	other := newWorld(t, mixed)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 100 {
				to := []mash.Address{police, school}[i%2]
				payload := fmt.Sprintf("%d/%d", g, i)
				token, err := w.at[hub].Seal(t.Context(), hub, to, []byte(payload))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := w.at[to].Open(t.Context(), token)
				if err != nil || string(got.Payload) != payload || got.To != to {
					t.Errorf("%s: %+v, %v", payload, got, err)
					return
				}
				if i%20 == 0 {
					w.registry.Forget()
					w.sets[to].Add(other.signing[hub])
					w.sets[to].Remove(other.signing[hub].ID)
				}
			}
		})
	}
	wg.Wait()
}

// TestShortCoordinates: one P-256 point in 128 has a coordinate that begins
// with a zero byte. A careless encoder drops it, and the gate would refuse
// what we sealed ourselves.
func TestShortCoordinates(t *testing.T) {
	w := newWorld(t, mixed)
	zero := regexp.MustCompile(`"[xy]":"A[A-P]`)
	found := 0
	for range 5000 {
		token := w.seal(t, hub, police, "x")
		header, _, _ := bytes.Cut(token, []byte{'.'})
		if !zero.Match(unb64(string(header))) {
			continue
		}
		if _, err := w.at[police].Open(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if found++; found == 3 {
			return
		}
	}
	t.Errorf("only %d short coordinates in 5000: the library's randomness is odd", found)
}
