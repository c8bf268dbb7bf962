// Package enquiry is what a hub does with an enquiry: open it, choose whom to
// ask and ask them, land what comes back, show one chronology, decide, tell
// the originator, close, reopen.
//
// Every use case has the same shape. It reads what it needs, asks the policy,
// and then writes effect, decision and audit entry in one transaction (I5). A
// denial is written in the same way and changes nothing else. Whatever a
// person is to see is recorded durably before it is returned (I3): Show, not a
// page, decides and records, so that no page can forget to.
//
// What may be asked stands on a basis that was recorded first: the family's
// agreement, a manager's dispensation, or a decision under s.47 of the
// Children Act 1989. The narrative of an enquiry never leaves the hub; of each
// person only the fields leave that the ask decision names.
//
// A return of a higher revision replaces the earlier ones of the same request;
// these stay, flagged as superseded. What lands after the request ended is
// kept sealed and flagged, and never enters the chronology by itself (I4): a
// person opens it, which is recorded first, and takes it in or leaves it out
// with a reason. A piece of a return that is outside the question (another
// person, category or time; content where only existence was agreed; not an
// item at all) is taken out as the return lands and sealed by itself, so that
// no good item is lost for a bad one. Nobody can take it in, because the
// agreement did not let us ask for it: who may looks at it, tells the agency
// and destroys it. An answer that the hub has to refuse is marked on its
// request, so that somebody telephones; so is one that the agency did not take
// of us: that its question changed or is withdrawn, or what we answered to its
// own (untold.go).
//
// What is personal of a closed enquiry is destroyed, or kept with a reason, by
// a person, once the period of package retention is over. That is decided
// durably before it is carried out, and carried out again until it is done. On
// legal hold nothing of an enquiry is destroyed, and no question of it expires.
//
// An open question may change: its target with the rating, about whom, for what
// and from when it asks, who somebody is. Each change goes out as a new revision
// of the question; to ask for more is a new decision. A return is recognised by
// the revision that it answers and judged by that one's terms, which stand with
// the request: see terms.go.
package enquiry
