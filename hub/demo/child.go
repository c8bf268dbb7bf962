package demo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/app"
	"mashhub/hub/bus"
	"mashhub/hub/config"
	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/node/pages"
	"mashhub/hub/tracking"
	"mashhub/hub/web"
	"mashhub/hub/web/kit"
	"mashhub/plugins/host"
)

// enrolTime is how long a child waits for the others' public keys.
const enrolTime = 30 * time.Second

// RunBroker is the broker's process.
func RunBroker(ctx context.Context, dir string, log *slog.Logger) error {
	ctx, cancel := bus.UntilClosed(ctx, os.Stdin)
	defer cancel()
	return bus.RunBroker(ctx, bus.BrokerOptions{Dir: dir, MayMove: true, Log: log,
		OnReady: func(addr string) { _ = Announce(Ready{Addr: addr}) }})
}

// RunHub is the hub's process. Its sign-in is the demo's role picker.
func RunHub(ctx context.Context, path string, log *slog.Logger) error {
	ctx, cancel := bus.UntilClosed(ctx, os.Stdin)
	defer cancel()
	c, err := config.ReadHub(path)
	if err != nil {
		return err
	}
	events := kit.NewEvents(kit.EventsConfig{})
	h, err := app.NewHub(ctx, app.HubOptions{ID: c.ID, Dir: c.Data, Keys: c.Keys, Enrol: c.Enrol, Brokers: c.Brokers, Agencies: c.Agencies,
		Targets: tracking.DefaultProfile(), Env: mash.SystemEnv(), Log: log, Changed: func(references []string) {
			web.Announce(events)
			for _, r := range references {
				if err := web.AnnounceEnquiry(events, r); err != nil {
					log.Error("announcing a change", "cause", err)
				}
			}
		}})
	if err != nil {
		return err
	}
	defer h.Close()
	var agencies []string
	for _, a := range c.Agencies {
		agencies = append(agencies, a.ID)
	}
	ectx, done := context.WithTimeout(ctx, enrolTime)
	defer done()
	if err := h.Enrolment(ectx, agencies); err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	handler, err := web.New(web.Options{Name: c.Name, Desk: h.Desk, Notices: h, Audit: h, Editions: h.Editions, Evidence: h.Evidence, Agencies: c.Agencies, Verifier: h.Secrets.Verifier,
		Events: events, Log: log, DemoRoles: web.DemoRoles(), Hosts: names(l)})
	if err != nil {
		return fmt.Errorf("preparing the pages: %w", err)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.Run(gctx) })
	g.Go(func() error { return serveHTTP(gctx, l, handler, log, events) })
	if err := Announce(Ready{Addr: l.Addr().String()}); err != nil {
		return err
	}
	return g.Wait()
}

// RunNode is one agency's process.
func RunNode(ctx context.Context, path string, log *slog.Logger) error {
	ctx, cancel := bus.UntilClosed(ctx, os.Stdin)
	defer cancel()
	c, err := config.ReadNode(path)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var boot [8]byte
	rand.Read(boot[:])
	start := time.Now()
	events := kit.NewEvents(kit.EventsConfig{})
	o := app.NodeOptions{Agency: c.Agency, Dir: c.Data, Keys: c.Keys, Enrol: c.Enrol, Env: mash.SystemEnv(), Log: log, Boot: hex.EncodeToString(boot[:]),
		Monotonic: func() int64 { return time.Since(start).Milliseconds() }, Changed: func() { pages.Announce(events) }}
	for _, h := range c.Hubs {
		o.Hubs = append(o.Hubs, app.HubLink{ID: h.ID, Brokers: h.Brokers})
	}
	for _, k := range c.Connectors {
		settings, err := k.JSON()
		if err != nil {
			return fmt.Errorf("reading the settings of %s: %w", k.Name, err)
		}
		spec := app.ConnectorSpec{Name: k.Name, Cmd: []string{self, "connector", "serve", k.Kind}, Config: settings, Secrets: map[string]string{}, Hub: k.Hub,
			Limits: host.Limits{MemoryBytes: 256 << 20}}
		if k.Program != "" {
			spec.Cmd = []string{k.Program}
			if spec.SHA256, err = hex.DecodeString(k.SHA256); err != nil {
				return fmt.Errorf("reading the digest of %s: %w", k.Name, err)
			}
		}
		for name, env := range k.Secrets {
			spec.Secrets[name] = os.Getenv(env)
		}
		o.Connectors = append(o.Connectors, spec)
	}
	n, err := app.NewNode(ctx, o)
	if err != nil {
		return err
	}
	defer n.Close()
	ectx, done := context.WithTimeout(ctx, enrolTime)
	defer done()
	if err := n.Enrolment(ectx); err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	var editions []*edition.Node
	for _, h := range c.Hubs {
		editions = append(editions, n.Editions[h.ID])
	}
	handler, err := pages.New(pages.Options{Node: n.Node, Agency: c.Agency, Audit: n, Editions: editions, Events: events, Log: log, DemoRoles: pages.DemoRoles(c.Agency),
		Hosts: names(l)})
	if err != nil {
		return fmt.Errorf("preparing the pages: %w", err)
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return n.Run(gctx) })
	g.Go(func() error { return serveHTTP(gctx, l, handler, log, events) })
	pids := map[string]int{}
	for i, p := range n.Plugins {
		pids[c.Connectors[i].Name] = p.Pid()
	}
	if err := Announce(Ready{Addr: l.Addr().String(), Connectors: pids}); err != nil {
		return err
	}
	err = g.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// names are what the pages behind a listener answer to. The demo asks for no
// password, so a page of some website that points a name of its own at
// 127.0.0.1 could sign in and read; under that name nothing answers. Empty,
// which is any, where somebody made it listen for other machines.
func names(l net.Listener) []string {
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok || !a.IP.IsLoopback() {
		return nil
	}
	return []string{a.String(), net.JoinHostPort("localhost", strconv.Itoa(a.Port))}
}

// serveHTTP serves until ctx ends, and then lets open requests finish.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, events *kit.Events) error {
	srv := kit.NewServer(h, log)
	srv.RegisterOnShutdown(events.Close)
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		sctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(sctx)
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving pages: %w", err)
	}
	return <-stopped
}
