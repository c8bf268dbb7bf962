// Package record holds the sector's Person and Safeguarding standards as Go
// types, the checks of the identifiers they use, and the item: one piece of
// what an agency returns.
//
// It imports only the standard library, and everything else may import it.
//
// # The standards
//
// Person, Name, Address, Contact, PartialDate and PersonRelationship are the
// Person Standard (PUB01); Organisation, Service, Professional,
// ServiceEpisode, LifeEvent, Finding, Observation and Measurement are the
// Safeguarding Standard (PUB02), both drafts of Data Standards for Social Care
// as published on the day in CodesPublished. Their JSON has the published
// properties and no others. LinkedData adds the keywords of JSON-LD that the
// published examples carry. The code lists in codes_gen.go are generated from
// the published ones (Open Government Licence v3.0).
//
// Item, Kind, Voice and the flags are ours: no standard has them. So is what
// the standards lack: there is no published code for a domestic-abuse
// incident, and no URI for a UPN, URN, UPRN or PNC ID. These live below
// Namespace and never look like somebody else's.
//
// # What must hold
//
//   - No error of this package repeats a value. It names the field by its
//     path, the reason and the remedy, so that it may be shown, logged and sent.
//   - What is not known is left out or marked as unknown, never made up: a
//     PartialDate that says "2014" gives the bounds of the whole year.
//   - Only lets through the identifying fields that were named and nothing
//     else; sex and ethnicity have no name and so never pass.
//   - After Redact no protected value stands in any text of the item, in
//     whatever case, spacing or punctuation it was written.
//
// # Checking and comparing are two things
//
// Validate and the Check functions say whether a value may be sent or kept.
// FoldName, NormalPostcode and Identifier.Normal put values into the form in
// which matching and connectors compare them; they accept what people really
// typed, and what they return is never shown.
//
// Everything here is pure and safe for concurrent use, as long as nobody
// writes to a value that another goroutine reads.
package record
