package protocol

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Most of a decision is about the agreement and not about the case: which
// agreement governs, whether it stands today, how far each category goes, in
// which sentences it is explained. Of the input this part sees nothing but its
// frame: the hub, the parties, the purpose, the setting and the day. Decisions
// with the same frame share what these rules gave; the rules themselves know
// nothing of it.
//
// Which rules those are is not declared but found, when a policy is compiled:
// a rule is shared only if every member of the input that it, or any rule that
// it rests on, can reach is one of framed, or the day. A rule that looks at
// more is simply evaluated again each time. What a rule gives follows from the
// policy and its frame alone, since no function of the vocabulary is anything
// but a function of its arguments (see capabilities.go). Nothing is kept of an
// evaluation that failed.

// framed are the members of an input that a shared rule may see. Where one of
// them is anything but a text, nothing is shared.
var framed = []ast.Ref{
	member("hub"), member("party", "agency"), member("party", "unit"), member("purpose"), member("kind"),
	member("from", "agency"), member("to", "agency"), member("to", "unit"), member("setting"),
}

// dayRule is the one rule that may be shared although it sees the instant of
// the decision, because all that it gives is the day. It is known by its text.
const dayRule = "substring(input.now, 0, 10)"

// Limits of what is kept for one policy: frames, and values of rules in each.
// Where there would be more, all are dropped first: a category that nobody
// knows is a value too, and the usual ones are soon found again.
const (
	maxFrames = 256
	maxValues = 2048
)

// member is a member of an input, by its path.
func member(members ...string) ast.Ref {
	ref := make(ast.Ref, len(members))
	for i, member := range members {
		ref[i] = ast.InternedTerm(member)
	}
	return ref
}

var mashPackage = ast.InternedTerm("mash")

// ruleName is package and name of a rule: data.mash.package.name.
type ruleName struct{ pkg, name string }

// named is the name of the rule that ref is. Rules of packages within packages
// have none here, and are not shared.
func named(ref ast.Ref) (ruleName, bool) {
	if len(ref) != 4 || !ref[1].Equal(mashPackage) {
		return ruleName{}, false
	}
	pkg, is := ref[2].Value.(ast.String)
	name, also := ref[3].Value.(ast.String)
	return ruleName{string(pkg), string(name)}, is && also
}

// ruleRef is the reference of a name.
func ruleRef(n ruleName) ast.Ref {
	return append(ast.Ref{ast.DefaultRootDocument}, member("mash", n.pkg, n.name)...)
}

// shareable finds the rules that see nothing of an input but its frame.
func shareable(compiler *ast.Compiler, written map[string]*ast.Module) map[ruleName]bool {
	found, days := map[ruleName]bool{}, map[ruleName]bool{}
	for _, module := range written {
		for _, rule := range module.Rules {
			if n, is := named(rule.Ref()); is {
				_, twice := days[n]
				days[n] = !twice && rule.Else == nil && len(rule.Head.Args) == 0 &&
					rule.Head.Value != nil && rule.Head.Value.String() == dayRule && rule.Body.String() == "true"
			}
		}
	}
	var ask func(n ruleName) bool
	ask = func(n ruleName) bool {
		if is, known := found[n]; known {
			return is // false while it is being found out
		}
		found[n] = false
		found[n] = days[n] || seesFrameOnly(compiler, n, ask)
		return found[n]
	}
	for _, module := range compiler.Modules {
		for _, rule := range module.Rules {
			if n, is := named(rule.Ref()); is {
				ask(n)
			}
		}
	}
	for n, is := range found {
		if !is {
			delete(found, n)
		}
	}
	return found
}

// seesFrameOnly reports whether the rules of one name reach nothing but the
// frame, the policy's data and rules of which ask says the same.
func seesFrameOnly(compiler *ast.Compiler, n ruleName, ask func(ruleName) bool) bool {
	rules := compiler.GetRulesExact(ruleRef(n))
	only := len(rules) > 0
	for _, rule := range rules {
		if rule.Head.Value == nil || rule.Head.Key != nil {
			return false // a set, or an object by key
		}
		ast.WalkWiths(rule, func(*ast.With) bool {
			only = false
			return true
		})
		ast.WalkRefs(rule, func(ref ast.Ref) bool {
			switch {
			case ref[0].Equal(ast.InputRootDocument):
				only = only && inFrame(ref)
			case ref[0].Equal(ast.DefaultRootDocument):
				for _, other := range compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{IncludeHiddenModules: true}) {
					name, is := named(other.Ref())
					only = only && is && ask(name)
				}
			}
			return false
		})
	}
	return only
}

