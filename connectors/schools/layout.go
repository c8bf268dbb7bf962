package schools

// Files of one school's export. A folder without PupilsFile has no export, and
// a person is asked; so is one that lacks another file that the configuration
// requires (by default attendance, suspensions and concerns: a school without
// any suspension exports the header row alone). The other files are optional.
const (
	PupilsFile      = "pupils.csv"
	AttendanceFile  = "attendance.csv"
	SuspensionsFile = "suspensions.csv"
	SENDFile        = "send.csv"
	ConcernsFile    = "concerns.csv"
	CollectionFile  = "collection.csv"
	DSLFile         = "dsl.csv"
)

// Headers is the header row of each file that an empty mapping means, in the
// order in which the demo writes them. Dates are ISO (2014-11-04) or British
// (04/11/2014).
//
//   - pupils.csv: Protected holds values separated by '|' that locate somebody
//     who must not be found; every item about that pupil is then flagged.
//   - attendance.csv: one row for a pupil and period, sessions counted; or one
//     row for each mark, with the headers in MarkHeaders.
//   - suspensions.csv: Type is suspension or exclusion.
//   - concerns.csv: Kind is fact, opinion, child_voice or family_account, empty
//     means opinion; Verbatim is yes or no; Agreed is yes, no or not_asked.
//   - dsl.csv: the school's designated safeguarding lead; the row is about the
//     school, not about one pupil.
var Headers = map[string][]string{
	PupilsFile:      {"UPN", "NHS", "Surname", "Forename", "FormerSurname", "DOB", "Gender", "Address", "Postcode", "UPRN", "Protected"},
	AttendanceFile:  {"UPN", "Term", "From", "To", "Possible", "Attended", "Unauthorised"},
	SuspensionsFile: {"UPN", "Type", "From", "To", "Days", "Reason"},
	SENDFile:        {"UPN", "Status", "From", "To", "Need"},
	ConcernsFile:    {"ID", "UPN", "Date", "Kind", "Title", "Text", "Author", "Verbatim", "HeardBy", "Agreed", "SharedWith", "ThirdParty"},
	CollectionFile:  {"UPN", "Date", "Who", "Text"},
	DSLFile:         {"Name", "Role", "Telephone", "Email", "From"},
}

// MarkHeaders are the headers of an attendance.csv with one row for each mark:
// '/' and '\' present in the morning and afternoon, other codes as in the
// national attendance codes.
var MarkHeaders = []string{"UPN", "Date", "Session", "Mark"}
