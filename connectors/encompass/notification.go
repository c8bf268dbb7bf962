package encompass

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"mashhub/connectors/internal/items"
	"mashhub/connectors/internal/tables"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// notification makes what a setting is told of one child in one incident.
func (w *watched) notification(row tables.IncidentRow) (connector.Notification, mark) {
	id, m := w.id(row)
	n := connector.Notification{
		ID: id, Kind: "encompass", Person: child(row),
		Happened: w.instant(row.Happened), Place: strings.TrimSpace(row.Place), Reference: strings.TrimSpace(row.Reference),
		Present: yesNo(row.Present, "unknown"), Voice: strings.TrimSpace(row.VoiceOf), Text: strings.TrimSpace(row.Text),
		FamilyInformed: yesNo(row.FamilyInformed, "unsafe_to_tell"),
	}
	if urn := strings.TrimSpace(row.SettingURN); record.CheckURN(urn) == nil {
		n.Setting = urn
	}
	return n, m
}

// id makes the stable ID: see the package's comment.
func (w *watched) id(row tables.IncidentRow) (string, mark) {
	who := []string{"ref", row.ChildRef}
	if row.ChildRef == "" {
		birth, _ := items.Date(row.DOB)
		who = []string{"name", record.FoldName(row.Given), record.FoldName(row.Family), birth.Date}
	}
	h := hmac.New(sha256.New, w.key)
	for _, part := range append([]string{"mashhub encompass 1", row.ID}, who...) {
		// Lengths keep "ab","c" and "a","bc" apart.
		h.Write([]byte{byte(len(part) >> 24), byte(len(part) >> 16), byte(len(part) >> 8), byte(len(part))})
		h.Write([]byte(part))
	}
	sum := h.Sum(nil)
	var m mark
	copy(m[:], sum)
	return "enc-" + hex.EncodeToString(sum[:16]), m
}

func child(row tables.IncidentRow) record.Person {
	var p record.Person
	family, given := strings.TrimSpace(row.Family), strings.Fields(row.Given)
	if family != "" || len(given) > 0 {
		name := record.Name{Given: given, Use: "usual"}
		if family != "" {
			name.Family = []string{family}
		}
		p.Names = []record.Name{name}
	}
	if d, ok := items.Date(row.DOB); ok {
		p.BirthDate = &d
	}
	if id := (record.Identifier{System: record.SystemNHSNumber, Value: row.NHS}).Normal(); id.Check() == nil {
		p.Identifiers = []record.Identifier{id}
	}
	return p
}

// instant reads a time as databases write it; without a zone it is the
// system's. What cannot be read is the zero time: the school is told anyway.
func (w *watched) instant(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, form := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
		"2006-01-02T15:04", "2006-01-02 15:04", "02/01/2006 15:04:05", "02/01/2006 15:04", time.DateOnly, "02/01/2006"} {
		if t, err := time.ParseInLocation(form, s, w.zone); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func yesNo(s, otherwise string) string {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "y", "true", "t", "1":
		return "yes"
	case "no", "n", "false", "f", "0":
		return "no"
	}
	return otherwise
}
