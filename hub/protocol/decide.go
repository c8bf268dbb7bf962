package protocol

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"mashhub/hub/mash"
)

// Schemas of the inputs, recorded beside them.
var schemas = map[mash.Question]string{
	mash.QuestionAsk:     "ask/1",
	mash.QuestionRelease: "release/1",
	mash.QuestionView:    "view/1",
	mash.QuestionNotify:  "notify/1",
	mash.QuestionClose:   "close/1",
}

// Ask answers whether a question may be put; see mash.AskInput.
func (p *Point) Ask(ctx context.Context, in mash.AskInput) mash.Decision {
	p.complete(&in.About)
	return p.decide(ctx, mash.QuestionAsk, in.About, in, askKeys(in))
}

// Release answers what may leave the agency; see mash.ReleaseInput.
func (p *Point) Release(ctx context.Context, in mash.ReleaseInput) mash.Decision {
	p.complete(&in.About)
	in.Withhold = withoutText(in.Withhold)
	return p.decide(ctx, mash.QuestionRelease, in.About, in, releaseKeys(in))
}

// View answers what a person may see; see mash.ViewInput.
func (p *Point) View(ctx context.Context, in mash.ViewInput) mash.Decision {
	p.complete(&in.About)
	return p.decide(ctx, mash.QuestionView, in.About, in, viewKeys(in))
}

// Notify answers whether a notice may go; see mash.NotifyInput.
func (p *Point) Notify(ctx context.Context, in mash.NotifyInput) mash.Decision {
	p.complete(&in.About)
	return p.decide(ctx, mash.QuestionNotify, in.About, in, nil)
}

// Close answers whether an enquiry may close; see mash.CloseInput.
func (p *Point) Close(ctx context.Context, in mash.CloseInput) mash.Decision {
	p.complete(&in.About)
	return p.decide(ctx, mash.QuestionClose, in.About, in, nil)
}

// complete fills in what the caller left to the point. Now is UTC, because
// rules compare days as text.
func (p *Point) complete(about *mash.About) {
	if about.Where == "" {
		about.Where = p.opts.Where
	}
	if about.Now.IsZero() {
		about.Now = p.opts.Env.Now()
	}
	about.Now = mash.Instant(about.Now)
}

// withoutText drops the reasons of withholdings: the rules need to know that
// there is one, and a recorded input holds no text that somebody typed.
func withoutText(list []mash.Withholding) []mash.Withholding {
	out := make([]mash.Withholding, len(list))
	for i, w := range list {
		out[i] = mash.Withholding{Person: w.Person, Category: w.Category, Clause: w.Clause, Count: w.Count}
		if w.Reason != "" {
			out[i].Reason = "recorded"
		}
	}
	return out
}

// decide puts one question to the policy in force.
func (p *Point) decide(ctx context.Context, q mash.Question, about mash.About, in any, parts keys) mash.Decision {
	took := p.opts.Stopwatch()
	current := p.current.Load()
	d := mash.Decision{
		ID:            p.opts.Env.NewID(),
		Question:      q,
		Hub:           p.opts.Hub,
		PolicyVersion: current.version,
		PolicyEpoch:   current.epoch,
		InputSchema:   schemas[q],
		Where:         about.Where,
		Actor:         about.Actor,
		Enquiry:       about.Enquiry,
		Request:       about.Request,
		At:            mash.Instant(p.opts.Env.Now()),
	}
	raw, err := json.Marshal(in)
	if err != nil {
		// A time outside years 1 to 9999 is all that JSON cannot hold here.
		d.Input = json.RawMessage(`null`)
		return p.fault(d, parts, took, fmt.Errorf("%w: %w", ErrInput, err))
	}
	d.Input = raw
	if p.stale() {
		return p.fault(d, parts, took, ErrStale)
	}
	ans, err := p.evaluate(ctx, current, q, raw, parts)
	if err != nil {
		return p.fault(d, parts, took, err)
	}
	d.Verdict, d.Parts, d.Fields = ans.verdict, ans.parts, ans.fields
	d.Took = took()
	if ans.odd != nil && p.opts.OnFault != nil {
		p.opts.OnFault(d, ans.odd)
	}
	return d
}

// fault makes of d the decision that nothing could be decided.
func (p *Point) fault(d mash.Decision, parts keys, took func() time.Duration, cause error) mash.Decision {
	d.Verdict = faulted(sentenceOf(cause))
	d.Fields, d.Parts = nil, faultedParts(parts, cause)
	d.Took = took()
	if p.opts.OnFault != nil {
		p.opts.OnFault(d, cause)
	}
	return d
}

// faultedParts answers every part with deny(fault).
func faultedParts(parts keys, cause error) map[string]mash.Verdict {
	if len(parts) == 0 {
		return nil
	}
	out := make(map[string]mash.Verdict, len(parts))
	for key := range parts {
		out[key] = faulted(sentenceOf(cause))
	}
	return out
}

// faulted is deny(fault) with its sentence.
func faulted(sentence string) mash.Verdict {
	return mash.Verdict{Answer: mash.Deny, Fault: true, Reasons: []string{sentence}}
}
