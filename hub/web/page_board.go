package web

import (
	"context"
	"html/template"
	"net/http"
	"slices"

	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/tracking"
	"mashhub/hub/web/kit"
)

// board shows what is outstanding, nearest target first. It holds references,
// agencies, states and times, and nothing about anybody.
func (s *site) board(w http.ResponseWriter, r *http.Request) error {
	b, err := s.Desk.Board(r.Context(), actor(r.Context()), kit.PageNumber(r))
	if err != nil {
		return err
	}
	unopened, err := s.unopened(r.Context())
	if err != nil {
		return err
	}
	reviews, err := s.reviewsDue(r.Context())
	if err != nil {
		return err
	}
	return s.layout.Write(w, r, kit.Page{Title: "Outstanding requests", Wide: true, Body: kit.Stack{
		kit.Live{ID: "board", URL: "/events", Body: slices.Concat(unopened, reviews, s.boardBody(r, b))}}})
}

// reviewsDue is the board's line about decisions that an answer came after:
// their questions are not outstanding any more.
func (s *site) reviewsDue(ctx context.Context) (kit.Stack, error) {
	if !staff(ctx) {
		return nil, nil
	}
	n, err := s.Desk.ReviewsDue(ctx, actor(ctx))
	if err != nil || n == 0 {
		return nil, err
	}
	return kit.Stack{kit.Inset{HTML: kit.MustHTML(
		kit.Paragraph{Text: plural(n, "decision is", "decisions are") + " up for review: an answer came after the decision."},
		kit.Link{Text: "See which on the start page", Href: "/"})}}, nil
}

func (s *site) boardBody(r *http.Request, b enquiry.Board) kit.Stack {
	untold := s.untold(r, b.Untold)
	if b.Total == 0 {
		return append(kit.Stack{kit.Paragraph{Text: "Nothing is outstanding. Every question has been answered, refused or withdrawn."}}, untold...)
	}
	scale := int64(0)
	for _, row := range b.Rows {
		scale = max(scale, row.Timing.TotalMS, row.TargetAt.Sub(row.RaisedAt).Milliseconds())
	}
	intro := plural(b.Total, "question is", "questions are") + " waiting for an answer"
	if b.Late > 0 {
		intro += "; " + plural(b.Late, "is", "are") + " past the target"
	}
	t := kit.Table{Caption: "Outstanding requests, nearest target first", CaptionClasses: "govuk-visually-hidden", FirstCellIsHeader: true, Scroll: true,
		Head: []kit.Cell{{Text: "Enquiry"}, {Text: "Agency"}, {Text: "Urgency"}, {Text: "State"}, {Text: "Target"}, {Text: "Whose turn"}, {Text: "Time so far, and whose it was"}}}
	now := s.Desk.Env.Now()
	for _, row := range b.Rows {
		target := []string{left(row.TargetAt, now), when(row.TargetAt)}
		t.Rows = append(t.Rows, []kit.Cell{s.reference(r, row),
			{HTML: lines(row.Name, row.Telephone)},
			{HTML: kit.MustHTML(ragTag(row.RAG))},
			{HTML: lines(append([]string{word(requestWords, row.State)}, markTexts(row.Marks, row.AnswerRefused, row.Name, row.Telephone)...)...)},
			{HTML: lateLines(row.Late, target)},
			{Text: word(turnTexts, string(row.Timing.Waiting))},
			{HTML: kit.MustHTML(timeBar("bar-"+row.Request, row.Name, row.Timing, row.TargetAt.Sub(row.RaisedAt).Milliseconds(), scale),
				kit.Paragraph{Text: "Asked " + coarse(now.Sub(row.RaisedAt)) + " ago", Classes: "govuk-body-s govuk-!-margin-bottom-0"})},
		})
	}
	return slices.Concat(kit.Stack{kit.Paragraph{Text: intro + "." + kit.Shown(b.Paging)}, kit.BarLegend{}, t}, kit.Pager(b.Paging, "/board", "Pages of the board"),
		kit.Stack{kit.Details{Summary: "How the time is counted", Text: "The clock runs from the question to the final answer. Each piece belongs to one cause; the pieces always add up to the whole. " +
			"The line across a bar is the target. Our own part counts too: while an agency waits for our answer to its question, the time is ours."}}, untold)
}

// untold lists what has ended and whose agency could not be told so.
func (s *site) untold(r *http.Request, rows []enquiry.BoardRow) kit.Stack {
	if len(rows) == 0 {
		return nil
	}
	t := kit.Table{Caption: "Agencies to telephone", CaptionClasses: "govuk-table__caption--m", FirstCellIsHeader: true, Scroll: true,
		Head: []kit.Cell{{Text: "Enquiry"}, {Text: "Agency"}, {Text: "State"}}}
	for _, row := range rows {
		t.Rows = append(t.Rows, []kit.Cell{s.reference(r, row), {HTML: lines(row.Name, row.Telephone)},
			{HTML: lines(append([]string{word(requestWords, row.State)}, markTexts(row.Marks, row.AnswerRefused, row.Name, row.Telephone)...)...)}})
	}
	return kit.Stack{t}
}

// reference is an enquiry's, with the way to it for who may go there.
func (s *site) reference(r *http.Request, row enquiry.BoardRow) kit.Cell {
	if staff(r.Context()) {
		return kit.Cell{HTML: kit.MustHTML(kit.Link{Text: row.Reference, Href: "/enquiries/" + row.Enquiry, Hidden: row.Name})}
	}
	return kit.Cell{Text: row.Reference}
}

// turnTexts is turnWords by plain codes.
var turnTexts = func() map[string]string {
	out := map[string]string{"": "Nobody’s: it has ended"}
	for c, w := range turnWords {
		out[string(c)] = w
	}
	return out
}()

func markLines(marks []string) (out []string) {
	for _, m := range marks {
		out = append(out, word(markWords, m))
	}
	return out
}

// markTexts is markLines with what to do about an answer that was refused.
func markTexts(marks []string, refused mash.Code, name, telephone string) (out []string) {
	for _, m := range marks {
		if m == mash.MarkAnswerRefused {
			out = append(out, "An answer from "+name+" was refused: "+word(refusalWords, string(refused))+". Ask them to send it again: telephone "+telephone+".")
			continue
		}
		out = append(out, word(markWords, m))
	}
	return out
}

// timeBar draws whose time it was.
func timeBar(id, name string, t tracking.Timing, targetMS, scale int64) kit.Bar {
	b := kit.Bar{ID: id, Title: name + ": whose time it was", TargetMS: max(targetMS, 0), ScaleMS: scale}
	for _, c := range tracking.Causes {
		b.Segments = append(b.Segments, kit.Segment{Cause: kit.Cause(c), MS: max(t.By[c], 0)})
	}
	return b
}

// lines puts texts below one another in a cell: the first as it is, the others
// smaller.
func lines(texts ...string) template.HTML {
	var out kit.Stack
	for i, t := range texts {
		if t == "" {
			continue
		}
		class := "govuk-!-margin-bottom-0"
		if i > 0 {
			class += " govuk-body-s"
		}
		out = append(out, kit.Paragraph{Text: t, Classes: class})
	}
	return kit.MustHTML(out...)
}

// lateLines makes lateness a word in a tag, not only a colour.
func lateLines(late bool, texts []string) template.HTML {
	if !late {
		return lines(texts...)
	}
	return kit.MustHTML(kit.Tag{Text: texts[0], Colour: "red"}) + lines("", texts[1])
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + many
}
