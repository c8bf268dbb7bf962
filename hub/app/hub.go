package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/audit"
	"mashhub/hub/bus"
	"mashhub/hub/edition"
	"mashhub/hub/enquiry"
	"mashhub/hub/envelope"
	"mashhub/hub/evidence"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/notify"
	"mashhub/hub/protocol"
	"mashhub/hub/store"
)

// HubOptions are the settings of one hub.
type HubOptions struct {
	ID       string
	Dir      string // data
	Keys     string // content keys and secrets, outside of Dir; empty: Dir + "-keys"
	Enrol    string // folder of public keys
	Brokers  []string
	Agencies mash.Directory
	Targets  enquiry.Targets
	Env      mash.Env
	Log      *slog.Logger
	// Changed is called after messages were taken in, with the references of
	// the enquiries they were about; may be nil.
	Changed func(references []string)
	Wrap    Wraps[mash.HubTx]
}

// Hub is one running hub.
type Hub struct {
	HubOptions
	Store    *store.Hub
	Vault    *store.Vault
	Secrets  *Secrets
	Policy   *protocol.Point
	Audit    *audit.Log
	Bus      *bus.Kafka
	Desk     *enquiry.Desk
	Notify   *notify.Desk
	Editions *edition.Desk
	Evidence *evidence.Desk
	Exchange *exchange.Exchange[mash.HubTx]
	registry *envelope.Registry
	keys     *envelope.KeySet
	root     root
}

