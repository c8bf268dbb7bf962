package pages

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
	"mashhub/policies"
)

// TestCategoryNamesCoverTheCatalogue: every category of the shipped catalogue
// has a name, so that no page shows a code.
func TestCategoryNamesCoverTheCatalogue(t *testing.T) {
	b, err := policies.FS.ReadFile("tables/catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Catalogue map[string]any `yaml:"catalogue"`
	}
	if err := yaml.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Catalogue) < 30 {
		t.Fatalf("%d categories in the catalogue", len(c.Catalogue))
	}
	for code := range c.Catalogue {
		if strings.HasPrefix(code, "enquiry.") {
			continue // the hub's own, never asked for
		}
		if n := mash.CategoryName(code); n == strings.ReplaceAll(code[strings.Index(code, ".")+1:], "_", " ") || n == "" {
			t.Errorf("%s has no name", code)
		}
	}
	if got := mash.CategoryName("new.some_thing"); got != "some thing" {
		t.Errorf("an unknown category is called %q", got)
	}
}

// TestAgencyNamesCoverTheTable: who has a name in the policy's sentences has
// one on the pages, too, also where the hub's directory does not list them.
func TestAgencyNamesCoverTheTable(t *testing.T) {
	b, err := policies.FS.ReadFile("tables/names.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Names struct {
			Agencies map[string]string `yaml:"agencies"`
		} `yaml:"names"`
	}
	if err := yaml.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	if len(c.Names.Agencies) < 10 {
		t.Fatalf("%d agencies in the table", len(c.Names.Agencies))
	}
	for code := range c.Names.Agencies {
		if n := (mash.Directory{}).Name(mash.Party{Agency: code}); strings.Contains(n, "not in the directory") || n == code {
			t.Errorf("%s is shown as %q", code, n)
		}
	}
}
