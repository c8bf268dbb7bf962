package kit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// attacks are strings that become markup, an attribute or a script where a
// place forgets to escape.
var attacks = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	`x" autofocus onfocus="alert(1)`,
	`javascript:alert(1)`,
	`data:text/html,<script>alert(1)</script>`,
	`</textarea></title></style><svg onload=alert(1)>`,
	`{{.}}`,
	"\x00<b>\u202e",
	`&lt;script&gt;`,
}

// checkMarkup fails the test for anything that the content security policy
// would block or that only an attack would put there. It gives the number of
// elements, so that a caller can see that there was something to check.
func checkMarkup(t *testing.T, what, s string) int {
	t.Helper()
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	elements := 0
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		elements++
		switch n.Data {
		case "style", "iframe", "object", "embed", "base", "img":
			t.Errorf("%s: element %s", what, n.Data)
		case "script":
			if n.FirstChild != nil || !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool {
				return a.Key == "src" && strings.HasPrefix(a.Val, StaticPrefix)
			}) {
				t.Errorf("%s: inline or foreign script", what)
			}
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
				t.Errorf("%s: attribute %s on %s", what, a.Key, n.Data)
			case (a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "data-live-url") && unsafeAddress(a.Val):
				t.Errorf("%s: %s=%q on %s", what, a.Key, a.Val, n.Data)
			}
		}
	}
	return elements
}

func unsafeAddress(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.HasPrefix(s, "javascript:") || strings.HasPrefix(s, "data:") || strings.HasPrefix(s, "vbscript:")
}

// TestCheckMarkupFindsAttacks shows that the check can fail.
func TestCheckMarkupFindsAttacks(t *testing.T) {
	for _, s := range []string{`<p onclick="x">`, `<p style="x">`, `<script>x</script>`, `<a href="javascript:x">`, `<img src="x">`} {
		var probe testing.T
		done := make(chan struct{})
		go func() { defer close(done); checkMarkup(&probe, "probe", s) }()
		<-done
		if !probe.Failed() {
			t.Errorf("%s was not found", s)
		}
	}
}

func TestComponentsEscapeEverything(t *testing.T) {
	plain := make([]int, len(every("x")))
	for i, c := range every("x") {
		h, err := c.Render()
		if err != nil {
			t.Fatalf("%T: %v", c, err)
		}
		plain[i] = checkMarkup(t, fmt.Sprintf("%T", c), string(h))
	}
	for _, attack := range attacks {
		for i, c := range every(attack) {
			h, err := c.Render()
			if err != nil {
				t.Fatalf("%T with %q: %v", c, attack, err)
			}
			what := fmt.Sprintf("%T with %q", c, attack)
			// The same elements as with a harmless word: nothing became markup.
			if n := checkMarkup(t, what, string(h)); n != plain[i] {
				t.Errorf("%s: %d elements instead of %d:\n%s", what, n, plain[i], h)
			}
		}
	}
}

func TestPageEscapesEverything(t *testing.T) {
	for _, attack := range append(attacks, "x") {
		u := User{ID: attack, Name: attack, Agency: attack}
		l := Layout{
			Organisation: attack, ServiceName: attack, ServiceURL: attack, Demo: attack, HeldFor: attack, Contact: attack,
			FooterLinks: []Link{{Text: attack, Href: attack}}, Nav: func(User) []NavItem { return []NavItem{{Text: attack, Href: attack}} },
		}
		var b strings.Builder
		err := l.Render(&b, Page{
			Title: attack, Caption: attack, User: &u, Breadcrumbs: []Link{{Text: attack, Href: attack}}, Back: &BackLink{Text: attack, Href: attack},
			Flash: &Banner{Text: attack}, Problems: []Problem{{attack, attack}}, Body: Stack(every(attack)),
		})
		if err != nil {
			t.Fatal(err)
		}
		checkMarkup(t, "page with "+attack, b.String())
	}
}

func TestAttributeNamesAreLimited(t *testing.T) {
	for _, name := range []string{"onclick", "style", "href", "data-", "data-x y", `data-x"`, "DATA-X", "id"} {
		if _, err := (Tag{Text: "x", Attributes: Attrs{name: "1"}}).Render(); err == nil {
			t.Errorf("attribute %q was accepted", name)
		}
	}
}

func TestPageHasItsLandmarksInOrder(t *testing.T) {
	l := Layout{Organisation: "Fernshire", ServiceName: "MASH Hub", Demo: "Nobody here is real."}
	p := galleryPage()
	p.User = &User{ID: "u1", Name: "Sam Okafor"}
	var b strings.Builder
	if err := l.Render(&b, p); err != nil {
		t.Fatal(err)
	}
	s := b.String()
	checkMarkup(t, "gallery", s)
	at := 0
	for _, want := range []string{
		`<html lang="en"`, "<title>Error: Gallery of components – MASH Hub</title>", `class="govuk-skip-link"`, "<header", "<nav", `<main class="govuk-main-wrapper" id="main-content">`,
		"govuk-error-summary", "govuk-notification-banner", "<h1", "</main>", "<footer",
	} {
		i := strings.Index(s[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing or out of order", want)
		}
		at += i
	}
	if n := strings.Count(s, "<h1"); n != 1 {
		t.Errorf("%d h1", n)
	}
	ids := map[string]bool{}
	root, _ := html.Parse(strings.NewReader(s))
	var targets []string
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				if ids[a.Val] {
					t.Errorf("id %q is there twice", a.Val)
				}
				ids[a.Val] = true
			case a.Key == "for", a.Key == "aria-describedby", a.Key == "aria-labelledby":
				targets = append(targets, strings.Fields(a.Val)...)
			case a.Key == "href" && len(a.Val) > 1 && a.Val[0] == '#':
				targets = append(targets, a.Val[1:])
			}
		}
	}
	for _, id := range targets {
		if !ids[id] {
			t.Errorf("nothing has the id %q that is referred to", id)
		}
	}
}
