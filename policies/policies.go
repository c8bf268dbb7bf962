package policies

import "embed"

// FS holds the shipped rules, tables and agreements: folders rego, tables and
// agreements. Files named *_test.rego are the tests of the rules, and folder
// matrix holds the cases; neither is part of the policy.
//
//go:embed rego/*.rego tables/*.yaml agreements/*.yaml matrix/*.yaml
var FS embed.FS
