package protocol

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"

	"mashhub/hub/mash"
)

// valueOf reads a recorded input as the engine wants it. What encoding/json
// writes of our questions is read the quick way; whatever is not of that kind
// (a fraction, an exponent, a member twice, white space, an error) is left to
// the engine's own reader, so that both ways give the same value; that is
// tested. words are terms that many inputs share.
func valueOf(raw []byte, words map[string]*ast.Term) (ast.Value, error) {
	r := reader{raw: raw, words: words}
	if term := r.term(0); term != nil && r.at == len(raw) {
		return term.Value, nil
	}
	return ast.ValueFromReader(bytes.NewReader(raw))
}

// Limits past which the engine's own reader is asked.
const (
	maxDepth   = 16
	maxMembers = 32
)

// reader reads one JSON value. Its methods give nil for what they leave to
// the engine's reader.
type reader struct {
	raw   []byte
	at    int
	words map[string]*ast.Term
	spare []ast.Term // taken in blocks, since an input has hundreds
}

// new is a term of its own.
func (r *reader) new(v ast.Value) *ast.Term {
	if len(r.spare) == 0 {
		r.spare = make([]ast.Term, 64)
	}
	t := &r.spare[0]
	r.spare = r.spare[1:]
	t.Value = v
	return t
}

// take goes past c, if that is next.
func (r *reader) take(c byte) bool {
	if r.at < len(r.raw) && r.raw[r.at] == c {
		r.at++
		return true
	}
	return false
}

// word goes past w and gives t, if w is next.
func (r *reader) word(w string, t *ast.Term) *ast.Term {
	if len(r.raw)-r.at < len(w) || string(r.raw[r.at:r.at+len(w)]) != w {
		return nil
	}
	r.at += len(w)
	return t
}

func (r *reader) term(depth int) *ast.Term {
	if r.at >= len(r.raw) || depth > maxDepth {
		return nil
	}
	switch r.raw[r.at] {
	case '{':
		return r.object(depth)
	case '[':
		return r.array(depth)
	case '"':
		return r.text()
	case 't':
		return r.word("true", ast.InternedTerm(true))
	case 'f':
		return r.word("false", ast.InternedTerm(false))
	case 'n':
		return r.word("null", ast.InternedNullTerm)
	}
	return r.number()
}

func (r *reader) object(depth int) *ast.Term {
	r.at++
	if r.take('}') {
		return r.new(ast.NewObject())
	}
	var room [maxMembers][2]*ast.Term
	members := room[:0]
	for {
		if r.at >= len(r.raw) || r.raw[r.at] != '"' || len(members) == maxMembers {
			return nil
		}
		key := r.text()
		if key == nil || !r.take(':') {
			return nil
		}
		for _, before := range members {
			if before[0] == key || before[0].Equal(key) {
				return nil
			}
		}
		value := r.term(depth + 1)
		if value == nil {
			return nil
		}
		members = append(members, [2]*ast.Term{key, value})
		if r.take('}') {
			return r.new(ast.NewObject(members...))
		}
		if !r.take(',') {
			return nil
		}
	}
}

func (r *reader) array(depth int) *ast.Term {
	r.at++
	if r.take(']') {
		return r.new(ast.NewArray())
	}
	var elements []*ast.Term
	for {
		element := r.term(depth + 1)
		if element == nil {
			return nil
		}
		elements = append(elements, element)
		if r.take(']') {
			return r.new(ast.NewArray(elements...))
		}
		if !r.take(',') {
			return nil
		}
	}
}

// text reads a string. One with an escape or an odd byte goes through
// encoding/json.
func (r *reader) text() *ast.Term {
	start := r.at + 1
	plain := true
	for at := start; at < len(r.raw); at++ {
		switch c := r.raw[at]; {
		case c == '"':
			r.at = at + 1
			if plain || bytes.IndexByte(r.raw[start:at], '\\') < 0 && utf8.Valid(r.raw[start:at]) {
				return r.plain(r.raw[start:at])
			}
			var s string
			if json.Unmarshal(r.raw[start-1:at+1], &s) != nil {
				return nil
			}
			return r.new(ast.String(s))
		case c == '\\':
			plain = false
			at++
		case c < ' ':
			return nil
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	return nil
}

func (r *reader) plain(s []byte) *ast.Term {
	if t, shared := r.words[string(s)]; shared {
		return t
	}
	return r.new(ast.String(s))
}

// number reads an integer as encoding/json writes one.
func (r *reader) number() *ast.Term {
	start := r.at
	r.take('-')
	first := r.at
	for r.at < len(r.raw) && r.raw[r.at] >= '0' && r.raw[r.at] <= '9' {
		r.at++
	}
	digits := r.at - first
	if digits == 0 || digits > 18 || r.raw[first] == '0' && r.at-start > 1 {
		return nil
	}
	if r.at < len(r.raw) {
		switch r.raw[r.at] {
		case '.', 'e', 'E':
			return nil
		}
	}
	n := string(r.raw[start:r.at])
	if t := ast.InternedIntNumberTermFromString(n); t != nil {
		return t
	}
	return r.new(ast.Number(n))
}

// wordsOf are the terms that inputs share: the names of their members, and
// every name of the policy's data (categories, bands, parties).
func wordsOf(data any) map[string]*ast.Term {
	words := map[string]*ast.Term{}
	add := func(s string) {
		if words[s] == nil {
			words[s] = ast.StringTerm(s)
		}
	}
	for _, question := range []any{mash.AskInput{}, mash.ReleaseInput{}, mash.ViewInput{}, mash.NotifyInput{}, mash.CloseInput{}} {
		memberNames(reflect.TypeOf(question), add)
	}
	names(data, add)
	return words
}

// memberNames names the members that JSON of a type may have.
func memberNames(t reflect.Type, add func(string)) {
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		memberNames(t.Elem(), add)
	case reflect.Struct:
		for i := range t.NumField() {
			if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
				add(name)
			}
			memberNames(t.Field(i).Type, add)
		}
	}
}

// names are the names in a policy's data, and the texts of its short lists.
func names(data any, add func(string)) {
	switch node := data.(type) {
	case map[string]any:
		for name, value := range node {
			add(name)
			names(value, add)
		}
	case []any:
		for _, value := range node {
			names(value, add)
		}
	case string:
		if !strings.Contains(node, " ") {
			add(node)
		}
	}
}

// plainData gives the engine the policy's data without asking the store. Safe
// for concurrent use.
type plainData struct{ root ast.Value }

// Get finds base data; see topdown.BaseCache.
func (d plainData) Get(ref ast.Ref) ast.Value {
	value, err := d.root.Find(ref[1:])
	if err != nil {
		return nil
	}
	return value
}

// Put is never needed; see topdown.BaseCache.
func (d plainData) Put(ast.Ref, ast.Value) {}
