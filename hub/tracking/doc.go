// Package tracking is the clock: where the time of a request went, and by when
// it should be answered. It is pure: a function of events and now.
//
// The hub's clock is the line. A request's total runs from raised to its end,
// or to now; an agency's own times only divide the hub's window between sent
// and landed, so that no clock but ours can lengthen or shorten what is
// measured. Boundaries are rounded to milliseconds, put in order, and then
// differenced, so that the pieces always sum to the total. Where two causes
// overlap the first of outage, requester, policy, agency, transport and hub
// takes the stretch: what was down is charged to nobody.
//
// Targets come from a profile: RAG, agency and calendar. Calendars say when a
// request is due; they never cut a piece out of what is measured.
package tracking
