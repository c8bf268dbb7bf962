// Package health is the connector for health systems that speak FHIR R4 over
// HTTP: a GP record, a hospital's record, a shared care record, the Personal
// Demographics Service.
//
// # What it is for
//
// A node asks it two things. Search: which patients may be this person? Fetch:
// what is held on this one patient, in these categories and this period? It
// answers from the agency's own server and keeps nothing: no cache of people,
// no file, no log line.
//
// # What must hold
//
//   - "Nothing known" is said only by a server that understood the question.
//     A timeout, a refusal, a wrong content type, a broken bundle, a missing
//     end point: each is Unavailable with a reason code, never None.
//   - One wrong patient spoils the whole answer. If a bundle holds a resource
//     about anybody else, or a patient of another number than the one asked
//     for, nothing of that answer is used (ReasonWrongPatient).
//   - Only what was asked for is fetched: resource types that no requested
//     category needs are not called, and the period goes into the query and is
//     checked again on every resource that comes back.
//   - A resource that no rule maps to a category does not leave. A rule that
//     names no code or term never takes a resource labelled restricted, very
//     restricted or sensitive: an unknown kind of sensitive note must not go
//     out as an ordinary one.
//   - The address of a patient labelled restricted (R) or very restricted (V)
//     is withheld from candidates, and an item that holds a locating value
//     (address, telephone, practice, place of an appointment) is flagged
//     protected_location and lists it.
//   - No URL, name, number or text of the server reaches an error or a reason:
//     URLs carry people in their query. Searches go as POST _search where the
//     server takes it. Page links to another origin and redirects are refused.
//
// # Settings
//
// See schema.json (Describe returns it) and the type Config. The bearer token
// is the secret "bearer_token". The rules decide which category a resource
// belongs to; the first rule that fits wins, so the sensitive ones stand first.
// DefaultRules is what applies when the settings name none.
//
// # Sources
//
// HL7 FHIR R4 (4.0.1) RESTful API and search; UK Core extensions for the NHS
// number and the UPRN; the Personal Demographics Service FHIR API, whose
// sandbox answers are part of the tests; HL7 v3 Confidentiality and v3 ActCode
// sensitivity labels.
package health
