package schools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

const upn = "A000000100001" // any key joins the files; the check is the record's

type export map[string]string

func good() export {
	return export{
		PupilsFile: "UPN,NHS,Surname,Forename,FormerSurname,DOB,Gender,Address,Postcode,UPRN,Protected\n" +
			upn + ",9990000018,Núñez,José,Bell,03/05/2016,M,1 High Street,fe12ab,000100000000001,\n" +
			"B1,,Tessel,Zoë,,2015-02-03,F,3 Quay Court,,,3 Quay Court|FE1 2AB\n",
		AttendanceFile: "UPN,Term,From,To,Possible,Attended,Unauthorised\n" +
			upn + ",Autumn,2025-09-01,2025-12-19,148,142,0\n" + upn + ",Spring,2026-01-05,2026-04-01,100,81,5\nB1,Autumn,2025-09-01,2025-12-19,100,99,\n",
		SuspensionsFile: "UPN,Type,From,To,Days,Reason\n" + upn + ",suspension,2026-02-03,2026-02-04,2,Fight\n" + upn + ",permanent,2026-03-03,,,Knife\n",
		SENDFile:        "UPN,Status,From,To,Need\n" + upn + ",EHCP,2020-01-01,,Speech\n",
		ConcernsFile: "ID,UPN,Date,Kind,Title,Text,Author,Verbatim,HeardBy,Agreed,SharedWith,ThirdParty\n" +
			"c1," + upn + ",2026-02-10,,Hungry,\"Came in hungry,\nagain\",class teacher,,,,,\n" +
			"c2," + upn + ",2026-02-11,child_voice,Said,I hide,TA,yes,teaching assistant,no,,\n" +
			"c3,B1,2026-02-11,fact,Moved,Now at 3 Quay Court,DSL,,,,,yes\n",
		CollectionFile: "UPN,Date,Who,Text\n" + upn + ",2025-09-01,grandmother,\n",
		DSLFile:        "Name,Role,Telephone,Email,From\nSam Bright,Deputy head,01632 960123,dsl@example.org,2024-09-01\n",
	}
}

