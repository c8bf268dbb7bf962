package policytest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing/fstest"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// Fate of a mutant.
type Fate string

// Fates.
const (
	Caught   Fate = "caught"   // a case noticed
	Refused  Fate = "refused"  // it does not compile: nobody could put it in force
	Survived Fate = "survived" // no case noticed
)

// Result is what became of a mutant.
type Result struct {
	Mutant
	Fate   Fate   `json:"fate"`
	By     string `json:"by,omitempty"`     // the case that noticed
	Reason string `json:"reason,omitempty"` // why no case can notice, by the folder's own word
}

// Stale reports whether the folder explains what is not so: a case notices after
// all, or the mutant does not compile.
func (r Result) Stale() bool { return r.Fate != Survived && r.Reason != "" }

// Deletion reports whether something was taken out: of these every one must be
// caught.
func (r Result) Deletion() bool {
	return r.Operator == DeleteRule || r.Operator == DeleteDefault || r.Operator == DeleteCondition
}

// Survivors reads the reasons for mutants that make no difference, by their id.
func Survivors(files fs.FS) (map[string]string, error) {
	raw, err := fs.ReadFile(files, Folder+"/"+survivorsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	var root struct {
		Survivors []struct {
			Why     string   `yaml:"why"`
			Mutants []string `yaml:"mutants"`
		} `yaml:"survivors"`
	}
	if err := dec.Decode(&root); err != nil {
		return nil, mash.Invalid(Folder+"/"+survivorsFile, err.Error(), "mend the line that is named")
	}
	out := map[string]string{}
	for _, s := range root.Survivors {
		for _, id := range s.Mutants {
			out[id] = s.Why
		}
	}
	return out, nil
}

// Hunt puts every case to every mutant until one notices, on all processors.
// done, which may be nil, is told of each, one at a time, in any order; the
// results are in the order of the mutants. Errors: cases that the policy itself
// does not meet, and what ends ctx.
func Hunt(ctx context.Context, files fs.FS, cases []Case, mutants []Mutant, done func(Result)) ([]Result, error) {
	reasons, err := Survivors(files)
	if err != nil {
		return nil, err
	}
	if err := Holds(ctx, files, cases); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex
	out := make([]Result, len(mutants))
	order := newOrder(cases)
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				r, err := hunt(ctx, files, order, mutants[i])
				if err != nil {
					stop(err)
					continue
				}
				r.Reason = reasons[r.ID]
				mu.Lock()
				if out[i] = r; done != nil {
					done(r)
				}
				mu.Unlock()
			}
		})
	}
	for i := range mutants {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return out, nil
}

// Holds puts every case to the policy as it is. Errors: CodeInvalid with the
// first that it does not meet.
func Holds(ctx context.Context, files fs.FS, cases []Case) error {
	t := NewTrial(files)
	for _, c := range cases {
		wrong, err := t.Try(ctx, c)
		if err != nil {
			return err
		}
		if len(wrong) > 0 {
			return mash.Invalid(c.File+": "+c.Name, strings.Join(wrong, "; "), "mend the policy or the case; then look for what the cases miss")
		}
	}
	return nil
}

func hunt(ctx context.Context, files fs.FS, order *order, m Mutant) (Result, error) {
	r := Result{Mutant: m, Fate: Survived}
	text, err := m.apply(files)
	if err != nil {
		return r, err
	}
	wrong, err := copied(files)
	if err != nil {
		return r, err
	}
	wrong[m.File] = &fstest.MapFile{Data: text}
	t := NewTrial(wrong)
	for _, i := range order.now() {
		c := order.cases[i]
		different, err := t.Try(ctx, c)
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		if err != nil { // the case is sound: it is the policy
			r.Fate, r.By = Refused, ""
			return r, nil
		}
		if len(different) > 0 {
			r.Fate, r.By = Caught, c.File+": "+c.Name
			order.first(i)
			return r, nil
		}
	}
	return r, nil
}

// order is in which order cases are put: who noticed last comes first, as
// mutants of one rule are noticed by the same few; a case with a policy of its
// own, which must be compiled, comes last.
type order struct {
	cases []Case
	mu    sync.Mutex
	list  []int
}

func newOrder(cases []Case) *order {
	o := &order{cases: cases}
	for i := range cases {
		o.list = append(o.list, i)
	}
	slices.SortStableFunc(o.list, func(a, b int) int { return btoi(cases[a].Policy != nil) - btoi(cases[b].Policy != nil) })
	return o
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (o *order) now() []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.list)
}

func (o *order) first(i int) {
	if o.cases[i].Policy != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	at := slices.Index(o.list, i)
	o.list = slices.Insert(slices.Delete(o.list, at, at+1), 0, i)
}
