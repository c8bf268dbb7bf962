package web

import (
	"net/http"
	"time"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// NoticeRow is a notification without what it says.
type NoticeRow struct {
	ID           string                 `json:"id"`
	Kind         string                 `json:"kind"`
	From         mash.Party             `json:"from"`
	FromName     string                 `json:"from_name"`
	To           mash.Party             `json:"to"`
	ToName       string                 `json:"to_name"`
	State        mash.NotificationState `json:"state"`
	Code         string                 `json:"code,omitempty"`
	Ring         string                 `json:"ring,omitempty"`  // whom to telephone about one that did not arrive, and their number
	Informed     string                 `json:"family_informed"` // yes, no, unsafe_to_tell
	RaisedAt     time.Time              `json:"raised_at"`
	SentAt       *time.Time             `json:"sent_at,omitempty"`
	ReceivedAt   *time.Time             `json:"received_at,omitempty"`
	Acknowledged *time.Time             `json:"acknowledged_at,omitempty"`
	How          string                 `json:"acknowledged_how,omitempty"` // person, or system: the recipient's own has it
}

// noticeList is one page of them.
type noticeList struct {
	mash.Paging
	Unacknowledged int         `json:"unacknowledged"` // how many of all nobody has acknowledged; they come first
	Rows           []NoticeRow `json:"rows"`
}

// checkpointOut is a checkpoint with the key that it is checked with.
type checkpointOut struct {
	Checkpoint
	Key string `json:"key" doc:"The log's public key; compare it with the one from somewhere else"`
}

// bundleTime is how long writing the whole log to a slow reader may take.
const bundleTime = 10 * time.Minute

// notices lists pushes by ids, states, times and parties only, a page at a time:
// it counts all, and every one stands on some page (I1).
func (s *site) notices(c kit.Call) (noticeList, error) {
	p, err := s.Notices.ListNotices(c, c.Page)
	out := noticeList{Paging: p.Paging, Unacknowledged: p.Open, Rows: make([]NoticeRow, len(p.Rows))}
	for i, n := range p.Rows {
		out.Rows[i] = NoticeRow{ID: n.ID, Kind: n.Kind, From: n.From, FromName: s.partyName(n.From), To: n.To, ToName: s.partyName(n.To),
			State: n.State, Code: n.Code, Informed: n.Informed.Answer, RaisedAt: n.RaisedAt, SentAt: n.SentAt, ReceivedAt: n.Received,
			Acknowledged: n.Acked, How: n.AckedHow, Ring: s.ring(n)}
	}
	return out, err
}

// ring says whom to telephone about a notice that did not arrive: its
// recipient; where nobody is known by that name, who sent it.
func (s *site) ring(n mash.Notification) string {
	switch n.State {
	case mash.NoticeUndeliverable, mash.NoticeExpired, mash.NoticeRefused:
	default:
		return ""
	}
	for _, p := range []mash.Party{n.To, n.From} {
		if number := s.Agencies.Telephone(p); number != "" {
			return s.partyName(p) + ", " + number
		}
	}
	return ""
}

// lists registers what is about no single enquiry.
func (a *api) lists() {
	s := a.site
	kit.Add[kit.WithPage](a.API, kit.Get("board", "/board", ruleBoard, "Outstanding requests, nearest target first, a page at a time"),
		func(c kit.Call, _ kit.Nothing) (enquiry.Board, error) { return s.Desk.Board(c, c.Actor, c.Page) })
	kit.Add[kit.WithPage](a.API, kit.Get("notices", "/notices", ruleNotices, "Notifications and how they fared, what nobody has acknowledged first, a page at a time"),
		func(c kit.Call, _ kit.Nothing) (noticeList, error) { return s.notices(c) })
	kit.Add[kit.Bare](a.API, kit.Get("agencies", "/agencies", ruleHome, "The agencies of the partnership"),
		func(kit.Call, kit.Nothing) (mash.Directory, error) { return s.Agencies, nil })
	kit.Add[kit.Bare](a.API, kit.Get("health", "/health", ruleHealth, "Each agency's last sign of life and the state of its systems"),
		func(c kit.Call, _ kit.Nothing) ([]enquiry.AgencyHealth, error) {
			out, err := s.Desk.SystemHealth(c, c.Actor)
			return orEmpty(out), err
		})
	kit.Add[kit.Bare](a.API, kit.Get("audit-checkpoint", "/audit/checkpoint", ruleAudit, "The newest signed state of the log"),
		func(c kit.Call, _ kit.Nothing) (checkpointOut, error) {
			at, err := s.checkpoint(c)
			return checkpointOut{at, s.Verifier}, err
		})

	a.Raw("audit-bundle", "/audit/bundle", "application/jsonl", "The whole log, to be checked with the public key",
		kit.Route{Rule: ruleAudit, Timeout: bundleTime, Handler: s.bundle})
	a.Raw("events", "/events", "text/event-stream", "Says that something changed, never what", kit.Route{Rule: ruleLive, Stream: true, Handler: s.stream})
	a.Raw("enquiry-events", "/events/{reference}", "text/event-stream", "Says that one enquiry changed, never what; nothing about one that you may not see",
		kit.Route{Rule: ruleLive, Stream: true, Handler: s.streamEnquiry})
}

// bundle streams the log. A bundle that breaks off has no end line, and the
// connection is cut so that nobody takes it for whole.
func (s *site) bundle(w http.ResponseWriter, r *http.Request) error {
	// A server's own limit counts from the request; a recorder in a test has none.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(bundleTime))
	out := &begun{w: w}
	if err := s.Audit.Export(r.Context(), out); err != nil {
		if !out.yes {
			return err
		}
		s.Log.Error("audit bundle broke off", "request_id", kit.RequestID(r.Context()), "error", err.Error())
		panic(http.ErrAbortHandler)
	}
	return nil
}

// begun sets the headers of a download with its first byte, so that an error
// before it is still an error.
type begun struct {
	w   http.ResponseWriter
	yes bool
}

func (b *begun) Write(p []byte) (int, error) {
	if !b.yes {
		b.yes = true
		b.w.Header().Set("Content-Type", "application/jsonl")
		b.w.Header().Set("Content-Disposition", `attachment; filename="audit-bundle.jsonl"`)
	}
	return b.w.Write(p)
}

// partyName is what people call a party; the hub itself has no entry in the
// directory.
func (s *site) partyName(p mash.Party) string {
	switch p.Agency {
	case "hub":
		return s.Name
	case "":
		return "Not known"
	}
	return s.Agencies.Name(p)
}
