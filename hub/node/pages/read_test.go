package pages

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// fields reads the forms of a page as a browser would send them, the search
// terms of sign-out and the like left out.
func fields(t *testing.T, page string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	out := url.Values{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		a := map[string]string{}
		for _, x := range n.Attr {
			a[x.Key] = x.Val
		}
		name := a["name"]
		if name == "" || name == "viewport" || name == "theme-color" || name == "robots" || n.Data == "button" {
			continue
		}
		_, checked := a["checked"]
		switch {
		case n.Data == "textarea":
			out.Add(name, strings.TrimPrefix(text(n), "\n"))
		case n.Data == "select":
			for o := range n.Descendants() {
				for _, x := range o.Attr {
					if x.Key == "selected" {
						for _, y := range o.Attr {
							if y.Key == "value" {
								out.Add(name, y.Val)
							}
						}
					}
				}
			}
			if len(out[name]) == 0 {
				out.Add(name, "")
			}
		case a["type"] == "radio" || a["type"] == "checkbox":
			if checked {
				out.Add(name, a["value"])
			}
		default:
			out.Add(name, a["value"])
		}
	}
	return out
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}