// NewHub opens a hub's stores and puts it together. Close it.
func NewHub(ctx context.Context, o HubOptions) (h *Hub, err error) {
	h = &Hub{HubOptions: o}
	defer func() {
		if err != nil {
			h.Close()
		}
	}()
	self := mash.HubAddress(o.ID)
	if h.Keys, err = directories(o.Dir, o.Keys); err != nil {
		return h, err
	}
	if h.Secrets, err = OpenSecrets(h.Keys, o.Dir, o.ID, o.Env); err != nil {
		return h, err
	}
	if h.Vault, err = store.OpenVault(ctx, store.VaultOptions{Path: filepath.Join(h.Keys, vaultFile), Key: h.Secrets.Vault, Wrap: h.Secrets.Wrap, Now: o.Env.Now}); err != nil {
		return h, fmt.Errorf("opening the key store: %w", err)
	}
	if h.Store, err = store.OpenHub(ctx, store.Options{Path: filepath.Join(o.Dir, "hub.db"), Key: h.Secrets.Store, Vault: h.Vault}); err != nil {
		return h, fmt.Errorf("opening the store: %w", err)
	}
	known, err := enrolledWith(ctx, h.Store, o.ID)
	if err != nil {
		return h, err
	}
	if h.keys, err = openKeys(filepath.Join(h.Keys, secretsDir), o.ID, []mash.Address{self}, known, o.Env); err != nil {
		return h, err
	}
	h.Policy, err = protocol.New(ctx, protocol.Options{Where: self, Env: o.Env, Epoch: 1, Timeout: decisionTime, OnFault: faultLog(o.Log)})
	if err != nil {
		return h, fmt.Errorf("loading the policy: %w", err)
	}
	if h.Bus, err = bus.Connect(ctx, bus.Options{Brokers: o.Brokers, ClientID: "hub-" + o.ID, Log: o.Log}); err != nil {
		return h, fmt.Errorf("connecting to the broker: %w", err)
	}
	h.Audit = audit.New(o.ID, h.Secrets.Signer, store.NewVaultAudit(h.Vault), o.Env)
	if h.root, err = openRoot(filepath.Join(h.Keys, secretsDir), o.ID, o.Env); err != nil {
		return h, err
	}
	kept, policy := wrapped[mash.Store[mash.HubTx]](o.Wrap.Store, h.Store), wrapped[mash.Policy](o.Wrap.Policy, h.Policy)
	h.Desk = enquiry.New(enquiry.Config{Hub: o.ID, Store: kept, Policy: policy, Audit: h.Audit, Env: o.Env,
		Agencies: o.Agencies, Targets: o.Targets, Log: o.Log, InForce: inForce(h.Policy)})
	h.Evidence = &evidence.Desk{Hub: o.ID, Enquiry: h.Desk, Store: kept, Log: h.Audit, Env: o.Env}
	h.Notify = notify.New(notify.Config{Hub: o.ID, Policy: policy, Audit: h.Audit, Env: o.Env, Agencies: o.Agencies, Log: o.Log})
	files, err := shipped()
	if err != nil {
		return h, fmt.Errorf("reading the shipped agreements: %w", err)
	}
	h.Editions = &edition.Desk{Keeper: edition.NewKeeper(edition.Keeper[mash.HubTx]{Hub: o.ID, Store: kept, Engine: engine{h.Policy}, Audit: h.Audit, Env: o.Env, Log: o.Log}),
		May: h.Desk.Page, Agencies: o.Agencies, Signer: h.root.signer, Suspended: suspended, Withdraw: h.withdraw}
	if err := h.Editions.Keep(ctx, files); err != nil {
		return h, fmt.Errorf("keeping the shipped agreements: %w", err)
	}
	if err := h.Editions.Restore(ctx); err != nil {
		return h, fmt.Errorf("restoring the agreements in force: %w", err)
	}
	h.registry = envelope.NewRegistry(func(f func(mash.Keys) error) error {
		return h.Store.View(ctx, func(tx mash.HubTx) error { return f(tx) })
	}, o.Env.Now)
	seal, err := envelope.New(envelope.Options{Private: h.keys, Registry: h.registry})
	if err != nil {
		return h, fmt.Errorf("preparing to seal: %w", err)
	}
	handlers := h.Desk.Handlers()
	maps.Copy(handlers, h.Notify.Handlers())
	topics := make([]string, len(o.Agencies))
	for i, a := range o.Agencies {
		topics[i] = mash.FromTopic(o.ID, a.ID)
	}
	h.Exchange = exchange.New(exchange.Config[mash.HubTx]{
		Hub: o.ID, Self: []mash.Address{self}, Topics: topics, Store: kept, Audit: h.Audit,
		Bus: wrapped[mash.Bus](o.Wrap.Bus, h.Bus), Seal: wrapped[mash.Seal](o.Wrap.Seal, seal), Resend: o.Wrap.Resend,
		Env: o.Env, Log: o.Log, Handlers: handlers, Changed: h.changed(ctx), InForce: inForce(h.Policy),
		Sent: func(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
			return errors.Join(h.Desk.Sent(tx, m, at), h.Notify.Sent(tx, m, at))
		},
		Settled: func(tx mash.HubTx, m mash.OutMessage, at time.Time) error {
			return errors.Join(h.Desk.Settled(tx, m, at), h.Notify.Settled(tx, m, at))
		},
		Refused: func(tx mash.HubTx, m exchange.Received, code mash.Code) error {
			return errors.Join(h.Desk.Refused(tx, m, code), h.Notify.Refused(tx, m, code))
		},
	})
	h.Desk.Connect(h.Exchange)
	h.Notify.Connect(h.Exchange)
	h.Editions.Connect(h.Exchange)
	return h, nil
}

// inForce says by which version and epoch of the agreements a point decides.
func inForce(p *protocol.Point) func() (string, int64) {
	return func() (string, int64) { return p.Version(), p.Epoch() }
}

// withdraw ends what is open of some purposes to an agency, or to all (empty).
func (h *Hub) withdraw(ctx context.Context, tx mash.HubTx, actor mash.Actor, agency string, purposes []string) error {
	if slices.Contains(purposes, string(mash.PurposeEncompass)) {
		if err := h.Notify.StopTelling(tx, agency); err != nil {
			return err
		}
	}
	return h.Desk.StopAsking(ctx, tx, actor, agency, purposes)
}

// decisionTime bounds one policy decision. It takes a few milliseconds; on a
// machine that is busy with something else, waiting a moment is better than a
// fault, which a person would have to clear.
const decisionTime = 2 * time.Second

