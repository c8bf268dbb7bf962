package protocol

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// allowed are the built-in functions that a policy may call: pure, quick, and
// enough to write agreements. The list is by name, so that a function that a
// newer engine adds is refused until somebody has thought about it.
//
// Left out on purpose: http.send, net.*, opa.runtime, time.now_ns, rand.intn,
// uuid.rfc4122 (the world outside); bits.lsh, numbers.range, strings.repeat
// and the like (a short input makes a large result); regex.*, glob.*, walk
// and graph.* (cost that the author of a rule cannot see); io.jwt.* and crypto.*
// (the envelope's business); trace (content in logs; calls
// of print are dropped by the compiler).
var allowed = []string{
	"assign", "eq", "equal", "neq", "lt", "lte", "gt", "gte",
	"plus", "minus", "mul", "div", "rem", "abs", "round", "ceil", "floor",
	"and", "or", "union", "intersection",
	"count", "sum", "max", "min", "sort",
	"array.concat", "array.reverse", "array.slice",
	"object.get", "object.keys", "object.union", "object.union_n", "object.remove", "object.filter", "object.subset",
	"internal.member_2", "internal.member_3",
	"concat", "contains", "startswith", "endswith", "indexof", "lower", "upper", "split",
	"substring", "trim", "trim_left", "trim_right", "trim_prefix", "trim_suffix", "trim_space",
	"replace", "strings.replace_n", "format_int", "to_number",
	"is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string", "type_name",
	"time.parse_rfc3339_ns",
	"rego.metadata.rule", "rego.metadata.chain",
}

// capabilities are the engine's own less every function that is not allowed,
// and without any host that a policy could speak to.
func capabilities() *ast.Capabilities {
	all := ast.CapabilitiesForThisVersion()
	all.Builtins = slices.DeleteFunc(all.Builtins, func(b *ast.Builtin) bool {
		return !slices.Contains(allowed, b.Name) || b.IsNondeterministic()
	})
	all.AllowNet = []string{}
	return all
}
