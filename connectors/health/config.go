package health

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

//go:embed schema.json
var schema []byte

// SecretBearerToken is the name of the secret that is sent as bearer token.
const SecretBearerToken = "bearer_token"

// Config is what the agency sets. The zero value of an optional field means
// the default named in schema.json.
type Config struct {
	BaseURL     string `json:"base_url"`
	Source      string `json:"source"`
	Profile     string `json:"profile,omitempty"`     // r4, pds
	SearchMode  string `json:"search,omitempty"`      // auto, post, get
	CAFile      string `json:"ca_file,omitempty"`     // PEM
	CAPEM       string `json:"ca_pem,omitempty"`      // PEM, inline
	TimeoutMS   int    `json:"timeout_ms,omitempty"`  // per HTTP answer
	MaxBytes    int64  `json:"max_bytes,omitempty"`   // per HTTP answer
	MaxPages    int    `json:"max_pages,omitempty"`   // per search
	PageSize    int    `json:"page_size,omitempty"`   // asked for, servers may give fewer
	Approximate *bool  `json:"approximate,omitempty"` // default true
	Rules       []Rule `json:"rules,omitempty"`       // default DefaultRules
	// Units are the codes of the practices whose system this is. A question to
	// any other unit is not answered from here.
	Units []string `json:"units,omitempty"`
}

const (
	profileR4  = "r4"
	profilePDS = "pds"

	searchAuto = "auto"
	searchPost = "post"
	searchGet  = "get"
)

// settings is a Config made ready for use; it never changes once built.
type settings struct {
	Config
	base        *url.URL // without a trailing slash
	http        *http.Client
	token       string
	approximate bool
}

func invalid(field, message string) error {
	return &connector.Error{Code: connector.CodeInvalid, Field: field, Message: message}
}

// parseConfig checks raw and builds what the connector works with. Errors:
// CodeInvalid with the field and the remedy; never a value, since an address
// may carry a password.
func parseConfig(raw json.RawMessage, secrets map[string]string) (*settings, error) {
	s := &settings{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s.Config); err != nil {
		return nil, invalid("config", "not the settings that the schema describes: unknown key, wrong type or broken JSON")
	}
	if dec.More() {
		return nil, invalid("config", "one JSON object is expected, more follows it")
	}
	if err := s.setDefaults(); err != nil {
		return nil, err
	}
	if err := s.setBase(); err != nil {
		return nil, err
	}
	for name := range secrets {
		if name != SecretBearerToken {
			return nil, invalid("secrets", "the only secret of this connector is "+SecretBearerToken)
		}
	}
	s.token = secrets[SecretBearerToken]
	if strings.ContainsAny(s.token, "\r\n") {
		return nil, invalid("secrets."+SecretBearerToken, "must be one line")
	}
	return s, s.setClient()
}

func (s *settings) setDefaults() error {
	if strings.TrimSpace(s.Source) == "" {
		return invalid("source", "say how this system is named in what is returned, for example: GP record")
	}
	oneOf := func(field string, v *string, allowed ...string) error {
		if *v == "" {
			*v = allowed[0]
		}
		for _, a := range allowed {
			if *v == a {
				return nil
			}
		}
		return invalid(field, "must be one of "+strings.Join(allowed, ", "))
	}
	if err := oneOf("profile", &s.Profile, profileR4, profilePDS); err != nil {
		return err
	}
	if err := oneOf("search", &s.SearchMode, searchAuto, searchPost, searchGet); err != nil {
		return err
	}
	within := func(field string, v *int, def, low, high int) error {
		if *v == 0 {
			*v = def
		}
		if *v < low || *v > high {
			return invalid(field, "is outside the range that the schema allows")
		}
		return nil
	}
	if err := within("timeout_ms", &s.TimeoutMS, 10_000, 100, 120_000); err != nil {
		return err
	}
	if err := within("max_pages", &s.MaxPages, 50, 1, 1000); err != nil {
		return err
	}
	if err := within("page_size", &s.PageSize, 100, 1, 1000); err != nil {
		return err
	}
	bytesCap := int(s.MaxBytes)
	if err := within("max_bytes", &bytesCap, 4<<20, 1<<10, 64<<20); err != nil {
		return err
	}
	s.MaxBytes = int64(bytesCap)
	s.approximate = s.Approximate == nil || *s.Approximate
	if s.Rules == nil {
		s.Rules = DefaultRules()
		if s.Profile == profilePDS {
			s.Rules = pdsRules()
		}
	}
	return checkRules(s.Rules, s.Profile)
}

func checkRules(rules []Rule, profile string) error {
	if len(rules) == 0 {
		return invalid("rules", "leave the list out for the default rules, or name at least one")
	}
	for i := range rules {
		r := &rules[i]
		switch {
		case !strings.Contains(r.Category, "."):
			return invalid("rules.category", "must be a category code such as health.ae_attendance")
		case searchParams[r.Resource] == nil && r.Resource != "Patient":
			return invalid("rules.resource", "is not a resource type this connector reads; see the schema")
		case profile == profilePDS && r.Resource != "Patient" && r.Resource != "RelatedPerson":
			return invalid("rules.resource", "the pds profile offers Patient and RelatedPerson only")
		}
		if r.Kind == "" {
			r.Kind = record.Fact
		}
		if r.Kind != record.Fact && r.Kind != record.Opinion {
			return invalid("rules.kind", "must be fact or opinion")
		}
		for _, c := range r.Codes {
			if c.Code == "" {
				return invalid("rules.codes", "a code must not be empty")
			}
		}
		for _, t := range r.Terms {
			if len(t) < 3 {
				return invalid("rules.terms", "a term needs at least three letters")
			}
		}
	}
	return nil
}

func (s *settings) setBase() error {
	u, err := url.Parse(s.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return invalid("base_url", "must be an https address such as https://fhir.example.nhs.uk/R4")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return invalid("base_url", "must carry no user, query or fragment; a token belongs to the secrets")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return invalid("base_url", "plain http is accepted for the loopback address only; use https")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	s.base = u
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (s *settings) setClient() error {
	tlsConfig := &tls.Config{MinVersion: tls.VersionTLS12}
	pem := []byte(s.CAPEM)
	if s.CAFile != "" {
		if s.CAPEM != "" {
			return invalid("ca_file", "give ca_file or ca_pem, not both")
		}
		var err error
		if pem, err = os.ReadFile(s.CAFile); err != nil {
			return invalid("ca_file", "cannot be read")
		}
	}
	if len(pem) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return invalid("ca_file", "holds no certificate in PEM form")
		}
		tlsConfig.RootCAs = pool
	}
	timeout := time.Duration(s.TimeoutMS) * time.Millisecond
	s.http = &http.Client{
		Timeout: timeout,
		// A redirect could carry the token and the person to another server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // the agency's system is on the agency's network
			TLSClientConfig:        tlsConfig,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    timeout,
			ResponseHeaderTimeout:  timeout,
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    8,
			IdleConnTimeout:        30 * time.Second,
		},
	}
	return nil
}
