package pages

import (
	"errors"
	"net/http"
	"net/url"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
)

// task answers GET /tasks/{id}.
func (s *site) task(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Node.OpenTask(r.Context(), actor(r.Context()), r.PathValue("id"))
	if done(v, err) {
		return s.isDone(w, r)
	}
	if err != nil {
		return err
	}
	switch v.Task.Kind {
	case node.TaskAnswer:
		return s.answerPage(w, r, v, newDraft(v), nil)
	case node.TaskCheck:
		return s.matchPage(w, r, v, nil, nil)
	case node.TaskReview:
		return s.reviewPage(w, r, v, nil, nil)
	case node.TaskNotice:
		return s.noticePage(w, r, v)
	case node.TaskRefused:
		return s.refusedPage(w, r, v)
	}
	return kit.ErrNotFound
}

// posted opens the task that a form was sent for and reads the form. Opening
// it first means that whose it is not learns nothing, and that a mistake can
// be shown beside the question, whose showing is then recorded. ok is false
// when the answer has been given already.
func (s *site) posted(w http.ResponseWriter, r *http.Request, kinds ...string) (v node.TaskView, form url.Values, ok bool, err error) {
	v, err = s.Node.OpenTask(r.Context(), actor(r.Context()), r.PathValue("id"))
	if done(v, err) {
		return v, nil, false, s.isDone(w, r)
	}
	if err != nil {
		return v, nil, false, err
	}
	fits := false
	for _, k := range kinds {
		fits = fits || v.Task.Kind == k
	}
	if !fits {
		return v, nil, false, kit.ErrNotFound
	}
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return v, nil, false, kit.ErrTooLarge
		}
		return v, nil, false, s.unreadable(w, r)
	}
	return v, r.PostForm, true, nil
}

// done reports that a task needs nobody any more: it is closed, or what was
// asked is forgotten because it was answered or withdrawn.
func done(v node.TaskView, err error) bool {
	return mash.CodeOf(err) == mash.CodeConflict || err == nil && v.Task.State != "open"
}

// finished leads on after a form was taken, or shows why it was not.
func (s *site) finished(w http.ResponseWriter, r *http.Request, err error, text string, again func([]kit.Problem) error) error {
	var e *mash.Error
	switch {
	case err == nil:
		s.sessions.SetFlash(r.Context(), kit.Flash{Text: text, Success: true})
		http.Redirect(w, r, "/tasks", http.StatusSeeOther)
		return nil
	case mash.CodeOf(err) == mash.CodeConflict:
		return s.isDone(w, r)
	case errors.As(err, &e) && e.Code == mash.CodeInvalid && again != nil:
		return again([]kit.Problem{{Text: sentence(e)}})
	case mash.CodeOf(err) == mash.CodeUnavailable && again != nil:
		// Not the policy's fault, and what was typed must not be lost.
		s.Log.Warn("a form was not taken", "request_id", kit.RequestID(r.Context()), "error", err.Error())
		return again([]kit.Problem{{Text: "This could not be saved just now, and nothing was changed. Send it again in a minute"}})
	}
	return err
}

// sentence is what a refused field says to a reader.
func sentence(e *mash.Error) string {
	if e.Remedy == "" {
		return "This " + e.Message + "."
	}
	r := []rune(e.Remedy)
	if r[0] >= 'a' && r[0] <= 'z' {
		r[0] -= 'a' - 'A'
	}
	return string(r) + "."
}

// isDone is the page for a second click, a task that a colleague has done, and
// a question that was withdrawn.
func (s *site) isDone(w http.ResponseWriter, r *http.Request) error {
	return s.layout.WriteStatus(w, r, http.StatusConflict, kit.Page{
		Title: "This is done already", Path: "-",
		Body: kit.Stack{
			kit.Paragraph{Text: "Somebody has answered this already, or it is no longer asked. Nothing that you sent just now was used, and nothing was changed."},
			kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "Go to the inbox", Href: "/tasks"})},
		},
	})
}

// unreadable is the page for a form that no browser of ours sends.
func (s *site) unreadable(w http.ResponseWriter, r *http.Request) error {
	return s.layout.WriteStatus(w, r, http.StatusBadRequest, kit.Page{
		Title: "We could not read this form", Path: "-",
		Body: kit.Stack{
			kit.Paragraph{Text: "Nothing has been saved. Go back, reload the page and send it again."},
			kit.Paragraph{HTML: kit.MustHTML(kit.Link{Text: "Go to the inbox", Href: "/tasks"})},
		},
	})
}

// acknowledge answers POST /tasks/{id}/acknowledge.
func (s *site) acknowledge(w http.ResponseWriter, r *http.Request) error {
	v, _, ok, err := s.posted(w, r, node.TaskNotice, node.TaskRefused)
	if !ok || err != nil {
		return err
	}
	if v.Task.Kind == node.TaskRefused {
		err = s.Node.AcknowledgeRefusal(r.Context(), actor(r.Context()), v.Task.ID)
		return s.finished(w, r, err, "This is off the list.", nil)
	}
	err = s.Node.Acknowledge(r.Context(), actor(r.Context()), v.Task.ID)
	return s.finished(w, r, err, "You have acknowledged the notice. The hub has been told.", nil)
}

// maxQuestion is how long a question back may be, in bytes, as the node has it.
const maxQuestion = 5000

// askBack answers POST /tasks/{id}/ask-back.
func (s *site) askBack(w http.ResponseWriter, r *http.Request) error {
	v, form, ok, err := s.posted(w, r, node.TaskAnswer, node.TaskCheck, node.TaskReview)
	if !ok || err != nil {
		return err
	}
	text := trim(form.Get("text"))
	switch {
	case text == "":
		return s.askAgain(w, r, v, text, "Write the question that you want to ask the hub")
	case len(text) > maxQuestion:
		return s.askAgain(w, r, v, text, "Shorten your question to 5,000 characters")
	}
	err = s.Node.AskBack(r.Context(), actor(r.Context()), v.Task.ID, text)
	return s.finished(w, r, err, "Your question is on its way to the hub. While you wait for the answer, the time is not counted as yours.", nil)
}

// askAgain shows the task again with what is wrong with the question back.
func (s *site) askAgain(w http.ResponseWriter, r *http.Request, v node.TaskView, text, problem string) error {
	back := &question{text, problem}
	switch v.Task.Kind {
	case node.TaskAnswer:
		return s.answerPage(w, r, v, newDraft(v), back)
	case node.TaskCheck:
		return s.matchPage(w, r, v, nil, back)
	default:
		return s.reviewPage(w, r, v, nil, back)
	}
}
