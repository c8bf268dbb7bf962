package bench

import (
	"crypto/sha256"
	"encoding/hex"

	"mashhub/hub/mash"
)

// atNode: I2, I5 and I6 on the agency's side.
func (q *inquest) atNode(tx mash.NodeTx, n *opened[mash.NodeTx], r mash.Request, returns []mash.Return) error {
	last, err := tx.LastRevision(r.Hub, r.ID, r.Party)
	if err != nil {
		return err
	}
	at := map[int]mash.Return{}
	for _, ret := range returns {
		at[ret.Revision] = ret
		if ret.Revision > last {
			q.fail("I2", "the hub has revision %d of request %s, which %s never made", ret.Revision, r.ID, n.name)
		}
	}
	for rev := 1; rev <= last; rev++ {
		s, err := tx.SentReturn(r.Hub, r.ID, r.Party, rev)
		if err != nil {
			q.fail("I2", "%s has no revision %d of request %s, but a later one: %v", n.name, rev, r.ID, err)
			continue
		}
		ret, ok := at[rev]
		if !ok {
			m, err := tx.OutMessage(s.MessageID)
			if err == nil && stopped(r, m) {
				continue
			}
			q.fail("I1", "revision %d of request %s by %s is not at the hub; its message is %s %s %v", rev, r.ID, n.name, m.State, m.Code, err)
			continue
		}
		if sum := sha256.Sum256(s.Sealed); hex.EncodeToString(sum[:]) != ret.SealedHash || ret.ID != s.MessageID {
			q.fail("I2", "revision %d of request %s is not, at the hub, what %s sealed", rev, r.ID, n.name)
		}
	}
	released := q.releases(tx, n, r)
	if len(released) < last {
		q.fail("I5", "request %s: %s made %d returns by %d decisions", r.ID, n.name, last, len(released))
	}
	// A request is decided once by itself, once for each person's answer and
	// once for each time a system or the policy failed, with growing pauses.
	if len(released) > mostDecisions {
		q.fail("load", "%s decided %d times on request %s", n.name, len(released), r.ID)
	}
	for _, ret := range returns {
		for _, i := range ret.Items {
			d, ok := released[i.Decision]
			if v := d.Part("item:" + i.ID); !ok || d.Fault || v.Answer != mash.Permit || v.Fault {
				q.fail("I6", "item %s of request %s left %s without a permit", i.ID, r.ID, n.name)
			}
		}
	}
	if r.State == mash.RequestLanded {
		h, err := tx.Held(r.Hub, r.ID, r.Party)
		if err != nil || h.State != mash.RequestLanded || len(h.Body) > 0 {
			q.fail("I1", "request %s landed and is %s at %s, %d bytes of the question kept: %v", r.ID, h.State, n.name, len(h.Body), err)
		}
	}
	return nil
}

// mostDecisions is how often a node may decide on one request in a run.
const mostDecisions = 15

// releases gives the release decisions of a request by id, each with its entry.
func (q *inquest) releases(tx mash.NodeTx, n *opened[mash.NodeTx], r mash.Request) map[string]mash.Decision {
	out := map[string]mash.Decision{}
	for _, e := range q.theirs[n.name][r.ID] {
		if e.Action != "request.release" {
			continue
		}
		d, ok := q.decided(tx, e)
		if !ok {
			continue
		}
		if d.Question != mash.QuestionRelease {
			q.fail("I5", "a release of request %s rests on a decision about %s", r.ID, d.Question)
		}
		if d.Fault {
			q.r.Faults++
			if e.Detail["items"] != "0" || d.Answer != mash.Deny {
				q.fail("I6", "request %s: %s could not decide and let %s items go", r.ID, n.name, e.Detail["items"])
			}
			if e.Detail["final"] != "false" {
				q.fail("I6", "request %s: %s could not decide and gave that as its answer", r.ID, n.name)
			}
		}
		out[d.ID] = d
	}
	return out
}

// stopped reports whether a return was kept from leaving, because its question
// was withdrawn before the broker had it.
func stopped(r mash.Request, m mash.OutMessage) bool {
	return r.State == mash.RequestWithdrawn && m.State == mash.OutRefused && m.Code == "withdrawn" && m.Sent.IsZero()
}
