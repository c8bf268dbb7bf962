package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"mashhub/hub/demo/world"
	"mashhub/hub/enquiry"
	"mashhub/hub/mash"
	"mashhub/hub/node"
)

// patience is how long a played scenario may take from the first question to
// the last answer.
const patience = 60 * time.Second

// story is one scenario being played.
type story struct {
	*Demo
	worker  *client
	id      string // of the enquiry
	ref     string
	started time.Time
	full    time.Duration // from the program's start to the complete chronology
	picture enquiry.Picture
	closing *problem // how closing was refused
	closed  bool
	told    string // feedback state
	notices []notice
}

// notice is a notification as the hub's API tells it.
type notice struct {
	ID    string     `json:"id"`
	Kind  string     `json:"kind"`
	State string     `json:"state"`
	From  mash.Party `json:"from"`
	To    mash.Party `json:"to"`
}

func (d *Demo) newStory(ctx context.Context) (*story, error) {
	w, err := d.signIn(ctx, d.hub.ready.Addr, "worker")
	return &story{Demo: d, worker: w}, err
}

func (s *story) path(format string, args ...any) string {
	return "/api/v1/enquiries/" + url.PathEscape(s.id) + fmt.Sprintf(format, args...)
}

// open writes the contact down.
func (s *story) open(ctx context.Context) error {
	in, err := s.scenario.OpenInput()
	if err != nil {
		return err
	}
	var e mash.Enquiry
	if err := s.worker.call(ctx, http.MethodPost, "/api/v1/enquiries", in, &e); err != nil {
		return fmt.Errorf("opening the enquiry: %w", err)
	}
	s.id, s.ref, s.started = e.ID, e.Reference, time.Now()
	if v := strings.TrimSpace(s.scenario.Enquiry.OwnView); v != "" {
		if err := s.worker.call(ctx, http.MethodPut, s.path("/own-view"), map[string]string{"own_view": v}, nil); err != nil {
			return fmt.Errorf("writing the worker's own view: %w", err)
		}
	}
	s.say("enquiry         %s opened", e.Reference)
	return nil
}

// ask puts the questions: children's social care first, the others when it
// has answered.
func (s *story) ask(ctx context.Context) error {
	rounds, err := s.rounds()
	if err != nil {
		return err
	}
	for i, round := range rounds {
		if err := s.worker.call(ctx, http.MethodPost, s.path("/ask"), round, nil); err != nil {
			return fmt.Errorf("asking: %w", err)
		}
		if i < len(rounds)-1 {
			if err := s.wait(ctx, func() bool { return s.answered() }); err != nil {
				return err
			}
		}
	}
	return nil
}

// rounds splits the scenario's questions in two: children's social care first,
// so that nobody asks what the council knows already; then the others.
func (s *story) rounds() ([]enquiry.AskInput, error) {
	in, err := s.scenario.AskInput()
	if err != nil {
		return nil, err
	}
	first, rest := in, in
	first.Ask, first.NotAsked, rest.Ask = nil, nil, nil
	for _, pa := range in.Ask {
		if pa.Party.Agency == "socialcare" {
			first.Ask = append(first.Ask, pa)
		} else {
			rest.Ask = append(rest.Ask, pa)
		}
	}
	if len(first.Ask) == 0 {
		return []enquiry.AskInput{rest}, nil
	}
	return []enquiry.AskInput{first, rest}, nil
}

// answered: every request has ended, but for those of which the scenario says
// that the system cannot be searched: these stand as that.
func (s *story) answered() bool {
	for _, r := range s.picture.Requests {
		down := slices.Contains(r.Marks, mash.MarkSourceUnavailable) && slices.ContainsFunc(s.scenario.Expect.Outcomes, func(o world.Outcome) bool {
			return o.Agency == r.Party.Agency && o.Unit == r.Party.Unit && o.Outcome == string(mash.SourceUnavailable)
		})
		if !r.State.Ended() && !down {
			return false
		}
	}
	return len(s.picture.Requests) > 0
}

