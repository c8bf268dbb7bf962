package encompass

import (
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"
	_ "time/tzdata" // zones are known on a machine with nothing installed

	"mashhub/connectors/internal/settings"
	"mashhub/connectors/internal/tables"
)

//go:embed schema.json
var schema json.RawMessage

// config is what schema.json describes.
type config struct {
	tables.Connection
	Incident     *tables.IncidentTable `json:"incident"`
	Child        *tables.ChildTable    `json:"child"`
	Overlap      int64                 `json:"overlap"`
	PollInterval settings.Duration     `json:"poll_interval"`
	NotBefore    string                `json:"not_before"`
}

const (
	defaultOverlap = 500
	maxOverlap     = 5000
	defaultPoll    = 2 * time.Second
	minKey         = 32 // bytes
)

// check validates the configuration and fills in what was left out.
func (c *config) check() (tables.Incidents, *time.Location, error) {
	var none tables.Incidents
	if err := c.Connection.Check(); err != nil {
		return none, nil, err
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		return none, nil, settings.Invalid("time_zone", "is not a time zone's name; write one like Europe/London")
	}
	switch {
	case c.Incident == nil && c.Child == nil:
		in := layout()
		c.Incident, c.Child = &in.Incident, &in.Child
	case c.Incident == nil:
		return none, nil, settings.Invalid("incident", "is missing; map the table of incidents, or leave out child too for the default layout")
	case c.Child == nil:
		return none, nil, settings.Invalid("child", "is missing; map the table of children, or leave out incident too for the default layout")
	}
	in := tables.Incidents{Incident: *c.Incident, Child: *c.Child}
	if err := in.Check(); err != nil {
		return none, nil, err
	}
	switch {
	case c.Overlap == 0:
		c.Overlap = defaultOverlap
	case c.Overlap < 0 || c.Overlap > maxOverlap:
		return none, nil, settings.Invalid("overlap", "is outside 1 to %d; leave it out for %d", maxOverlap, defaultOverlap)
	}
	switch p := time.Duration(c.PollInterval); {
	case p == 0:
		c.PollInterval = settings.Duration(defaultPoll)
	case p < 50*time.Millisecond || p > time.Minute:
		return none, nil, settings.Invalid("poll_interval", "is outside 50ms to 1m; leave it out for %s", defaultPoll)
	}
	if c.NotBefore != "" {
		if _, err := time.Parse(time.DateOnly, c.NotBefore); err != nil {
			return none, nil, settings.Invalid("not_before", "is not a day; write it like 2026-01-31")
		}
	}
	return in, zone, nil
}

// layout is the mapping of LayoutSQL.
func layout() tables.Incidents {
	return tables.Incidents{
		Incident: tables.IncidentTable{Table: "incident", Seq: "seq", ID: "id", Happened: "happened", Place: "place",
			Reference: "reference", Text: "text", FamilyInformed: "family_informed"},
		Child: tables.ChildTable{Table: "incident_child", IncidentID: "incident_id", Family: "family", Given: "given", DOB: "dob",
			NHS: "nhs", SettingURN: "setting_urn", Present: "present", Voice: "voice"},
	}
}

// readKey reads the secret that IDs are made with.
func readKey(secret string) ([]byte, error) {
	if secret == "" {
		return nil, settings.Invalid("secrets.id_key", "is missing; make one with: openssl rand -hex 32")
	}
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if key, err := decode(secret); err == nil && len(key) >= minKey {
			return key, nil
		}
	}
	return nil, settings.Invalid("secrets.id_key", "is not %d random bytes in hex or base64; make one with: openssl rand -hex 32", minKey)
}
