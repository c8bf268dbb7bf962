// Package storetest is what every store must do, whatever database is behind
// it. A backend calls Hub and Node (each includes Exchange) with a function
// that opens an empty store; storetest closes nothing.
package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"mashhub/hub/mash"
)

// At is the instant from which the suite counts.
var At = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return At.Add(d) }

// errUndo is what the suite's own functions fail with.
var errUndo = errors.New("undo")

// bench is one open store.
type bench[T any] struct {
	t *testing.T
	s mash.Store[T]
}

// do is an Update that must succeed.
func (b bench[T]) do(f func(T) error) {
	b.t.Helper()
	if err := b.s.Update(context.Background(), f); err != nil {
		b.t.Fatalf("update: %v", err)
	}
}

// see is a View that must succeed.
func (b bench[T]) see(f func(T) error) {
	b.t.Helper()
	if err := b.s.View(context.Background(), f); err != nil {
		b.t.Fatalf("view: %v", err)
	}
}

// fails is an Update whose function must fail as want says; nothing is kept.
func (b bench[T]) fails(want func(error) bool, f func(T) error) {
	b.t.Helper()
	err := b.s.Update(context.Background(), f)
	if !want(err) {
		b.t.Fatalf("update: error %v", err)
	}
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func code(c mash.Code) func(error) bool {
	return func(err error) bool { return mash.CodeOf(err) == c }
}

// same compares by JSON as well as by value, so that a failure can be read.
func same[V any](t *testing.T, what string, got, want V) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// expect reports an error unless got is want.
func expect(what string, got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s: got %v, want %v", what, got, want)
	}
	return nil
}

// ids maps to what a list holds, in its order.
func ids[V any](all []V, id func(V) string) []string {
	out := []string{}
	for _, v := range all {
		out = append(out, id(v))
	}
	return out
}

func outID(m mash.OutMessage) string { return m.ID }
