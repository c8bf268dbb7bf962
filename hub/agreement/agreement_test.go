package agreement

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"mashhub/hub/mash"
	"mashhub/policies"
)

// TestOneCell: a change of any cell is a change of that word alone, and the
// difference is that one, told the right way round.
func TestOneCell(t *testing.T) {
	files, err := Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Matrices(policies.FS)
	if err != nil || len(all) < 8 {
		t.Fatalf("%d matrices: %v", len(all), err)
	}
	cells := 0
	for _, m := range all {
		for _, row := range m.Rows {
			for _, purpose := range m.Purposes {
				was := row.Modes[purpose]
				for _, mode := range modes {
					c := Cell{m.Agreement, m.Pair, row.Category, purpose}
					next, err := SetMode(policies.FS, c, mode)
					if mode == was {
						if mash.CodeOf(err) != mash.CodeInvalid {
							t.Errorf("%+v: nothing changed, and %v", c, err)
						}
						continue
					}
					if err != nil {
						t.Fatalf("%+v: %v", c, err)
					}
					changes, err := Diff(policies.FS, FS(next))
					if err != nil || len(changes) != 1 {
						t.Fatalf("%+v to %s: %+v, %v", c, mode, changes, err)
					}
					d := changes[0]
					wider := strings.Index("none existence content", mode) > strings.Index("none existence content", was)
					if d.Agreement != c.Agreement || d.Pair != c.Pair || d.Category != c.Category || d.Purpose != c.Purpose || d.Was != was || d.Now != mode || d.Widens != wider ||
						!strings.Contains(d.Sentence, m.Name) || !strings.Contains(d.Sentence, row.Label) {
						t.Errorf("%+v to %s: %+v", c, mode, d)
					}
					for path, text := range next {
						if diff := len(text) - len(files[path]); text != files[path] && diff != len(mode)-len(was) {
							t.Errorf("%+v: %s grew by %d", c, path, diff)
						}
					}
					cells++
				}
			}
		}
	}
	if cells < 150 {
		t.Errorf("%d changes were tried", cells)
	}
}

// TestWhatCannotBeChanged names the field and the remedy.
func TestWhatCannotBeChanged(t *testing.T) {
	good := Cell{"mash-fernshire", "fernshire/police", "police.crime", "s17"}
	for field, c := range map[string]Cell{
		"agreement": {"nothing", good.Pair, good.Category, good.Purpose}, "pair": {good.Agreement, "fernshire/nobody", good.Category, good.Purpose},
		"category": {good.Agreement, good.Pair, "police.gossip", good.Purpose}, "purpose": {good.Agreement, good.Pair, good.Category, "curiosity"},
	} {
		_, err := SetMode(policies.FS, c, "none")
		var e *mash.Error
		if !asError(err, &e) || e.Field != field || e.Remedy == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := SetMode(policies.FS, good, "everything"); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("an unknown mode: %v", err)
	}
	if _, err := SetStatus(policies.FS, good.Agreement, "", "paused"); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("an unknown status: %v", err)
	}
}

// TestStopping: an agreement and one agency, there and back.
func TestStopping(t *testing.T) {
	for _, pair := range []string{"", "fernshire/police"} {
		stopped, err := SetStatus(policies.FS, "mash-fernshire", pair, "suspended")
		if err != nil {
			t.Fatal(err)
		}
		there, err := Diff(policies.FS, FS(stopped))
		if err != nil || len(there) != 1 || there[0].Widens || there[0].Pair != pair {
			t.Errorf("%q: %+v, %v", pair, there, err)
		}
		back, err := Diff(FS(stopped), policies.FS)
		if err != nil || len(back) != 1 || !back[0].Widens {
			t.Errorf("%q back: %+v, %v", pair, back, err)
		}
	}
}

