package tables

import (
	"context"
	"strconv"
	"strings"

	"mashhub/connectors/internal/settings"
)

// IncidentTable maps the table of incidents.
type IncidentTable struct {
	Table          string        `json:"table"`
	Seq            string        `json:"seq"`
	ID             string        `json:"id"`
	Kind           *IncidentKind `json:"kind"`
	Happened       string        `json:"happened"`
	Place          string        `json:"place"`
	Reference      string        `json:"reference"`
	Text           string        `json:"text"`
	FamilyInformed string        `json:"family_informed"`
}

// IncidentKind says which rows are domestic abuse.
type IncidentKind struct {
	Column string   `json:"column"`
	Values []string `json:"values"`
}

// ChildTable maps the table of children who may be victims of an incident.
type ChildTable struct {
	Table      string `json:"table"`
	IncidentID string `json:"incident_id"`
	Ref        string `json:"ref"`
	Family     string `json:"family"`
	Given      string `json:"given"`
	DOB        string `json:"dob"`
	NHS        string `json:"nhs"`
	SettingURN string `json:"setting_urn"`
	Present    string `json:"present"`
	Voice      string `json:"voice"`
}

// Incidents is a checked mapping of incidents and their children.
type Incidents struct {
	Incident IncidentTable
	Child    ChildTable
}

// Check validates the names. Errors: CodeInvalid with field and remedy.
func (in *Incidents) Check() error {
	i, c := &in.Incident, &in.Child
	if err := CheckNames("incident", Name{"table", &i.Table, true, true}, Name{"seq", &i.Seq, false, true}, Name{"id", &i.ID, false, true},
		Name{"happened", &i.Happened, false, true}, Name{"place", &i.Place, false, false}, Name{"reference", &i.Reference, false, false},
		Name{"text", &i.Text, false, false}, Name{"family_informed", &i.FamilyInformed, false, false}); err != nil {
		return err
	}
	if k := i.Kind; k != nil {
		if err := CheckNames("incident.kind", Name{"column", &k.Column, false, true}); err != nil {
			return err
		}
		if len(k.Values) == 0 {
			return settings.Invalid("incident.kind.values", "is empty; list the values that are domestic abuse, or leave kind out")
		}
	}
	return CheckNames("child", Name{"table", &c.Table, true, true}, Name{"incident_id", &c.IncidentID, false, true}, Name{"ref", &c.Ref, false, false},
		Name{"family", &c.Family, false, true}, Name{"given", &c.Given, false, true}, Name{"dob", &c.DOB, false, false},
		Name{"nhs", &c.NHS, false, false}, Name{"setting_urn", &c.SettingURN, false, false}, Name{"present", &c.Present, false, false},
		Name{"voice", &c.Voice, false, false})
}

// Tables lists what the mapping reads.
func (in *Incidents) Tables() []Used {
	i, c := in.Incident, in.Child
	incident := Used{"incident", i.Table, map[string]string{"seq": i.Seq, "id": i.ID, "happened": i.Happened, "place": i.Place,
		"reference": i.Reference, "text": i.Text, "family_informed": i.FamilyInformed}}
	if i.Kind != nil {
		incident.Columns["kind.column"] = i.Kind.Column
	}
	return []Used{incident, {"child", c.Table, map[string]string{"incident_id": c.IncidentID, "ref": c.Ref, "family": c.Family,
		"given": c.Given, "dob": c.DOB, "nhs": c.NHS, "setting_urn": c.SettingURN, "present": c.Present, "voice": c.Voice}}}
}

// IncidentRow is one child of one incident; absent columns are empty.
type IncidentRow struct {
	Seq                                                             int64
	ID, Happened, Place, Reference, Text, FamilyInformed            string
	ChildRef, Family, Given, DOB, NHS, SettingURN, Present, VoiceOf string
}

// After hands over the rows of incidents with a number above after, in the
// order of the numbers, until handle says stop. Rows with one number come in
// the same order each time as long as they do not change. Errors: *Failure, the
// context's.
func (in *Incidents) After(ctx context.Context, d *Database, after int64, limit int, handle func(IncidentRow) (more bool)) error {
	i, c := in.Incident, in.Child
	s := d.statement()
	var list []string
	add := func(alias, name string) {
		if name == "" {
			list = append(list, "''")
			return
		}
		list = append(list, s.filled(alias, name))
	}
	for _, name := range []string{i.Seq, i.ID, i.Happened, i.Place, i.Reference, i.Text, i.FamilyInformed} {
		add("i", name)
	}
	for _, name := range []string{c.Ref, c.Family, c.Given, c.DOB, c.NHS, c.SettingURN, c.Present, c.Voice} {
		add("c", name)
	}
	where := column("i", i.Seq) + " > " + s.arg(after)
	if i.Kind != nil {
		where += " AND " + s.text("i", i.Kind.Column) + " IN " + s.list(i.Kind.Values)
	}
	order := []string{column("i", i.Seq), s.filled("i", i.ID)}
	for _, name := range []string{c.Ref, c.Given, c.Family, c.DOB} {
		if name != "" {
			order = append(order, s.filled("c", name))
		}
	}
	s.sql.WriteString("SELECT " + strings.Join(list, ", ") + " FROM " + quote(i.Table) + " AS i JOIN " + quote(c.Table) + " AS c ON " +
		column("c", c.IncidentID) + " = " + column("i", i.ID) + " WHERE " + where + " ORDER BY " + strings.Join(order, ", ") + " LIMIT " + s.arg(limit))
	stopped := false
	return d.each(ctx, s, func(r []string) error {
		if stopped {
			return nil
		}
		seq, err := strconv.ParseInt(r[0], 10, 64)
		if err != nil {
			return &Failure{ReasonSeq}
		}
		stopped = !handle(IncidentRow{Seq: seq, ID: r[1], Happened: r[2], Place: r[3], Reference: r[4], Text: r[5], FamilyInformed: r[6],
			ChildRef: r[7], Family: r[8], Given: r[9], DOB: r[10], NHS: r[11], SettingURN: r[12], Present: r[13], VoiceOf: r[14]})
		return nil
	})
}

// ReasonSeq is an incident whose number is no whole number.
const ReasonSeq = "sequence_not_a_number"
