package kit

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"mashhub/hub/mash"
)

// APIProblem is an answer to what went wrong, as RFC 9457 has it, with what a
// client can act on. It never repeats what was sent.
type APIProblem struct {
	Type     string    `json:"type" doc:"Always about:blank"`
	Title    string    `json:"title" doc:"The HTTP status in words"`
	Status   int       `json:"status"`
	Instance string    `json:"instance" doc:"The id of this request, which is also in the hub's log"`
	Code     mash.Code `json:"code" doc:"Stable; branch on this"`
	Field    string    `json:"field,omitempty" doc:"The field at fault, by its path in the body"`
	Message  string    `json:"message,omitempty" doc:"What is wrong"`
	Remedy   string    `json:"remedy,omitempty" doc:"What to do"`
	Reasons  []string  `json:"reasons,omitempty" doc:"Every reason against closing, in plain English"`
	Clauses  []string  `json:"clauses,omitempty" doc:"The clauses of the agreement that the reasons rest on"`
}

// Error implements huma.StatusError.
func (p *APIProblem) Error() string { return string(p.Code) + ": " + p.Message }

// GetStatus implements huma.StatusError.
func (p *APIProblem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *APIProblem) ContentType(string) string { return "application/problem+json" }

// Problem gives the answer to an error. What is unknown says nothing of its
// cause; the log has it under the same id.
func (rt *Router) Problem(ctx context.Context, err error) *APIProblem {
	var p *APIProblem
	if errors.As(err, &p) {
		return p
	}
	p = &APIProblem{Type: "about:blank", Instance: "urn:request:" + RequestID(ctx), Status: Status(err)}
	var e *mash.Error
	switch {
	case p.Status == http.StatusNotFound:
		p.Code = mash.CodeNotFound // and no more, whatever the reason was
	case errors.Is(err, ErrUndecided):
		u := mash.Undecided()
		p.Status, p.Code, p.Message, p.Remedy = http.StatusServiceUnavailable, u.Code, u.Message, u.Remedy
	case p.Status == 0:
		p.Status, p.Code, p.Message = http.StatusInternalServerError, mash.CodeInternal, "internal error"
	case errors.As(err, &e):
		p.Code, p.Field, p.Message, p.Remedy = e.Code, e.Field, e.Message, e.Remedy
	default:
		p.Code, p.Message, p.Remedy = mash.CodeConflict, "it was changed meanwhile", "look at it again"
	}
	p.Title = http.StatusText(p.Status)
	if p.Status >= 500 {
		rt.c.Log.Error("request failed", "request_id", RequestID(ctx), "status", p.Status, "error", err.Error())
	}
	return p
}

// The library's own errors (a body that is too large or came too slowly) take
// the same shape; what it would repeat of the request is left out. These are
// variables of the library, which nothing else in this program uses.
func init() {
	huma.NewError = func(code int, _ string, _ ...error) huma.StatusError { return libraryProblem(code, "") }
	huma.NewErrorWithContext = func(c huma.Context, code int, _ string, _ ...error) huma.StatusError {
		return libraryProblem(code, RequestID(c.Context()))
	}
}

func libraryProblem(code int, id string) *APIProblem {
	p := &APIProblem{Type: "about:blank", Title: http.StatusText(code), Status: code, Code: mash.CodeInvalid, Instance: "urn:request:" + id}
	switch {
	case code == http.StatusRequestEntityTooLarge:
		p.Message, p.Remedy = "the body is too large", "send a shorter text"
	case code == http.StatusRequestTimeout:
		p.Message, p.Remedy = "the body came too slowly", "send it again"
	case code >= 500:
		p.Code, p.Message = mash.CodeInternal, "internal error"
	default:
		p.Message, p.Remedy = "the request cannot be read", "compare it with /api/openapi.json"
	}
	return p
}