// TestEverythingElseWidens: a rule, a sentence, a date or a clause that changes is
// not surely narrower.
func TestEverythingElseWidens(t *testing.T) {
	for path, change := range map[string][2]string{
		"rego/release.rego":              {"default longest := 99999", "default longest := 99998"},
		"tables/reasons.yaml":            {"older than", "of more than"},
		"agreements/mash-fernshire.yaml": {`expires: "2029-12-31"`, `expires: "2028-12-31"`},
	} {
		files, err := Files(policies.FS)
		if err != nil || !strings.Contains(files[path], change[0]) {
			t.Fatalf("%s: %v", path, err)
		}
		files[path] = strings.Replace(files[path], change[0], change[1], 1)
		got, err := Diff(policies.FS, FS(files))
		if err != nil || len(got) != 1 || !got[0].Widens || got[0].Sentence == "" {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	if got, err := Diff(policies.FS, policies.FS); err != nil || len(got) != 0 {
		t.Errorf("nothing: %+v, %v", got, err)
	}
}

// TestWhatYAMLHides: what the engine reads otherwise is a difference, and what it
// would read otherwise than people do is refused.
func TestWhatYAMLHides(t *testing.T) {
	const file = "agreements/mash-fernshire.yaml"
	shipped, err := Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	with := func(from, to string) map[string]string {
		t.Helper()
		if !strings.Contains(shipped[file], from) {
			t.Fatalf("the agreement has no %q", from)
		}
		out := maps.Clone(shipped)
		out[file] = strings.Replace(out[file], from, to, 1)
		return out
	}
	const cell = "police.crime: {s47: content, s17: content, early_help: existence"
	for name, files := range map[string]map[string]string{
		"a mode that is unknown":           with(cell, "police.crime: {s47: content, s17: content, early_help: everything"),
		"a truth value becomes a word":     with("dispensation: true", `dispensation: "true"`),
		"two words become one":             with("[CA1989-s47, CA2004-s11", `["CA1989-s47, CA2004-s11"`),
		"a status that is unknown":         with("  status: active", "  status: Suspended"),
		"another agreement under its name": with("mash-fernshire:", "mash-marlshire:"),
	} {
		changes, err := Diff(policies.FS, FS(files))
		if err != nil || len(changes) == 0 || !changes[0].Widens {
			t.Errorf("%s: %+v, %v", name, changes, err)
		}
	}
	for name, files := range map[string]map[string]string{
		"a tag":     with(cell, "police.crime: {s47: content, s17: content, early_help: !!binary Y29udGVudA=="),
		"a key":     with("fernshire/police:", "!!binary ZmVybnNoaXJlL3BvbGljZQ==:"),
		"an alias":  with(cell, "police.crime: {s47: &x content, s17: content, early_help: *x"),
		"an anchor": with(cell, "police.crime: {s47: &x content, s17: content, early_help: existence"),
		"a merge":   with(cell, "police.crime: {<<: {early_help: content}, s47: content, s17: content"),
	} {
		_, diff := Diff(policies.FS, FS(files))
		for what, err := range map[string]error{"diff": diff, "check": Check(FS(files))} {
			var e *mash.Error
			if !asError(err, &e) || e.Field != file || e.Remedy == "" {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	// The ids of two agreements change places, and no other word does.
	swapped := with("mash-fernshire:", "encompass-fernshire:")
	const other = "agreements/encompass-fernshire.yaml"
	swapped[other] = strings.Replace(swapped[other], "encompass-fernshire:", "mash-fernshire:", 1)
	if changes, err := Diff(policies.FS, FS(swapped)); err != nil || len(changes) < 10 || !changes[0].Widens {
		t.Errorf("two agreements under each other's name: %d changes, %v", len(changes), err)
	}
}

// TestStops: a stop is told from every other change, and is put onto other files.
func TestStops(t *testing.T) {
	all, err := Stoppable(policies.FS)
	if err != nil || len(all) < 15 {
		t.Fatalf("%d can be stopped: %v", len(all), err)
	}
	for _, x := range all {
		files, err := Stopped(policies.FS, []Stop{x.Stop})
		if err != nil {
			t.Errorf("%+v: %v", x, err)
			continue
		}
		got, ok, err := Stops(policies.FS, FS(files))
		if err != nil || !ok || !slices.Equal(got, []Stop{x.Stop}) {
			t.Errorf("%+v: %+v %v %v", x, got, ok, err)
		}
		if _, ok, _ := Stops(FS(files), policies.FS); ok {
			t.Errorf("%+v: the way back is a stop", x)
		}
		again, err := Stopped(FS(files), []Stop{x.Stop, {Agreement: "nothing"}, {x.Agreement, "fernshire/nobody"}})
		if err != nil || !maps.Equal(again, files) {
			t.Errorf("%+v: stopped twice is another: %v", x, err)
		}
	}
	files, err := SetMode(policies.FS, Cell{"mash-fernshire", "fernshire/police", "police.crime", "s17"}, "none")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := Stops(policies.FS, FS(files)); ok {
		t.Error("a cell that is narrowed is a stop")
	}
	if _, ok, _ := Stops(policies.FS, policies.FS); ok {
		t.Error("nothing is a stop")
	}
	every, err := Everything(policies.FS)
	if err != nil || len(every) != 2 {
		t.Errorf("%v, %v", every, err)
	}
	for id, want := range map[string][]string{"mash-fernshire": {"closing", "early_help", "feedback", "s17", "s47"}, "encompass-fernshire": {"encompass"}, "nothing": nil} {
		if got, err := Governs(policies.FS, "fernshire", id); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s governs %v, %v", id, got, err)
		}
	}
}

// TestWhatNobodySees: a key or a line end that a reader does not see is refused, and
// what the engine reads otherwise is never told as layout.
func TestWhatNobodySees(t *testing.T) {
	files, err := Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	const path = "agreements/mash-fernshire.yaml"
	for name, text := range map[string]string{
		"an empty key":          strings.TrimRight(files[path], "\n") + "\n  \"\": {pairs: {fernshire/police: {categories: {police.crime: {early_help: existence}}}}}\n",
		"a key with NULs":       strings.TrimRight(files[path], "\n") + "\n  \"pairs\\0fernshire/police\\0categories\\0police.crime\\0early_help\": existence\n",
		"a key of keys":         strings.TrimRight(files[path], "\n") + "\n  ? {a: b}\n  : c\n",
		"a line separator":      strings.Replace(files[path], "# Fernshire", "# Fern\u2028shire", 1),
		"a paragraph separator": strings.Replace(files[path], "# Fernshire", "# Fern\u2029shire", 1),
		"a next line":           strings.Replace(files[path], "# Fernshire", "# Fern\u0085shire", 1),
		"a carriage return":     strings.Replace(files[path], "# Fernshire", "# Fern\rshire", 1),
	} {
		changed := maps.Clone(files)
		changed[path] = text
		var e *mash.Error
		if err := Check(FS(changed)); !asError(err, &e) || e.Code != mash.CodeInvalid || e.Remedy == "" {
			t.Errorf("%s: %v", name, err)
		}
		if changes, err := Diff(policies.FS, FS(changed)); err == nil && (len(changes) == 0 || !changes[0].Widens) {
			t.Errorf("%s: a reader is told %+v", name, changes)
		}
		if _, err := SetStatus(FS(changed), "mash-fernshire", "fernshire/police", "suspended"); err == nil {
			t.Errorf("%s: it was written to", name)
		}
	}
	windows := maps.Clone(files)
	windows[path] = strings.ReplaceAll(files[path], "\n", "\r\n")
	if err := Check(FS(windows)); err != nil {
		t.Errorf("lines of Windows: %v", err)
	}
	if out, err := SetStatus(FS(windows), "mash-fernshire", "fernshire/police", "suspended"); err != nil || !strings.Contains(out[path], "suspended\r\n") {
		t.Errorf("lines of Windows cannot be stopped: %v", err)
	}
	for _, quoted := range []string{`"active"`, "'active'"} {
		q := maps.Clone(files)
		q[path] = strings.Replace(files[path], "name: Fernshire Police\n      status: active", "name: Fernshire Police\n      status: "+quoted, 1)
		stopped, err := SetStatus(FS(q), "mash-fernshire", "fernshire/police", "suspended")
		if err != nil {
			t.Errorf("a status in quotes cannot be stopped: %v", err)
			continue
		}
		if got, ok, err := Stops(FS(q), FS(stopped)); err != nil || !ok || len(got) != 1 || got[0].Pair != "fernshire/police" {
			t.Errorf("%s: %+v, %v", quoted, got, err)
		}
	}
}

func asError(err error, e **mash.Error) bool { return errors.As(err, e) }

// TestSchema: what a file says beyond the schema is refused where it stands, also
// where the engine would pass over it, and the shipped files say nothing beyond it.
func TestSchema(t *testing.T) {
	if err := Check(policies.FS); err != nil {
		t.Fatal(err)
	}
	files, err := Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	const path = "agreements/mash-fernshire.yaml"
	for from, to := range map[string]string{
		"      age_limit: {days: 2192, words: six years}": "      age_limit: {days: six years, words: six years}",
		"age_limit: {days: 2192":                          "age_limit: {days: 0",
		"C: {originator_control: true}":                   "C: {originator_controls: true}",
		"      units: {}":                                 "      unit: {}",
		"feedback:\n    second_reader: true":              "feedback:\n    second_reader: yes please",
		"    fernshire/police:\n      name":               "    fernshire police:\n      name",
		"fields: [identifiers.nhs,":                       "fields: [identifiers.nhs, identifiers.nhs,",
		"basis: s47":                                      "basis: s48",
		"  signed_on: \"2024-12-02\"\n":                   "  signed_on: \"2 December 2024\"\n",
		"  kind: mash\n":                                  "",
		"text: \"Silence is not agreement.\"":             "text: \"\"",
		"mash-fernshire:\n":                               "mash-fernshire:\n  ncnd: false\n",
		"early_help: content}":                            "early_help: [content]}",
	} {
		changed := maps.Clone(files)
		if !strings.Contains(files[path], from) {
			t.Fatalf("the file has no %q", from)
		}
		changed[path] = strings.Replace(files[path], from, to, 1)
		err := Check(FS(changed))
		var e *mash.Error
		if !errors.As(err, &e) || e.Code != mash.CodeInvalid || e.Field != path || !strings.Contains(e.Message, "line ") || e.Remedy == "" {
			t.Errorf("%q: %v", to, err)
			continue
		}
		line := 1 + strings.Count(files[path][:strings.Index(files[path], from)], "\n")
		if !strings.Contains(e.Message, fmt.Sprintf("line %d:", line)) && to != "" && !strings.Contains(to, "\n") {
			t.Errorf("%q, line %d: %v", to, line, e.Message)
		}
	}
	many := maps.Clone(files)
	many[path] = strings.ReplaceAll(files[path], "s17: content", "s17: some")
	var e *mash.Error
	if err := Check(FS(many)); !errors.As(err, &e) || !strings.Contains(e.Message, "more") || len(e.Message) > 3000 {
		t.Errorf("many: %v", err)
	}
}
