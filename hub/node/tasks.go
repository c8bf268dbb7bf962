package node

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/wire"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// Kinds of tasks.
const (
	TaskAnswer = "answer"      // nobody but a person can answer
	TaskCheck  = "match_check" // is it the same person?
	TaskReview = "review"      // may these items leave?
	TaskNotice = "notice"      // a notification to acknowledge
)

// TaskDelivering is the state of a notice that goes to the agency's own system
// before a person need see it.
const TaskDelivering = "delivering"

// TaskView is a task as its person sees it, once that was recorded.
type TaskView struct {
	Task       mash.Task               `json:"task"`
	Question   *wire.Request           `json:"question,omitempty"`
	Persons    []wire.Person           `json:"persons,omitempty"` // whom this task is about
	Candidates map[string][]Candidate  `json:"candidates,omitempty"`
	Items      []record.Item           `json:"items,omitempty"` // to review
	Reasons    map[string][]string     `json:"reasons,omitempty"`
	Notice     *connector.Notification `json:"notice,omitempty"`
	Feedback   json.RawMessage         `json:"feedback,omitempty"`
	Clarified  []string                `json:"clarified,omitempty"`
	// Inbox is why a notice is here that was to go to the agency's own system:
	// asked, unavailable, not_taken or no_system; empty where none was.
	Inbox string `json:"inbox,omitempty"`
	// Refused is what the hub has not got of ours, and why.
	Refused *NotTaken `json:"refused,omitempty"`
}

// Candidate is a record that may be the person asked about.
type Candidate struct {
	Source string        `json:"source"`
	Ref    string        `json:"ref"`
	Record record.Person `json:"record"`
	Why    []string      `json:"why"`
}

// taskBody is what a task stores.
type taskBody struct {
	Persons []string            `json:"persons,omitempty"`
	Items   map[string][]string `json:"items,omitempty"` // to review, with the policy's reasons
	Notice  json.RawMessage     `json:"notice,omitempty"`
	Kind    string              `json:"kind,omitempty"` // of the notification
	ID      string              `json:"id,omitempty"`   // of the notification
	Refused *NotTaken           `json:"refused,omitempty"`
	// Tries and Due are of handing it to the agency's own system; Inbox is why
	// a person has it after all.
	Tries int       `json:"tries,omitempty"`
	Due   time.Time `json:"due,omitzero"`
	Inbox string    `json:"inbox,omitempty"`

	revision int // of the question, as it was when the task was opened to be done
}

