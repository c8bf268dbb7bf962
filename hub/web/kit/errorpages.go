package kit

import (
	"errors"
	"net/http"
)

// Errors a handler or an authoriser returns for the router to answer.
var (
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrDenied: there is, and this user may not have it. Outside it looks
	// exactly like ErrNotFound, or a refusal would tell that the thing exists.
	ErrDenied = errors.New("denied")
	// ErrUndecided: whether it is allowed could not be decided (a fault in the
	// policy engine, a stale policy). Never confused with ErrDenied: the page
	// says so and the log is loud.
	ErrUndecided = errors.New("not decided")
	// ErrTooLarge: the request was larger than the route allows.
	ErrTooLarge = errors.New("request too large")
)

func (l Layout) contact() string {
	if l.Contact == "" {
		return "your service desk"
	}
	return l.Contact
}

// NotFound is the one page for what is not there and for what is refused.
func (l Layout) NotFound(w http.ResponseWriter, r *http.Request) error {
	return l.WriteStatus(w, r, http.StatusNotFound, Page{
		Title: "Page not found",
		Path:  "-", // no navigation entry is current
		Body: Stack{
			Paragraph{Text: "If you typed the address, check that it is right. If you followed a link, it may no longer be open to you."},
			Paragraph{Text: "If you need this page for your work, ask " + l.contact() + "."},
		},
	})
}

// Undecided is the page for a fault of the policy engine: nothing is shown,
// and the reader is told that it is our fault, not a refusal.
func (l Layout) Undecided(w http.ResponseWriter, r *http.Request) error {
	return l.WriteStatus(w, r, http.StatusServiceUnavailable, Page{
		Title: "We could not decide whether you may see this",
		Path:  "-",
		Body: Stack{
			Warning{Text: "This is a fault on our side. It is not a refusal."},
			Paragraph{Text: "Nothing has been shown or sent. If a child may be in danger now, telephone the agency; do not wait for this page."},
			Paragraph{Text: "Tell " + l.contact() + " and give this number: " + RequestID(r.Context()) + "."},
		},
	})
}

// ServerError is the page for everything unforeseen. It says nothing of the
// cause: that is in the log, under the same number.
func (l Layout) ServerError(w http.ResponseWriter, r *http.Request) error {
	return l.WriteStatus(w, r, http.StatusInternalServerError, Page{
		Title: "Sorry, there is a problem with the service",
		Path:  "-",
		Body: Stack{
			Paragraph{Text: "Try again in a few minutes. What you typed may not have been saved."},
			Paragraph{Text: "If it happens again, tell " + l.contact() + " and give this number: " + RequestID(r.Context()) + "."},
		},
	})
}

// CrossOrigin is the page for a form that came from another site.
func (l Layout) CrossOrigin(w http.ResponseWriter, r *http.Request) error {
	return l.WriteStatus(w, r, http.StatusForbidden, Page{
		Title: "This form did not come from this service",
		Path:  "-",
		Body: Stack{
			Paragraph{Text: "To protect you, forms are accepted from our own pages only. Nothing has been saved."},
			Paragraph{Text: "Go back to the page, reload it and send the form again."},
		},
	})
}

// TooLarge is the page for a request above the route's limit.
func (l Layout) TooLarge(w http.ResponseWriter, r *http.Request) error {
	return l.WriteStatus(w, r, http.StatusRequestEntityTooLarge, Page{
		Title: "What you sent is too large",
		Path:  "-",
		Body:  Stack{Paragraph{Text: "Nothing has been saved. Send a shorter text or a smaller file."}},
	})
}
