package wire

// Policy is a version of the agreements on its way to an agency's node, with
// the signed manifest that says who stands behind it.
type Policy struct {
	Signed []byte            `json:"signed"`
	Files  map[string]string `json:"files"` // by path: rego/…, tables/…, agreements/…
}
