package kit

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestViews(t *testing.T) {
	fs := fstest.MapFS{"v/a.html": {Data: []byte(`{{define "enquiry"}}<section>{{.Name}} {{.Save.Render}} {{template "kit/tag" .State}}</section>{{end}}`)}}
	v, err := ParseViews(fs, "v/*.html")
	if err != nil {
		t.Fatal(err)
	}
	data := struct {
		Name  string
		Save  Button
		State Tag
	}{"<b>Rowan</b>", Button{Text: "Save"}, Tag{Text: "<i>"}}
	for range 2 {
		h, err := v.With("enquiry", data).Render()
		if err != nil {
			t.Fatal(err)
		}
		s := string(h)
		if !strings.Contains(s, "&lt;b&gt;Rowan") || !strings.Contains(s, `<button type="submit"`) || !strings.Contains(s, `<strong class="govuk-tag">&lt;i&gt;</strong>`) {
			t.Error(s)
		}
	}
	if _, err := v.With("nothing", data).Render(); err == nil {
		t.Error("a missing view was rendered")
	}
	if _, err := ParseViews(fstest.MapFS{"a.html": {Data: []byte(`{{define "kit/tag"}}x{{end}}`)}}, "*.html"); err == nil {
		t.Error("a template of the kit was replaced")
	}
	if _, err := ParseViews(fstest.MapFS{"a.html": {Data: []byte(`{{define "a"}}{{.x`)}}, "*.html"); err == nil {
		t.Error("a broken view was accepted")
	}
	// An earlier execution of the kit's own templates changes nothing.
	if _, err := (Tag{Text: "x"}).Render(); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseViews(fs, "v/*.html"); err != nil {
		t.Error(err)
	}
}
