// Package node is the agency's side: it takes a hub's questions in, asks the
// agency's own systems through connectors, decides by the sharing agreement
// what may leave, seals that and sends it back.
//
// What must hold here. Content that the policy does not release never leaves
// the agency. Existence is decided for every (person, category) asked about,
// whether or not something is held, and content item by item; where existence
// may not be told, a withholding leaves no trace outside the node's own ledger;
// nor does a person's looking at such a thing, or at records that may be about
// somebody of whom nothing may be told: outcomes, items, events, parts and
// sizes are those of an agency that holds nothing. What the hub can still see
// is the time, because the final return waits for that person; what the person
// asks back; and "policy fault" where the policy failed on such an item alone.
// For each (hub, request, party, revision) there is at most one sealed return,
// and a repeat sends the same bytes (I2). "Could not search" is never "nothing
// known". When nobody but a person can answer, check a match or review a
// release, the node makes a task, and the person's answer takes the same
// decision and the same clock as a machine's.
//
// A request's progress is kept in one document per request (work), so that a
// killed node goes on where it was: searching and fetching are reads and may
// be repeated; what was sent is in the outbox. When the hub's receipt for the
// final return is here, or the question is withdrawn or expired, the document
// is deleted: search terms are not kept, nor what a task that is done was about.
//
// A question may change while it is worked on. Any order of revisions leads to
// the newest: what is asked no more is forgotten, who turned out to be somebody
// else is searched for again, and nothing is asked of a system beyond it. An
// answer says which revision it answers, by the hash of its sealed bytes.
//
// A notice goes to the agency's own system first, where one takes notices, with
// the same key on every try; else, or when that fails, into a person's inbox.
// What it said is forgotten once somebody or something has it.
//
// Whatever of this does not get to the hub, because it refuses it or gives no
// receipt in its time, is a task: somebody telephones.
//
// A node may serve several hubs. Every row, key, topic and decision carries
// the hub's id, and what its people see of a hub's is decided by that hub's
// agreements; what cannot be told apart, as the log, by those of all.
package node
