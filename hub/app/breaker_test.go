package app_test

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"time"

	"mashhub/hub/app"
	"mashhub/hub/demo/world"
	"mashhub/hub/mash"
)

// TestAConnectorThatDiesThreeTimes: a real plugin killed three times within its
// window is left alone, and ten seconds later at most the hub says that the
// agency's system cannot be searched, on the agency and on what is open there.
func TestAConnectorThatDiesThreeTimes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills a real process")
	}
	story, err := world.LoadAt(1, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p := newPair(t, story, nil, nil)
	l := broker(t, app.Topics(world.Hub, p.only))
	p.brokers, p.bus = l.brokers, l.bus
	p.start(ctx, t)
	plugin := p.node.Plugins[0]
	var died time.Time
	for killed := 0; killed < 3; {
		pid := plugin.Pid()
		if pid <= 0 { // between two lives
			time.Sleep(5 * time.Millisecond)
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed, died = killed+1, time.Now()
		for plugin.Pid() == pid {
			time.Sleep(time.Millisecond)
		}
	}
	e := p.ask(ctx, t, story)
	for ctx.Err() == nil {
		all, err := p.hub.Desk.SystemHealth(ctx, worker)
		if err != nil {
			t.Fatal(err)
		}
		pic, err := p.hub.Desk.Show(ctx, worker, e.ID, "enquiry")
		if err != nil {
			t.Fatal(err)
		}
		known := len(all) > 0 && len(all[0].Sources) > 0 && all[0].Sources[0].State == "tripped"
		if known && slices.Contains(pic.Requests[0].Marks, mash.MarkSourceUnavailable) {
			if took := time.Since(died); took > 10*time.Second {
				t.Errorf("the hub knew after %s", took)
			}
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the hub never knew")
}
