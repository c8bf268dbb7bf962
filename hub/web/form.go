package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// form is what a person typed, with what is wrong with it. A field's name is
// its path in the API, "people[0].reason"; its id in the page is made of that.
type form struct {
	url.Values
	problems []kit.Problem
	wrong    map[string]string // by field name
}

func newForm(v url.Values) *form { return &form{Values: v, wrong: map[string]string{}} }

// fieldID is the id of a field's element: a name without the signs that a
// style sheet's selector would trip over.
func fieldID(name string) string {
	return strings.NewReplacer("[", "-", "]", "", ".", "-").Replace(name)
}

func (f *form) text(name string) string { return strings.TrimSpace(f.Get(name)) }

// bad records what is wrong with a field. id overrides where the error summary
// leads.
func (f *form) bad(name, text string, id ...string) {
	target := fieldID(name)
	if len(id) > 0 {
		target = id[0]
	}
	name = strings.TrimSuffix(name, "-day") // a date is one field of three parts
	if f.wrong[name] == "" {
		f.wrong[name] = text
	}
	f.problems = append(f.problems, kit.Problem{Text: text, Field: target})
}

// need records a missing text.
func (f *form) need(name, text string) string {
	v := f.text(name)
	if v == "" {
		f.bad(name, text)
	}
	return v
}

// take records the error of a use case at its field.
func (f *form) take(err error) {
	var e *mash.Error
	if errors.As(err, &e) && e.Field != "" {
		text := capital(e.Remedy)
		if text == "" {
			text = capital(e.Message)
		}
		f.bad(e.Field, text)
		return
	}
	f.problems = append(f.problems, kit.Problem{Text: problemText(err)})
}

// problemText is what a person is told of a conflict.
func problemText(err error) string {
	var e *mash.Error
	if errors.As(err, &e) {
		s := strings.TrimSuffix(capital(e.Message), ".") + "." // the policy's reasons are sentences already
		if e.Remedy != "" {
			s += " " + capital(e.Remedy) + "."
		}
		return s
	}
	return "It was changed meanwhile. Look at it again."
}

func (f *form) input(name, label, hint string) kit.Input {
	return kit.Input{Name: name, ID: fieldID(name), Value: f.Get(name), Label: kit.Label{Text: label}, Hint: hint, Error: f.wrong[name],
		Spellcheck: "false", Autocomplete: "off"}
}

func (f *form) area(name, label, hint string, rows int) kit.Textarea {
	return kit.Textarea{Name: name, ID: fieldID(name), Value: f.Get(name), Label: kit.Label{Text: label}, Hint: hint, Error: f.wrong[name],
		Rows: rows, Spellcheck: "false", Autocomplete: "off"}
}

func (f *form) radios(name, legend, hint string, items ...kit.Choice) kit.Radios {
	return kit.Radios{Name: name, IDPrefix: fieldID(name), Value: f.Get(name), Legend: kit.Legend{Text: legend, Classes: "govuk-fieldset__legend--s"},
		Hint: hint, Error: f.wrong[name], Items: items}
}

func (f *form) date(name, legend, hint string) kit.DateInput {
	return kit.DateInput{ID: fieldID(name), Prefix: name, Legend: kit.Legend{Text: legend, Classes: "govuk-fieldset__legend--s"}, Hint: hint,
		Day: f.Get(name + "-day"), Month: f.Get(name + "-month"), Year: f.Get(name + "-year"), Error: f.wrong[name]}
}

// day reads a whole date of a date input, as the midnight that begins it here.
func (f *form) day(name, missing string) time.Time {
	d, m, y := f.text(name+"-day"), f.text(name+"-month"), f.text(name+"-year")
	if d+m+y == "" {
		f.bad(name, missing, fieldID(name)+"-day")
		return time.Time{}
	}
	t, err := time.ParseInLocation("2-1-2006", d+"-"+m+"-"+y, london)
	if err != nil {
		f.bad(name, "Write the date as day, month and year, for example 3 5 2016", fieldID(name)+"-day")
	}
	return t
}

// choices of a table of words in an order.
func choicesOf(words map[string]string, codes ...string) (out []kit.Choice) {
	for _, c := range codes {
		out = append(out, kit.Choice{Value: c, Text: word(words, c)})
	}
	return out
}

// readForm reads a posted form. One that cannot be read is answered like a
// page that is not there.
func readForm(r *http.Request) (*form, error) {
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, kit.ErrTooLarge
		}
		return nil, kit.ErrNotFound
	}
	return newForm(r.PostForm), nil
}

// send carries a form's effect out once. act gives where to go on, and the
// message for there; an error of the person's own is given back for the form
// to show, any other ends the request.
func (s *site) send(w http.ResponseWriter, r *http.Request, f *form, act func() (location, done string, err error)) error {
	key := actor(r.Context()).ID + "\x00" + r.URL.Path + "\x00" + f.Get("once")
	end := func(string) {}
	if f.Get("once") != "" {
		first, location, e := s.once.begin(key)
		if !first {
			s.sessions.SetFlash(r.Context(), kit.Flash{Text: "You sent this form already. The second time changed nothing."})
			http.Redirect(w, r, location, http.StatusSeeOther)
			return nil
		}
		end = e
	}
	location := ""
	defer func() { end(location) }()
	to, done, err := act()
	if err != nil {
		return err
	}
	location = to
	Announce(s.Events)
	s.sessions.SetFlash(r.Context(), kit.Flash{Text: done, Success: true})
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// posted is a form that may be sent once.
func (s *site) posted(action string, body ...kit.Component) kit.Form {
	return kit.Form{Action: action, Hidden: map[string]string{"once": s.Desk.Env.NewID()}, Body: body}
}

// save is the button that sends a form.
func save(text string) kit.Button { return kit.Button{Text: text, OnceOnly: true} }
