package pages

import (
	"net/url"
	"strconv"
	"testing"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/wire"
)

// TestARefusedAnswerIsATask: with why and what to do, and off the list once
// somebody has telephoned.
func TestARefusedAnswerIsATask(t *testing.T) {
	f := newAgency(t, schools, nil)
	req := f.ask(millbrook, told, concerns, rowan())
	f.taskOf(req)
	err := f.store.Update(t.Context(), func(tx mash.NodeTx) error {
		return f.node.Settled(tx, mash.OutMessage{ID: "m1", Hub: "fernshire", Kind: string(wire.KindReturn), From: mash.PartyAddress(millbrook),
			To: mash.HubAddress("fernshire"), Ref: req, State: mash.OutRefused, Code: string(mash.CodeOutOfScope)}, f.now)
	})
	if err != nil {
		t.Fatal(err)
	}
	task := ""
	if err := f.store.View(t.Context(), func(tx mash.NodeTx) error {
		all, err := tx.TasksOf("fernshire", req)
		for _, x := range all {
			if x.Kind == node.TaskRefused {
				task = x.ID
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
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
	q := mash.Quarantined{ID: "q1", Topic: "mash.fernshire.to.police", Offset: 12, Code: mash.CodeUnknownKey, Sealed: []byte("Canary"), At: f.now}
	if err := f.store.Update(t.Context(), func(tx mash.NodeTx) error { return tx.Quarantine(q) }); err != nil {
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
