package pages

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
)

// listedTask is a task as the list shows it: no content, nobody's name.
type listedTask struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Hub      string     `json:"hub"`
	Request  string     `json:"request"`
	Party    mash.Party `json:"party"`
	Created  time.Time  `json:"created"`
	OpenedBy string     `json:"opened_by"`
}

// taskList is one page of the inbox.
type taskList struct {
	mash.Paging
	Tasks []listedTask `json:"tasks"`
}

// listTasks answers GET /api/v1/tasks.
func (s *site) listTasks(w http.ResponseWriter, r *http.Request) error {
	tasks, err := s.Node.Inbox(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	paging, here := pageOf(tasks, kit.PageNumber(r))
	list := taskList{Paging: paging, Tasks: []listedTask{}}
	for _, t := range here {
		list.Tasks = append(list.Tasks, listedTask{ID: t.ID, Kind: t.Kind, Hub: t.Hub, Request: t.Request, Party: t.Party, Created: t.Created, OpenedBy: t.OpenedBy})
	}
	return writeJSON(w, list)
}

// showTask answers GET /api/v1/tasks/{id}.
func (s *site) showTask(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Node.OpenTask(r.Context(), actor(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, v)
}

func writeJSON(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(append(b, '\n'))
	return err
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