// wait looks again and again until done.
func (s *story) wait(ctx context.Context, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		s.picture = enquiry.Picture{}
		if err := s.worker.call(ctx, http.MethodGet, s.path(""), nil, &s.picture); err != nil && ctx.Err() == nil {
			return fmt.Errorf("looking at the enquiry: %w", err)
		}
		if ctx.Err() == nil && done() {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the answers: %s", s.outstanding())
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func (s *story) outstanding() string {
	var out []string
	for _, r := range s.picture.Requests {
		if !r.State.Ended() {
			out = append(out, r.Party.String()+" is "+string(r.State))
		}
	}
	return strings.Join(out, ", ")
}

// task is a node's task as its API lists it.
type task struct {
	ID    string     `json:"id"`
	Kind  string     `json:"kind"`
	Party mash.Party `json:"party"`
}

// people play the agencies' people until ctx ends: they answer the forms,
// check matches and acknowledge notices that the scenario has for them.
func (s *story) people(ctx context.Context) error {
	var wg sync.WaitGroup
	errs := make([]error, len(s.agencies))
	for i, a := range s.agencies {
		wg.Go(func() { errs[i] = s.person(ctx, a) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (s *story) person(ctx context.Context, a mash.Agency) error {
	c, err := s.signIn(ctx, s.nodes[a.ID].ready.Addr, "reviewer")
	if err != nil {
		return ended(ctx, err)
	}
	for ctx.Err() == nil {
		var list struct {
			Tasks []task `json:"tasks"`
		}
		if err := c.call(ctx, http.MethodGet, "/api/v1/tasks", nil, &list); err != nil {
			return ended(ctx, fmt.Errorf("looking into the inbox of %s: %w", a.ID, err))
		}
		for _, t := range list.Tasks {
			if err := s.do(ctx, c, t); err != nil && !busy(err) { // else in the next round
				return ended(ctx, fmt.Errorf("%s, %s: %w", t.Party, t.Kind, err))
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// do does one task, if the scenario says how; else it stays open.
func (s *story) do(ctx context.Context, c *client, t task) error {
	base := "/tasks/" + url.PathEscape(t.ID)
	var view node.TaskView
	if err := c.call(ctx, http.MethodGet, "/api/v1"+base, nil, &view); err != nil {
		return err
	}
	var path string
	var form url.Values
	switch t.Kind {
	case node.TaskAnswer:
		path, form = base+"/answer", s.answerForm(t)
	case node.TaskCheck:
		path, form = base+"/match", s.matchForm(t, view)
	case node.TaskNotice:
		path, form = base+"/acknowledge", url.Values{}
	}
	if form == nil {
		return nil
	}
	status, err := c.form(ctx, path, form)
	if err == nil && status != http.StatusSeeOther {
		err = fmt.Errorf("posting the form: %w", &problem{Status: status})
	}
	return err
}

func (s *story) answerForm(t task) url.Values {
	for _, f := range s.scenario.Forms {
		if f.Agency != t.Party.Agency || f.Unit != t.Party.Unit {
			continue
		}
		v := url.Values{}
		for _, a := range f.Answers {
			v.Set(a.Person+".outcome", a.Outcome)
			v.Set(a.Person+".reason", a.Reason)
			for i, item := range a.Items {
				for field, value := range map[string]string{"category": item.Category, "kind": item.Kind, "date": item.Date, "until": item.Until,
					"title": item.Title, "text": item.Text, "source": item.Source, "author": item.Author, "handling": item.Handling,
					"protected": strings.Join(item.Protected, "\n")} {
					if value != "" {
						v.Set(fmt.Sprintf("%s.item.%d.%s", a.Person, i, field), value)
					}
				}
				if item.ThirdParty {
					v.Set(fmt.Sprintf("%s.item.%d.third_party", a.Person, i), "yes")
				}
				if x := item.Voice; x != nil {
					for field, value := range map[string]string{"verbatim": map[bool]string{true: "yes", false: "no"}[x.Verbatim], "heard_by": x.HeardBy, "agreed": x.Agreed, "with": x.With} {
						v.Set(fmt.Sprintf("%s.item.%d.voice_%s", a.Person, i, field), value)
					}
				}
			}
		}
		return v
	}
	return nil
}

// matchForm chooses the candidate that the scenario's reviewer would: the
// record that fits, or none.
func (s *story) matchForm(t task, view node.TaskView) url.Values {
	v := url.Values{}
	for person, candidates := range view.Candidates {
		i := slices.IndexFunc(s.scenario.Reviews, func(r world.Review) bool {
			return r.Agency == t.Party.Agency && r.Unit == t.Party.Unit && r.Person == person
		})
		if i < 0 {
			return nil
		}
		v.Set(person, "none")
		for _, c := range candidates {
			if r := s.scenario.Reviews[i]; r.Same && r.Fits(c.Record) {
				v.Set(person, c.Ref)
			}
		}
	}
	return v
}

// conclude decides, tells the originator and tries to close, as the scenario
// says.
func (s *story) conclude(ctx context.Context) error {
	s.picture = enquiry.Picture{}
	if err := s.worker.call(ctx, http.MethodGet, s.path("/chronology"), nil, &s.picture); err != nil {
		return fmt.Errorf("opening the chronology: %w", err)
	}
	s.full = time.Since(s.began)
	s.say("chronology      complete: %d items", len(s.picture.Chronology))
	e := s.scenario.Expect
	if e.Decision == nil {
		return nil
	}
	if err := s.worker.call(ctx, http.MethodPost, s.path("/collate"), struct{}{}, nil); err != nil {
		return fmt.Errorf("collating: %w", err)
	}
	var cited []string
	for _, want := range e.Decision.Cites {
		for _, x := range s.picture.Chronology {
			if s.matches(want, x) {
				cited = append(cited, x.ID)
			}
		}
	}
	in := enquiry.DecideInput{Outcome: e.Decision.Code, Why: e.Decision.Why, Cited: cited}
	if err := s.worker.call(ctx, http.MethodPost, s.path("/decision"), in, nil); err != nil {
		return fmt.Errorf("deciding: %w", err)
	}
	if e.Feedback != nil {
		var f mash.Feedback
		in := enquiry.FeedbackInput{Text: e.Feedback.Text, Waiver: e.Feedback.Reason}
		if s.scenario.Enquiry.Originator.Agency == "" {
			in.How = "letter"
		}
		if err := s.worker.call(ctx, http.MethodPost, s.path("/feedback"), in, &f); err != nil {
			return fmt.Errorf("telling the originator: %w", err)
		}
		if f.State == "held" { // a second person reads the text
			second, err := s.signIn(ctx, s.hub.ready.Addr, "manager")
			if err != nil {
				return err
			}
			if err := second.call(ctx, http.MethodPost, s.path("/feedback/review"), enquiry.FeedbackReview{Allow: true, Written: f.At}, &f); err != nil {
				return fmt.Errorf("reading the text to the originator: %w", err)
			}
		}
		s.told = f.State
	}
	if e.Closing == nil {
		return nil
	}
	closing := enquiry.CloseInput{OffenderSentenced: e.Closing.OffenderSentenced}
	if e.Closing.PlanBegan != "" {
		began, err := time.Parse(time.DateOnly, e.Closing.PlanBegan)
		if err != nil {
			return fmt.Errorf("reading a date of the scenario: %w", err)
		}
		closing.PlanStarted = began
	}
	err := s.worker.call(ctx, http.MethodPost, s.path("/close"), closing, nil)
	if errors.As(err, &s.closing) && s.closing.Status == http.StatusConflict {
		err = nil
	}
	s.closed = err == nil && s.closing == nil
	return err
}

// awaitNotices waits until every notice that the scenario expects is
// acknowledged, and reads them all.
func (s *story) awaitNotices(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		var list struct {
			Rows []notice `json:"rows"`
		}
		if err := s.worker.call(ctx, http.MethodGet, "/api/v1/notices", nil, &list); err != nil {
			return fmt.Errorf("looking at the notices: %w", err)
		}
		s.notices = list.Rows
		open := len(s.scenario.Expect.Encompass)
		for _, n := range s.notices {
			if n.Kind == "encompass" && n.State == string(mash.NoticeAcknowledged) {
				open--
			}
		}
		if open <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %d notices to be acknowledged", open)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
