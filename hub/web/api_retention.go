package web

import (
	"mashhub/hub/enquiry"
	"mashhub/hub/web/kit"
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
	kit.Add[kit.WithPage](a.API, kit.Get("retention", "/retention", ruleRetention, "What is due for review, on hold and destroyed, one list after the other, a page at a time, and the catalogue"),
		func(c kit.Call, _ kit.Nothing) (enquiry.RetentionPicture, error) { return d.Kept(c, c.Actor, c.Page) })
	kit.Add[kit.WithBody](a.API, kit.Post("find-enquiry", "/retention/find", ruleHold, "Find an enquiry by its reference, to place or lift a legal hold"),
		func(c kit.Call, in referenceIn) (foundOut, error) {
			id, err := d.FindEnquiry(c, c.Actor, in.Reference)
			return foundOut{id}, err
		})
	kit.Add[kit.WithID](a.API, kit.Get("enquiry-retention", "/enquiries/{id}/retention", ruleRetention, "How one enquiry is kept"),
		func(c kit.Call, _ kit.Nothing) (enquiry.RetentionRow, error) { return d.KeptEnquiry(c, c.Actor, c.ID) })
	at := func(id, path, rule, summary string) kit.Op {
		return kit.Post(id, "/enquiries/{id}/"+path, rule, summary)
	}
	kit.Step[kit.WithIDBody](a.API, at("place-hold", "hold", ruleHold, "Place a legal hold: nothing of the enquiry is destroyed"),
		func(c kit.Call, in holdIn) error { return d.PlaceHold(c, c.Actor, c.ID, in.Why, in.Note) })
	kit.Step[kit.WithIDBody](a.API, at("lift-hold", "hold/lift", ruleHold, "Lift the legal hold"),
		func(c kit.Call, in noteIn) error { return d.LiftHold(c, c.Actor, c.ID, in.Note) })
	kit.Step[kit.WithIDBody](a.API, at("keep-enquiry", "retention/keep", ruleDispose, "Keep an enquiry that is due for review, with a reason"),
		func(c kit.Call, in enquiry.KeepInput) error { return d.KeepEnquiry(c, c.Actor, c.ID, in) })
	kit.Step[kit.WithID](a.API, at("destroy-enquiry", "retention/destroy", ruleDispose, "Destroy what is personal of an enquiry that is due for review, for good"),
		func(c kit.Call, _ kit.Nothing) error { return d.DestroyEnquiry(c, c.Actor, c.ID) })
	kit.Step[kit.WithBody](a.API, kit.Post("review-notices", "/retention/notices", ruleDispose, "Destroy or keep notices that are due for review"),
		func(c kit.Call, in enquiry.NoticeReview) error { return d.ReviewNotices(c, c.Actor, in) })
}