// tasksFor makes, renews or closes the tasks that a request needs now.
func (n *Node) tasksFor(tx mash.NodeTx, h mash.HeldRequest, w *work, rel released, actor mash.Actor) error {
	need := map[string]taskBody{}
	for key, f := range w.Findings {
		kind := map[string]string{findAsk: TaskAnswer, findCheck: TaskCheck}[f.State]
		if kind != "" {
			b := need[kind]
			b.Persons = append(b.Persons, key)
			slices.Sort(b.Persons)
			need[kind] = b
		}
	}
	if len(rel.review) > 0 {
		need[TaskReview] = taskBody{Items: rel.review}
	}
	existing, err := tx.TasksOf(h.Hub, h.ID)
	if err != nil {
		return err
	}
	now := n.Env.Now()
	for _, t := range existing {
		if t.State != "open" || t.Party != h.Party || apart(t.Kind) {
			continue
		}
		b, needed := need[t.Kind]
		if !needed {
			t.State, t.DoneAt, t.DoneBy = "done", now, actor.ID
		} else {
			if t.Body, err = json.Marshal(b); err != nil {
				return err
			}
			delete(need, t.Kind)
		}
		if err := tx.UpdateTask(t); err != nil {
			return err
		}
	}
	for kind, b := range need {
		body, err := json.Marshal(b)
		if err != nil {
			return err
		}
		if err := tx.PutTask(mash.Task{ID: n.Env.NewID(), Hub: h.Hub, Request: h.ID, Party: h.Party, Kind: kind, State: "open", Body: body, Created: now}); err != nil {
			return err
		}
		if kind == TaskReview {
			if err := tx.PutNodeEvent(h.Hub, h.Party, n.event(h.ID, mash.EventAgencyReview, now, "")); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Node) closeTasks(tx mash.NodeTx, hub, request string, p mash.Party, by string) error {
	tasks, err := tx.TasksOf(hub, request)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		if t.State != "open" || t.Party != p {
			continue
		}
		t.State, t.DoneAt, t.DoneBy = "done", n.Env.Now(), by
		if err := tx.UpdateTask(t); err != nil {
			return err
		}
	}
	return nil
}

// InboxRow is a task as the inbox lists it: kinds, references and times,
// nothing about anybody.
type InboxRow struct {
	mash.Task
	Reference string    // of the enquiry; empty for a notice
	Target    time.Time // zero for a notice
	Refused   *NotTaken // of a TaskRefused: what the hub has not got
}

// Inbox lists all that people at the agency must do, nearest target first; what
// has none stands at the top: a notice is read before the next school day. A
// person who works for units sees those only, and everybody only what is of a hub
// whose agreements let them see this page. Those that could not decide are
// undecided: something may be missing of theirs. Errors: CodeNotFound, CodeFault
// where no hub lets them.
func (n *Node) Inbox(ctx context.Context, actor mash.Actor) (rows []InboxRow, undecided []string, err error) {
	all := n.everywhere(ctx, actor, "inbox")
	if err := n.recordViews(ctx, actor, "inbox", "", all); err != nil {
		return nil, nil, err
	}
	may := map[string]bool{}
	for _, v := range all {
		if v.dec.Fault {
			undecided = append(undecided, v.hub)
		}
		if v.permitted {
			may[v.hub] = true
		}
	}
	if len(may) == 0 {
		return nil, nil, refusal(all)
	}
	err = n.Store.View(ctx, func(tx mash.NodeTx) error {
		tasks, err := tx.OpenTasks(n.unitsOf(actor), 0)
		if err != nil {
			return err
		}
		rows = nil
		for _, t := range tasks {
			if !may[t.Hub] { // nor one that is not served any more: it decides nothing
				continue
			}
			row := InboxRow{Task: t, Refused: notTakenOf(t)}
			if row.Refused != nil {
				row.Reference = row.Refused.Reference
			}
			row.Body = nil
			if !apart(t.Kind) {
				if _, w, err := held(tx, t.Hub, t.Request, t.Party); err == nil { // else withdrawn meanwhile
					row.Reference, row.Target = w.Question.Reference, w.Question.TargetAt
				}
			}
			rows = append(rows, row)
		}
		return nil
	})
	slices.SortStableFunc(rows, func(a, b InboxRow) int { return a.Target.Compare(b.Target) })
	return rows, undecided, err
}

// mine reports whether a task is for an actor: theirs by agency, and by unit
// where they work for units. On a node that somebody hosts for its units, only
// who works for a unit sees its tasks: no role of the host reads what a school
// has not released (DESIGN §2).
func (n *Node) mine(actor mash.Actor, t mash.Task) bool {
	if actor.Agency != n.Agency.ID {
		return false
	}
	units := n.unitsOf(actor)
	return units == nil || slices.Contains(units, t.Party.Unit)
}

// unitsOf lists whose tasks an actor may see; nil means all.
func (n *Node) unitsOf(actor mash.Actor) []string {
	if len(actor.Units) == 0 && n.Agency.HeldFor != "" {
		return []string{}
	}
	return actor.Units
}

// pageOf is the page of the policy's table of views that a kind of task is
// opened and done on: who it is and what may leave are decided by whom the table
// lets review.
func pageOf(kind string) string {
	if kind == TaskCheck || kind == TaskReview {
		return "review"
	}
	return "task"
}

func noTask() error { return mash.Errorf(mash.CodeNotFound, "there is no such task") }

// OpenTask shows a task to the person who does it. Whose it is not gets the
// same answer as for one that does not exist.
func (n *Node) OpenTask(ctx context.Context, actor mash.Actor, id string) (TaskView, error) {
	var v TaskView
	t, err := n.task(ctx, actor, id)
	if err != nil {
		return v, err
	}
	err = n.Store.View(ctx, func(tx mash.NodeTx) error {
		v = TaskView{}
		if v.Task, err = tx.Task(id); err != nil {
			return err
		}
		return n.fill(tx, &v)
	})
	if err != nil { // that it is done, or forgotten, only its person learns
		v = TaskView{Task: t}
	}
	if e := n.view(ctx, actor, t.Hub, pageOf(t.Kind), t.Request, v.shown()); e != nil {
		return TaskView{}, e
	}
	if err != nil {
		return TaskView{}, err
	}
	now := n.Env.Now()
	err = n.Store.Update(ctx, func(tx mash.NodeTx) error {
		t, err := tx.Task(id)
		if err != nil {
			return err
		}
		if t.OpenedAt.IsZero() {
			t.OpenedAt, t.OpenedBy = now, actor.ID
			if err := tx.UpdateTask(t); err != nil {
				return err
			}
			if t.Kind == TaskAnswer { // that there is something to compare or review is not told
				if err := tx.PutNodeEvent(t.Hub, t.Party, n.event(t.Request, mash.EventAgencyOpened, now, "person")); err != nil {
					return err
				}
			}
		}
		v.Task = t // it may be done by now; what is shown beside it is what was recorded
		return nil
	})
	v.Task.Body = nil
	return v, err
}

// shown lists the ids of all that a view shows: the task, the notification, the
// people asked about by their keys, the items, and the records that may be
// somebody's. Of those the reference may be a personal number: the log has a
// hash of it, which says nothing beside another task's.
func (v TaskView) shown() []string {
	out := []string{v.Task.ID}
	if v.Notice != nil || v.Feedback != nil {
		out = append(out, v.Task.Request)
	}
	if v.Question != nil {
		for _, p := range v.Question.Persons {
			out = append(out, p.Key)
			for _, c := range v.Candidates[p.Key] {
				sum := sha256.Sum256([]byte(v.Task.ID + "/" + c.Source + "/" + c.Ref))
				out = append(out, "record/"+hex.EncodeToString(sum[:]))
			}
		}
	}
	for _, i := range v.Items {
		out = append(out, i.ID)
	}
	return out
}

// fill adds to a view what its kind of task needs.
func (n *Node) fill(tx mash.NodeTx, v *TaskView) error {
	t := v.Task
	var b taskBody
	if len(t.Body) == 0 { // done: what it was about is not kept
		if apart(t.Kind) {
			return nil
		}
		_, _, err := held(tx, t.Hub, t.Request, t.Party)
		return err
	}
	if err := json.Unmarshal(t.Body, &b); err != nil {
		return fmt.Errorf("reading task: %w", err)
	}
	if t.Kind == TaskNotice {
		v.Inbox = b.Inbox
		if b.Kind == "feedback" {
			v.Feedback = b.Notice
			return nil
		}
		v.Notice = &connector.Notification{}
		return json.Unmarshal(b.Notice, v.Notice)
	}
	if v.Refused = b.Refused; v.Refused != nil {
		return nil
	}
	_, w, err := held(tx, t.Hub, t.Request, t.Party)
	if err != nil {
		return err
	}
	v.Question, v.Clarified = &w.Question, w.Clarified
	for _, p := range w.Question.Persons {
		if slices.Contains(b.Persons, p.Key) {
			v.Persons = append(v.Persons, p)
		}
		f := w.Findings[p.Key]
		if f == nil {
			continue
		}
		if t.Kind == TaskCheck && slices.Contains(b.Persons, p.Key) {
			for _, c := range f.Candidates {
				if v.Candidates == nil {
					v.Candidates = map[string][]Candidate{}
				}
				v.Candidates[p.Key] = append(v.Candidates[p.Key], Candidate(c))
			}
		}
		for _, i := range f.Items {
			if why, ok := b.Items[i.ID]; ok && t.Kind == TaskReview {
				if v.Reasons == nil {
					v.Reasons = map[string][]string{}
				}
				v.Items, v.Reasons[i.ID] = append(v.Items, i), why
			}
		}
	}
	return nil
}

func (n *Node) task(ctx context.Context, actor mash.Actor, id string) (t mash.Task, err error) {
	err = n.Store.View(ctx, func(tx mash.NodeTx) error {
		t, err = tx.Task(id)
		return err
	})
	// A hub that is not served any more decides nothing, so nothing of its is shown.
	if errors.Is(err, mash.ErrNotFound) || err == nil && (!n.mine(actor, t) || n.links[t.Hub] == nil) {
		return t, noTask()
	}
	return t, err
}

// openTask loads a task that the actor may do now.
func (n *Node) openTask(ctx context.Context, actor mash.Actor, id, kind string) (mash.Task, taskBody, error) {
	var b taskBody
	t, err := n.task(ctx, actor, id)
	if err != nil {
		return t, b, err
	}
	if t.Kind != kind {
		return t, b, noTask()
	}
	if t.State != "open" {
		return t, b, mash.Conflict("this task is done already; nothing was changed", "go on with the next one in the inbox")
	}
	if err := n.view(ctx, actor, t.Hub, pageOf(t.Kind), t.Request, []string{t.ID}); err != nil {
		return t, b, err
	}
	err = n.Store.View(ctx, func(tx mash.NodeTx) error {
		if t, err = tx.Task(id); err != nil || t.State != "open" {
			return err
		}
		b = taskBody{}
		if err := json.Unmarshal(t.Body, &b); err != nil || apart(kind) {
			return err
		}
		h, err := tx.Held(t.Hub, t.Request, t.Party)
		b.revision = h.Revision
		return err
	})
	if err == nil && t.State != "open" {
		err = mash.Conflict("this task is done already; nothing was changed", "go on with the next one in the inbox")
	}
	return t, b, err
}

// finish closes a task and concludes its request in one transaction. What was
// checked against a question that changed meanwhile is not taken.
func (n *Node) finish(ctx context.Context, t mash.Task, b taskBody, actor mash.Actor, f func(*work) error) error {
	return n.conclude(ctx, job{hub: t.Hub, id: t.Request, party: t.Party}, actor, func(tx mash.NodeTx, w *work) error {
		now, err := tx.Task(t.ID)
		if err != nil {
			return err
		}
		if now.State != "open" {
			return mash.Conflict("this task is done already; nothing was changed", "go on with the next one in the inbox")
		}
		h, err := tx.Held(t.Hub, t.Request, t.Party)
		if err != nil {
			return err
		}
		if h.Revision != b.revision {
			return mash.Conflict("the question changed meanwhile; nothing was changed", "look at it again")
		}
		return f(w)
	})
}

// AskBack puts a question about a request to the hub. Until it is answered
// the time is the requester's.
func (n *Node) AskBack(ctx context.Context, actor mash.Actor, taskID, text string) error {
	t, err := n.task(ctx, actor, taskID)
	if err != nil {
		return err
	}
	if apart(t.Kind) {
		return noTask()
	}
	if t, _, err = n.openTask(ctx, actor, taskID, t.Kind); err != nil {
		return err // before the text: who may not open it learns nothing of it
	}
	if strings.TrimSpace(text) == "" || len(text) > 5000 {
		return mash.Invalid("text", "is missing or longer than 5,000 characters", "write your question")
	}
	return n.clarify(ctx, actor, t, text)
}
