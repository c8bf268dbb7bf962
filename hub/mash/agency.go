package mash

import (
	"slices"
	"strings"
)

// Agency is an organisation of the partnership, as the hub's settings name it.
type Agency struct {
	ID        string   `json:"id" yaml:"id"`
	Name      string   `json:"name" yaml:"name"`
	Kind      string   `json:"kind" yaml:"kind"` // police, health, schools, socialcare, housing, probation …
	Telephone string   `json:"telephone" yaml:"telephone"`
	HeldFor   string   `json:"held_for,omitempty" yaml:"held_for"` // "" or who hosts its node
	Units     []Unit   `json:"units,omitempty" yaml:"units"`
	Holds     []string `json:"holds" yaml:"holds"` // categories it may be asked for
	// Opens names the people who open requests there, so that a question about
	// one of them goes to somebody else. They are never shown.
	Opens []string `json:"-" yaml:"opens"`
}

// Unit is a part of an agency that answers for itself.
type Unit struct {
	ID        string   `json:"id" yaml:"id"` // URN, practice code
	Name      string   `json:"name" yaml:"name"`
	Kind      string   `json:"kind" yaml:"kind"` // school, college, nursery, la_officer, practice
	Telephone string   `json:"telephone" yaml:"telephone"`
	Opens     []string `json:"-" yaml:"opens"`
}

// Directory lists the agencies of a partnership.
type Directory []Agency

// Agency returns the agency with an id.
func (d Directory) Agency(id string) (Agency, bool) {
	for _, a := range d {
		if a.ID == id {
			return a, true
		}
	}
	return Agency{}, false
}

// Unit returns the unit behind a party.
func (d Directory) Unit(p Party) (Unit, bool) {
	a, ok := d.Agency(p.Agency)
	if !ok || p.Unit == "" {
		return Unit{}, false
	}
	for _, u := range a.Units {
		if u.ID == p.Unit {
			return u, true
		}
	}
	return Unit{}, false
}

// Knows reports whether a party may be written to. An agency that has units is
// written to by unit.
func (d Directory) Knows(p Party) bool {
	a, ok := d.Agency(p.Agency)
	if !ok {
		return false
	}
	if p.Unit == "" {
		return len(a.Units) == 0
	}
	_, ok = d.Unit(p)
	return ok
}

// Name is what people call a party. One that is not in the directory, such as
// an organisation that was considered and not asked, has its general name; a
// code of nobody's is marked as one, because on a page it would pass for a word.
func (d Directory) Name(p Party) string {
	if u, ok := d.Unit(p); ok {
		return u.Name
	}
	if a, ok := d.Agency(p.Agency); ok {
		return a.Name
	}
	if n, ok := agencyNames[p.Agency]; ok {
		return strings.TrimSpace(n + " " + p.Unit)
	}
	if p.Agency == "" {
		return ""
	}
	return p.String() + " (not in the directory)"
}

// Telephone is the number to ring about a party's request.
func (d Directory) Telephone(p Party) string {
	if u, ok := d.Unit(p); ok && u.Telephone != "" {
		return u.Telephone
	}
	a, _ := d.Agency(p.Agency)
	return a.Telephone
}

// Opens lists who opens requests at a party: those of the unit, and those of its
// agency too, who see what is asked of its units unless somebody hosts them.
func (d Directory) Opens(p Party) []string {
	a, _ := d.Agency(p.Agency)
	u, ok := d.Unit(p)
	if ok && a.HeldFor != "" {
		return u.Opens
	}
	return slices.Concat(u.Opens, a.Opens)
}
