package kit

import (
	"errors"
	"net/http"

	"mashhub/hub/mash"
)

// statuses is the one table from codes to HTTP. Denied is not found: a refusal
// that differed would tell that the thing exists. What is not in the table is
// an internal error.
var statuses = map[mash.Code]int{
	mash.CodeInvalid:     http.StatusUnprocessableEntity,
	mash.CodeDenied:      http.StatusNotFound,
	mash.CodeNotFound:    http.StatusNotFound,
	mash.CodeFault:       http.StatusServiceUnavailable,
	mash.CodeConflict:    http.StatusConflict,
	mash.CodeUnavailable: http.StatusServiceUnavailable,
}

// Status maps an error of the domain to HTTP; 0 for what is unknown. It is what
// Config.Status takes.
func Status(err error) int {
	var e *mash.Error
	switch {
	case errors.As(err, &e):
		return statuses[e.Code]
	case errors.Is(err, mash.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, mash.ErrStale):
		return http.StatusConflict
	}
	return 0
}
