package protocol

import (
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
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
	term, is := results[0].Expressions[0].Value.(*ast.Term)
	if !is {
		return answer{}, fmt.Errorf("%w: not a value of the engine", ErrShape)
	}
	whole, is := term.Value.(ast.Object)
	if !is {
		return answer{}, fmt.Errorf("%w: not an object", ErrShape)
	}
	var ans answer
	var err error
	if parts := whole.Get(memberParts); parts != nil {
		if err = p.parseParts(parts, asked, &ans); err != nil {
			return answer{}, err
		}
	}
	if fields := whole.Get(memberFields); fields != nil {
		if ans.fields, err = texts(fields); err != nil {
			return answer{}, err
		}
	}
	if ans.verdict, err = p.parseVerdict(whole, true); err != nil {
		return answer{}, err
	}
	if ans.verdict.Answer != mash.Permit && len(ans.fields) > 0 && ans.verdict.Answer != mash.Review {
		return answer{}, fmt.Errorf("%w: fields beside a deny", ErrShape)
	}
	if len(asked) > 0 && ans.parts == nil {
		ans.parts = make(map[string]mash.Verdict, len(asked))
	}
	for key, of := range asked {
		if _, there := ans.parts[key]; !there {
			ans.odd = fmt.Errorf("%w: a part is missing", ErrUndefined)
		} else if of.several {
			ans.odd = fmt.Errorf("%w: two things share a key", ErrInput)
		} else {
			continue
		}
		ans.parts[key] = faulted(sentenceOf(ans.odd))
	}
	return ans, nil
}

// Members of an answer that a verdict does not have.
var (
	memberParts  = ast.InternedTerm("parts")
	memberFields = ast.InternedTerm("fields")
)

// reading is a verdict that was read, or why it could not be.
type reading struct {
	verdict mash.Verdict
	err     error
}

// parseParts reads the parts into ans. Many parts are one and the same verdict
// of the engine: it is read once.
func (p *Point) parseParts(value *ast.Term, asked keys, ans *answer) error {
	parts, is := value.Value.(ast.Object)
	if !is {
		return fmt.Errorf("%w: parts are not an object", ErrShape)
	}
	ans.parts = make(map[string]mash.Verdict, len(asked))
	before := make(map[ast.Object]reading, 8)
	return parts.Iter(func(name, value *ast.Term) error {
		key, is := textOf(name)
		if _, known := asked[key]; !is || !known {
			return fmt.Errorf("%w: an answer to something not asked", ErrShape)
		}
		part, is := value.Value.(ast.Object)
		if !is {
			return fmt.Errorf("%w: a part is not an object", ErrShape)
		}
		r, again := before[part]
		if !again {
			r.verdict, r.err = p.parseVerdict(part, false)
			before[part] = r
		}
		switch {
		case errors.Is(r.err, errObligation):
			ans.odd = r.err
			r.verdict = faulted(sentenceOf(r.err))
		case r.err != nil:
			return r.err
		}
		ans.parts[key] = r.verdict
		return nil
	})
}

// parseVerdict reads one verdict: its four members, each of its type, and
// nothing else, but for parts and fields of a whole answer. A policy cannot
// call its own answer a fault.
func (p *Point) parseVerdict(members ast.Object, whole bool) (mash.Verdict, error) {
	var v mash.Verdict
	err := members.Iter(func(name, value *ast.Term) (err error) {
		key, _ := textOf(name)
		switch key {
		case "answer":
			said, _ := textOf(value)
			v.Answer = mash.Answer(said)
		case "clauses":
			v.Clauses, err = texts(value)
		case "reasons":
			v.Reasons, err = texts(value)
		case "obligations":
			v.Obligations, err = p.parseObligations(value)
		case "parts", "fields":
			if !whole {
				err = fmt.Errorf("%w: unknown member", ErrShape)
			}
		default:
			err = fmt.Errorf("%w: unknown member", ErrShape)
		}
		return err
	})
	if err != nil {
		return mash.Verdict{}, err
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
func (p *Point) parseObligations(value *ast.Term) ([]mash.Obligation, error) {
	list, is := listOf(value)
	if !is {
		return nil, fmt.Errorf("%w: obligations are not a list", ErrShape)
	}
	var out []mash.Obligation
	for i := range list.Len() {
		members, is := list.Elem(i).Value.(ast.Object)
		if !is {
			return nil, fmt.Errorf("%w: an obligation is not an object", ErrShape)
		}
		var o mash.Obligation
		err := members.Iter(func(name, value *ast.Term) error {
			key, _ := textOf(name)
			s, is := textOf(value)
			switch {
			case is && key == "code":
				o.Code = s
			case is && key == "value":
				o.Value = s
			default:
				return fmt.Errorf("%w: unknown member of an obligation", ErrShape)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if !p.known[o.Code] {
			return nil, errObligation
		}
		out = append(out, o)
	}
	return out, nil
}

// texts reads a list of texts. Its room is its length, so that two parts that
// share it can be added to.
func texts(value *ast.Term) ([]string, error) {
	list, is := listOf(value)
	if !is {
		return nil, fmt.Errorf("%w: not a list of texts", ErrShape)
	}
	out := make([]string, list.Len())
	for i := range out {
		s, is := textOf(list.Elem(i))
		if !is || s == "" {
			return nil, fmt.Errorf("%w: not a list of texts", ErrShape)
		}
		out[i] = s
	}
	return out, nil
}

// textOf is a value of the engine as text, false if it is none.
func textOf(term *ast.Term) (string, bool) {
	s, is := term.Value.(ast.String)
	return string(s), is
}

// listOf is a value of the engine as a list, which a set is too.
func listOf(term *ast.Term) (*ast.Array, bool) {
	switch list := term.Value.(type) {
	case *ast.Array:
		return list, true
	case ast.Set:
		return list.Sorted(), true
	}
	return nil, false
}
