package demo

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestCallTriesAgain: what could not be decided on a busy machine is tried
// again; a refusal is not.
func TestCallTriesAgain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []int
		want    int // of the error; 0: none
		calls   int
	}{
		{"works", []int{200}, 0, 1},
		{"busy twice", []int{503, 503, 200}, 0, 3},
		{"busy, then refused", []int{503, 404}, 404, 2},
		{"refused", []int{409}, 409, 1},
		{"broken", []int{500}, 500, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.answers[min(calls, len(tt.answers)-1)])
				calls++
			}))
			defer srv.Close()
			// Its own: whichever server closes also closes the idle connections of the default one.
			own := srv.Client()
			own.Timeout = 5 * time.Second
			c := &client{base: srv.URL, trail: &trail{}, http: own}
			err := c.call(t.Context(), http.MethodGet, "/", nil, nil)
			var p *problem
			got := 0
			if errors.As(err, &p) {
				got = p.Status
			}
			if got != tt.want || (tt.want == 0 && err != nil) || calls != tt.calls {
				t.Errorf("%v after %d calls, want status %d after %d", err, calls, tt.want, tt.calls)
			}
		})
	}
}
