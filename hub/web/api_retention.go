package web

import (
	"net/http"

	"mashhub/hub/enquiry"
)

type (
	holdIn struct {
		Why  string `json:"why" enum:"court,inquiry,complaint,police,access,other"`
		Note string `json:"note"`
	}
	noteIn struct {
		Note string `json:"note"`
	}
	referenceIn struct {
		Reference string `json:"reference" doc:"As people say it on the telephone, for example K7QM-2ZXA"`
	}
	foundOut struct {
		Enquiry string `json:"enquiry" doc:"The enquiry's id"`
	}
)

// retention registers how records are kept and destroyed.
func (a *api) retention() {
	d := a.site.Desk
	add[bare](a, op{"retention", http.MethodGet, "/retention", ruleRetention, "What is due for review, on hold and destroyed, and the catalogue", http.StatusOK},
		func(c call, _ nothing) (enquiry.RetentionPicture, error) { return d.Kept(c, c.actor) })
	add[withBody](a, op{"find-enquiry", http.MethodPost, "/retention/find", ruleHold, "Find an enquiry by its reference, to place or lift a legal hold", http.StatusOK},
		func(c call, in referenceIn) (foundOut, error) {
			id, err := d.FindEnquiry(c, c.actor, in.Reference)
			return foundOut{id}, err
		})
	add[withID](a, op{"enquiry-retention", http.MethodGet, "/enquiries/{id}/retention", ruleRetention, "How one enquiry is kept", http.StatusOK},
		func(c call, _ nothing) (enquiry.RetentionRow, error) { return d.KeptEnquiry(c, c.actor, c.id) })
	at := func(id, path, rule, summary string) op {
		return op{id, http.MethodPost, "/enquiries/{id}/" + path, rule, summary, http.StatusNoContent}
	}
	step[withIDBody](a, at("place-hold", "hold", ruleHold, "Place a legal hold: nothing of the enquiry is destroyed"),
		func(c call, in holdIn) error { return d.PlaceHold(c, c.actor, c.id, in.Why, in.Note) })
	step[withIDBody](a, at("lift-hold", "hold/lift", ruleHold, "Lift the legal hold"),
		func(c call, in noteIn) error { return d.LiftHold(c, c.actor, c.id, in.Note) })
	step[withIDBody](a, at("keep-enquiry", "retention/keep", ruleDispose, "Keep an enquiry that is due for review, with a reason"),
		func(c call, in enquiry.KeepInput) error { return d.KeepEnquiry(c, c.actor, c.id, in) })
	step[withID](a, at("destroy-enquiry", "retention/destroy", ruleDispose, "Destroy what is personal of an enquiry that is due for review, for good"),
		func(c call, _ nothing) error { return d.DestroyEnquiry(c, c.actor, c.id) })
	step[withBody](a, op{"review-notices", http.MethodPost, "/retention/notices", ruleDispose, "Destroy or keep notices that are due for review", http.StatusNoContent},
		func(c call, in enquiry.NoticeReview) error { return d.ReviewNotices(c, c.actor, in) })
}
