package enquiry

import (
	"cmp"
	"slices"
	"time"

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
	// TakenIn is set where the return came late and a person took it in.
	TakenIn *TakenIn `json:"taken_in,omitempty"`
}

// TakenIn is who made a late return part of the chronology, and why.
type TakenIn struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// landed is a return as stored.
type landed struct{ ret mash.Return }

// merge reports whether a return may enter the chronology: it is the newest of
// its request, and came in time or was taken in by a person (I4). What was out
// of scope is not in it any more.
func (l landed) merge() bool {
	switch {
	case l.has(mash.FlagSuperseded):
		return false
	case l.has(mash.FlagLate):
		return l.considered(mash.ReturnTakenIn)
	}
	// Of a return stored before its pieces were told apart, nothing is known.
	return !l.has(mash.FlagQuarantined) || l.ret.SetAside > 0
}

func (l landed) has(flag string) bool { return slices.Contains(l.ret.Flags, flag) }

func (l landed) considered(state string) bool {
	return l.ret.Considered != nil && l.ret.Considered.State == state
}

// waits reports whether a return came late and nobody has considered it.
func (l landed) waits() bool {
	return l.has(mash.FlagLate) && !l.has(mash.FlagSuperseded) && l.ret.Considered == nil
}

// brings reports whether a return has something to put in the place of an
// older one: one whose every piece is set aside takes nothing away.
func (l landed) brings() bool { return l.ret.ItemCount > 0 || l.ret.SetAside == 0 }

// overtakes reports whether a newer return of a request takes the place of an
// older one: it is in the chronology, or both wait to be considered.
func overtakes(newer, older mash.Return) bool {
	n, o := landed{newer}, landed{older}
	return n.brings() && (n.merge() || n.waits() && o.waits())
}

// place finds the place of a new return among those of its request: flagged
// where a newer one is here, and taking that of the older ones. Errors:
// CodeConflict for a revision that is here (I2).
func place(tx mash.HubTx, before []mash.Return, ret *mash.Return) error {
	for _, b := range before {
		if b.Revision == ret.Revision {
			return mash.Errorf(mash.CodeConflict, "this revision has landed already")
		}
		if b.Revision > ret.Revision && overtakes(b, *ret) {
			ret.Flags = union(ret.Flags, []string{mash.FlagSuperseded})
		}
	}
	return supersede(tx, before, *ret)
}

// supersede flags the older returns whose place this one takes.
func supersede(tx mash.HubTx, all []mash.Return, ret mash.Return) error {
	for _, b := range all {
		if b.Revision >= ret.Revision || slices.Contains(b.Flags, mash.FlagSuperseded) || !overtakes(ret, b) {
			continue
		}
		b.Flags = append(b.Flags, mash.FlagSuperseded)
		if err := tx.UpdateReturn(b); err != nil {
			return err
		}
	}
	return nil
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
			if l.considered(mash.ReturnTakenIn) {
				src.TakenIn = &TakenIn{By: l.ret.Considered.By, At: l.ret.Considered.At}
			}
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