// Topics are what a hub and its agencies need on the broker.
func Topics(hub string, agencies mash.Directory) []bus.Topic {
	var out []bus.Topic
	for _, a := range agencies {
		out = append(out, bus.Topic{Name: mash.ToTopic(hub, a.ID)}, bus.Topic{Name: mash.FromTopic(hub, a.ID)})
	}
	return out
}

// Enrolment publishes the hub's public keys, waits for those of the agencies
// named, and takes them in.
func (h *Hub) Enrolment(ctx context.Context, agencies []string) error {
	if err := publish(h.Enrol, Enrolment(h.ID, ""), h.Secrets.Verifier, h.root.verifier, h.keys); err != nil {
		return fmt.Errorf("publishing keys: %w", err)
	}
	own, err := h.keys.PublicKeys()
	if err != nil {
		return err
	}
	names := make([]string, len(agencies))
	for i, a := range agencies {
		names[i] = Enrolment(h.ID, a)
	}
	keys, err := awaitEnrolments(ctx, h.Enrol, names)
	if err != nil {
		return err
	}
	err = h.Store.Update(ctx, func(tx mash.HubTx) error { return register(tx, append(own, keys...)) })
	h.registry.Forget()
	return err
}

// awaitEnrolments looks for enrolments until all are there.
func awaitEnrolments(ctx context.Context, dir string, names []string) ([]mash.Key, error) {
	for {
		keys, missing, err := enrolled(dir, names)
		if err != nil || len(missing) == 0 {
			return keys, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the keys of %v: %w", missing, ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// changed turns what messages were about into references of enquiries.
func (h *Hub) changed(ctx context.Context) func([]string) {
	if h.Changed == nil {
		return nil
	}
	return func(requests []string) {
		var references []string
		err := h.Store.View(ctx, func(tx mash.HubTx) error {
			references = nil
			for _, id := range requests {
				if r, err := tx.Request(id); err == nil && !slices.Contains(references, r.Reference) {
					references = append(references, r.Reference)
				}
			}
			return nil
		})
		if err == nil {
			h.Changed(references)
		}
	}
}

// Run works until ctx ends. Without a broker it waits for one.
func (h *Hub) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.carry(ctx) })
	g.Go(func() error {
		return audit.Run(ctx, h.Audit, h.Store, func(err error) { h.Log.Error("sequencing the log", "code", mash.CodeOf(err)) })
	})
	g.Go(func() error { return h.keepLedger(ctx) })
	g.Go(func() error { return h.expire(ctx) })
	g.Go(func() error { return h.Editions.Run(ctx) })
	g.Go(func() error { return h.Editions.RunChase(ctx) })
	g.Go(func() error { return h.Sweeper().Run(ctx) })
	return g.Wait()
}

// carry makes the topics and moves messages. What is asked before the broker is
// there waits in the outbox.
func (h *Hub) carry(ctx context.Context) error {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := h.Bus.EnsureTopics(ctx, Topics(h.ID, h.Agencies))
		if err == nil {
			err = h.Exchange.Run(ctx)
		}
		if err == nil || ctx.Err() != nil {
			return nil
		}
		h.Log.Warn("waiting for the broker and its topics", "code", mash.CodeOf(err), "retry_in", pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// Close closes what NewHub opened.
func (h *Hub) Close() error {
	var errs []error
	if h.Bus != nil {
		errs = append(errs, h.Bus.Close())
	}
	if h.Store != nil {
		errs = append(errs, h.Store.Close())
	}
	if h.Vault != nil {
		errs = append(errs, h.Vault.Close())
	}
	return errors.Join(errs...)
}

// faultLog makes every deny(fault) loud, with its cause, which holds no input.
func faultLog(log *slog.Logger) func(mash.Decision, error) {
	return func(d mash.Decision, err error) {
		log.Error("policy fault", "question", d.Question, "decision", d.ID, "policy", d.PolicyVersion, "cause", err)
	}
}
