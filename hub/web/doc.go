// Package web is what people and programs see of a hub: its pages and its HTTP
// API. Both are two faces of the same use cases (hub/enquiry); neither decides
// anything, and neither reads a store.
//
// What must hold here:
//
//   - Nobody is shown anything before the policy has permitted it and a durable
//     audit entry says so (I3). Pages about an enquiry are opened by Desk.Show
//     and Desk.Board, which keep to that; the few pages that are about no
//     enquiry (the start page, the notices, the audit bundle) take their
//     decision in access.go, which records it in the same way.
//   - Every route names a rule, or the program does not start. Rules are pages
//     of the policy's table of views.
//   - Denied and not found are one answer. A decision that could not be made is
//     another one, and says so.
//   - Nothing personal stands in an address, in a title beyond the enquiry's
//     random reference, in a message left for the next page, in an error, or in
//     a live event.
//   - Every form works without JavaScript and may be sent twice: the second
//     time changes nothing and says so (once.go).
//   - Nothing is preselected, scored, ranked or coloured by family. The RAG
//     rating is a word about how urgent an enquiry is.
//
// words.go has every code of the domain in plain English; what the hub's API and
// the nodes' have in common is in kit.
//
// The document of an agreement (page_document.go) adds no words of its own about what
// is agreed: they are package agreement's, so that page, API and PDF say the same.
//
// A client of the API signs in as a person does, keeps the cookie, and finds
// every operation in /api/openapi.json. An answer to a wrong request is
// application/problem+json with code, field, message and remedy; no value that
// was sent is repeated.
package web
