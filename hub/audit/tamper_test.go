package audit_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mashhub/hub/audit"
	"mashhub/hub/mash"
	"mashhub/hub/store"
)

// tampered gives a bundle with bodies, erased ones and unsequenced ones.
func tampered(t *testing.T) (*world, []byte) {
	w := newWorld(t)
	w.append(0, 3)
	old := w.now
	w.now = w.now.AddDate(0, 1, 0)
	w.append(3, 8)
	w.sequence(6)
	if err := store.NewVaultAudit(w.vault).DestroyMonth(old); err != nil {
		t.Fatal(err)
	}
	b := w.bundle()
	if rep := w.verify(b); len(rep.Erased) != 3 || rep.Bodies != 3 || rep.Unsequenced != 2 {
		t.Fatalf("%+v", rep)
	}
	return w, b
}

// TestEveryByteCounts: a bundle changed anywhere is refused.
func TestEveryByteCounts(t *testing.T) {
	w, b := tampered(t)
	rapid.Check(t, func(t *rapid.T) {
		bad := bytes.Clone(b)
		switch at := rapid.IntRange(0, len(bad)-1).Draw(t, "at"); rapid.SampledFrom([]string{"flip", "drop", "add", "cut"}).Draw(t, "how") {
		case "flip":
			bad[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		case "drop":
			bad = append(bad[:at], bad[at+1:]...)
		case "add":
			bad = append(bad[:at], append([]byte{byte(rapid.IntRange(0, 255).Draw(t, "byte"))}, b[at:]...)...)
		case "cut":
			bad = bad[:at]
		}
		if bytes.Equal(bad, b) {
			return
		}
		if rep, err := audit.VerifyBundle(bytes.NewReader(bad), w.vkey); err == nil || rep.Verified {
			t.Fatalf("accepted: %+v", rep)
		}
	})
}

// TestEveryFieldCounts: a field of a line changed as its format allows, lines
// out of order, missing or twice.
func TestEveryFieldCounts(t *testing.T) {
	w, b := tampered(t)
	lines := strings.SplitAfter(strings.TrimSuffix(string(b), "\n"), "\n")
	refused := func(name string, bad []string) {
		t.Helper()
		text := strings.Join(bad, "")
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if rep, err := audit.VerifyBundle(strings.NewReader(text), w.vkey); err == nil || rep.Verified {
			t.Errorf("%s: accepted: %+v", name, rep)
		}
	}
	with := func(i int, line string) []string {
		c := append([]string{}, lines...)
		c[i] = line
		return c
	}
	fields := 0
	for i, line := range lines {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		for name := range m {
			fields++
			at := strings.Index(line, `"`+name+`":`) + len(name) + 3
			was := len(strings.TrimRight(line[at:], "}\n"))
			if end := strings.Index(line[at:], `,"`); end >= 0 && name != "body" {
				was = end
			}
			for _, other := range []string{`""`, `"x"`, `null`, `7`, `-1`, `"` + base64.StdEncoding.EncodeToString(make([]byte, 32)) + `"`} {
				changed := line[:at] + other + line[at+was:]
				if changed != line {
					refused(fmt.Sprintf("line %d, %s = %s", i, name, other), with(i, changed))
				}
			}
		}
		refused(fmt.Sprintf("line %d missing", i), append(append([]string{}, lines[:i]...), lines[i+1:]...))
		refused(fmt.Sprintf("line %d twice", i), append(append([]string{}, lines[:i+1]...), lines[i:]...))
		if i > 0 {
			swapped := with(i, lines[i-1])
			swapped[i-1] = line
			refused(fmt.Sprintf("lines %d and %d swapped", i-1, i), swapped)
		}
	}
	if fields < 25 {
		t.Errorf("only %d fields were tried", fields)
	}
	other := newWorld(t)
	if _, err := audit.VerifyBundle(bytes.NewReader(b), other.vkey); err == nil {
		t.Error("another key verifies")
	}
	if _, err := audit.VerifyBundle(bytes.NewReader(b), "not a key"); mash.CodeOf(err) != mash.CodeInvalid {
		t.Errorf("no key: %v", err)
	}
}

// TestFirstBadEntryIsNamed: the report says where to look.
func TestFirstBadEntryIsNamed(t *testing.T) {
	w, b := tampered(t)
	lines := strings.SplitAfter(string(b), "\n")
	tried := 0
	for i := 1; i <= 8; i++ {
		if !strings.Contains(lines[i], `"body"`) {
			continue
		}
		tried++
		bad := append([]string{}, lines...)
		bad[i] = strings.Replace(bad[i], "worker-1", "worker-2", 1)
		rep, err := audit.VerifyBundle(strings.NewReader(strings.Join(bad, "")), w.vkey)
		if err == nil || rep.FirstBad != int64(i-1) {
			t.Errorf("entry %d: %+v %v", i-1, rep, err)
		}
	}
	if tried != 5 {
		t.Errorf("%d entries were tried", tried)
	}
}

// behind is a database that was changed behind the log's back.
type behind struct {
	mash.NodeTx
	at     int64
	change func(*mash.AuditRow)
}

func (b behind) AuditRowAt(i int64) (mash.AuditRow, error) {
	row, err := b.NodeTx.AuditRowAt(i)
	if i == b.at {
		b.change(&row)
	}
	return row, err
}

// TestDatabaseChanged: the log signs the bundle in good faith, and the bundle
// still says what was done.
func TestDatabaseChanged(t *testing.T) {
	w, _ := tampered(t)
	var other mash.AuditRow
	w.view(func(tx mash.NodeTx) (err error) { other, err = tx.AuditRowAt(5); return err })
	for name, c := range map[string]struct {
		change   func(*mash.AuditRow)
		exported bool // else refused already there
		accepted bool
	}{
		"leaf":         {func(r *mash.AuditRow) { r.Leaf = other.Leaf }, true, false},
		"no leaf":      {func(r *mash.AuditRow) { r.Leaf = nil }, false, false},
		"body":         {func(r *mash.AuditRow) { r.Body = other.Body }, false, false},
		"whole row":    {func(r *mash.AuditRow) { i := r.Index; *r = other; r.Index = i }, true, false},
		"another time": {func(r *mash.AuditRow) { r.At = r.At.AddDate(0, 5, 0) }, false, false},
		// Deleting a body is what erasing is: the report lists it.
		"deleted": {func(r *mash.AuditRow) { r.Salt, r.Body = nil, nil }, true, true},
	} {
		var b bytes.Buffer
		err := w.node.View(t.Context(), func(tx mash.NodeTx) error { return w.log.Export(behind{tx, 4, c.change}, &b) })
		if (err == nil) != c.exported {
			t.Errorf("%s: export: %v", name, err)
		}
		if err != nil {
			continue
		}
		rep, err := audit.VerifyBundle(&b, w.vkey)
		if rep.Verified != c.accepted || (err == nil) != c.accepted {
			t.Errorf("%s: %+v %v", name, rep, err)
		}
		if c.accepted && fmt.Sprint(rep.Erased) != "[0 1 2 4]" {
			t.Errorf("%s: %+v", name, rep)
		}
	}
}

// TestHalfOfAPairIsRefused: a body without its salt, or with another's.
func TestHalfOfAPairIsRefused(t *testing.T) {
	w, _ := tampered(t)
	var p audit.Proof
	w.view(func(tx mash.NodeTx) (err error) { p, err = w.log.Prove(tx, 4); return err })
	if _, err := audit.VerifyInclusion(p, w.vkey); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*audit.Proof){
		"no salt":       func(p *audit.Proof) { p.Salt = nil },
		"no body":       func(p *audit.Proof) { p.Body = nil },
		"another salt":  func(p *audit.Proof) { p.Salt = make([]byte, audit.SaltSize) },
		"short salt":    func(p *audit.Proof) { p.Salt = p.Salt[1:] },
		"another body":  func(p *audit.Proof) { p.Body = append([]byte(" "), p.Body...) },
		"another leaf":  func(p *audit.Proof) { p.Leaf[0] ^= 1 },
		"another index": func(p *audit.Proof) { p.Index = 3 },
		"short path":    func(p *audit.Proof) { p.Path = p.Path[1:] },
		"no checkpoint": func(p *audit.Proof) { p.Checkpoint = nil },
		"boundary":      func(p *audit.Proof) { p.Body, p.Salt = p.Body[1:], append(p.Salt, p.Body[0]) },
	} {
		bad := p
		bad.Salt, bad.Body, bad.Path = bytes.Clone(p.Salt), bytes.Clone(p.Body), append(bad.Path[:0:0], p.Path...)
		change(&bad)
		if _, err := audit.VerifyInclusion(bad, w.vkey); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestGenerateKey(t *testing.T) {
	for _, name := range []string{"", "with space", "with+plus"} {
		if _, _, err := audit.GenerateKey(name, rand.Reader); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
	if _, _, err := audit.GenerateKey("a", strings.NewReader("short")); err == nil {
		t.Error("a key without randomness")
	}
	if _, err := audit.OpenCheckpoint([]byte("text\n"), "x"); err == nil {
		t.Error("a checkpoint by no key")
	}
}
