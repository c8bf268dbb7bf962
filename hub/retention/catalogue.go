package retention

import (
	"slices"
	"time"

	"mashhub/hub/mash"
)

// Version of the catalogue: whatever changes in it changes this.
const Version = "2026-11-22.1"

// End is who ends the keeping of a record.
type End string

const (
	ByReview End = "review"  // a person destroys it, or keeps it with a reason
	BySweep  End = "sweep"   // it is destroyed by itself
	WithIts  End = "follows" // it goes with what it belongs to
	Never    End = "never"   // it stays
)

// Class is a kind of record with its period. Texts are plain English for the
// page; none promises what a statute says unless Checked has a date.
type Class struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Records  string `json:"records"` // what is in it
	Begins   string `json:"begins"`  // when its period begins
	Keep     Period `json:"keep"`
	End      End    `json:"end"`
	Destroys string `json:"destroys"` // what is destroyed, and what stays
	Why      string `json:"why"`
	Source   string `json:"source"` // on whose authority
	// Checked is the day on which somebody compared Source with the law or the
	// agreement, YYYY-MM-DD; empty: nobody has yet.
	Checked string `json:"checked_on,omitempty"`
	// Tables belong to it, of hub, node and vault.
	Tables []string `json:"tables"`
}

// Own reports whether the period is the hub's own to set: no law or agreement
// says it.
func (c Class) Own() bool { return c.Source == design }

// Kept is for how long, in words.
func (c Class) Kept() string {
	if c.End == WithIts {
		return "as long as what it belongs to"
	}
	return c.Keep.String()
}

// Review is the date at which a record of this class whose period began at t is
// due; zero for never.
func (c Class) Review(t time.Time) time.Time { return c.Keep.After(t) }

// The classes that programs name.
const (
	Enquiry  = "enquiry"
	Notice   = "notice"
	Audit    = "audit"
	Question = "question"
)

// UnderWay is when an enquiry that is still open is looked at again: nothing is
// destroyed then, but nobody should be able to forget it.
var UnderWay = Period{Years: 1}

const (
	design    = "The hub’s design: what delivery needs and no longer"
	agreement = "The sharing agreement of the partnership, under retention; a council’s own schedule replaces it"
)

