// Package world is the synthetic world of the demo: ten scenarios, the agency
// systems that hold their people, and what the people of the agencies do.
//
// # What it is for
//
// The demo and the end-to-end tests tell ten stories (DOMAIN.md §9). Each is
// one YAML file in scenarios/, written so that a social worker can read it and
// say "no, that is not how it goes". A file says who the people are, what the
// worker opens and asks, what each agency's own system holds, which forms
// people post where there is no system, and what must come out.
//
// From a scenario this package builds real systems: a FHIR R4 server on
// loopback for health, SQLite databases for police and children's social care,
// folders of CSV exports for schools. Connectors query them as they would an
// agency's. Two hundred other residents stand in each of them, so that a search
// has somebody to tell apart.
//
// # What must hold
//
//   - Nobody is real. NHS numbers are from the range that is never issued
//     (999 000 0000 to 999 999 9999), UPNs carry the council number 000,
//     telephones are 01632 960xxx, and Fernshire does not exist.
//   - A file that misspells a key does not load, and Validate refuses what the
//     hub would refuse: a scenario fails here rather than in the middle of a
//     demo.
//   - The same scenario on the same day gives the same world, byte for byte
//     (except the key of the FHIR server's certificate).
//   - Canaries lists every personal value of a scenario, so that a test can
//     look for each of them in logs, keys, headers and errors.
//
// # Dates
//
// A date may be written today-26d (or today+300d): that many days before or
// after the day the scenario is loaded for, or the Friday before it if that is a
// weekend. Stories stay
// recent, however long the demo lives. What must be exact (a birthday, a
// Friday night in August) is written as a date.
package world
