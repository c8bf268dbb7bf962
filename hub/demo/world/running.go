package world

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// Running is the agencies' systems of one scenario.
type Running struct {
	FHIR       *FHIRServer
	Police     string // SQLite database, with the incidents that Encompass watches
	SocialCare string // SQLite database
	Schools    string // folder with a folder per URN
}

// Start builds the systems of a scenario in dir and starts the one that is a
// server. It stops with ctx or Close; the files stay.
func Start(ctx context.Context, dir string, s *Scenario, o FHIROptions) (*Running, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for the agencies' systems: %w", err)
	}
	r := &Running{}
	var err error
	if r.Police, err = BuildPolice(ctx, dir, s); err != nil {
		return nil, fmt.Errorf("building the police system: %w", err)
	}
	if r.SocialCare, err = BuildSocialCare(ctx, dir, s); err != nil {
		return nil, fmt.Errorf("building the social care system: %w", err)
	}
	if r.Schools, err = BuildSchools(dir, s); err != nil {
		return nil, fmt.Errorf("building the schools' exports: %w", err)
	}
	if r.FHIR, err = StartFHIR(ctx, s, o); err != nil {
		return nil, err
	}
	return r, nil
}

// Close stops what runs.
func (r *Running) Close() error { return r.FHIR.Close() }

// Kinds are the connectors that have a system here; inbox has none.
var Kinds = []string{"socialcare", "police", "health", "schools", "encompass", "inbox"}

// encompassKey makes the notifications' ids. The demo's agencies are synthetic,
// so a key that everybody can read protects nothing and nobody.
const encompassKey = "6d6173682d6875622073796e746865746963207761746368206b6579202d2d2d2d"

// Config gives a connector's settings and secrets for these systems.
func (r *Running) Config(kind string) (config json.RawMessage, secrets map[string]string, err error) {
	var v any
	switch kind {
	case "health":
		c := map[string]any{"base_url": r.FHIR.URL, "source": "Health record"}
		if r.FHIR.CA != nil {
			c["ca_pem"] = string(r.FHIR.CA)
		}
		if r.FHIR.token != "" {
			secrets = map[string]string{"bearer_token": r.FHIR.token}
		}
		v = c
	case "police":
		v = map[string]any{"driver": "sqlite", "dsn": r.Police}
	case "socialcare":
		v = map[string]any{"driver": "sqlite", "dsn": r.SocialCare}
	case "encompass":
		v, secrets = map[string]any{"driver": "sqlite", "dsn": r.Police}, map[string]string{"id_key": encompassKey}
	case "schools":
		v = map[string]any{"root": r.Schools}
	case "inbox":
		v = map[string]any{}
	default:
		return nil, nil, errors.New("there is no synthetic system of this kind")
	}
	config, err = json.Marshal(v)
	return config, secrets, err
}
