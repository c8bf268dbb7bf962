package store

// kept says of one table how its rows are kept, in SQL about the row x. An
// empty expression is 0: not begun, no date written down, never on hold.
type kept struct {
	match  string // the row that ?1 names
	begins string // when its period began, in Unix milliseconds
	review string // the review date that was written down
	hold   string // 1 while it is on hold
	// key and due are for tables that are swept: the primary key, and which
	// rows may go whose period began at or before ?1.
	key, due string
}

const hasID = `x.id = ?1`

// What belongs to an enquiry has its dates and its hold, by a column or through
// the request it belongs to. A row without an enquiry, such as a decision about
// a page, has neither.
func ofEnquiry(match, id string) kept {
	return kept{match: match, review: enquiryReview(id), hold: enquiryHold(id)}
}

func enquiryHold(id string) string {
	return `(SELECT e.hold FROM enquiries e WHERE e.id = ` + id + `)`
}

func enquiryReview(id string) string {
	return `(SELECT e.review FROM enquiries e WHERE e.id = ` + id + `)`
}

// enquiryOfRequest finds the enquiry behind a request's id.
func enquiryOfRequest(id string) string {
	return `(SELECT r.enquiry FROM requests r WHERE r.id = ` + id + `)`
}

// refHeld is whether what a message was about, a request or a notification, is
// on hold.
const refHeld = `coalesce((SELECT e.hold FROM requests r JOIN enquiries e ON e.id = r.enquiry WHERE r.id = x.ref),
	(SELECT max(n.hold, coalesce((SELECT e.hold FROM enquiries e WHERE e.id = n.enquiry), 0)) FROM notices n WHERE n.id = x.ref), 0)`

// entryHeld is whether an audit entry concerns something on hold.
const entryHeld = `coalesce((SELECT e.hold FROM enquiries e WHERE e.id = x.enquiry),
	(SELECT e.hold FROM requests r JOIN enquiries e ON e.id = r.enquiry WHERE r.id = x.request), 0)`

// decisionHeld likewise; a decision names its request in its document.
const decisionHeld = `coalesce((SELECT e.hold FROM enquiries e WHERE e.id = x.enquiry),
	(SELECT e.hold FROM requests r JOIN enquiries e ON e.id = r.enquiry WHERE r.id = json_extract(x.doc, '$.request')), 0)`

const (
	monthEnds      = `unixepoch(x.made / 1000, 'unixepoch', 'start of month', '+1 month') * 1000`
	outBegins      = `CASE WHEN x.state = 'open' THEN 0 ELSE max(x.created, x.sent, x.due) END`
	decisionBegins = `coalesce(unixepoch(json_extract(x.doc, '$.at')) * 1000, 0)`
	contentGone    = `NOT EXISTS (SELECT 1 FROM enquiries e WHERE e.id = x.enquiry AND e.content IS NOT NULL)`
)

// counted names a row of a table that has nothing but its place.
const counted = `CAST(x.seq AS TEXT) = ?1`

// exchangeTables are in hub and node. Which rows are on hold differs.
func exchangeTables(ref, entry, decision, gone string) map[string]kept {
	return map[string]kept{
		// A question of the hub stays as long as an answer to it can be taken in:
		// EraseEnquiry deletes it.
		"outbox": {match: hasID, begins: outBegins, hold: ref, key: "seq",
			due: `x.state <> 'open' AND x.kind NOT IN ('request', 'amend') AND x.due <= ?1 AND max(x.created, x.sent) <= ?1`},
		"sequences": {match: `x.sender || '/' || x.ref = ?1`},
		"inbox": {match: `x.issuer || '/' || x.id = ?1`, begins: "x.taken", hold: ref, key: "issuer, id",
			due: `x.taken <= ?1`},
		"positions":         {match: `x.topic || '/' || x.part = ?1`},
		"quarantine":        {match: hasID, begins: "x.seen", key: "seq", due: `x.seen > 0 AND x.seen <= ?1`},
		"quarantine_beyond": {match: `'1' = ?1`},
		"audit_rows":        {match: hasID, begins: monthEnds, hold: entry},
		"audit_hashes":      {match: `CAST(x.idx AS TEXT) = ?1`},
		"audit_tree":        {match: `CAST(x.one AS TEXT) = ?1`},
		"checkpoints":       {match: `CAST(x.size AS TEXT) = ?1`},
		"decisions": {match: hasID, begins: decisionBegins, hold: decision, key: "seq",
			due: decisionBegins + ` BETWEEN 1 AND ?1 AND ` + gone},
		"registry":       {match: `x.kid = ?1`},
		"policy_files":   {match: `x.version = ?1`},
		"editions":       {match: hasID},
		"goose_exchange": {match: `CAST(x.version_id AS TEXT) = ?1`},
	}
}

var hubTables = with(exchangeTables(refHeld, entryHeld, decisionHeld, contentGone), map[string]kept{
	"enquiries":   {match: hasID, review: "x.review", hold: "x.hold"},
	"requests":    ofEnquiry(hasID, "x.enquiry"),
	"events":      ofEnquiry(counted, enquiryOfRequest("x.request")),
	"returns":     ofEnquiry(hasID, "x.enquiry"),
	"set_aside":   ofEnquiry(hasID, "x.enquiry"),
	"disclosures": ofEnquiry(hasID, "x.enquiry"),
	"notices": {match: hasID, review: noticeReview,
		hold: `max(x.hold, coalesce(` + enquiryHold("x.enquiry") + `, 0))`},
	"heartbeats": {match: `x.agency || '/' || x.unit = ?1`},
	"outages":    {match: hasID},
	"goose_hub":  {match: `CAST(x.version_id AS TEXT) = ?1`},
})

// noticeReview: what an originator was told is kept with the enquiry.
const noticeReview = `CASE WHEN x.enquiry = '' THEN x.review ELSE (SELECT e.review FROM enquiries e WHERE e.id = x.enquiry) END`

var nodeTables = with(exchangeTables("", "", "", "1"), map[string]kept{
	"held": {match: `x.hub || '/' || x.id || '/' || x.agency || '/' || x.unit = ?1`, begins: "x.received"},
	"node_events": {match: counted, begins: decisionBegins, key: "seq",
		due: decisionBegins + ` BETWEEN 1 AND ?1 AND NOT EXISTS (SELECT 1 FROM held h
			WHERE h.hub = x.hub AND h.id = x.request AND h.agency = x.agency AND h.unit = x.unit AND h.body IS NOT NULL)`},
	"sent_returns": {match: `x.hub || '/' || x.request || '/' || x.agency || '/' || x.unit || '/' || x.revision = ?1`,
		begins: "x.made", key: "rowid", due: `x.made <= ?1`},
	"tasks":        {match: hasID, begins: "x.done", key: "id", due: `x.done > 0 AND x.done <= ?1`},
	"node_notices": {match: `x.hub || '/' || x.named = ?1`, begins: "x.made", key: "hub, named", due: `x.made <= ?1`},
	"cursors":      {match: `x.connector = ?1`},
	"goose_node":   {match: `CAST(x.version_id AS TEXT) = ?1`},
})

var vaultTables = map[string]kept{
	"vault_keys":  {match: `x.class || '/' || x.id = ?1`, begins: "x.made", hold: "x.held"},
	"goose_vault": {match: `CAST(x.version_id AS TEXT) = ?1`},
}

func with(a, b map[string]kept) map[string]kept {
	for name, k := range b {
		a[name] = k
	}
	return a
}

// or0 is an expression, or 0 for none.
func or0(s string) string {
	if s == "" {
		return "0"
	}
	return "coalesce(" + s + ", 0)"
}
