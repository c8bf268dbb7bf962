package enquiry

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// shelf keeps the returns of one request, as a store does.
type shelf struct {
	mash.HubTx
	all []mash.Return
}

func (s *shelf) UpdateReturn(r mash.Return) error {
	s.all[slices.IndexFunc(s.all, func(x mash.Return) bool { return x.ID == r.ID })] = r
	return nil
}

func (s *shelf) sorted() []mash.Return {
	return slices.SortedFunc(slices.Values(s.all), func(a, b mash.Return) int { return a.Revision - b.Revision })
}

// TestOneAnswerStands: whatever order revisions come in, in time or late, with
// pieces set aside or not, and whatever people take in or leave out, the
// chronology holds the items of at most one answer to a question; none that
// came late is among them without a person's word; and none that was replaced
// stands.
func TestOneAnswerStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, ended := &shelf{}, false
		for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"land", "land", "land", "end", "take_in", "leave_out"}).Draw(t, "what") {
			case "land":
				ret := mash.Return{ID: fmt.Sprint("ret", step), Revision: rapid.IntRange(1, 6).Draw(t, "revision")}
				if ret.ItemCount = rapid.IntRange(0, 2).Draw(t, "items"); rapid.Bool().Draw(t, "aside") {
					ret.SetAside, ret.Flags = 1, []string{mash.FlagQuarantined}
				}
				for n := range ret.ItemCount {
					ret.Items = append(ret.Items, mash.ReturnedItem{Item: record.Item{ID: fmt.Sprint(n), Title: fmt.Sprint(ret.ID, n)}})
				}
				if ended {
					ret.Flags = append(ret.Flags, mash.FlagLate)
				}
				if err := place(s, s.sorted(), &ret); err == nil {
					s.all = append(s.all, ret)
				} else if mash.CodeOf(err) != mash.CodeConflict {
					t.Fatal(err)
				}
			case "end":
				ended = true
			case "take_in", "leave_out":
				// As consider does it: what may not be is a conflict there.
				i := rapid.IntRange(0, max(0, len(s.all)-1)).Draw(t, "which")
				if i >= len(s.all) || !(landed{s.all[i]}).has(mash.FlagLate) || (landed{s.all[i]}).has(mash.FlagSuperseded) {
					continue
				}
				ret := s.all[i]
				if ret.Considered != nil && ret.Considered.State == mash.ReturnTakenIn {
					continue
				}
				ret.Considered = &mash.Considered{State: mash.ReturnLeftOut, At: time.Unix(int64(step), 0)}
				if rapid.Bool().Draw(t, "in") {
					ret.Considered.State = mash.ReturnTakenIn
				}
				s.all[i] = ret
				if err := supersede(s, s.sorted(), ret); err != nil {
					t.Fatal(err)
				}
			}
			stands := map[string]bool{}
			for _, x := range chronology(landedOf(s.sorted())) {
				for _, src := range x.Sources {
					stands[src.Return] = true
				}
			}
			if len(stands) > 1 {
				t.Fatalf("the items of %d answers stand: %+v", len(stands), s.all)
			}
			for _, ret := range s.all {
				l := landed{ret}
				if stands[ret.ID] && (l.has(mash.FlagSuperseded) || l.has(mash.FlagLate) && !l.considered(mash.ReturnTakenIn)) {
					t.Fatalf("it stands, and should not: %+v", ret)
				}
			}
		}
	})
}

func landedOf(all []mash.Return) (out []landed) {
	for _, ret := range all {
		out = append(out, landed{ret})
	}
	return out
}
