package world

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"mashhub/connectors/schools"
)

// BuildSchools writes the exports of a scenario's schools below dir, one folder
// per URN, and returns the root. A school without an export has an empty
// folder: that is how it is asked by hand.
func BuildSchools(dir string, s *Scenario) (string, error) {
	root := filepath.Join(dir, "schools")
	if err := os.RemoveAll(root); err != nil {
		return "", fmt.Errorf("clearing the schools' folders: %w", err)
	}
	for urn, school := range s.Systems.Schools {
		folder := filepath.Join(root, urn)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "", fmt.Errorf("making a school's folder: %w", err)
		}
		if school.Export == "no" {
			continue
		}
		for name, rows := range school.exports(s, urn) {
			if err := writeCSV(filepath.Join(folder, name), school.Encoding, schools.Headers[name], rows); err != nil {
				return "", err
			}
		}
	}
	return root, nil
}

func (sc School) exports(s *Scenario, urn string) map[string][][]string {
	out := map[string][][]string{
		schools.PupilsFile: nil, schools.AttendanceFile: nil, schools.SuspensionsFile: nil, schools.SENDFile: nil,
		schools.ConcernsFile: nil, schools.CollectionFile: nil,
	}
	add := func(file string, row ...string) { out[file] = append(out[file], row) }
	number, _ := strconv.ParseUint(urn, 10, 64)
	for _, r := range residents(number<<8|uint64(s.Number), Residents) {
		if len(r.Born) < 4 || r.Born < "2008" {
			continue // grown up
		}
		r.NHS = "" // most school systems hold none
		addPupil(add, r.Person, nil)
		add(schools.AttendanceFile, r.UPN, "Autumn", s.daysAgo(80), s.daysAgo(3), "106", strconv.Itoa(96+r.number%11), "0")
	}
	for _, p := range sc.Pupils {
		who := p.in(s)
		addPupil(add, who, p.Protected)
		for _, a := range p.Attendance {
			add(schools.AttendanceFile, who.UPN, a.Term, a.From, a.To, strconv.Itoa(a.Possible), strconv.Itoa(a.Attended), strconv.Itoa(a.Unauthorised))
		}
		for _, x := range p.Suspensions {
			add(schools.SuspensionsFile, who.UPN, x.Type, x.From, x.To, x.Days, x.Reason)
		}
		for _, x := range p.SEND {
			add(schools.SENDFile, who.UPN, x.Status, x.From, x.To, x.Need)
		}
		for _, c := range p.Concerns {
			v := c.Voice
			if v == nil {
				v = &Voice{}
			}
			add(schools.ConcernsFile, c.ID, who.UPN, c.Date, c.Kind, c.Title, c.Text, c.Author, yes(v.Verbatim && c.Voice != nil), v.HeardBy, v.Agreed, v.With, yes(c.ThirdParty))
		}
		for _, c := range p.Collection {
			add(schools.CollectionFile, who.UPN, c.Date, c.Who, c.Text)
		}
	}
	return out
}

func addPupil(add func(string, ...string), p Person, protected []string) {
	former := ""
	if len(p.Other) > 0 {
		former = p.Other[0].Family
	}
	gender := map[string]string{"female": "F", "male": "M"}[p.Gender]
	add(schools.PupilsFile, p.UPN, p.NHS, p.Family, strings.Join(p.Given, " "), former, p.Born, gender, p.Address.Line1, p.Address.Postcode, p.Address.UPRN, strings.Join(protected, "|"))
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func writeCSV(path, encoding string, header []string, rows [][]string) error {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	w.UseCRLF = true // as school systems write them
	if err := w.Write(header); err != nil {
		return fmt.Errorf("writing an export: %w", err)
	}
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("writing an export: %w", err)
	}
	out := buf.Bytes()
	switch encoding {
	case "cp1252":
		var err error
		if out, err = charmap.Windows1252.NewEncoder().Bytes(out); err != nil {
			return fmt.Errorf("writing an export in cp1252: %w", err)
		}
	case "", "utf-8":
	default:
		return errors.New("an export's encoding is utf-8 or cp1252")
	}
	if err := os.WriteFile(path, out, 0o600); err != nil {
		return fmt.Errorf("writing an export: %w", err)
	}
	return nil
}
