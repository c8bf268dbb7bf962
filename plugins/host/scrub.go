package host

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// maxErrorText is how much of a plugin's error text is repeated, in bytes.
const maxErrorText = 300

// clean makes an error of a plugin fit for logs: short, printable, and without
// any of the values that must not be repeated (of the person asked about, or
// the secrets handed over). The code and the field stay.
func clean(name, method string, err error, forbidden []string) error {
	var e *connector.Error
	if !errors.As(err, &e) {
		return connector.Errorf(connector.CodeInternal, "%s: %s: internal error", name, method)
	}
	out := connector.Errorf(e.Code, "%s: %s: %s", name, method, printable(e.Message, forbidden))
	switch {
	case errors.Is(err, context.Canceled):
		out = connector.Errorf(e.Code, "%s: %s: %w", name, method, context.Canceled)
	case errors.Is(err, context.DeadlineExceeded):
		out = connector.Errorf(e.Code, "%s: %s: no answer in time: %w", name, method, context.DeadlineExceeded)
	}
	out.Field = printable(e.Field, forbidden)
	return out
}

func printable(text string, forbidden []string) string {
	if repeats(text, forbidden) {
		return "(text withheld: it repeated what it must not)"
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if len(text) > maxErrorText {
		text = strings.ToValidUTF8(text[:maxErrorText], "") + "…"
	}
	return text
}

// Discloses reports whether text repeats anything that would identify the
// person: what an error text, a log line or a reason must never do.
func Discloses(text string, p record.Person) bool { return repeats(text, valuesOf(p)) }

// Repeats is Discloses for a single value, such as a secret.
func Repeats(text, value string) bool { return repeats(text, []string{value}) }

// repeats reports whether text contains one of the values. A short value of
// letters alone (a name) counts only as a whole word, or every "cannot" would
// be about Ann.
func repeats(text string, values []string) bool {
	compact := fold(text)
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		words[fold(w)] = true
	}
	for _, v := range values {
		f := fold(v)
		name := strings.IndexFunc(f, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
		switch {
		case len(f) < 2:
		case words[f], len(f) >= 8 && strings.Contains(compact, f), !name && len(f) >= 4 && strings.Contains(compact, f):
			return true
		}
	}
	return false
}

// fold makes "999 000 0018" and "9990000018" the same, and "TESSEL" and "Tessel".
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// valuesOf lists everything in a record that would identify its person.
func valuesOf(p record.Person) []string {
	var v []string
	for _, i := range p.Identifiers {
		v = append(v, i.Value)
	}
	for _, n := range p.Names {
		v = append(v, n.Preferred)
		v = append(v, n.Family...)
		v = append(v, n.Given...)
	}
	for _, d := range []*record.PartialDate{p.BirthDate, p.DeathDate} {
		if d != nil && len(d.Date) > len("2016") {
			v = append(v, d.Date)
		}
	}
	for _, a := range p.Addresses {
		v = append(v, a.Line1, a.Line2, a.Postcode, a.UPRN)
	}
	for _, c := range p.Telecoms {
		v = append(v, c.Value)
	}
	return v
}

func valuesOfNotification(n connector.Notification) []string {
	return append(valuesOf(n.Person), n.Place, n.Voice, n.Text)
}

func secretsOf(r connector.ConfigureRequest) []string {
	var v []string
	for _, secret := range r.Secrets {
		v = append(v, secret)
	}
	return v
}
