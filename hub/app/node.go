package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/audit"
	"mashhub/hub/bus"
	"mashhub/hub/edition"
	"mashhub/hub/envelope"
	"mashhub/hub/exchange"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/protocol"
	"mashhub/hub/store"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/host"
)

// NodeOptions are the settings of one agency's node.
type NodeOptions struct {
	Agency     mash.Agency
	Dir        string // data
	Keys       string // as a hub's
	Enrol      string
	Hubs       []HubLink
	Connectors []ConnectorSpec
	Env        mash.Env
	Log        *slog.Logger
	Monotonic  func() int64
	Boot       string
	Changed    func()
	Retry      time.Duration // see node.Config
	Heartbeat  time.Duration
	Wrap       Wraps[mash.NodeTx]
}

// HubLink is a hub that the node serves.
type HubLink struct {
	ID      string
	Brokers []string
}

// ConnectorSpec is one plugin of the node.
type ConnectorSpec struct {
	Name    string
	Cmd     []string // argument vector
	SHA256  []byte   // digest of its program; empty for this program itself
	Config  json.RawMessage
	Secrets map[string]string
	Hub     string // to which its watch reports; empty: the first
	Limits  host.Limits
}

// Node is one running node.
type Node struct {
	NodeOptions
	Store     *store.Node
	Vault     *store.Vault
	Secrets   *Secrets
	Audit     *audit.Log
	Node      *node.Node
	Plugins   []*host.Plugin
	Policies  map[string]*protocol.Point // by hub
	Editions  map[string]*edition.Node   // by hub
	kept      mash.Store[mash.NodeTx]    // Store, or what wraps it
	exchanges []*exchange.Exchange[mash.NodeTx]
	buses     []*bus.Kafka
	registry  *envelope.Registry
	keys      map[string]*envelope.KeySet // by hub
	running   atomic.Pointer[node.Node]   // Node, for connectors that change while it is made
}

// NewNode opens a node's store, starts its connectors and puts it together.
// Close it.
func NewNode(ctx context.Context, o NodeOptions) (n *Node, err error) {
	n = &Node{NodeOptions: o, Policies: map[string]*protocol.Point{}, Editions: map[string]*edition.Node{}}
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	owners := node.Addresses(o.Agency)
	if n.Keys, err = directories(o.Dir, o.Keys); err != nil {
		return n, err
	}
	if n.Secrets, err = OpenSecrets(n.Keys, o.Dir, o.Agency.ID, o.Env); err != nil {
		return n, err
	}
	if n.Vault, err = store.OpenVault(ctx, store.VaultOptions{Path: filepath.Join(n.Keys, vaultFile), Key: n.Secrets.Vault, Wrap: n.Secrets.Wrap, Now: o.Env.Now}); err != nil {
		return n, fmt.Errorf("opening the key store: %w", err)
	}
	if n.Store, err = store.OpenNode(ctx, store.Options{Path: filepath.Join(o.Dir, "node.db"), Key: n.Secrets.Store, Vault: n.Vault}); err != nil {
		return n, fmt.Errorf("opening the store: %w", err)
	}
	n.keys = map[string]*envelope.KeySet{}
	for _, h := range o.Hubs {
		known, err := enrolledWith(ctx, n.Store, h.ID)
		if err != nil {
			return n, err
		}
		set, err := openKeys(filepath.Join(n.Keys, secretsDir), h.ID, owners, known, o.Env)
		if err != nil {
			return n, err
		}
		n.keys[h.ID] = set
		if err := publish(o.Enrol, Enrolment(h.ID, o.Agency.ID), n.Secrets.Verifier, "", set); err != nil {
			return n, fmt.Errorf("publishing keys: %w", err)
		}
	}
	n.kept = wrapped[mash.Store[mash.NodeTx]](o.Wrap.Store, n.Store)
	n.Audit = audit.New(o.Agency.ID, n.Secrets.Signer, store.NewVaultAudit(n.Vault), o.Env)
	n.registry = envelope.NewRegistry(func(f func(mash.Keys) error) error {
		return n.Store.View(ctx, func(tx mash.NodeTx) error { return f(tx) })
	}, o.Env.Now)
	sources, err := n.startConnectors(ctx)
	if err != nil {
		return n, err
	}
	files, err := shipped()
	if err != nil {
		return n, fmt.Errorf("reading the shipped agreements: %w", err)
	}
	var links []*node.Link
	for _, h := range o.Hubs {
		point, err := protocol.New(ctx, protocol.Options{Where: owners[0], Hub: h.ID, Env: o.Env, Epoch: 1, Timeout: decisionTime, OnFault: faultLog(o.Log)})
		if err != nil {
			return n, fmt.Errorf("loading the policy: %w", err)
		}
		n.Policies[h.ID] = point
		secrets := filepath.Join(n.Keys, secretsDir)
		n.Editions[h.ID] = &edition.Node{Keeper: edition.NewKeeper(edition.Keeper[mash.NodeTx]{Hub: h.ID, Store: n.kept, Engine: engine{point}, Audit: n.Audit, Env: o.Env, Log: o.Log,
			Changed: func() {
				if node := n.running.Load(); node != nil {
					node.Beat()
				}
			}}), Agency: o.Agency.ID, Verifier: func() string { return pinned(secrets, h.ID) },
			May: func(ctx context.Context, actor mash.Actor, page string) error {
				return n.Node.MayViewOf(ctx, actor, h.ID, page)
			}}
		if err := n.Editions[h.ID].Keep(ctx, files); err != nil {
			return n, fmt.Errorf("keeping the shipped agreements: %w", err)
		}
		if err := n.Editions[h.ID].Restore(ctx); err != nil {
			return n, fmt.Errorf("restoring the agreements in force: %w", err)
		}
		links = append(links, &node.Link{Hub: h.ID, Policy: wrapped[mash.Policy](o.Wrap.Policy, point), InForce: inForce(point)})
	}
	n.Node = node.New(node.Config{Agency: o.Agency, Links: links, Sources: sources, Store: n.kept, Audit: n.Audit, Env: o.Env,
		Log: o.Log, Monotonic: o.Monotonic, Boot: o.Boot, Changed: o.Changed, Retry: o.Retry, Heartbeat: o.Heartbeat})
	n.running.Store(n.Node)
	for i, h := range o.Hubs {
		if err := n.link(ctx, h, owners, links[i].InForce); err != nil {
			return n, err
		}
	}
	return n, nil
}

