package app

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/audit"
	"mashhub/hub/evidence"
	"mashhub/hub/mash"
)

// TestWhyWasThisShared: the question, the decisions on both sides as they read
// then, who has seen it, and proofs that verify without us; for whoever may see the
// item, and for nobody else.
func TestWhyWasThisShared(t *testing.T) {
	p, w, _ := police(t, holds(fact("i1", "police.crime", "2026-01-05", "Theft")))
	ig, manager, d := p.as("ig").Actor, p.as("manager").Actor, p.hub.Editions
	r := w.asks(w.opens(nil), "police", "police.crime")
	p.lands(r)
	p.must(p.hub.Desk.WriteOwnView(t.Context(), w.Actor, r.EnquiryID, "what I think"))
	seen, err := p.hub.Desk.Show(t.Context(), w.Actor, r.EnquiryID, "chronology")
	p.must(err)
	if len(seen.Chronology) != 1 {
		t.Fatalf("%+v", seen.Chronology)
	}
	item := seen.Chronology[0].ID

	// Years later the clause reads otherwise.
	files, err := shipped()
	p.must(err)
	clauses, _, err := agreement.Read(agreement.FS(files), []string{"MF-6.1"}, "fernshire/police")
	p.must(err)
	files = maps.Clone(files)
	files[agreementFile] = strings.Replace(files[agreementFile], clauses[0].Text, "Something else.", 1)
	e, err := d.Propose(t.Context(), ig, files, "Plainer words")
	p.must(err)
	p.must(d.Approve(t.Context(), manager, e.ID, time.Time{}))
	p.eventually("it is in force", func() bool { return p.hub.Policy.Version() == e.Version })

	x, err := p.hub.Evidence.Why(t.Context(), manager, r.EnquiryID, item)
	p.must(err)
	if x.Item.Category != "police.crime" || x.Asked.Request != r.ID || x.Asked.By != w.Actor.ID || x.Asked.Purpose != r.Purpose || x.Asked.Decision != r.Decision || x.Asked.Answer != mash.Permit ||
		x.Asked.Signed.Acceded != "2024-12-02" || x.Asked.Signed.Title == "" || len(x.Asked.Reasons) == 0 {
		t.Errorf("asked: %+v", x.Asked)
	}
	read := map[string]string{}
	for _, c := range append(x.Asked.Read, x.Released.Read...) {
		if read[c.ID] = c.Text; c.Text == "" {
			t.Errorf("%s: nobody says what it is", c.ID)
		}
	}
	if read["MF-6.1"] != clauses[0].Text || read["CA1989-s17"] == "" {
		t.Errorf("it reads %q, and read %q then", read["MF-6.1"], clauses[0].Text)
	}
	ret := p.returns(r.ID)[0]
	if x.Released.Return != ret.ID || x.Released.SealedHash != ret.SealedHash || x.Released.Decision == "" || len(x.Released.Clauses) == 0 || x.Released.Version != ret.PolicyVersion || x.Released.Edition.ID != "" {
		t.Errorf("released: %+v", x.Released)
	}
	if err := p.at("police").n.Store.View(t.Context(), func(tx mash.NodeTx) error { _, err := tx.Decision(x.Released.Decision); return err }); err != nil {
		t.Errorf("the agency has no such decision: %v", err)
	}
	if len(x.Seen) != 2 || x.Seen[0].Actor != w.Actor.ID || x.Seen[1].Actor != manager.ID || len(x.Steps) < 2 {
		t.Errorf("seen: %+v, steps %+v", x.Seen, x.Steps)
	}
	b, err := json.Marshal(x)
	p.must(err)
	if strings.Contains(string(b), "Theft") || strings.Contains(string(b), "Tessel") {
		t.Error("the evidence says what the item says")
	}

	_, err = p.hub.Evidence.Why(t.Context(), manager, r.EnquiryID, "nothing/i1")
	p.wants(err, mash.CodeNotFound)
	_, err = p.hub.Evidence.Why(t.Context(), manager, "nothing", item)
	p.wants(err, mash.CodeNotFound)
	_, err = p.hub.Evidence.Why(t.Context(), ig, r.EnquiryID, item)
	p.wants(err, mash.CodeNotFound)

	whole := func() bool {
		x, err = p.hub.Evidence.Why(t.Context(), w.Actor, r.EnquiryID, item)
		p.must(err)
		return len(x.Proofs) >= len(x.Seen)+len(x.Steps)-1 // this look itself is in no checkpoint yet
	}
	p.eventually("it is sequenced", whole)
	key := p.hub.Secrets.Verifier
	verify := func(change func(*evidence.Sharing)) (evidence.Checked, error) {
		b, err := json.Marshal(x)
		p.must(err)
		var y evidence.Sharing
		p.must(json.Unmarshal(b, &y))
		change(&y)
		b, err = json.Marshal(y)
		p.must(err)
		return evidence.Verify(bytes.NewReader(b), key)
	}
	good, err := verify(func(*evidence.Sharing) {})
	if err != nil || good.Origin != p.hub.Audit.Origin() || good.Proved < good.Entries-1 || good.Proved == 0 {
		t.Fatalf("%+v, %v", good, err)
	}
	last := func(y *evidence.Sharing) *audit.Proof { return &y.Proofs[len(y.Proofs)-1] }
	for name, change := range map[string]func(*evidence.Sharing){
		"another person saw it":        func(y *evidence.Sharing) { y.Seen[0].Actor = "worker-9" },
		"at another time":              func(y *evidence.Sharing) { y.Seen[0].At = y.Seen[0].At.Add(time.Hour) },
		"by another decision":          func(y *evidence.Sharing) { y.Seen[0].Decision = "x" },
		"another item":                 func(y *evidence.Sharing) { y.Item.ID, y.Item.Sources = "a/b", nil },
		"another enquiry":              func(y *evidence.Sharing) { y.Enquiry = "x" },
		"another request":              func(y *evidence.Sharing) { y.Asked.Request = "x" },
		"a step that was not":          func(y *evidence.Sharing) { y.Steps[0].Action = "request.refuse" },
		"a step in a viewing's place":  func(y *evidence.Sharing) { y.Seen[0].Index = y.Steps[0].Index },
		"a body that is another":       func(y *evidence.Sharing) { last(y).Body = []byte(`{"id":"x"}`) },
		"a body that is missing":       func(y *evidence.Sharing) { last(y).Body, last(y).Salt = nil, nil },
		"a leaf that is another":       func(y *evidence.Sharing) { last(y).Leaf[0] ^= 1 },
		"a path that is another":       func(y *evidence.Sharing) { last(y).Path = last(y).Path[:0] },
		"a checkpoint that is another": func(y *evidence.Sharing) { last(y).Checkpoint = append([]byte("x"), last(y).Checkpoint...) },
		"a proof that is missing":      func(y *evidence.Sharing) { y.Proofs = y.Proofs[1:] },
		"no proofs":                    func(y *evidence.Sharing) { y.Proofs = nil },
		"no steps":                     func(y *evidence.Sharing) { y.Steps = nil },
	} {
		if got, err := verify(change); mash.CodeOf(err) != mash.CodeBadMessage {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := evidence.Verify(strings.NewReader("{"), key); mash.CodeOf(err) != mash.CodeBadMessage {
		t.Errorf("no JSON: %v", err)
	}
	_, other, err := audit.GenerateKey("fernshire", p.env().Rand)
	p.must(err)
	key = other
	if _, err := verify(func(*evidence.Sharing) {}); err == nil {
		t.Error("another key verifies it")
	}
	key = "nonsense"
	_, err = verify(func(*evidence.Sharing) {})
	p.wants(err, mash.CodeInvalid)
}
