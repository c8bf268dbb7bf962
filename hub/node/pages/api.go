package pages

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"time"

	"mashhub/hub/edition"
	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// listedTask is a task as the list shows it: no content, nobody's name.
type listedTask struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind" enum:"answer,match_check,review,notice,refused"`
	State     string     `json:"state"`
	Hub       string     `json:"hub"`
	Request   string     `json:"request" doc:"The request's id, or the notice's"`
	Party     mash.Party `json:"party"`
	Reference string     `json:"reference,omitempty" doc:"Of the enquiry"`
	TargetAt  time.Time  `json:"target_at,omitzero"`
	Created   time.Time  `json:"created"`
	OpenedBy  string     `json:"opened_by"`
}

func listed(t mash.Task) listedTask {
	return listedTask{ID: t.ID, Kind: t.Kind, State: t.State, Hub: t.Hub, Request: t.Request, Party: t.Party, Created: t.Created, OpenedBy: t.OpenedBy}
}

// taskList is one page of the inbox.
type taskList struct {
	mash.Paging
	Undecided []string     `json:"undecided,omitempty" doc:"Hubs whose agreements could not decide: what waits for them is missing"`
	Tasks     []listedTask `json:"tasks"`
}

// openTask is a task with what its person needs for it.
type openTask struct {
	Task       listedTask                  `json:"task"`
	Question   *wire.Request               `json:"question,omitempty"`
	Persons    []wire.Person               `json:"persons,omitempty" doc:"Whom this task is about"`
	Candidates map[string][]node.Candidate `json:"candidates,omitempty" doc:"Records that may be a person's, by the person's key"`
	Items      []record.Item               `json:"items,omitempty" doc:"To review"`
	Reasons    map[string][]string         `json:"reasons,omitempty" doc:"Why an item is to be reviewed, by its id"`
	Notice     *notice                     `json:"notice,omitempty"`
	Feedback   json.RawMessage             `json:"feedback,omitempty" doc:"What became of a concern of yours: reference, text, family_informed"`
	Clarified  []string                    `json:"clarified,omitempty" doc:"The hub's answers to your questions"`
	Inbox      string                      `json:"inbox,omitempty" doc:"Why a notice is here that was to go to your own system"`
	Refused    *node.NotTaken              `json:"refused,omitempty" doc:"What of yours the hub has not got, and why"`
}

// notice is a connector.Notification, field for field.
type notice struct {
	ID             string        `json:"id"`
	Kind           string        `json:"kind"`
	Person         record.Person `json:"person"`
	Setting        string        `json:"setting,omitempty"`
	Happened       time.Time     `json:"happened"`
	Place          string        `json:"place,omitempty"`
	Reference      string        `json:"reference,omitempty"`
	Present        string        `json:"present,omitempty"`
	Voice          string        `json:"voice,omitempty"`
	Text           string        `json:"text,omitempty"`
	FamilyInformed string        `json:"family_informed"`
}

// quarantined is what this node could not open.
type quarantined struct {
	State mash.QuarantineState `json:"state"`
	Rows  []mash.QuarantineRow `json:"rows"`
}

// What operations take.
type (
	matchIn struct {
		Choice map[string]string `json:"choice" doc:"The record that is each person's, by the person's key; empty for none of them"`
	}
	reviewIn struct {
		Allow  map[string]bool `json:"allow" doc:"Whether each item may leave, by its id"`
		Reason string          `json:"reason" doc:"Why something is kept back"`
	}
	editionIn struct {
		Agree bool   `json:"agree"`
		Why   string `json:"why" doc:"Why, and who decided it"`
	}
	textIn struct {
		Text string `json:"text"`
	}
	seenIn struct {
		Until  time.Time `json:"until" doc:"The last of the state that was read; what came later stays unseen"`
		Reason string    `json:"reason"`
	}
)

