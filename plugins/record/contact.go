package record

import (
	"encoding/json"
	"errors"
)

// Contact is a group of ways to reach somebody, as the standard writes it.
type Contact struct {
	Name      string   `json:"name,omitempty"` // of the group: "Home", "Work", "Other"
	Email     []string `json:"email,omitempty"`
	Telephone []string `json:"telephone,omitempty"`
}

// ContactPoint is one telephone number or e-mail address.
type ContactPoint struct {
	System string // SystemPhone or SystemEmail
	Value  string
	Group  string // the name of the standard's group, such as "Home"; may be empty
}

// Systems of a ContactPoint.
const (
	SystemPhone = "phone"
	SystemEmail = "email"
)

// ContactPoints is a flat list of ways to reach a person. Its JSON is the
// standard's list of groups: consecutive points of one group name make one
// Contact. Writing and reading gives the same list; reading and writing may
// join two neighbouring groups of one name, which mean the same. A group
// without any number or address says nothing and is not kept.
type ContactPoints []ContactPoint

// Groups returns the points as the standard's groups. A point that is neither
// telephone nor e-mail is an error, rather than being dropped in silence.
func (ps ContactPoints) Groups() ([]Contact, error) {
	var out []Contact
	for i, p := range ps {
		// Within a Contact e-mail stands before telephone: an e-mail after a
		// telephone begins a new one, so that the order survives.
		if i == 0 || ps[i-1].Group != p.Group || p.System == SystemEmail && ps[i-1].System == SystemPhone {
			out = append(out, Contact{Name: p.Group})
		}
		c := &out[len(out)-1]
		switch p.System {
		case SystemPhone:
			c.Telephone = append(c.Telephone, p.Value)
		case SystemEmail:
			c.Email = append(c.Email, p.Value)
		default:
			return nil, errors.New(`contact: the system is neither "phone" nor "email": write one of them`)
		}
	}
	return out, nil
}

// MarshalJSON writes the standard's groups.
func (ps ContactPoints) MarshalJSON() ([]byte, error) {
	groups, err := ps.Groups()
	if err != nil {
		return nil, err
	}
	if ps == nil {
		return []byte("null"), nil
	}
	if len(groups) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal(groups)
}

// UnmarshalJSON reads the standard's groups.
func (ps *ContactPoints) UnmarshalJSON(b []byte) error {
	var groups []Contact
	if err := json.Unmarshal(b, &groups); err != nil {
		// The decoder's own text would repeat a number that stands there
		// without quotation marks.
		return errors.New("contact: not a list of groups with email and telephone: write each number or address as a text")
	}
	*ps = nil
	for _, g := range groups {
		for _, v := range g.Email {
			*ps = append(*ps, ContactPoint{SystemEmail, v, g.Name})
		}
		for _, v := range g.Telephone {
			*ps = append(*ps, ContactPoint{SystemPhone, v, g.Name})
		}
	}
	return nil
}
