package protocol

import (
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/rego"

	"mashhub/hub/mash"
)

// answer is what a policy said, read strictly.
type answer struct {
	verdict mash.Verdict
	parts   map[string]mash.Verdict
	fields  []string
	odd     error // why some part is a fault although the whole is not
}

// sentenceOf is what people read when nothing could be decided. The cause goes
// to the log.
func sentenceOf(cause error) string {
	switch {
	case errors.Is(cause, ErrStale):
		return "The sharing policy here is out of date, so nothing was decided. Telephone the agency if this cannot wait, and tell the hub manager."
	case errors.Is(cause, ErrTimeout), errors.Is(cause, ErrBusy):
		return "The decision took too long and was stopped. Try again; telephone the agency if this cannot wait."
	case errors.Is(cause, errObligation):
		return "The policy asks for something that this program cannot do, so nothing was decided. Tell the hub manager."
	}
	return "This could not be decided because of a fault, not because of the agreement. Telephone the agency if this cannot wait, and tell the hub manager."
}

// errObligation is an obligation that the caller does not implement.
var errObligation = errors.New("obligation is not implemented here")

// parse reads the one result of an evaluation. asked are the parts that the
// question asked for: more is an error, what is missing is a fault of its own.
func (p *Point) parse(results rego.ResultSet, asked keys) (answer, error) {
	if len(results) == 0 {
		return answer{}, ErrUndefined
	}
	if len(results) != 1 || len(results[0].Expressions) != 1 || len(results[0].Bindings) != 0 {
		return answer{}, fmt.Errorf("%w: not exactly one result", ErrShape)
	}
	whole, is := results[0].Expressions[0].Value.(map[string]any)
	if !is {
		return answer{}, fmt.Errorf("%w: not an object", ErrShape)
	}
	var ans answer
	own := make(map[string]any, 4)
	for key, value := range whole {
		var err error
		switch key {
		case "parts":
			err = p.parseParts(value, asked, &ans)
		case "fields":
			ans.fields, err = texts(value)
		default:
			own[key] = value
		}
		if err != nil {
			return answer{}, err
		}
	}
	var err error
	if ans.verdict, err = p.parseVerdict(own); err != nil {
		return answer{}, err
	}
	if ans.verdict.Answer != mash.Permit && len(ans.fields) > 0 && ans.verdict.Answer != mash.Review {
		return answer{}, fmt.Errorf("%w: fields beside a deny", ErrShape)
	}
	if len(asked) > 0 && ans.parts == nil {
		ans.parts = make(map[string]mash.Verdict, len(asked))
	}
	for key, single := range asked {
		if _, there := ans.parts[key]; !there {
			ans.odd = fmt.Errorf("%w: a part is missing", ErrUndefined)
		} else if !single {
			ans.odd = fmt.Errorf("%w: two things share a key", ErrInput)
		} else {
			continue
		}
		ans.parts[key] = faulted(sentenceOf(ans.odd))
	}
	return ans, nil
}

// parseParts reads the parts into ans.
func (p *Point) parseParts(value any, asked keys, ans *answer) error {
	parts, is := value.(map[string]any)
	if !is {
		return fmt.Errorf("%w: parts are not an object", ErrShape)
	}
	ans.parts = make(map[string]mash.Verdict, len(asked))
	for key, value := range parts {
		if _, is := asked[key]; !is {
			return fmt.Errorf("%w: an answer to something not asked", ErrShape)
		}
		part, is := value.(map[string]any)
		if !is {
			return fmt.Errorf("%w: a part is not an object", ErrShape)
		}
		verdict, err := p.parseVerdict(part)
		switch {
		case errors.Is(err, errObligation):
			ans.odd = err
			verdict = faulted(sentenceOf(err))
		case err != nil:
			return err
		}
		ans.parts[key] = verdict
	}
	return nil
}

// parseVerdict reads one verdict: its four members, each of its type, and
// nothing else. A policy cannot call its own answer a fault.
func (p *Point) parseVerdict(members map[string]any) (mash.Verdict, error) {
	var v mash.Verdict
	var err error
	for key, value := range members {
		switch key {
		case "answer":
			v.Answer = mash.Answer(text(value))
		case "clauses":
			v.Clauses, err = texts(value)
		case "reasons":
			v.Reasons, err = texts(value)
		case "obligations":
			v.Obligations, err = p.parseObligations(value)
		default:
			err = fmt.Errorf("%w: unknown member", ErrShape)
		}
		if err != nil {
			return mash.Verdict{}, err
		}
	}
	switch v.Answer {
	case mash.Permit, mash.Deny, mash.Review:
	default:
		return mash.Verdict{}, fmt.Errorf("%w: answer is none of permit, deny, review", ErrShape)
	}
	if len(v.Clauses) == 0 || len(v.Reasons) == 0 {
		return mash.Verdict{}, fmt.Errorf("%w: an answer without clause or reason", ErrShape)
	}
	return v, nil
}

// parseObligations reads obligations that the caller implements.
func (p *Point) parseObligations(value any) ([]mash.Obligation, error) {
	list, is := value.([]any)
	if !is {
		return nil, fmt.Errorf("%w: obligations are not a list", ErrShape)
	}
	var out []mash.Obligation
	for _, entry := range list {
		members, is := entry.(map[string]any)
		if !is {
			return nil, fmt.Errorf("%w: an obligation is not an object", ErrShape)
		}
		var o mash.Obligation
		for key, value := range members {
			s, is := value.(string)
			switch {
			case is && key == "code":
				o.Code = s
			case is && key == "value":
				o.Value = s
			default:
				return nil, fmt.Errorf("%w: unknown member of an obligation", ErrShape)
			}
		}
		if !p.known[o.Code] {
			return nil, errObligation
		}
		out = append(out, o)
	}
	return out, nil
}

// texts reads a list of texts.
func texts(value any) ([]string, error) {
	list, is := value.([]any)
	if !is {
		return nil, fmt.Errorf("%w: not a list of texts", ErrShape)
	}
	out := make([]string, 0, len(list))
	for _, entry := range list {
		s, is := entry.(string)
		if !is || s == "" {
			return nil, fmt.Errorf("%w: not a list of texts", ErrShape)
		}
		out = append(out, s)
	}
	return out, nil
}
