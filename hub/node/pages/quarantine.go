package pages

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// quarantine lists the messages that this node could not open: where each
// stood and why, never what is in it.
func (s *site) quarantine(w http.ResponseWriter, r *http.Request) error {
	return s.writeQuarantine(w, r, "", http.StatusOK)
}

// writeQuarantine shows the page; problem is what is wrong with what was sent.
func (s *site) writeQuarantine(w http.ResponseWriter, r *http.Request, problem string, code int) error {
	q, err := s.Node.Quarantine(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	p := kit.Page{Title: "Messages that could not be opened", Path: "/quarantine", Wide: true, Back: &kit.BackLink{Text: "Inbox", Href: "/tasks"},
		Body: kit.Stack{kit.Paragraph{Text: "These messages came on the topic of your hub, and this node could not open or understand them. They are kept sealed; nobody can read them here. A question may be lost in them: ask the hub whether it waits for an answer of yours."}}}
	if problem != "" {
		p.Problems = []kit.Problem{{Text: problem, Field: "reason"}}
	}
	if len(q.Rows) == 0 && q.State.Unseen == 0 {
		p.Body = append(p.Body, kit.Paragraph{Text: "There is none."})
		return s.layout.WriteStatus(w, r, code, p)
	}
	if q.State.Beyond > 0 {
		p.Body = append(p.Body, kit.Inset{Text: count(q.State.Beyond, "more message has", "more messages have") + " only been counted, because there are too many."})
	}
	t := kit.Table{Caption: count(q.State.Kept, "message", "messages") + ", newest first", CaptionClasses: "govuk-table__caption--m", Scroll: true,
		Head: []kit.Cell{{Text: "Came"}, {Text: "Why"}, {Text: "Where"}, {Text: "Looked at"}}}
	for _, x := range q.Rows {
		looked := kit.Cell{HTML: kit.MustHTML(kit.Tag{Text: "Not yet", Colour: "red"})}
		if !x.Seen.IsZero() {
			looked = kit.Cell{HTML: pair(s.when(x.Seen)+", by "+x.SeenBy, x.SeenWhy)}
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: s.when(x.At)}, {Text: upper(quarantinedWhy(x.Code)) + " (" + string(x.Code) + ")"},
			{HTML: pair(x.Topic, "partition "+strconv.Itoa(x.Partition)+", position "+strconv.FormatInt(x.Offset, 10))}, looked})
	}
	p.Body = append(p.Body, t)
	if q.State.Unseen > 0 {
		reason := kit.Textarea{Name: "reason", Rows: 3, Label: kit.Label{Text: "What did you find?"}, Hint: "Write nothing about a child or family.", Error: problem}
		p.Body = append(p.Body, kit.Form{Action: "/quarantine", Hidden: map[string]string{"until": strconv.FormatInt(q.State.Last.UnixMilli(), 10)},
			Body: kit.Stack{reason, kit.Button{Text: "I have looked at these", OnceOnly: true}}})
	}
	return s.layout.WriteStatus(w, r, code, p)
}

// pair puts two texts below one another in a cell, the second smaller.
func pair(first, second string) template.HTML {
	return kit.MustHTML(kit.Paragraph{Text: first, Classes: "govuk-!-margin-bottom-0"}, kit.Paragraph{Text: second, Classes: "govuk-body-s govuk-!-margin-bottom-0"})
}

// quarantinedWhy is why a message could not be taken, in plain words.
func quarantinedWhy(c mash.Code) string {
	switch c {
	case mash.CodeUnknownKey:
		return "it is signed or sealed with a key that is not valid here"
	case mash.CodeWrongParty:
		return "it was not meant for this node, or is not from whom it says"
	case mash.CodeUnsupported:
		return "it is of a kind or version that this node does not know"
	case mash.CodeInternal:
		return "this node failed on it"
	}
	return "it could not be read"
}

// seeQuarantine answers POST /quarantine.
func (s *site) seeQuarantine(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return s.unreadable(w, r)
	}
	ms, err := strconv.ParseInt(r.PostForm.Get("until"), 10, 64)
	if err != nil {
		ms = 0 // nothing was listed: the use case says so
	}
	err = s.Node.SeeQuarantine(r.Context(), actor(r.Context()), time.UnixMilli(ms).UTC(), trim(r.PostForm.Get("reason")))
	var e *mash.Error
	switch {
	case err == nil:
		s.sessions.SetFlash(r.Context(), kit.Flash{Text: "It is recorded that you have looked.", Success: true})
		http.Redirect(w, r, "/quarantine", http.StatusSeeOther)
		return nil
	case errors.As(err, &e) && e.Code == mash.CodeInvalid:
		return s.writeQuarantine(w, r, sentence(e), kit.Status(err))
	case errors.As(err, &e) && e.Code == mash.CodeConflict:
		return s.writeQuarantine(w, r, upper(e.Message)+". "+upper(e.Remedy)+".", kit.Status(err))
	}
	return err
}

// unopened is the inbox's line about such messages, while nobody has looked,
// for who may look.
func (s *site) unopened(ctx context.Context) (kit.Stack, error) {
	if !actor(ctx).Has(mash.RoleReviewer) {
		return nil, nil
	}
	n, err := s.Node.Unopened(ctx)
	if err != nil || n == 0 {
		return nil, err
	}
	return kit.Stack{kit.Inset{HTML: kit.MustHTML(kit.Paragraph{Text: count(n, "message", "messages") + " to this node could not be opened, and nobody has looked yet."},
		kit.Link{Text: "Look at what could not be opened", Href: "/quarantine"})}}, nil
}