// link connects the node with one hub.
func (n *Node) link(ctx context.Context, h HubLink, owners []mash.Address, policy func() (string, int64)) error {
	b, err := bus.Connect(ctx, bus.Options{Brokers: h.Brokers, ClientID: "node-" + n.Agency.ID, Log: n.Log})
	if err != nil {
		return fmt.Errorf("connecting to the broker: %w", err)
	}
	n.buses = append(n.buses, b)
	own, err := n.keys[h.ID].PublicKeys()
	if err != nil {
		return fmt.Errorf("listing public keys: %w", err)
	}
	directory := linkKeys{registry: n.registry, hub: mash.HubAddress(h.ID)}
	for _, k := range own {
		directory.own = append(directory.own, k.ID)
	}
	seal, err := envelope.New(envelope.Options{Private: n.keys[h.ID], Registry: directory})
	if err != nil {
		return fmt.Errorf("preparing to seal: %w", err)
	}
	handlers := n.Node.Handlers()
	handlers[wire.KindPolicy] = n.Editions[h.ID].Take
	x := exchange.New(exchange.Config[mash.NodeTx]{
		Hub: h.ID, Self: owners, Topics: []string{mash.ToTopic(h.ID, n.Agency.ID)}, Store: n.kept,
		Bus: wrapped[mash.Bus](n.Wrap.Bus, b), Seal: wrapped[mash.Seal](n.Wrap.Seal, seal), Resend: n.Wrap.Resend,
		InForce: policy, Audit: n.Audit, Env: n.Env, Log: n.Log, Handlers: handlers, Settled: n.Node.Settled, Changed: func([]string) { n.Node.Changed() },
	})
	n.Node.Connect(h.ID, x)
	n.exchanges = append(n.exchanges, x)
	return nil
}