// api registers the API: the same methods of the node as the forms', so the same
// decisions, records and errors.
func (s *site) api() {
	a, n := kit.NewAPI(s.router, kit.APIConfig{Title: "MASH Hub, an agency's node",
		Description: "What waits for the people of one agency: questions to answer, matches to check, releases to review, notices to acknowledge.",
		Published:   map[reflect.Type]reflect.Type{reflect.TypeFor[record.ContactPoints](): reflect.TypeFor[[]record.Contact]()}}), s.Node
	kit.Add[kit.WithPage](a, kit.Get("tasks", "/tasks", ruleInbox, "What waits, nearest target first, a page at a time"),
		func(c kit.Call, _ kit.Nothing) (taskList, error) {
			all, undecided, err := n.Inbox(c, c.Actor)
			if err != nil {
				return taskList{}, err
			}
			paging, here := pageOf(all, c.Page)
			list := taskList{Paging: paging, Undecided: undecided, Tasks: []listedTask{}}
			for _, t := range here {
				row := listed(t.Task)
				row.Reference, row.TargetAt = t.Reference, t.Target
				list.Tasks = append(list.Tasks, row)
			}
			return list, nil
		})
	kit.Add[kit.Bare](a, kit.Get("editions", "/agreements", ruleSignatory, "Changes of the sharing agreements, and what waits for this agency"),
		func(c kit.Call, _ kit.Nothing) ([]edition.Waiting, error) { return s.changes(c, c.Actor) })
	kit.Step[kit.WithIDBody](a, kit.Post("answer-edition", "/agreements/{id}/agree", ruleSignatory, "Agree, or not, to a change that would let this agency release more"),
		func(c kit.Call, in editionIn) error { return s.answerFor(c, c.Actor, c.ID, in.Agree, in.Why) })
	kit.Add[kit.WithID](a, kit.Get("show-task", "/tasks/{id}", ruleTask, "One task, with what is needed to do it"),
		func(c kit.Call, _ kit.Nothing) (openTask, error) {
			v, err := n.OpenTask(c, c.Actor, c.ID)
			if err != nil {
				return openTask{}, err
			}
			out := openTask{Task: listed(v.Task), Question: v.Question, Persons: v.Persons, Candidates: v.Candidates, Items: v.Items, Reasons: v.Reasons,
				Notice: (*notice)(v.Notice), Feedback: v.Feedback, Clarified: v.Clarified, Inbox: v.Inbox, Refused: v.Refused}
			if v.Question != nil {
				out.Task.Reference, out.Task.TargetAt = v.Question.Reference, v.Question.TargetAt
			}
			return out, nil
		})
	answer := kit.Post("answer", "/tasks/{id}/answer", ruleTask, "Answer a question; it leaves as far as the sharing agreement allows")
	answer.MaxBody = answerBody
	kit.Step[kit.WithIDBody](a, answer, func(c kit.Call, in node.Answer) error { return n.SubmitAnswer(c, c.Actor, c.ID, in) })
	match := kit.Post("check-match", "/tasks/{id}/match", ruleTask, "Say which record is the person asked about")
	match.Timeout = time.Minute
	kit.Step[kit.WithIDBody](a, match, func(c kit.Call, in matchIn) error { return n.CheckMatch(c, c.Actor, c.ID, in.Choice) })
	kit.Step[kit.WithIDBody](a, kit.Post("review", "/tasks/{id}/review", ruleTask, "Say which items may leave, and why others may not"),
		func(c kit.Call, in reviewIn) error { return n.SubmitReview(c, c.Actor, c.ID, in.Allow, in.Reason) })
	kit.Step[kit.WithID](a, kit.Post("acknowledge", "/tasks/{id}/acknowledge", ruleTask, "Say that a notice was read, or that an answer was refused"),
		func(c kit.Call, _ kit.Nothing) error {
			v, err := n.OpenTask(c, c.Actor, c.ID)
			if err == nil && v.Task.Kind == node.TaskRefused {
				return n.AcknowledgeRefusal(c, c.Actor, c.ID)
			}
			if err == nil {
				err = n.Acknowledge(c, c.Actor, c.ID)
			}
			return err
		})
	kit.Step[kit.WithIDBody](a, kit.Post("ask-back", "/tasks/{id}/ask-back", ruleTask, "Ask the hub about its question; until it answers the time is the hub's"),
		func(c kit.Call, in textIn) error { return n.AskBack(c, c.Actor, c.ID, in.Text) })
	kit.Add[kit.Bare](a, kit.Get("systems", "/systems", ruleInbox, "The agency's systems and their connectors"),
		func(c kit.Call, _ kit.Nothing) ([]node.System, error) {
			all, err := n.Systems(c, c.Actor)
			return orEmpty(all), err
		})
	kit.Add[kit.Bare](a, kit.Get("quarantine", "/quarantine", ruleQuarantine, "Messages that this node could not open"),
		func(c kit.Call, _ kit.Nothing) (quarantined, error) {
			q, err := n.Quarantine(c, c.Actor)
			return quarantined{q.State, orEmpty(q.Rows)}, err
		})
	kit.Step[kit.WithBody](a, kit.Post("see-quarantine", "/quarantine/seen", ruleQuarantine, "Say what was found about messages that could not be opened"),
		func(c kit.Call, in seenIn) error { return n.SeeQuarantine(c, c.Actor, in.Until, in.Reason) })
	a.Raw("events", "/events", "text/event-stream", "Says that something changed, never what", kit.Route{Rule: ruleInbox, Stream: true, Handler: s.live})
	if s.Audit != nil {
		a.Raw("audit-bundle", "/audit/bundle", "application/jsonl", "The whole log, to be checked with the public key",
			kit.Route{Rule: ruleAudit, Timeout: bundleTime, Handler: s.bundle})
	}
	describe := a.Describe()
	s.router.Handle(kit.Route{Pattern: "GET /api/openapi.json", Rule: ruleInbox, API: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
		if err := n.MayView(r.Context(), actor(r.Context()), ruleInbox); err != nil {
			return err
		}
		return describe(w, r)
	}})
}

