package schools

import (
	"strings"

	"mashhub/connectors/internal/items"
	"mashhub/plugins/record"
)

func suspension(r row) (record.Item, bool) {
	it := record.Item{ID: key(r.get("UPN"), r.get("Type"), r.get("From"), r.get("Reason")), Category: "education.suspension", Kind: record.Fact,
		Date: when(r.get("From")), Until: until(r.get("To")), Source: "suspensions and exclusions", Text: r.get("Reason")}
	kind := strings.ToLower(r.get("Type"))
	it.Title = "Suspension"
	if strings.HasPrefix(kind, "excl") || strings.HasPrefix(kind, "perm") {
		it.Category, it.Title = "education.exclusion", "Permanent exclusion"
	}
	if days := r.get("Days"); days != "" {
		it.Title += " (" + days + " days)"
	}
	return it, false
}

func send(r row) (record.Item, bool) {
	return record.Item{ID: key(r.get("UPN"), r.get("Status"), r.get("From")), Category: "education.send", Kind: record.Fact, Date: when(r.get("From")),
		Until: until(r.get("To")), Title: "SEND: " + r.get("Status"), Text: r.get("Need"), Source: "SEND register"}, true
}

// concern reads the concerns log. A row that does not say what it is counts as
// an opinion: calling it a fact would claim more than the school did.
func concern(r row) (record.Item, bool) {
	it := record.Item{ID: r.get("ID"), Category: "education.concern", Kind: record.Opinion, Date: when(r.get("Date")), Title: r.get("Title"),
		Text: r.get("Text"), Author: r.get("Author"), Source: "concerns log"}
	if it.ID == "" {
		it.ID = key(r.get("UPN"), r.get("Date"), r.get("Title"), r.get("Text"))
	}
	if it.Title == "" {
		it.Title = "Concern"
	}
	switch kind := record.Kind(strings.ToLower(r.get("Kind"))); kind {
	case record.Fact, record.FamilyAccount:
		it.Kind = kind
	case record.ChildVoice, "child voice", "voice":
		it.Kind = record.ChildVoice
		it.Voice = &record.Voice{Verbatim: yes(r.get("Verbatim")), HeardBy: r.get("HeardBy"), Agreed: strings.ToLower(r.get("Agreed")), With: r.get("SharedWith")}
	}
	if yes(r.get("ThirdParty")) {
		it.Flags = append(it.Flags, record.FlagThirdParty)
	}
	return it, false
}

func collection(r row) (record.Item, bool) {
	return record.Item{ID: key(r.get("UPN"), r.get("Date"), r.get("Who"), r.get("Text")), Category: "education.collection", Kind: record.Fact,
		Date: when(r.get("Date")), Title: "Collected by: " + r.get("Who"), Text: r.get("Text"), Source: "collection arrangements"}, true
}

// lead reads the school's designated safeguarding lead, in post since From, or
// at least on the day of the export, and still.
func (g *reading) lead(t *table) error {
	return t.each(g.ctx.Err, func(r row) error {
		if r.get("Name") == "" {
			return nil
		}
		it := record.Item{ID: key(r.get("Name"), r.get("Role")), Category: "education.dsl_contact", Kind: record.Fact, Source: "staff list",
			Title: "Designated safeguarding lead", Text: join(r.get("Name"), r.get("Role"), r.get("Telephone"), r.get("Email"))}
		date, ok := items.Date(r.get("From"))
		if !ok {
			date = record.PartialDate{Date: t.day}
		}
		it.Date = date
		if len(g.protected) > 0 {
			for _, v := range []string{r.get("Name"), r.get("Telephone"), r.get("Email")} {
				if v != "" {
					it.Protected = append(it.Protected, v)
				}
			}
		}
		return g.add(t, it, true)
	})
}

func join(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, ", ")
}

func yes(s string) bool {
	switch strings.ToLower(s) {
	case "y", "yes", "true", "t", "1":
		return true
	}
	return false
}
