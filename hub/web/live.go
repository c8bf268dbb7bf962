package web

import (
	"net/http"
	"time"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// Topics of live events: the board's, and that of single enquiries.
const (
	topicBoard   = "board"
	topicEnquiry = "enquiry"
)

// Announce tells open boards that something has changed. It says no more than
// that: each asks anew, under its own decision, for what it shows.
func Announce(e *kit.Events) {
	// The event is a constant of the allowed form, so that it cannot be refused.
	_ = e.Publish(topicBoard, kit.Event{Reference: "BOARD", State: "changed", At: time.Now()})
}

// AnnounceEnquiry tells the open pages of one enquiry, and the boards, that it
// has changed. The error says that reference is not one.
func AnnounceEnquiry(e *kit.Events, reference string) error {
	Announce(e)
	return e.Publish(topicEnquiry, kit.Event{Reference: reference, State: "changed", At: time.Now()})
}

// stream follows the board.
func (s *site) stream(w http.ResponseWriter, r *http.Request) error {
	return s.Events.Serve(w, r, topicBoard, nil)
}

// streamEnquiry follows one enquiry. Its pages only offer to reload, because
// showing them anew is another view, with its own decision. Who may not see the
// enquiry, or made its reference up, follows a stream that says nothing: a
// refusal, and every event, would tell that it exists.
func (s *site) streamEnquiry(w http.ResponseWriter, r *http.Request) error {
	reference := r.PathValue("reference")
	err := s.Desk.Follow(r.Context(), actor(r.Context()), reference)
	if err != nil && mash.CodeOf(err) != mash.CodeNotFound {
		return err
	}
	may := err == nil
	return s.Events.Serve(w, r, topicEnquiry, func(e kit.Event) bool { return may && e.Reference == reference })
}
