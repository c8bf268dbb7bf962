package node

import (
	"context"
	"slices"
	"time"

	"mashhub/hub/mash"
)

// Unknown is what a source counts as doing while it has not said what it does.
// If it were left out, an agency with one system would seem to have none, and
// one with two to have searched all: so it is asked, cannot answer, and the
// hub hears that a system could not be searched.
var Unknown = []string{"search", "fetch"}

// methods are what a source does, and whether it has said so itself.
func (s Source) methods() (list []string, said bool) {
	if s.Known == nil {
		return s.Methods, true
	}
	list, err := s.Known()
	if err != nil {
		return Unknown, false
	}
	return list, true
}

func (s Source) does(method string) bool {
	list, _ := s.methods()
	return slices.Contains(list, method)
}

// learned waits until a source has said what it does, and reports whether it
// has before ctx ended.
func (n *Node) learned(ctx context.Context, s Source) bool {
	if _, said := s.methods(); said {
		return true
	}
	tick := time.NewTicker(n.Retry)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
		if list, said := s.methods(); said {
			n.Log.Info("a connector has said what it does", "connector", s.Name, "methods", list)
			n.Beat()
			n.Wake()
			return true
		}
	}
}

// System is how one of the agency's own systems fares, as its people see it.
type System struct {
	mash.Source
	Methods []string `json:"methods"`           // what its connector does; empty while it has not said so
	Failure string   `json:"failure,omitempty"` // the code of what keeps its connector from starting, or empty
}

// Systems tells the agency's people, whoever may see the inbox, how their
// systems fare. It waits for none longer than healthTime.
func (n *Node) Systems(ctx context.Context, actor mash.Actor) ([]System, error) {
	if err := n.MayView(ctx, actor, "inbox"); err != nil {
		return nil, err
	}
	var out []System
	for i, x := range n.sources(ctx, n.Env.Now()) {
		s := n.Sources[i]
		y := System{Source: x}
		if list, said := s.methods(); said {
			y.Methods = list
		}
		if s.Failure != nil {
			y.Failure = s.Failure()
		}
		out = append(out, y)
	}
	return out, nil
}
