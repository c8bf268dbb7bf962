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
	return f.settles(wire.KindReturn, request, p, mash.OutRefused, code)
}

// settles is refuses for any message and any end of it.
func (f *agency) settles(kind wire.Kind, request string, p mash.Party, state string, code mash.Code) (task string) {
	f.t.Helper()
	err := f.store.Update(f.t.Context(), func(tx mash.NodeTx) error {
		return f.node.Settled(tx, mash.OutMessage{ID: "m1", Hub: "fernshire", Kind: string(kind), From: mash.PartyAddress(p),
			To: mash.HubAddress("fernshire"), Ref: request, State: state, Code: string(code)}, f.now)
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

// TestWhatDidNotArriveIsATask: in words, and whom to telephone.
func TestWhatDidNotArriveIsATask(t *testing.T) {
	f := newAgency(t, police, nil)
	c := f.as("reviewer")
	for _, x := range []struct {
		kind        wire.Kind
		state       string
		code        mash.Code
		title, what string
		do          string
	}{
		{wire.KindNotify, mash.OutUndeliverable, "", "The hub has not got your notice", "The hub gave no receipt for it in its time", "telephone the child’s school or nursery yourself"},
		{wire.KindNotify, mash.OutRefused, mash.CodeConflict, "The hub has not got your notice", "It came too late", "Telephone the hub today"},
		{wire.KindClarify, mash.OutRefused, mash.CodeBadMessage, "The hub has not got your question", "the hub could not read it", "ask it there"},
		{wire.KindAcknowledge, mash.OutRefused, mash.CodeNotFound, "The hub does not know that you have a notice", "The hub does not know the notice", "Telephone the hub"},
		{wire.KindReturn, mash.OutUndeliverable, "", "Your answer may not have reached the hub", "no receipt", "ask whether they have your answer"},
	} {
		task := f.settles(x.kind, string(x.kind)+x.state, mash.Party{Agency: "police"}, x.state, x.code)
		c.want(c.get("/tasks"), 200, x.title, "As soon as you can")
		c.want(c.get("/tasks/"+task), 200, x.title, x.what, x.do)
		c.want(c.form("/tasks/"+task+"/acknowledge", nil), 303)
	}
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
