package protocol

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"mashhub/hub/mash"
)

// Replay puts the recorded input of a decision again to the same version of
// the policy and reports whether the answer is the same: verdict, parts and
// fields. The decision that it gives keeps id, time and actor of the recorded
// one. It reports false where the version is not at hand (the last versions in
// force are kept), where the input was changed since, and where a fault did
// not repeat, such as a timeout or a stale policy; it tells nobody of faults.
func (p *Point) Replay(ctx context.Context, recorded mash.Decision) (mash.Decision, bool) {
	return p.again(ctx, p.version(recorded.PolicyVersion), recorded)
}

// Rehearse puts the recorded input of a decision to the version in force here,
// whichever it was made by, and reports whether the answer is the same. Like
// Replay it has no effect and tells nobody of faults.
func (p *Point) Rehearse(ctx context.Context, recorded mash.Decision) (mash.Decision, bool) {
	pol := p.current.Load()
	out, same := p.again(ctx, pol, recorded)
	out.PolicyVersion, out.PolicyEpoch = pol.version, pol.epoch
	return out, same
}

func (p *Point) again(ctx context.Context, pol *policy, recorded mash.Decision) (mash.Decision, bool) {
	took := p.opts.Stopwatch()
	again := recorded
	again.Fields, again.Parts = nil, nil
	if pol == nil || schemas[recorded.Question] != recorded.InputSchema {
		again.Verdict, again.Took = faulted(sentenceOf(ErrUnknown)), took()
		return again, false
	}
	parts, err := recordedKeys(recorded)
	if err == nil {
		var ans answer
		if ans, err = p.evaluate(ctx, pol, recorded.Question, recorded.Input, parts); err == nil {
			again.Verdict, again.Parts, again.Fields = ans.verdict, ans.parts, ans.fields
		}
	}
	if err != nil {
		again.Verdict, again.Parts = faulted(sentenceOf(err)), faultedParts(parts, err)
	}
	again.Took = took()
	return again, same(again, recorded)
}

// recordedKeys are the parts that a recorded question asked for.
func recordedKeys(d mash.Decision) (keys, error) {
	switch d.Question {
	case mash.QuestionAsk:
		var in mash.AskInput
		err := json.Unmarshal(d.Input, &in)
		return askKeys(in), err
	case mash.QuestionRelease:
		var in mash.ReleaseInput
		err := json.Unmarshal(d.Input, &in)
		return releaseKeys(in), err
	case mash.QuestionView:
		var in mash.ViewInput
		err := json.Unmarshal(d.Input, &in)
		return viewKeys(in), err
	}
	return nil, nil
}

// same reports whether two decisions answer alike. Lists that are empty and
// lists that are missing are alike: a store may not keep the difference.
func same(a, b mash.Decision) bool {
	return alike(a.Verdict, b.Verdict) && slices.Equal(a.Fields, b.Fields) && maps.EqualFunc(a.Parts, b.Parts, alike)
}

func alike(a, b mash.Verdict) bool {
	return a.Answer == b.Answer && a.Fault == b.Fault && slices.Equal(a.Clauses, b.Clauses) &&
		slices.Equal(a.Reasons, b.Reasons) && (len(a.Obligations)+len(b.Obligations) == 0 || reflect.DeepEqual(a.Obligations, b.Obligations))
}