func (e export) write(t testing.TB, root, urn string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(root, urn), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range e {
		if err := os.WriteFile(filepath.Join(root, urn, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func configured(t testing.TB, root, more string) connector.Connector {
	t.Helper()
	c := New()
	if _, err := c.Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(fmt.Sprintf(`{"root":%q%s}`, root, more))}); err != nil {
		t.Fatal(err)
	}
	return c
}

func who(given, family, dob string) record.Person {
	return record.Person{Names: []record.Name{{Given: []string{given}, Family: []string{family}}}, BirthDate: &record.PartialDate{Date: dob}}
}

func search(t testing.TB, c connector.Connector, unit string, p record.Person) connector.SearchResponse {
	t.Helper()
	got, err := c.Search(context.Background(), connector.SearchRequest{Unit: unit, Person: connector.Person{Key: "s", Record: p}})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestEncodings(t *testing.T) {
	for name, encode := range map[string]func(string) string{
		"utf-8": func(s string) string { return s },
		"bom":   func(s string) string { return "\xEF\xBB\xBF" + s },
		"cp1252": func(s string) string {
			out, err := charmap.Windows1252.NewEncoder().String(s)
			if err != nil {
				t.Fatal(err)
			}
			return out
		},
	} {
		root := t.TempDir()
		e := good()
		for f := range e {
			e[f] = encode(e[f])
		}
		e.write(t, root, "100001")
		c := configured(t, root, "")
		got := search(t, c, "100001", who("José", "Núñez", "2016-05-03"))
		if got.Outcome != connector.Found || len(got.Candidates) != 1 || got.Candidates[0].Record.Names[0].Given[0] != "José" || got.Candidates[0].Record.Names[0].Family[0] != "Núñez" {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		if strings.Contains(got.Candidates[0].Ref, upn) {
			t.Errorf("the reference holds the UPN")
		}
		if got := search(t, c, "", who("Zoë", "Tessel", "2015-02-03")); len(got.Candidates) != 1 || got.Candidates[0].Record.Names[0].Given[0] != "Zoë" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	root := t.TempDir()
	e := good()
	e[ConcernsFile] = "\xFF\xFEU\x00P\x00N\x00"
	e.write(t, root, "100001")
	if got := search(t, configured(t, root, ""), "100001", who("José", "Núñez", "2016-05-03")); got.Outcome != connector.Unavailable || !strings.Contains(got.Reason, "encoding_utf16: concerns.csv") {
		t.Errorf("UTF-16: %+v", got)
	}
}

// TestALetterCutByAChunk puts a two-byte letter across every place near the
// reading buffer's end.
func TestALetterCutByAChunk(t *testing.T) {
	for shift := range 6 {
		text := strings.Repeat("a", 64<<10-3+shift) + "é€😀" + strings.Repeat("b", 70<<10)
		if cp1252, _, err := encoding(strings.NewReader(text)); cp1252 || err != nil {
			t.Errorf("shift %d: UTF-8 taken for cp1252 (%v)", shift, err)
		}
		if cp1252, _, _ := encoding(strings.NewReader(text + "\xE9")); !cp1252 {
			t.Errorf("shift %d: cp1252 taken for UTF-8", shift)
		}
	}
}

func day(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }

func TestFetchBringsOnlyWhatWasAsked(t *testing.T) {
	root := t.TempDir()
	good().write(t, root, "100001")
	c := configured(t, root, "")
	ref := search(t, c, "100001", who("José", "Núñez", "2016-05-03")).Candidates[0].Ref
	spring := connector.Period{From: day("2026-01-01"), To: day("2026-04-30")}
	for _, q := range []struct {
		categories []string
		period     connector.Period
		want       string
	}{
		{[]string{"education.attendance"}, spring, "Attendance 81.0 %, Spring"},
		{[]string{"education.attendance"}, connector.Period{}, "Attendance 95.9 %, Autumn|Attendance 81.0 %, Spring"},
		{[]string{"education.suspension"}, spring, "Suspension (2 days)"},
		{[]string{"education.exclusion"}, spring, "Permanent exclusion"},
		{[]string{"education.suspension", "education.exclusion"}, connector.Period{To: day("2026-02-28")}, "Suspension (2 days)"},
		{[]string{"education.send"}, spring, "SEND: EHCP"},
		{[]string{"education.concern"}, spring, "Hungry|Said"},
		{[]string{"education.concern"}, connector.Period{From: day("2026-02-11")}, "Said"},
		{[]string{"education.collection"}, spring, "Collected by: grandmother"},
		{[]string{"education.dsl_contact"}, spring, "Designated safeguarding lead"},
		{[]string{"police.crime"}, spring, ""},
	} {
		got, err := c.Fetch(context.Background(), connector.FetchRequest{Unit: "100001", Ref: ref, Person: connector.Person{Key: "s"}, Categories: q.categories, Period: q.period})
		if err != nil {
			t.Fatal(err)
		}
		var titles []string
		for _, it := range got.Items {
			titles = append(titles, it.Title)
			if err := it.Validate(); err != nil {
				t.Errorf("%s: %v", it.Title, err)
			}
			if !q.period.Covers(it) {
				t.Errorf("%s is outside the period by the contract's own rule", it.Title)
			}
			if !strings.Contains(it.Source, "export of 20") {
				t.Errorf("the source %q does not say how old the export is", it.Source)
			}
		}
		if strings.Join(titles, "|") != q.want || (q.want == "") != (got.Outcome == connector.None) {
			t.Errorf("%v: got %q (%s), want %q", q.categories, titles, got.Outcome, q.want)
		}
	}
	got, _ := c.Fetch(context.Background(), connector.FetchRequest{Ref: ref, Person: connector.Person{Key: "s"}, Categories: []string{"education.concern"}})
	if o, v := got.Items[0], got.Items[1]; o.Kind != record.Opinion || o.Voice != nil || v.Kind != record.ChildVoice || !v.Voice.Verbatim || v.Voice.Agreed != "no" || v.Voice.HeardBy != "teaching assistant" {
		t.Errorf("%+v %+v", o, v)
	}
}

func TestProtectedValuesAreOnEveryItem(t *testing.T) {
	root := t.TempDir()
	good().write(t, root, "100001")
	c := configured(t, root, "")
	ref := search(t, c, "100001", who("Zoë", "Tessel", "2015-02-03")).Candidates[0].Ref
	got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: ref, Person: connector.Person{Key: "s"}, Categories: categories})
	if err != nil || len(got.Items) != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	for _, it := range got.Items {
		r := it.Redact()
		for _, locating := range []string{"Quay", "100001", "960123", "Bright"} {
			if strings.Contains(r.Title+r.Text+r.Source+r.Author, locating) {
				t.Errorf("%s still shows %s", it.ID, locating)
			}
		}
	}
}

func TestSingleMarks(t *testing.T) {
	root := t.TempDir()
	e := good()
	e[AttendanceFile] = "UPN,Date,Session,Mark\n" + upn + ",2026-01-05,AM,/\n" + upn + ",2026-01-05,PM,\\\n" + upn + ",2026-01-06,AM,O\n" + upn + ",2026-01-06,PM,I\n" +
		upn + ",2026-01-07,AM,#\n" + upn + ",2026-01-07,PM,€\n" + upn + ",2025-12-01,AM,O\nB1,2026-01-05,AM,O\n"
	e.write(t, root, "100001")
	c := configured(t, root, "")
	ref := search(t, c, "100001", who("José", "Núñez", "2016-05-03")).Candidates[0].Ref
	got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: ref, Person: connector.Person{Key: "s"}, Categories: []string{"education.attendance"}, Period: connector.Period{From: day("2026-01-01")}})
	if err != nil || len(got.Items) != 1 {
		t.Fatalf("%+v %v", got, err)
	}
	it := got.Items[0]
	if it.Title != "Attendance 50.0 %, spring term 2026" || it.Date.Date != "2026-01-05" || it.Until.Date != "2026-01-07" ||
		it.Text != "2 of 4 possible sessions attended; 1 unauthorised absences. 1 marks with an unknown code are not counted." {
		t.Errorf("%+v until %+v", it, it.Until)
	}
}

func TestWhereThereIsNoExportAPersonIsAsked(t *testing.T) {
	root := t.TempDir()
	good().write(t, root, "100001")
	partial := good()
	delete(partial, ConcernsFile)
	partial.write(t, root, "100002")
	c := configured(t, root, "")
	jose := who("José", "Núñez", "2016-05-03")
	for _, unit := range []string{"100002", "100003"} {
		if got := search(t, c, unit, jose); got.Outcome != connector.AskPerson || got.Unit != unit {
			t.Errorf("%s: %+v", unit, got)
		}
	}
	if got := search(t, c, "100001", who("Nobody", "Here", "2000-01-01")); got.Outcome != connector.None {
		t.Errorf("nobody: %+v", got)
	}
	if got := search(t, c, "", who("Nobody", "Here", "2000-01-01")); got.Outcome != connector.Unavailable {
		t.Errorf("nobody in any school, one of which cannot be searched: %+v", got)
	}
	if got := search(t, configured(t, root, `,"required":[]`), "100002", jose); got.Outcome != connector.Found {
		t.Errorf("nothing required: %+v", got)
	}
	if got := search(t, configured(t, filepath.Join(root, "gone"), ""), "100001", jose); got.Outcome != connector.Unavailable {
		t.Errorf("no folder: %+v", got)
	}
}

func TestBadFilesAreUnavailableWithTheRemedy(t *testing.T) {
	for _, q := range []struct{ file, text, reason string }{
		{AttendanceFile, "UPN,Term,From,To,Attended\n", `csv_column_missing: attendance.csv lacks the column "Possible": export it`},
		{PupilsFile, "UPN,Surname,Forename\n", `csv_column_missing: pupils.csv lacks the column "DOB"`},
		{PupilsFile, "", "export_empty: pupils.csv"},
		{PupilsFile, "UPN,Surname,Forename,DOB,DOB\n", "csv_column_twice: pupils.csv"},
		{PupilsFile, "UPN,Surname,Forename,DOB\na,b,c\n", "csv_malformed: pupils.csv line 2"},
		{PupilsFile, "UPN,Surname,Forename,DOB\na,b\"x,c,d\n", "csv_malformed: pupils.csv line 2"},
		{PupilsFile, "UPN,Surname,Forename,DOB\n\"" + strings.Repeat("x\n", 3<<20), "csv_malformed: pupils.csv"},
	} {
		root := t.TempDir()
		e := good()
		e[q.file] = q.text
		e.write(t, root, "100001")
		got := search(t, configured(t, root, ""), "100001", who("José", "Núñez", "2016-05-03"))
		if got.Outcome != connector.Unavailable || !strings.HasPrefix(got.Reason, q.reason) {
			t.Errorf("%s: %+v, want %s", q.file, got, q.reason)
		}
	}
	// A value that only a fetch reads.
	root := t.TempDir()
	e := good()
	e[AttendanceFile] = "UPN,From,To,Possible,Attended\n" + upn + ",2026-01-05,2026-04-01,ten,9\n"
	e.write(t, root, "100001")
	c := configured(t, root, "")
	ref := search(t, c, "100001", who("José", "Núñez", "2016-05-03")).Candidates[0].Ref
	got, err := c.Fetch(context.Background(), connector.FetchRequest{Ref: ref, Categories: categories})
	if err != nil || got.Outcome != connector.Unavailable || !strings.Contains(got.Reason, "attendance.csv line 2") || len(got.Items) > 0 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestHeadersAreMapped(t *testing.T) {
	root := t.TempDir()
	e := good()
	e[PupilsFile] = "Unique Pupil Number;Legal Surname;forename;Date of birth\n" + upn + ";Núñez;José;03/05/2016\n"
	for f, text := range e {
		if f != PupilsFile {
			e[f] = strings.ReplaceAll(text, ",", ";")
		}
	}
	e.write(t, root, "100001")
	c := configured(t, root, `,"delimiter":";","headers":{"pupils.csv":{"UPN":"Unique Pupil Number","Surname":"Legal Surname","DOB":"date of birth"}}`)
	if got := search(t, c, "100001", who("José", "Núñez", "2016-05-03")); got.Outcome != connector.Found {
		t.Errorf("%+v", got)
	}
	c = configured(t, root, `,"delimiter":";","headers":{"pupils.csv":{"UPN":"Unique Pupil Number","Surname":"Legal Surname","DOB":"date of birth","NHS":"NHS No"}}`)
	if got := search(t, c, "100001", who("José", "Núñez", "2016-05-03")); got.Outcome != connector.Unavailable || !strings.Contains(got.Reason, `"NHS No"`) {
		t.Errorf("a mapped column that is missing: %+v", got)
	}
}

func TestNothingOutsideTheFolderIsRead(t *testing.T) {
	outside, root := t.TempDir(), t.TempDir()
	good().write(t, outside, "100009")
	good().write(t, root, "100001")
	if err := os.Symlink(filepath.Join(outside, "100009"), filepath.Join(root, "100009")); err != nil {
		t.Skip("this file system has no links")
	}
	c := configured(t, root, "")
	if got := search(t, c, "100009", who("José", "Núñez", "2016-05-03")); got.Outcome == connector.Found {
		t.Error("a link out of the folder was followed")
	}
	for _, unit := range []string{"../100009", "..", "10000", "1000011", "10000a", "100001/..", "१२३४५६", "/etc", "100001\x00"} {
		_, err := c.Search(context.Background(), connector.SearchRequest{Unit: unit, Person: connector.Person{Record: who("José", "Núñez", "2016-05-03")}})
		if connector.CodeOf(err) != connector.CodeInvalid {
			t.Errorf("unit %q: %v", unit, err)
		}
		_, err = c.Fetch(context.Background(), connector.FetchRequest{Ref: unit + "/x", Categories: categories})
		if connector.CodeOf(err) != connector.CodeInvalid {
			t.Errorf("ref %q: %v", unit, err)
		}
	}
	ref := search(t, c, "100001", who("José", "Núñez", "2016-05-03")).Candidates[0].Ref
	if _, err := c.Fetch(context.Background(), connector.FetchRequest{Unit: "100002", Ref: ref, Categories: categories}); connector.CodeOf(err) != connector.CodeInvalid {
		t.Errorf("another school's reference: %v", err)
	}
}

func TestSettings(t *testing.T) {
	for raw, field := range map[string]string{
		`{}`: "root", `{"root":"x","rot":1}`: "rot", `{"root":"x","headers":{"../x.csv":{}}}`: "headers",
		`{"root":"x","headers":{"pupils.csv":{"Name":"x"}}}`: "headers.pupils.csv", `{"root":"x","required":["x.csv"]}`: "required",
		`{"root":"x","delimiter":"|"}`: "delimiter", `{"root":7}`: "root",
	} {
		_, err := New().Configure(context.Background(), connector.ConfigureRequest{Config: json.RawMessage(raw)})
		var e *connector.Error
		if !errors.As(err, &e) || e.Code != connector.CodeInvalid || e.Field != field {
			t.Errorf("%s: %v, want %s", raw, err, field)
		}
	}
	if err := settings.Agree(schema, config{}); err != nil {
		t.Error(err)
	}
}