var catalogue = []Class{
	{ID: Enquiry, Name: "Enquiries", Records: "An enquiry with its questions, answers, times and disclosures",
		Begins: "when the enquiry is closed; until then it is looked at a year after it was opened", Keep: Period{Years: 7}, End: ByReview,
		Destroys: "Everything personal: the key of the enquiry is destroyed and what it sealed is overwritten, with the questions as they were sent. Its reference, states, times and codes stay, so that figures and the log still add up",
		Why:      "Storage limitation: personal data is kept no longer than its purpose needs. Records about children are long-lived, so a person decides",
		Source:   agreement + " (mash-fernshire: items P7Y)",
		Tables:   []string{"enquiries", "requests", "events", "returns", "set_aside", "disclosures"}},
	{ID: Notice, Name: "Notices", Records: "Operation Encompass notices and what originators were told",
		Begins: "when it was raised; what an originator was told is kept with the enquiry", Keep: Period{Years: 7}, End: ByReview,
		Destroys: "What the notice says: its key is destroyed and what it sealed is overwritten. From, to, states and times stay",
		Why:      "That a school was told, and when, may be asked years later; what it was told is personal",
		Source:   agreement + " (encompass-fernshire: notices P7Y)", Tables: []string{"notices"}},
	{ID: "decision", Name: "Decisions of the agreement", Records: "What was decided by which clause, with the content-free facts it was decided on",
		Begins: "when it was made", Keep: Period{Years: 10}, End: BySweep,
		Destroys: "The row, once the enquiry’s content is destroyed too. Its audit entry says that it was made",
		Why:      "A decision must be open to challenge as long as its effect can be", Source: agreement + " (decisions P10Y)",
		Tables: []string{"decisions"}},
	{ID: Audit, Name: "Audit entries", Records: "Who did what, when, to which ids",
		Begins: "when its month ended", Keep: Period{Years: 10}, End: BySweep,
		Destroys: "The month’s key, with every entry’s text. The leaf in the tree of hashes stays, and every proof still verifies",
		Why:      "Entries name staff; who looked at what must be known as long as the decisions are", Source: agreement + " (decisions P10Y)",
		Tables: []string{"audit_rows"}},
	{ID: "proof", Name: "The log’s proof", Records: "Hashes and signed checkpoints of the audit log",
		Begins: "never", End: Never, Destroys: "Nothing", Why: "Without them nobody could check what is left of the log; they say nothing about anybody",
		Source: design, Tables: []string{"audit_hashes", "audit_tree", "checkpoints"}},
	{ID: "delivery", Name: "Messages sent", Records: "Sealed messages as they were sent",
		Begins: "when it is settled, by the last time it was to be sent", Keep: Period{Days: 7}, End: BySweep,
		Destroys: "The row. A question of the hub stays until its enquiry is destroyed, because an answer, however late, is checked against it",
		Why:      "The broker keeps messages for seven days; after that nobody asks for one again", Source: design,
		Tables: []string{"outbox"}},
	{ID: "dedupe", Name: "Messages taken in", Records: "Ids of messages that were taken in, by which a repeat is recognised",
		Begins: "when it was taken in", Keep: Period{Days: 60}, End: BySweep, Destroys: "The row",
		Why:    "A sender repeats for seven days, the broker keeps for seven and may take another seven to drop what it kept: no repeat can come after three weeks. A broker that kept an old message back to repeat it later finds, after 60 days, that every question it could be about has ended: they live for 30, and what comes after their end is refused",
		Source: design, Tables: []string{"inbox"}},
	{ID: "quarantine", Name: "Quarantine", Records: "Messages that could not be authenticated or handled, still sealed, and a count of those that there was no room for",
		Begins: "when somebody has looked at it", Keep: Period{Days: 90}, End: BySweep, Destroys: "The row. Its audit entry stays",
		Why: "Long enough to find out who sent it; it may hold anything", Source: design, Tables: []string{"quarantine", "quarantine_beyond"}},
	{ID: "order", Name: "Order of messages", Records: "The last number given to each sender, and the place up to which each topic and system was read",
		Begins: "never", End: Never, Destroys: "Nothing", Why: "Begun anew, they would make old messages look new. They hold numbers and opaque ids",
		Source: design, Tables: []string{"sequences", "positions", "cursors"}},
	{ID: "public_keys", Name: "Public keys", Records: "The registry of public keys of hub and agencies, retired ones included",
		Begins: "never", End: Never, Destroys: "Nothing", Why: "What an old key signed is verified by it; a public key is no secret and nobody’s data",
		Source: design, Tables: []string{"registry"}},
	{ID: "agreements", Name: "Agreements and their changes", Records: "Every version of the agreements that was proposed or in force, who proposed it, who agreed and why",
		Begins: "never", End: Never, Destroys: "Nothing", Why: "A decision is replayed, and explained, by the version that it was made by. They hold what partners agreed and staff names, nothing about families",
		Source: design, Tables: []string{"policy_files", "editions"}},
	{ID: "ledger", Name: "Signs of life and outages", Records: "When agencies were last heard of, and when hub or broker did not work",
		Begins: "never", End: Never, Destroys: "Nothing; a sign of life is overwritten by the next", Why: "The clock of every question is measured with them; they are about machines",
		Source: design, Tables: []string{"heartbeats", "outages"}},
	{ID: "content_keys", Name: "Keys of content", Records: "The key of each enquiry, notice and month of audit entries",
		Begins: "with what it seals", End: WithIts, Destroys: "The key, for good. That there was one stays, so that it is never made again",
		Why: "Destroying the key erases every copy of what it sealed", Source: design, Tables: []string{"vault_keys"}},
	{ID: Question, Name: "Questions at an agency", Records: "A question from a hub, with what was searched for and found",
		Begins: "when it came in", Keep: Period{Days: 60}, End: BySweep,
		Destroys: "What was asked and found, as soon as the hub has the answer or the question is withdrawn, refused or expired, and after this period whatever happened. The row, without content, stays: by it an old message is known to be old",
		Why:      "Search terms are not kept. A hub’s question lives for 30 days; one that is still here after 60 was forgotten by its hub", Source: design,
		Tables: []string{"held"}},
	{ID: "answer", Name: "Answers of an agency", Records: "What the agency sent, sealed so that only the hub can open it",
		Begins: "when it was sent", Keep: Period{Years: 7}, End: BySweep, Destroys: "The row",
		Why: "The agency’s proof of what it disclosed, byte for byte, and the reason why nothing is disclosed twice", Source: agreement + " (items P7Y)",
		Tables: []string{"sent_returns"}},
	{ID: "work", Name: "Work of an agency’s people", Records: "Tasks that are done and the times of each question",
		Begins: "when it is done; for times, when they were noted and their question has ended", Keep: Period{Days: 90}, End: BySweep,
		Destroys: "The row. A task’s content goes as soon as it is done",
		Why:      "Long enough to answer a question about a piece of work", Source: design, Tables: []string{"tasks", "node_events"}},
	{ID: "once", Name: "Notices known", Records: "Ids of notices that a node pushed or was told",
		Begins: "when it was first seen", Keep: Period{Years: 7}, End: BySweep, Destroys: "The row",
		Why: "Exactly one notice for each child and incident, also after an agency’s system was restored from an old copy", Source: agreement + " (encompass-fernshire: notices P7Y)",
		Tables: []string{"node_notices"}},
	{ID: "schema", Name: "The store’s own tables", Records: "Which changes of the store’s form were made",
		Begins: "never", End: Never, Destroys: "Nothing", Why: "The store needs them; they are about nobody", Source: design,
		Tables: []string{"goose_exchange", "goose_hub", "goose_node", "goose_vault"}},
}

