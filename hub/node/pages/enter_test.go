package pages

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// presses is what the Enter key presses in the form with an action: its first
// button (HTML, "implicit submission"), as words, and what it would send.
func presses(t *testing.T, page, action string) (words string, sends map[string]string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	attr := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	for form := range doc.Descendants() {
		if form.Data != "form" || attr(form, "action") != action {
			continue
		}
		for n := range form.Descendants() {
			if n.Data == "button" && attr(n, "type") != "button" {
				sends = map[string]string{}
				for _, k := range []string{"name", "formaction"} {
					if v := attr(n, k); v != "" {
						sends[k] = v
					}
				}
				return strings.TrimSpace(text(n)), sends
			}
		}
	}
	t.Fatalf("no form %s with a button", action)
	return "", nil
}

// TestEnterSendsTheAnswer: Enter in a field of the form does what its last
// button does, and adds no item, on the first page and on one that comes back
// with a mistake or with one more item.
func TestEnterSendsTheAnswer(t *testing.T) {
	f := newAgency(t, schools, nil)
	path := "/tasks/" + f.taskOf(f.ask(millbrook, told, concerns, rowan(), leanne())).ID
	c := f.as("dsl-999001")
	for name, page := range map[string]reply{
		"new":     c.get(path),
		"mistake": c.form(path+"/answer", url.Values{}),
		"more":    c.form(path+"/answer", with(oneItem(), "more", "subject-1")),
	} {
		if words, sends := presses(t, page.body, path+"/answer"); words != "Send this answer" || len(sends) > 0 {
			t.Errorf("%s: Enter presses %q, which sends %v", name, words, sends)
		}
	}
}
