package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"mashhub/hub/bus"
	"mashhub/hub/mash"
)

// httpPeer is the bare call: eight servers that answer at once, and a client
// that asks them all. No policy, no seal, no store, no broker.
type httpPeer struct {
	servers []*http.Server
	urls    []string
	client  *http.Client
}

func newHTTPPeer() (*httpPeer, error) {
	p := &httpPeer{client: &http.Client{Transport: &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 128}}}
	answer := bytes.Repeat([]byte("x"), answerBytes)
	for range agencies {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			p.close()
			return nil, err
		}
		s := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = w.Write(answer)
		})}
		p.servers = append(p.servers, s)
		p.urls = append(p.urls, "http://"+l.Addr().String())
		go s.Serve(l) //nolint:errcheck // ends by close
	}
	return p, nil
}

func (p *httpPeer) trip(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, url := range p.urls {
		g.Go(func() error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(make([]byte, questionBytes)))
			if err != nil {
				return err
			}
			res, err := p.client.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if n, err := io.Copy(io.Discard, res.Body); err != nil || n != answerBytes {
				return fmt.Errorf("an answer of %d bytes: %w", n, err)
			}
			return nil
		})
	}
	return g.Wait()
}

func (p *httpPeer) close() {
	for _, s := range p.servers {
		_ = s.Close() // a peer
	}
	p.client.CloseIdleConnections()
}

// kafkaPeer is the raw fan-out on the same broker: a message to each of eight
// topics, and an answer back on eight others. No policy, no seal, no store.
type kafkaPeer struct {
	k    *bus.Kafka
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu      sync.Mutex
	next    int
	waiting map[string]chan struct{}
}

func newKafkaPeer(ctx context.Context, addr string) (*kafkaPeer, error) {
	k, err := bus.Connect(ctx, bus.Options{Brokers: []string{addr}, ClientID: "peer"})
	if err != nil {
		return nil, err
	}
	p := &kafkaPeer{k: k, waiting: map[string]chan struct{}{}}
	var topics []bus.Topic
	for i := range agencies {
		topics = append(topics, bus.Topic{Name: peerTopic("to", i)}, bus.Topic{Name: peerTopic("from", i)})
	}
	if err := k.EnsureTopics(ctx, topics); err != nil {
		return nil, errors.Join(err, k.Close())
	}
	ctx, p.stop = context.WithCancel(ctx)
	answer := make([]byte, answerBytes)
	for i := range agencies {
		p.wg.Go(func() {
			_ = k.Read(ctx, peerTopic("to", i), 0, -1, func(rs []mash.BusRecord) error { // ends by close
				out := make([]mash.BusMessage, len(rs))
				for j, r := range rs {
					out[j] = mash.BusMessage{Topic: peerTopic("from", i), Key: r.Key, Value: answer}
				}
				return k.Publish(ctx, out)
			})
		})
		p.wg.Go(func() {
			_ = k.Read(ctx, peerTopic("from", i), 0, -1, func(rs []mash.BusRecord) error { // ends by close
				p.mu.Lock()
				defer p.mu.Unlock()
				for _, r := range rs {
					if c := p.waiting[r.Key]; c != nil {
						c <- struct{}{}
					}
				}
				return nil
			})
		})
	}
	return p, nil
}

func peerTopic(way string, i int) string { return fmt.Sprintf("peer.%s.%d", way, i+1) }

func (p *kafkaPeer) trip(ctx context.Context) error {
	c := make(chan struct{}, agencies)
	p.mu.Lock()
	p.next++
	key := fmt.Sprint(p.next)
	p.waiting[key] = c
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.waiting, key)
		p.mu.Unlock()
	}()
	out := make([]mash.BusMessage, agencies)
	for i := range out {
		out[i] = mash.BusMessage{Topic: peerTopic("to", i), Key: key, Value: make([]byte, questionBytes)}
	}
	if err := p.k.Publish(ctx, out); err != nil {
		return err
	}
	for range agencies {
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (p *kafkaPeer) close() {
	p.stop()
	p.wg.Wait()
	_ = p.k.Close() // a peer
}
