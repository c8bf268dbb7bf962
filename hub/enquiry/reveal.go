package enquiry

import (
	"slices"

	"mashhub/hub/mash"
)

// revealed is what a view decision opens of an enquiry beside its items. Every
// page takes enquiry, content and reasons from here, so that none shows a text
// that another hides.
type revealed struct {
	Enquiry mash.Enquiry // without Content
	Content mash.EnquiryContent
	named   bool // the content is opened
	hides   bool // but for what locates somebody
	away    hiding
}

// reveal applies a decision to an enquiry. What people wrote in their own words
// goes with the content: where that stays closed so do the reasons, and where
// places are hidden they are hidden there too.
func reveal(dec mash.Decision, e mash.Enquiry, away hiding) revealed {
	v := dec.Part("content")
	r := revealed{away: away, named: v.Answer == mash.Permit && showable(v.Obligations), hides: hidesPlaces(dec, v)}
	if r.named {
		if r.Content = e.Content; r.hides {
			r.Content = away.content(e.Content)
		}
	}
	bare, texts := e.Part()
	if r.named {
		bare.Join(texts.Map(r.text))
	}
	bare.Content = mash.EnquiryContent{}
	r.Enquiry = bare
	return r
}

// text is what of somebody's own words is shown.
func (r revealed) text(s string) string {
	switch {
	case s == "":
		return s
	case !r.named:
		return mash.Recorded
	case r.hides:
		return r.away.text(s)
	}
	return s
}

// outcomes are those of a return, as they are shown.
func (r revealed) outcomes(in []mash.PersonOutcome) []mash.PersonOutcome {
	out := slices.Clone(in)
	for i := range out {
		out[i].Reason = r.text(out[i].Reason)
	}
	return out
}

// withheld are the withholdings of a return, as they are shown.
func (r revealed) withheld(in []mash.Withholding) []mash.Withholding {
	out := slices.Clone(in)
	for i := range out {
		out[i].Reason = r.text(out[i].Reason)
	}
	return out
}
