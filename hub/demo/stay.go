package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// alive reports whether a process lives.
func alive(pid int) bool { return pid > 0 && syscall.Kill(pid, 0) == nil }

// opened says that this directory's enquiry was opened before, so that a demo
// that starts again goes on instead of opening another.
const opened = "opened"

// stay shows where everything is and waits for the end. On a new directory it
// opens the scenario's enquiry and asks, and leaves the agencies' forms to
// whoever tries it.
func (d *Demo) stay(ctx context.Context) error {
	mark := filepath.Join(d.dir, opened)
	if _, err := os.Stat(mark); err != nil {
		s, err := d.newStory(ctx)
		if err != nil {
			return err
		}
		if err := s.open(ctx); err != nil {
			return err
		}
		if err := os.WriteFile(mark, []byte(s.ref+"\n"), 0o600); err != nil {
			return err
		}
		if err := s.ask(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.Out, `
Everything runs. Scenario %d: %s. Nobody in it is real.

  The hub          http://%s
                   sign in as: MASH worker, manager, information-governance lead or deputy, scrutineer
`, d.Scenario, d.scenario.Title, d.hub.ready.Addr)
	for _, a := range d.agencies {
		fmt.Fprintf(d.Out, "  %-16s http://%s\n", a.ID, d.nodes[a.ID].ready.Addr)
	}
	fmt.Fprintf(d.Out, `
  Housing and probation have no system: answer for them on their own pages.
  Data and logs    %s
  Stop with Ctrl-C: everything started here ends. Start again to go on.
`, d.dir)
	<-ctx.Done()
	d.say("stopping")
	return nil
}