// orEmpty makes a list that is written [] rather than null.
func orEmpty[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// bundle answers GET /api/v1/audit/bundle with the node's log.
func (s *site) bundle(w http.ResponseWriter, r *http.Request) error {
	// A server's WriteTimeout counts from the request: push it on. A recorder
	// in a test has no deadline, which is no error.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(bundleTime))
	out := &attachment{w: w}
	err := s.Audit.Export(r.Context(), out)
	if err != nil && out.begun {
		// Too late for another answer. A bundle that breaks off has no end
		// line, and whoever checks it sees that.
		s.Log.Error("audit bundle broke off", "request_id", kit.RequestID(r.Context()), "code", mash.CodeOf(err))
		return nil
	}
	return err
}

// bundleTime is how long writing the whole log to a slow reader may take.
const bundleTime = 10 * time.Minute

// attachment sets its headers with the first byte, so that what fails before
// is an ordinary error.
type attachment struct {
	w     http.ResponseWriter
	begun bool
}

// Write implements io.Writer.
func (a *attachment) Write(b []byte) (int, error) {
	if !a.begun {
		a.begun = true
		a.w.Header().Set("Content-Type", "application/jsonl")
		a.w.Header().Set("Content-Disposition", `attachment; filename="audit-bundle.jsonl"`)
	}
	return a.w.Write(b)
}

// exporter is a log that can write itself out of a transaction.
type exporter interface {
	Export(tx mash.AuditTx, w io.Writer) error
}

// nodeLog exports the log of a node.
type nodeLog struct {
	node *node.Node
	log  exporter
}

// ownLog gives the log of the node, or nil where it cannot be exported.
func ownLog(n *node.Node) Audit {
	if log, ok := n.Audit.(exporter); ok {
		return nodeLog{n, log}
	}
	return nil
}

// Export implements Audit.
func (l nodeLog) Export(ctx context.Context, w io.Writer) error {
	return l.node.Store.View(ctx, func(tx mash.NodeTx) error { return l.log.Export(tx, w) })
}