// startConnectors starts every plugin at the same time. One that cannot start
// now is tried again; one whose settings are wrong is an error.
func (n *Node) startConnectors(ctx context.Context) ([]node.Source, error) {
	plugins := make([]*host.Plugin, len(n.Connectors))
	// The built-in connectors are this program: it is read once.
	self := sync.OnceValues(func() ([]byte, error) {
		path, err := os.Executable()
		if err != nil {
			return nil, err
		}
		return host.Digest(path)
	})
	var g errgroup.Group
	for i, c := range n.Connectors {
		g.Go(func() error {
			digest, err := c.SHA256, error(nil)
			if len(digest) == 0 {
				if digest, err = self(); err != nil {
					return fmt.Errorf("pinning the connector %s: %w", c.Name, err)
				}
			}
			plugins[i], err = host.Start(ctx, host.Spec{Name: c.Name, Cmd: c.Cmd, SHA256: digest, Config: c.Config, Secrets: c.Secrets,
				Limits: c.Limits, KeepTrying: true, Log: n.Log,
				OnState: func(host.State) {
					if node := n.running.Load(); node != nil {
						node.Beat()
					}
				}})
			if err != nil {
				return fmt.Errorf("starting the connector %s: %w", c.Name, err)
			}
			return nil
		})
	}
	err := g.Wait()
	var sources []node.Source
	for i, p := range plugins {
		if p == nil {
			continue
		}
		n.Plugins = append(n.Plugins, p)
		known := func() ([]string, error) {
			d, err := p.Describe(ctx, connector.DescribeRequest{})
			return d.Methods, err
		}
		s := node.Source{Name: n.Connectors[i].Name, Connector: wrapped[connector.Connector](n.Wrap.Connector, p), Hub: n.Connectors[i].Hub,
			Status:  func() (string, int) { return string(p.State()), p.Pid() },
			Failure: func() string { return string(p.Failure()) }}
		var derr error
		if s.Methods, derr = known(); derr != nil {
			// It did not start, and is tried again and again. The agency's other
			// systems, and its people, answer meanwhile.
			s.Known = known
			n.Log.Warn("a connector has not said what it does: until then it counts as a system that cannot be searched",
				"connector", s.Name, "code", string(connector.CodeOf(derr)))
		}
		sources = append(sources, s)
	}
	return sources, err
}

// Enrolment waits for the hubs' public keys and takes them in.
func (n *Node) Enrolment(ctx context.Context) error {
	var names []string
	for _, h := range n.Hubs {
		names = append(names, Enrolment(h.ID, ""))
	}
	keys, err := awaitEnrolments(ctx, n.Enrol, names)
	if err != nil {
		return err
	}
	for _, h := range n.Hubs {
		verifier, err := rootOf(n.Enrol, h.ID)
		if err != nil {
			return err
		}
		if err := pin(filepath.Join(n.Keys, secretsDir), h.ID, verifier); err != nil {
			return err
		}
	}
	for _, set := range n.keys {
		own, err := set.PublicKeys()
		if err != nil {
			return err
		}
		keys = append(keys, own...)
	}
	err = n.Store.Update(ctx, func(tx mash.NodeTx) error { return register(tx, keys) })
	n.registry.Forget()
	return err
}

// Run works until ctx ends.
func (n *Node) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, x := range n.exchanges {
		g.Go(func() error {
			// The hub creates the topics; a node may be there first.
			for ctx.Err() == nil {
				if err := x.Run(ctx); err == nil || ctx.Err() != nil {
					return nil
				}
				select {
				case <-ctx.Done():
				case <-time.After(100 * time.Millisecond):
				}
			}
			return nil
		})
	}
	for _, e := range n.Editions {
		g.Go(func() error { return e.Run(ctx) })
	}
	g.Go(func() error { return n.Node.Run(ctx) })
	g.Go(func() error { return n.Sweeper().Run(ctx) })
	g.Go(func() error {
		return audit.Run(ctx, n.Audit, n.Store, func(err error) { n.Log.Error("sequencing the log", "code", mash.CodeOf(err)) })
	})
	return g.Wait()
}

// Close stops the connectors and closes what NewNode opened.
func (n *Node) Close() error {
	var errs []error
	for _, p := range n.Plugins {
		errs = append(errs, p.Close())
	}
	for _, b := range n.buses {
		errs = append(errs, b.Close())
	}
	if n.Store != nil {
		errs = append(errs, n.Store.Close())
	}
	if n.Vault != nil {
		errs = append(errs, n.Vault.Close())
	}
	return errors.Join(errs...)
}