// Catalogue lists every class, in the order of the page.
func Catalogue() []Class { return slices.Clone(catalogue) }

// ByID finds a class.
func ByID(id string) (Class, bool) {
	i := slices.IndexFunc(catalogue, func(c Class) bool { return c.ID == id })
	if i < 0 {
		return Class{}, false
	}
	return catalogue[i], true
}

// ByTable finds the class of a table.
func ByTable(table string) (Class, bool) {
	i := slices.IndexFunc(catalogue, func(c Class) bool { return slices.Contains(c.Tables, table) })
	if i < 0 {
		return Class{}, false
	}
	return catalogue[i], true
}

// must is for the classes that this program names itself.
func must(id string) Class {
	c, ok := ByID(id)
	if !ok {
		panic("retention: the catalogue has no class " + id)
	}
	return c
}

// Opened is how an enquiry is kept from its opening, or reopening, on.
func Opened(now time.Time) mash.Retention {
	return mash.Retention{Class: Enquiry, Review: day(UnderWay.After(now))}
}

// Closed is when an enquiry closed at now is due for review.
func Closed(now time.Time) time.Time { return day(must(Enquiry).Review(now)) }

// Raised is how a notification is kept from its arrival on.
func Raised(now time.Time) mash.Retention {
	return mash.Retention{Class: Notice, Review: day(must(Notice).Review(now))}
}

// day is the first midnight (UTC) at or after t: people review by the day.
func day(t time.Time) time.Time {
	d := t.UTC().Truncate(24 * time.Hour)
	if d.Before(t) {
		d = d.AddDate(0, 0, 1)
	}
	return d
}

// Keeper knows how its rows are kept: a transaction of hub or node, or a vault.
type Keeper interface {
	Kept(table, row string) (mash.Kept, error)
}

// Of tells class, review date and legal hold of any row of any table. A zero
// Review is a record that is never destroyed, or whose period has not begun.
// Errors: as Kept; CodeInvalid for a table without a class.
func Of(tx Keeper, table, row string) (mash.Retention, error) {
	c, ok := ByTable(table)
	if !ok {
		return mash.Retention{}, mash.Invalid("table", "has no retention class", "add it to the catalogue")
	}
	k, err := tx.Kept(table, row)
	if err != nil {
		return mash.Retention{}, err
	}
	r := mash.Retention{Class: c.ID, Review: k.Review, Hold: k.Hold}
	if r.Review.IsZero() {
		r.Review = c.Review(k.Begins)
	}
	return r, nil
}

// Again is the next review of something that is kept at now for some years.
func Again(now time.Time, years int) time.Time { return day(Period{Years: years}.After(now)) }
