package pages

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
)

// inbox shows what people must do: what, for whom, since when, until when.
// Nothing about anybody asked about.
func (s *site) inbox(w http.ResponseWriter, r *http.Request) error {
	who := actor(r.Context())
	tasks, undecided, err := s.Node.Inbox(r.Context(), who)
	if err != nil {
		return err
	}
	body := kit.Stack{}
	if s.Agency.HeldFor != "" {
		body = append(body, kit.Inset{Text: "Held for you by " + s.Agency.HeldFor + ". What you write here leaves only as your sharing agreement allows, and carries your own signature."})
	}
	unopened, err := s.unopened(r.Context())
	if err != nil {
		return err
	}
	body = append(body, unopened...)
	for _, hub := range undecided {
		body = append(body, kit.Inset{Text: "Whether you may see what waits for " + hub + " could not be decided, so it is missing here. It is recorded. Tell the hub manager."})
	}
	paging, here := pageOf(tasks, kit.PageNumber(r))
	list := kit.Stack{s.taskTable(here, paging, len(who.Units) == 1)}
	if shown := kit.Shown(paging); shown != "" {
		list = slices.Concat(kit.Stack{kit.Paragraph{Text: strings.TrimSpace(shown)}}, list, kit.Pager(paging, "/tasks", "Pages of the inbox"))
	}
	body = append(body, kit.Live{ID: "inbox", URL: "/live/inbox", Body: list})
	return s.layout.Write(w, r, kit.Page{Title: "Inbox", Path: "/tasks", Wide: true, Body: body})
}

// pageOf gives one page of the inbox.
func pageOf(all []node.InboxRow, page int) (mash.Paging, []node.InboxRow) {
	p := mash.PageOf(len(all), page)
	return p, all[p.Skip():min(p.Skip()+mash.PageRows, len(all))]
}

// live tells an open inbox that something changed, and no more.
func (s *site) live(w http.ResponseWriter, r *http.Request) error {
	// Whether this person may follow the inbox is the same question as whether
	// they may see it.
	if err := s.Node.MayView(r.Context(), actor(r.Context()), ruleInbox); err != nil {
		return err
	}
	return s.Events.Serve(w, r, topicInbox, nil)
}

// taskTable lists a page's tasks; own says that all are the reader's one unit's.
// What matters most stands first, where a telephone shows it.
func (s *site) taskTable(tasks []node.InboxRow, p mash.Paging, own bool) kit.Component {
	if p.Total == 0 {
		return kit.Paragraph{Text: "Nothing is waiting for you. This page updates itself when something arrives."}
	}
	now := s.Node.Env.Now()
	units := len(s.Agency.Units) > 0 && !own
	head := []kit.Cell{{Text: "What to do"}}
	if units {
		head = append(head, kit.Cell{Text: "For"})
	}
	head = append(head, kit.Cell{Text: "Target"}, kit.Cell{Text: "State"}, kit.Cell{Text: "Waiting since"}, kit.Cell{Text: "Reference"})
	t := kit.Table{Caption: count(p.Total, "task", "tasks"), CaptionClasses: "govuk-table__caption--m", Head: head, Scroll: true}
	for _, task := range tasks {
		name := taskName(task.Kind)
		if task.Refused != nil {
			name = notTakenWords(*task.Refused).title
		}
		row := []kit.Cell{{HTML: kit.MustHTML(kit.Link{Text: name, Href: "/tasks/" + task.ID, Hidden: "for " + s.partyName(task.Party) + ", since " + s.when(task.Created)})}}
		if units {
			row = append(row, kit.Cell{Text: s.partyName(task.Party)})
		}
		state := kit.Tag{Text: "New", Colour: "blue"}
		if task.OpenedBy != "" {
			state = kit.Tag{Text: "Opened", Colour: "grey"}
		}
		row = append(row, s.target(now, task), kit.Cell{HTML: kit.MustHTML(state)}, kit.Cell{Text: s.when(task.Created)}, kit.Cell{Text: dash(task.Reference)})
		t.Rows = append(t.Rows, row)
	}
	return t
}

// target is how much time is left, and until when.
func (s *site) target(now time.Time, t node.InboxRow) kit.Cell {
	switch {
	case t.Kind == node.TaskNotice, t.Kind == node.TaskRefused:
		return kit.Cell{Text: "As soon as you can"}
	case t.Target.IsZero():
		return kit.Cell{Text: "–"}
	}
	return kit.Cell{HTML: kit.MustHTML(kit.Paragraph{Text: left(now, t.Target), Classes: "govuk-!-margin-bottom-0"},
		kit.Paragraph{Text: s.when(t.Target), Classes: "govuk-body-s govuk-!-margin-bottom-0"})}
}

// taskName is what a person does, as the inbox words it.
func taskName(kind string) string {
	switch kind {
	case node.TaskAnswer:
		return "Answer a question"
	case node.TaskCheck:
		return "Check whether it is the same person"
	case node.TaskReview:
		return "Decide what may be shared"
	case node.TaskNotice:
		return "Read a notice"
	}
	return "Task"
}

// partyName is what people call the agency, or one of its units.
func (s *site) partyName(p mash.Party) string { return mash.Directory{s.Agency}.Name(p) }

// when is an instant as people here read it; empty for none.
func (s *site) when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone).Format("Mon 2 Jan 2006, 15:04")
}

func (s *site) day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.zone).Format("2 January 2006")
}

// left says how much time there is until target, or how long it has passed;
// empty without a target. It counts hours, not school or working hours: what
// the target is took those into account.
func left(now, target time.Time) string {
	if target.IsZero() {
		return ""
	}
	d := target.Sub(now)
	if d < 0 {
		return "Passed " + span(-d) + " ago"
	}
	return upper(span(d)) + " left"
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < time.Hour:
		return count(int(d.Minutes()), "minute", "minutes")
	case d < 48*time.Hour:
		h, m := int(d.Hours()), int(d.Minutes())%60
		if m == 0 || h >= 6 {
			return count(h, "hour", "hours")
		}
		return count(h, "hour", "hours") + " " + count(m, "minute", "minutes")
	}
	return count(int(d.Hours()/24), "day", "days")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n) + " " + many
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
