package enquiry

import (
	"time"

	"mashhub/hub/mash"
)

// Change is something that changed in a question since it was put.
type Change struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`             // rag, scope, identity; failed: the agency could not be told
	Detail string    `json:"detail,omitempty"` // the new rating, or why it failed
}

// changes lists what changed in a question, oldest first.
func changes(events []mash.Event) (out []Change) {
	for _, e := range events {
		switch {
		case e.Clock != mash.ClockHub:
		case e.Kind == mash.EventRetargeted:
			out = append(out, Change{At: e.At, What: changedRAG, Detail: e.Detail})
		case e.Kind == mash.EventAmended && e.Detail != changedRAG:
			out = append(out, Change{At: e.At, What: e.Detail})
		case e.Kind == mash.EventAmendFailed:
			out = append(out, Change{At: e.At, What: "failed", Detail: e.Detail})
		}
	}
	return out
}
