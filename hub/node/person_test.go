package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"mashhub/hub/audit"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/protocol"
	"mashhub/hub/store"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// nowhere takes what is sent.
type nowhere struct{}

func (nowhere) Post(context.Context, mash.NodeTx, exchange.Draft) (mash.OutMessage, error) {
	return mash.OutMessage{ID: "message", Sealed: []byte("sealed")}, nil
}

// TestWhatWaitsForAPersonIsDecidedOnce wakes a node again and again while a
// request waits for its form: the policy is asked once, not at every waking.
func TestWhatWaitsForAPersonIsDecidedOnce(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	env := mash.SystemEnv()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir, key := t.TempDir(), func(b byte) []byte { return bytes.Repeat([]byte{b}, store.KeySize) }
	vault, err := store.OpenVault(ctx, store.VaultOptions{Path: filepath.Join(dir, "keys.db"), Key: key(1), Wrap: key(2)})
	must(err)
	defer vault.Close()
	s, err := store.OpenNode(ctx, store.Options{Path: filepath.Join(dir, "node.db"), Key: key(3), Vault: vault})
	must(err)
	defer s.Close()
	signer, _, err := audit.GenerateKey("housing", rand.Reader)
	must(err)
	sign, err := note.NewSigner(signer)
	must(err)
	self := mash.Party{Agency: "housing"}
	policy, err := protocol.New(ctx, protocol.Options{Hub: "fernshire", Where: mash.PartyAddress(self), Env: env, Epoch: 1, Timeout: 10 * time.Second})
	must(err)
	n := node.New(node.Config{Agency: mash.Agency{ID: "housing", Name: "Housing"}, Links: []*node.Link{{Hub: "fernshire", Policy: policy}},
		Store: s, Audit: audit.New("housing", sign, store.NewVaultAudit(vault), env), Env: env,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Heartbeat: time.Hour})
	n.Connect("fernshire", nowhere{})

	now := env.Now()
	q := wire.Request{Reference: "K7QM-2ZXA", RAG: mash.Amber, Level: 3, Categories: []string{"housing.tenancy"}, From: now.AddDate(-1, 0, 0), To: now,
		Persons: []wire.Person{{Key: "subject-1", Role: mash.RoleSubject, Record: record.Person{Names: []record.Name{{Family: []string{"Tessel"}}}}}},
		Basis:   mash.BasisInput{Agreement: "given", GivenBy: "parent", Told: true}}
	h := wire.Header{Kind: wire.KindRequest, ID: env.NewID(), Hub: "fernshire", Issuer: mash.HubAddress("fernshire"), Audience: mash.PartyAddress(self),
		Ref: env.NewID(), Revision: 1, Sequence: 1, Purpose: mash.PurposeS17, IssuedAt: now,
		Scope: wire.ScopeHash(mash.PurposeS17, []string{"subject-1"}, q.Categories, q.From, q.To)}
	raw, err := wire.Encode(h, q)
	must(err)
	m, err := wire.Decode(raw)
	must(err)
	must(s.Update(ctx, func(tx mash.NodeTx) error {
		return n.Handlers()[wire.KindRequest](ctx, tx, exchange.Received{Message: m, Hash: "hash", At: now})
	}))
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	var tasks, decisions int
	look := func() {
		must(s.View(ctx, func(tx mash.NodeTx) error {
			open, err := tx.TasksOf("fernshire", h.Ref)
			if err != nil {
				return err
			}
			all, err := tx.DecisionsOf("")
			tasks, decisions = len(open), len(all)
			return err
		}))
	}
	for until := time.Now().Add(10 * time.Second); tasks == 0 && time.Now().Before(until); look() {
		n.Wake()
		time.Sleep(10 * time.Millisecond)
	}
	for range 30 { // it has nothing to do now, however often it is woken
		n.Wake()
		time.Sleep(10 * time.Millisecond)
	}
	look()
	stop()
	must(<-done)
	if tasks != 1 || decisions != 1 {
		t.Errorf("%d tasks and %d decisions for one request that waits for a person, want 1 and 1", tasks, decisions)
	}
}
