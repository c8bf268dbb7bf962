package schools

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mashhub/plugins/connector"
)

func notification() connector.DeliverRequest {
	return connector.DeliverRequest{Call: "fernshire-0190-1", Unit: "100001", Notification: connector.Notification{ID: "PN-1/1", Kind: "encompass",
		Person: who("José", "Núñez", "2016-05-03"), Setting: "100001", Happened: time.Date(2026, 11, 19, 22, 0, 0, 0, time.UTC),
		Present: "yes", Text: "Shouting.", FamilyInformed: "unsafe_to_tell"}}
}

func listed(t *testing.T, dir string) []string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestDeliver: off until the agency names a folder and the school has made it;
// then one file for each notice, whatever happens in between.
func TestDeliver(t *testing.T) {
	root := t.TempDir()
	good().write(t, root, "100001")
	good().write(t, root, "100002")
	deliver := func(c connector.Connector, q connector.DeliverRequest) connector.DeliverResponse {
		t.Helper()
		a, err := c.Deliver(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	asks := connector.DeliverResponse{Outcome: connector.AskPerson}
	if a := deliver(configured(t, root, ""), notification()); a != asks {
		t.Errorf("without a setting: %+v", a)
	}
	c := configured(t, root, `,"notices":"notices"`)
	if a := deliver(c, notification()); a != asks {
		t.Errorf("a school without the folder: %+v", a)
	}
	dir := filepath.Join(root, "100001", "notices")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	other := notification()
	other.Unit = "100002"
	if a := deliver(c, other); a != asks {
		t.Errorf("another school: %+v", a)
	}
	want := connector.DeliverResponse{Outcome: connector.Found, Reference: "fernshire-0190-1.json"}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if a, err := c.Deliver(context.Background(), notification()); err != nil || a != want {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
	wg.Wait()
	if got := listed(t, dir); !slices.Equal(got, []string{want.Reference}) {
		t.Fatalf("in the folder: %v", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, want.Reference))
	var n map[string]any
	if err != nil || json.Unmarshal(text, &n) != nil || n["family_informed"] != "unsafe_to_tell" || n["text"] != "Shouting." || n["setting"] != "100001" {
		t.Errorf("%s, %v", text, err)
	}
	if !strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(string(text), "{")), `"family_informed"`) {
		t.Error("whether the family knows does not stand first")
	}
	// The school's system takes it; a repeat, by a new process, writes nothing.
	if err := os.Remove(filepath.Join(dir, want.Reference)); err != nil {
		t.Fatal(err)
	}
	if a := deliver(configured(t, root, `,"notices":"notices"`), notification()); a != want || len(listed(t, dir)) > 0 {
		t.Errorf("again: %+v, %v", a, listed(t, dir))
	}
	// Killed after the file stood there and before it was remembered.
	second := notification()
	second.Call = "fernshire-0190-2"
	deliver(c, second)
	if err := os.Remove(filepath.Join(dir, seen, "fernshire-0190-2.json")); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(filepath.Join(dir, "fernshire-0190-2.json"))
	deliver(c, second)
	if after, err := os.Stat(filepath.Join(dir, "fernshire-0190-2.json")); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was written anew: %v", err)
	}
	// Killed while it wrote: what is left of that is written over.
	third := notification()
	third.Call = "fernshire-0190-3"
	if err := os.WriteFile(filepath.Join(dir, ".fernshire-0190-3.json.part"), []byte(strings.Repeat("x", 9000)), 0o600); err != nil {
		t.Fatal(err)
	}
	deliver(c, third)
	if text, err := os.ReadFile(filepath.Join(dir, "fernshire-0190-3.json")); err != nil || !json.Valid(text) {
		t.Errorf("%v", err)
	}
	if got := listed(t, dir); len(got) != 2 {
		t.Errorf("in the folder: %v", got)
	}
}

// TestDeliverStaysInside: no key and no setting leads out of the school's
// folder, and nothing is lost when the folder cannot be written.
func TestDeliverStaysInside(t *testing.T) {
	root := t.TempDir()
	good().write(t, root, "100001")
	dir := filepath.Join(root, "100001", "notices")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c := configured(t, root, `,"notices":"notices"`)
	for _, key := range []string{"../../evil", "a/b", ".seen", "-x", strings.Repeat("k", 300), "key\x00", "Zoë", `C:\x`} {
		q := notification()
		q.Call = key
		a, err := c.Deliver(t.Context(), q)
		if err != nil || a.Outcome != connector.Found || !strings.HasPrefix(a.Reference, "key-") {
			t.Errorf("%q: %+v, %v", key, a, err)
		}
	}
	if got := listed(t, dir); len(got) != 8 {
		t.Errorf("in the folder: %v", got)
	}
	for _, bad := range []connector.DeliverRequest{{Unit: "100001"}, {Call: "k", Unit: "../100001"}, {Call: "k"}} {
		if _, err := c.Deliver(t.Context(), bad); connector.CodeOf(err) != connector.CodeInvalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	for _, name := range []string{"../x", "a/b", ".", "Notices"} {
		_, err := New().Configure(t.Context(), connector.ConfigureRequest{Config: json.RawMessage(fmt.Sprintf(`{"root":%q,"notices":%q}`, root, name))})
		if connector.CodeOf(err) != connector.CodeInvalid {
			t.Errorf("notices %q: %v", name, err)
		}
	}
	// A link that leads out is not followed.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := os.Symlink(out, dir); err != nil {
		t.Fatal(err)
	}
	if a, err := c.Deliver(t.Context(), notification()); err != nil || a.Outcome != connector.Unavailable || len(listed(t, out)) > 0 {
		t.Errorf("through a link: %+v, %v", a, err)
	}
	// A file where the folder should be, and no folder of schools at all.
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err := c.Deliver(t.Context(), notification()); err != nil || a.Outcome != connector.Unavailable {
		t.Errorf("a file in its place: %+v, %v", a, err)
	}
	if a, err := configured(t, filepath.Join(root, "away"), `,"notices":"notices"`).Deliver(t.Context(), notification()); err != nil || a.Outcome != connector.Unavailable {
		t.Errorf("no folder of schools: %+v, %v", a, err)
	}
}
