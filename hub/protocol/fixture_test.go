package protocol

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
	"mashhub/policies"
)

// day is when the tests decide: a Sunday in the agreements' second year.
var day = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// testEnv is a world whose clock stands still.
func testEnv() mash.Env {
	var n atomic.Int64
	return mash.Env{
		Now:   func() time.Time { return day },
		NewID: func() string { return fmt.Sprintf("decision-%d", n.Add(1)) },
	}
}

// newPoint opens a point by the shipped policies, changed by change.
func newPoint(t testing.TB, change func(*Options)) *Point {
	t.Helper()
	opts := Options{Where: mash.HubAddress("fernshire"), Env: testEnv(), Timeout: 5 * time.Second, Epoch: 1}
	if change != nil {
		change(&opts)
	}
	p, err := New(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shipped copies the shipped files, so that a test can change them.
func shipped(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(policies.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(policies.FS, name)
		out[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func about() mash.About {
	return mash.About{Where: mash.HubAddress("fernshire"), Actor: "worker-1", Enquiry: "enquiry-1", Request: "request-1", Now: day}
}

// families agreed: the basis of scenario 1.
func agreed() mash.BasisInput {
	return mash.BasisInput{Agreement: "given", GivenBy: "parent", Told: true}
}

// askPolice is scenario 1's question to the police.
func askPolice() mash.AskInput {
	return mash.AskInput{
		About: about(), Hub: "fernshire", Party: mash.Party{Agency: "police"}, Purpose: mash.PurposeS17, Level: 3, RAG: mash.Amber,
		Basis: agreed(), Evidence: true,
		Persons: []mash.AskPerson{
			{Key: "subject-1", Role: "subject", Fields: []string{"identifiers.nhs", "identifiers.upn", "names", "birth_date", "gender", "addresses"}},
			{Key: "household-1", Role: "household", HasReason: true, Fields: []string{"names", "birth_date", "addresses"}},
		},
		Categories: []string{"police.domestic_incident", "police.crime"},
		From:       day.AddDate(-10, 0, 0), To: day,
	}
}

// releasePolice is scenario 1's answer: one incident this year, one item past
// the agreement's age limit.
func releasePolice() mash.ReleaseInput {
	return mash.ReleaseInput{
		About: about(), Hub: "fernshire", Party: mash.Party{Agency: "police"}, Purpose: mash.PurposeS17, Basis: agreed(),
		Asked: []string{"police.domestic_incident", "police.crime"}, From: day.AddDate(-10, 0, 0), To: day,
		Held: []mash.HeldInput{
			{Person: "subject-1", Category: "police.domestic_incident", Band: "match", Held: true},
			{Person: "subject-1", Category: "police.crime", Band: "match"},
		},
		Items: []mash.ItemInput{
			{ID: "i1", Person: "subject-1", Category: "police.domestic_incident", Kind: "fact", Date: "2026-09-01", AgeDays: 82, Handling: "P", Band: "match"},
			{ID: "i2", Person: "subject-1", Category: "police.domestic_incident", Kind: "fact", Date: "2019-05-01", AgeDays: 2762, Handling: "P", Band: "match"},
		},
	}
}

// plain makes of YAML's maps what JSON's would be.
func plain(t testing.TB, m map[string]any) map[string]any {
	t.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// merge lays over onto base: objects by member, everything else as a whole. A
// member that is null is taken away.
func merge(base, over map[string]any) map[string]any {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]any{}
	}
	for key, value := range over {
		inner, isObject := value.(map[string]any)
		before, wasObject := out[key].(map[string]any)
		switch {
		case value == nil:
			delete(out, key)
		case isObject && wasObject:
			out[key] = merge(before, inner)
		default:
			out[key] = value
		}
	}
	return out
}

// patched is the shipped policy with data laid over its files, by path.
func patched(t testing.TB, changes map[string]map[string]any) fstest.MapFS {
	t.Helper()
	files := shipped(t)
	for name, change := range changes {
		file, there := files[name]
		if !there {
			t.Fatalf("no policy file %s", name)
		}
		var tree map[string]any
		if err := yaml.Unmarshal(file.Data, &tree); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(merge(plain(t, tree), plain(t, change)))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: raw} // JSON is YAML
	}
	return files
}
