package pages

import (
	"net/url"
	"strconv"
	"testing"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/wire"
)

// refuses tells the node, as the exchange does, that the hub refused an answer
// of a party; it gives the id of the task that comes of it.
func (f *agency) refuses(request string, p mash.Party, code mash.Code) (task string) {
	f.t.Helper()
	f.taskOf(request) // it is held by now
	err := f.store.Update(f.t.Context(), func(tx mash.NodeTx) error {
		return f.node.Settled(tx, mash.OutMessage{ID: "m1", Hub: "fernshire", Kind: string(wire.KindReturn), From: mash.PartyAddress(p),
			To: mash.HubAddress("fernshire"), Ref: request, State: mash.OutRefused, Code: string(code)}, f.now)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.wait(func(tx mash.NodeTx) bool {
		for _, x := range f.tasks(tx, request) {
			if x.Kind == node.TaskRefused {
				task = x.ID
			}
		}
		return task != ""
	})
	return task
}

// forged is a message that could not be opened.
func forged(at time.Time) mash.Quarantined {
	return mash.Quarantined{ID: "q1", Topic: "mash.fernshire.to.police", Offset: 12, Code: mash.CodeUnknownKey, Sealed: []byte("Canary"), At: at}
}

// TestARefusedAnswerIsATask: with why and what to do, and off the list once
// somebody has telephoned.
func TestARefusedAnswerIsATask(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	f.taskOf(req)
	task := f.refuses(req, millbrook, mash.CodeOutOfScope)
	own, other := f.as("dsl-999001"), f.as("dsl-999002")
	own.want(own.get("/tasks"), 200, "The hub could not take your answer", "K7QM-2ZXA", "As soon as you can")
	own.want(own.get("/tasks/"+task), 200, "It answered something else than was asked", "K7QM-2ZXA", "ask them to put the question again", "I have telephoned the hub")
	own.want(own.get("/api/v1/tasks/"+task), 200, `"refused":{"code":"out_of_scope"`)
	other.want(other.get("/tasks/"+task), 404)
	own.want(own.form("/tasks/"+task+"/ask-back", url.Values{"text": {"why?"}}), 404)
	own.want(own.form("/tasks/"+task+"/acknowledge", nil), 303)
	own.want(own.form("/tasks/"+task+"/acknowledge", nil), 409)
	own.want(own.get("/tasks"), 200, "Answer a question") // that one is still to be done
}

// TestMessagesThatThisNodeCouldNotOpen: a line in the inbox for who may look,
// a page without content.
func TestMessagesThatThisNodeCouldNotOpen(t *testing.T) {
	f := newAgency(t, police, nil)
	c := f.as("reviewer")
	c.want(c.get("/quarantine"), 200, "There is none.")
	if err := f.store.Update(t.Context(), func(tx mash.NodeTx) error { return tx.Quarantine(forged(f.now)) }); err != nil {
		t.Fatal(err)
	}
	c.want(c.get("/tasks"), 200, "1 message to this node could not be opened", "/quarantine")
	c.want(c.get("/quarantine"), 200, "mash.fernshire.to.police", "position 12", "a key that is not valid here", "Not yet")
	c.want(c.get("/api/v1/quarantine"), 200, `"unseen":1`, `"offset":12`)
	until := strconv.FormatInt(f.now.UnixMilli(), 10)
	c.want(c.form("/quarantine", url.Values{"until": {until}}), 422, "Say what you found")
	c.want(c.form("/quarantine", url.Values{"until": {until}, "reason": {"An old key"}}), 303)
	c.want(c.form("/quarantine", url.Values{"until": {until}, "reason": {"again"}}), 409, "Somebody has looked at these already")
	c.want(c.get("/quarantine"), 200, "police-reviewer", "An old key")
}