// inFrame reports whether a reference into the input stays within the frame.
func inFrame(ref ast.Ref) bool {
	for _, at := range framed {
		if len(ref) == len(at)+1 && ref[1:].Equal(at) {
			return true
		}
	}
	return false
}

// frameOf is the frame of an input as text, empty where nothing is shared.
func frameOf(input ast.Value) string {
	var key strings.Builder
	now, _ := input.Find(nowMember)
	instant, _ := now.(ast.String)
	if len(instant) < len(time.DateOnly) {
		return ""
	}
	day := string(instant[:len(time.DateOnly)])
	if strings.Trim(day, "0123456789-") != "" {
		return ""
	}
	key.WriteString(day)
	for _, at := range framed {
		s, is := textAt(input, at)
		if !is {
			return ""
		}
		key.WriteString(s)
	}
	return key.String()
}

var nowMember = member("now")

// textAt is the text of a member, quoted, "-" where there is none;
// false for anything but a text.
func textAt(input ast.Value, at ast.Ref) (string, bool) {
	value, err := input.Find(at)
	if err != nil {
		return "-", true
	}
	s, is := value.(ast.String)
	return strconv.Quote(string(s)), is
}

// frames keeps what the shared rules of one policy gave. Safe for concurrent
// use.
type frames struct {
	rules map[ruleName]bool

	mu  sync.Mutex
	all map[string]*frame
}

// frame keeps what the shared rules gave for one frame.
type frame struct {
	mu     sync.RWMutex
	values topdown.VirtualCache
	n      int
}

// memory is a new one for a decision on input.
func (f *frames) memory(input ast.Value) *memory {
	m := &memory{VirtualCache: topdown.NewVirtualCache()}
	key := frameOf(input)
	if key == "" {
		return m
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	m.frame = f.all[key]
	if m.frame == nil {
		if len(f.all) >= maxFrames || f.all == nil {
			f.all = map[string]*frame{}
		}
		m.frame = &frame{values: topdown.NewVirtualCache()}
		f.all[key] = m.frame
	}
	m.rules = f.rules
	return m
}

// memory is what the engine remembers during one decision: values of its own
// and those of its frame. It is the engine's to use from one goroutine.
type memory struct {
	topdown.VirtualCache                   // the decision's own
	rules                map[ruleName]bool // that are shared; none where there is no frame
	frame                *frame
	within               int // how many "with" the engine is under
	fresh                []value
}

// value is what a rule gave; nil is undefined.
type value struct {
	ref  ast.Ref
	term *ast.Term
}

// shares reports whether a value belongs to the frame: of a shared rule, or of
// a shared function of short arguments, which cannot be parts of a case.
func (m *memory) shares(ref ast.Ref) bool {
	if m.within > 0 {
		return false
	}
	if function, is := ref[0].Value.(ast.Ref); is { // the engine's key for a call: the function, then its arguments
		name, is := named(function)
		return is && m.rules[name] && !slices.ContainsFunc(ref[1:], long)
	}
	name, is := named(ref)
	return is && m.rules[name]
}

// long reports whether an argument is more than a text or a number.
func long(argument *ast.Term) bool { return !ast.IsScalar(argument.Value) }

// Get gives what a rule gave before; see topdown.VirtualCache.
func (m *memory) Get(ref ast.Ref) (*ast.Term, bool) {
	if m.shares(ref) {
		m.frame.mu.RLock()
		term, undefined := m.frame.values.Get(ref)
		m.frame.mu.RUnlock()
		if term != nil || undefined {
			return term, undefined
		}
	}
	return m.VirtualCache.Get(ref)
}

// Put remembers what a rule gave; see topdown.VirtualCache.
func (m *memory) Put(ref ast.Ref, term *ast.Term) {
	m.VirtualCache.Put(ref, term)
	if m.shares(ref) {
		m.fresh = append(m.fresh, value{slices.Clone(ref), term})
	}
}

// Push begins an evaluation under "with"; see topdown.VirtualCache.
func (m *memory) Push() {
	m.within++
	m.VirtualCache.Push()
}

// Pop ends it; see topdown.VirtualCache.
func (m *memory) Pop() {
	m.within--
	m.VirtualCache.Pop()
}

// keep gives the frame what this decision found. Only after an evaluation
// without any error.
func (m *memory) keep() {
	if len(m.fresh) == 0 {
		return
	}
	m.frame.mu.Lock()
	defer m.frame.mu.Unlock()
	for _, v := range m.fresh {
		if term, undefined := m.frame.values.Get(v.ref); term != nil || undefined {
			continue // another decision was quicker
		}
		if m.frame.n >= maxValues {
			m.frame.values, m.frame.n = topdown.NewVirtualCache(), 0
		}
		m.frame.values.Put(v.ref, v.term)
		m.frame.n++
	}
}
