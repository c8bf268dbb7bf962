package schools

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"mashhub/connectors/internal/settings"
)

//go:embed schema.json
var schema json.RawMessage

// config is what schema.json describes.
type config struct {
	Root      string                       `json:"root"`
	Headers   map[string]map[string]string `json:"headers"`
	Required  []string                     `json:"required"`
	Delimiter string                       `json:"delimiter"`
	Notices   string                       `json:"notices"`
}

// essential are the columns without which a file says nothing.
var essential = map[string][]string{
	PupilsFile:      {"UPN", "Surname", "Forename", "DOB"},
	AttendanceFile:  {"UPN", "From", "To", "Possible", "Attended"},
	SuspensionsFile: {"UPN", "Type", "From"},
	SENDFile:        {"UPN", "Status"},
	ConcernsFile:    {"UPN", "Date", "Text"},
	CollectionFile:  {"UPN", "Who"},
	DSLFile:         {"Name"},
}

// essentialMarks are the columns of an attendance file of single marks.
var essentialMarks = []string{"UPN", "Date", "Mark"}

func (c *config) check() error {
	if c.Root == "" {
		return settings.Invalid("root", "is missing; write the folder that holds a folder for each school")
	}
	for _, file := range slices.Sorted(maps.Keys(c.Headers)) {
		if Headers[file] == nil {
			return settings.Invalid("headers", "names a file that is not read; the files are pupils.csv, attendance.csv, suspensions.csv, send.csv, concerns.csv, collection.csv, dsl.csv")
		}
		for ours, theirs := range c.Headers[file] {
			if !slices.Contains(known(file), ours) || theirs == "" {
				return settings.Invalid("headers."+file, "has a header that is not ours, or no name for it; ours are listed in the connector's documentation")
			}
		}
	}
	if strings.Trim(c.Notices, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || len(c.Notices) > 64 {
		return settings.Invalid("notices", "is not the name of a folder; write lower-case letters, digits, - and _, for example notices")
	}
	if c.Required == nil {
		c.Required = []string{AttendanceFile, SuspensionsFile, ConcernsFile}
	}
	for _, file := range c.Required {
		if Headers[file] == nil {
			return settings.Invalid("required", "names a file that is not read; the files are attendance.csv, suspensions.csv, send.csv, concerns.csv, collection.csv, dsl.csv")
		}
	}
	switch c.Delimiter {
	case "":
		c.Delimiter = ","
	case ",", ";", "\t":
	default:
		return settings.Invalid("delimiter", "is not known; write a comma, a semicolon or a tab")
	}
	return nil
}

// known lists our header names of a file.
func known(file string) []string {
	if file == AttendanceFile {
		return append(slices.Clone(Headers[file]), MarkHeaders[1:]...) // UPN stands in both
	}
	return Headers[file]
}
