package enquiry

import (
	"cmp"
	"slices"

	"mashhub/hub/mash"
	"mashhub/plugins/record"
)

// Entry is one line of the chronology. What several agencies say alike stands
// once, with all its sources.
type Entry struct {
	ID          string            `json:"id"` // of the first source: return id / item id
	Item        record.Item       `json:"item"`
	Sources     []Source          `json:"sources"`
	Obligations []mash.Obligation `json:"obligations,omitempty"`
}

// Source traces an entry to a return.
type Source struct {
	Party    mash.Party `json:"party"`
	Return   string     `json:"return"`
	Item     string     `json:"item"`
	Revision int        `json:"revision"`
}

// landed is a return as stored.
type landed struct{ ret mash.Return }

// merge reports whether a return may enter the chronology: it is in scope, in
// time, and the newest of its request (I4).
func (l landed) merge() bool {
	for _, f := range []string{mash.FlagQuarantined, mash.FlagLate, mash.FlagSuperseded} {
		if slices.Contains(l.ret.Flags, f) {
			return false
		}
	}
	return true
}

// chronology puts the items of all returns in one order: the child's voice
// first, then by date. It scores nothing and suggests nothing.
func chronology(all []landed) []Entry {
	var out []Entry
	at := map[string]int{}
	for _, l := range all {
		if !l.merge() {
			continue
		}
		for _, i := range l.ret.Items {
			src := Source{Party: l.ret.Party, Return: l.ret.ID, Item: i.ID, Revision: l.ret.Revision}
			if n, ok := at[sameness(i.Item)]; ok && i.Kind != record.ChildVoice {
				out[n].Sources = append(out[n].Sources, src)
				out[n].Obligations = union(out[n].Obligations, i.Obligations)
				// Whoever says that it locates somebody is heard, not only the first.
				out[n].Item.Flags = union(out[n].Item.Flags, i.Flags)
				out[n].Item.Protected = union(out[n].Item.Protected, i.Protected)
				continue
			}
			at[sameness(i.Item)] = len(out)
			out = append(out, Entry{ID: l.ret.ID + "/" + i.ID, Item: i.Item, Sources: []Source{src}, Obligations: i.Obligations})
		}
	}
	slices.SortStableFunc(out, func(a, b Entry) int {
		if v := cmp.Compare(voiceLast(a), voiceLast(b)); v != 0 {
			return v
		}
		return a.Item.Date.Earliest().Compare(b.Item.Date.Earliest())
	})
	return out
}

func voiceLast(e Entry) int {
	if e.Item.Kind == record.ChildVoice {
		return 0
	}
	return 1
}

// sameness is equal for two items that say the same of the same person, word
// for word. A child's words are never merged.
func sameness(i record.Item) string {
	return i.Person + "\x00" + string(i.Kind) + "\x00" + i.Category + "\x00" + i.Date.Date + "\x00" +
		record.FoldName(i.Title) + "\x00" + record.FoldName(i.Text) + "\x00" + i.Handling
}

// union is a new list of what is in either.
func union[T comparable](a, b []T) []T {
	a = slices.Clone(a)
	for _, o := range b {
		if !slices.Contains(a, o) {
			a = append(a, o)
		}
	}
	return a
}
