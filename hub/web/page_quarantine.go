package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// quarantinePage lists the messages that the hub could not open or understand:
// where each stood and why, never what is in it.
func (s *site) quarantinePage(w http.ResponseWriter, r *http.Request) error {
	return s.writeQuarantine(w, r, newForm(nil), http.StatusOK)
}

func (s *site) writeQuarantine(w http.ResponseWriter, r *http.Request, f *form, code int) error {
	q, err := s.Desk.Quarantine(r.Context(), actor(r.Context()))
	if err != nil {
		return err
	}
	body := kit.Stack{kit.Paragraph{Text: "These messages could not be opened or understood, so nobody was answered. They are kept sealed, and nobody can read them here. Find out who sent them: a broken node, keys that changed, or somebody who should not be there."},
		kit.SummaryList{Rows: []kit.Row{{Key: "Nobody has looked at", Text: itoa(q.State.Unseen)}, {Key: "Listed", Text: itoa(q.State.Kept)},
			{Key: "Only counted, because there were too many", Text: itoa(q.State.Beyond)},
			{Key: "Kept sealed", Text: strconv.FormatInt(q.State.Bytes/1024, 10) + " KiB of at most " + itoa(mash.QuarantineBytes/1024)}}}}
	if len(q.Rows) == 0 {
		body = append(body, kit.Paragraph{Text: "There is none."})
	} else {
		t := kit.Table{Caption: "Messages, newest first", CaptionClasses: "govuk-table__caption--m", Scroll: true,
			Head: []kit.Cell{{Text: "Came"}, {Text: "Why"}, {Text: "Where"}, {Text: "Looked at"}, {Text: "Hash of its bytes"}}}
		for _, x := range q.Rows {
			looked := kit.Cell{HTML: kit.MustHTML(kit.Tag{Text: "Not yet", Colour: "red"})}
			if !x.Seen.IsZero() {
				looked = kit.Cell{HTML: lines(when(x.Seen), "By "+s.staffName(x.SeenBy), x.SeenWhy)}
			}
			kept := "Its bytes are kept, sealed"
			if !x.Kept {
				kept = "Its bytes made room for newer ones"
			}
			t.Rows = append(t.Rows, []kit.Cell{{Text: when(x.At)}, {HTML: lines(capital(word(refusalWords, string(x.Code))), string(x.Code))},
				{HTML: lines(x.Topic, "Partition "+itoa(x.Partition)+", position "+strconv.FormatInt(x.Offset, 10))}, looked,
				{HTML: kit.MustHTML(kit.Paragraph{Text: x.Hash, Classes: "mash-break govuk-body-s govuk-!-margin-bottom-0"}, kit.Paragraph{Text: kept, Classes: "govuk-body-s govuk-!-margin-bottom-0"})}})
		}
		body = append(body, t)
	}
	if q.State.Unseen > 0 {
		form := s.posted("/quarantine", f.area("reason", "What did you find?", "For example: a node with an old key, put right on the telephone. Write nothing about a child or family.", 3),
			save("I have looked at these"))
		form.Hidden["until"] = strconv.FormatInt(q.State.Last.UnixMilli(), 10)
		body = append(body, form)
	}
	return s.layout.WriteStatus(w, r, code, kit.Page{Title: "Messages that could not be opened", Wide: true, Path: "/quarantine", Problems: f.problems, Body: body})
}

// seeQuarantine records that somebody has looked.
func (s *site) seeQuarantine(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	err = s.send(w, r, f, func() (string, string, error) {
		ms, err := strconv.ParseInt(f.text("until"), 10, 64)
		if err != nil {
			ms = 0 // nothing was listed: the use case says so
		}
		return "/quarantine", "It is recorded that you have looked.", s.Desk.SeeQuarantine(r.Context(), actor(r.Context()), time.UnixMilli(ms).UTC(), f.text("reason"))
	})
	switch {
	case errors.Is(err, errProblems):
		return s.writeQuarantine(w, r, f, http.StatusUnprocessableEntity)
	case isProblem(err):
		f.take(err)
		return s.writeQuarantine(w, r, f, kit.Status(err))
	}
	return err
}

// unopened is the board's line about such messages, while nobody has looked.
func (s *site) unopened(ctx context.Context) (kit.Stack, error) {
	n, err := s.Desk.Unopened(ctx)
	if err != nil || n == 0 {
		return nil, err
	}
	text := plural(n, "message", "messages") + " to the hub could not be opened, and nobody has looked at " + itThem(n) + " yet."
	who := actor(ctx)
	if who.Has(mash.RoleManager) || who.Has(mash.RoleIGLead) {
		return kit.Stack{kit.Inset{HTML: kit.MustHTML(kit.Paragraph{Text: text}, kit.Link{Text: "Look at " + itThem(n), Href: "/quarantine"})}}, nil
	}
	return kit.Stack{kit.Inset{Text: text + " An answer may be lost in this. Tell the hub manager."}}, nil
}
