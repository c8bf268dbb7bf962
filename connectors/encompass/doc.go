// Package encompass watches a police system for domestic-abuse incidents in
// which a child may be a victim, and gives one notification for each child and
// incident (Operation Encompass; Domestic Abuse Act 2021, section 49A). It
// answers watch alone: search and fetch are the police connector's.
//
// # Settings
//
// The least is {"driver":"sqlite","dsn":"/srv/records.db"} with the secret
// id_key: an empty mapping means the tables of LayoutSQL. Whoever installs it on
// a system with history sets not_before, or the first start tells every
// incident on record.
//
// # One notification for each child and incident
//
// A notification's ID is an HMAC-SHA-256, under id_key, of the incident's key
// and the child's key. It is the same each time, so that the node and the hub
// recognise a repeat, and it tells nothing to who does not hold the key, because
// what it is made of may include a name. Without a mapped child.ref the child's
// key is given name, family name and date of birth, folded: then a corrected
// spelling makes another notification, which is why a key is better. Changing
// id_key changes every ID: incidents in the overlap are told again.
//
// # No incident is skipped
//
// A system hands out numbers when a row is written, but shows the row when it
// is committed: number 12 may appear after number 13 was read. So each look
// begins `overlap` numbers behind the highest one read, and the cursor carries,
// for each row read in that stretch, its number and the first 8 bytes of its ID,
// which tell what was given already. Rows of children that are added later to an
// incident in the stretch are found in the same way. What is committed more than
// `overlap` numbers late is not found: choose it above the number of incidents
// recorded while the longest transaction is open (500 is a day or more of most
// forces). A caller that stores the cursor after the events loses none and may
// see some twice.
//
// # Doubt
//
// family_informed that is neither yes nor no counts as unsafe_to_tell: a school
// that does not know whether the family was told must not tell them. A setting
// that is not a six-digit URN is left empty, so that a person routes it.
package encompass
