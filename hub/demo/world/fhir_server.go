package world

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mashhub/plugins/record"
)

// FHIROptions say how the synthetic FHIR server listens.
type FHIROptions struct {
	Addr  string // loopback only; empty means 127.0.0.1 and a free port
	TLS   bool   // with a certificate of its own authority, see FHIRServer.CA
	Token string // bearer token to ask for; empty asks for none
}

// FHIRServer is a small FHIR R4 server: read and search (GET and POST) over the
// resources of a scenario, a CapabilityStatement, pages, OperationOutcomes. It
// is a stand-in for a health system, not a product.
type FHIRServer struct {
	URL string // base of the service
	CA  []byte // PEM; nil without TLS

	token string
	down  bool
	data  *fhirData
	http  *http.Server
	done  chan struct{}
	err   error

	mu    sync.Mutex
	pages map[string]page
	calls int
}

// page is the rest of a search. It is kept here and named by a random token, so
// that no link carries the question.
type page struct {
	rest []resource
	size int
}

const maxPages = 1000

// StartFHIR starts the health system of a scenario. It stops when ctx ends or
// Close is called.
func StartFHIR(ctx context.Context, s *Scenario, o FHIROptions) (*FHIRServer, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(o.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, errors.New("the synthetic FHIR server listens on a loopback address only")
	}
	f := &FHIRServer{token: o.Token, down: s.Systems.Health.Down, data: newFHIRData(s), done: make(chan struct{}), pages: map[string]page{}}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listening for FHIR: %w", err)
	}
	f.URL = "http://" + l.Addr().String() + "/R4"
	f.http = &http.Server{Handler: f, ReadHeaderTimeout: 5 * time.Second}
	serve := f.http.Serve
	if o.TLS {
		config, ca, err := certificate(host)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		f.CA, f.http.TLSConfig = ca, config
		f.URL = "https" + strings.TrimPrefix(f.URL, "http")
		serve = func(l net.Listener) error { return f.http.ServeTLS(l, "", "") }
	}
	go func() {
		defer close(f.done)
		if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
			f.err = err
		}
	}()
	context.AfterFunc(ctx, func() { _ = f.http.Close() })
	return f, nil
}

// Close stops the server and waits until it has.
func (f *FHIRServer) Close() error {
	err := f.http.Close()
	<-f.done
	return errors.Join(err, f.err)
}

// Calls is how many exchanges the server has seen.
func (f *FHIRServer) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *FHIRServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.calls++
	f.mu.Unlock()
	if f.down {
		w.Header().Set("Retry-After", "3600")
		failure(w, http.StatusServiceUnavailable, "transient", "The service is down for maintenance.")
		return
	}
	if f.token != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+f.token)) != 1 {
		failure(w, http.StatusUnauthorized, "login", "A bearer token is needed.")
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/R4/")
	if !ok {
		failure(w, http.StatusNotFound, "not-supported", "The service is at /R4.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		failure(w, http.StatusBadRequest, "invalid", "The form could not be read.")
		return
	}
	parts := strings.Split(path, "/")
	switch {
	case path == "metadata" && r.Method == http.MethodGet:
		answer(w, http.StatusOK, capabilityStatement())
	case parts[0] == "_page" && len(parts) == 2 && r.Method == http.MethodGet:
		f.nextPage(w, parts[1])
	case !slices.Contains(fhirTypes, parts[0]):
		failure(w, http.StatusNotFound, "not-supported", "This resource type is not offered.")
	case len(parts) == 1 && r.Method == http.MethodGet:
		f.search(w, parts[0], r.Form)
	case len(parts) == 2 && parts[1] == "_search" && r.Method == http.MethodPost:
		f.search(w, parts[0], r.Form)
	case len(parts) == 2 && r.Method == http.MethodGet:
		f.read(w, parts[0], parts[1])
	default:
		failure(w, http.StatusMethodNotAllowed, "not-supported", "Only read and search are offered.")
	}
}

func (f *FHIRServer) read(w http.ResponseWriter, kind, id string) {
	if kind == "Patient" {
		if p, ok := f.data.patients[id]; ok {
			answer(w, http.StatusOK, p)
			return
		}
	}
	for _, h := range f.data.byType[kind] {
		if h.resource["id"] == id {
			answer(w, http.StatusOK, h.resource)
			return
		}
	}
	failure(w, http.StatusNotFound, "not-found", "There is no such resource.")
}

func (f *FHIRServer) search(w http.ResponseWriter, kind string, q url.Values) {
	size, err := strconv.Atoi(q.Get("_count"))
	if err != nil || size < 1 || size > 50 {
		size = 50
	}
	for name := range q {
		if !slices.Contains([]string{"_count", "_format", "identifier", "family", "given", "birthdate", "gender", "address-postalcode", "patient", "subject", "date"}, name) {
			failure(w, http.StatusBadRequest, "not-supported", "A search parameter is not known.")
			return
		}
	}
	var found []resource
	if kind == "Patient" {
		if len(q) < 2 && !q.Has("identifier") {
			failure(w, http.StatusUnprocessableEntity, "too-costly", "Name whom you look for.")
			return
		}
		found = f.data.searchPatients(q)
	} else {
		ref := strings.TrimPrefix(q.Get("patient")+q.Get("subject"), "Patient/")
		if ref == "" {
			failure(w, http.StatusUnprocessableEntity, "too-costly", "Name the patient.")
			return
		}
		for _, h := range f.data.byType[kind] {
			if h.patient == ref && within(h.date, q["date"]) {
				found = append(found, h.resource)
			}
		}
	}
	f.write(w, page{found, size}, len(found))
}

func (f *FHIRServer) nextPage(w http.ResponseWriter, token string) {
	f.mu.Lock()
	p, ok := f.pages[token]
	f.mu.Unlock()
	if !ok {
		failure(w, http.StatusGone, "expired", "The page is gone; search again.")
		return
	}
	f.write(w, p, -1)
}

func (f *FHIRServer) write(w http.ResponseWriter, p page, total int) {
	bundle := resource{"resourceType": "Bundle", "type": "searchset"}
	if total >= 0 {
		bundle["total"] = total
	}
	shown := p.rest
	if len(shown) > p.size {
		shown = p.rest[:p.size]
		raw := make([]byte, 16)
		_, _ = rand.Read(raw) // never fails
		token := hex.EncodeToString(raw)
		f.mu.Lock()
		if len(f.pages) >= maxPages {
			clear(f.pages)
		}
		f.pages[token] = page{p.rest[p.size:], p.size}
		f.mu.Unlock()
		bundle["link"] = list(resource{"relation": "next", "url": f.URL + "/_page/" + token})
	}
	var entries []any
	for _, r := range shown {
		entries = append(entries, resource{
			"fullUrl": fmt.Sprintf("%s/%s/%s", f.URL, r["resourceType"], r["id"]), "resource": r, "search": resource{"mode": "match"},
		})
	}
	if entries != nil {
		bundle["entry"] = entries
	}
	answer(w, http.StatusOK, bundle)
}

// searchPatients ands its parameters. Names fit from their beginning, without
// regard to case and accents, as FHIR R4 says of string parameters.
func (d *fhirData) searchPatients(q url.Values) []resource {
	var out []resource
	for _, id := range d.order {
		p := d.people[id]
		if number, ok := strings.CutPrefix(q.Get("identifier"), "https://fhir.nhs.uk/Id/nhs-number|"); q.Has("identifier") && (!ok || p.NHS == "" || p.NHS != number) {
			continue
		}
		if q.Has("birthdate") && (p.Born == "" || !within(p.Born, q["birthdate"])) {
			continue
		}
		if postcode := q.Get("address-postalcode"); postcode != "" && record.NormalPostcode(p.Address.Postcode) != record.NormalPostcode(postcode) {
			continue
		}
		families, givens := []string{p.Family}, slices.Clone(p.Given)
		for _, a := range p.Other {
			families, givens = append(families, a.Family), append(givens, a.Given)
		}
		if !begins(families, q.Get("family")) || !begins(givens, q.Get("given")) {
			continue
		}
		out = append(out, d.patients[id])
	}
	return out
}

var unescape = strings.NewReplacer(`\\`, `\`, `\,`, `,`, `\|`, `|`, `\$`, `$`)

func begins(names []string, wanted string) bool {
	if wanted == "" {
		return true
	}
	wanted = record.FoldName(unescape.Replace(wanted))
	return slices.ContainsFunc(names, func(n string) bool { return n != "" && strings.HasPrefix(record.FoldName(n), wanted) })
}

// within compares a day with date parameters (ge, le or none, meaning equal).
// A day that is known in part fits when any of it does.
func within(day string, params []string) bool {
	if day == "" {
		return true
	}
	for _, p := range params {
		op, want := p[:min(2, len(p))], p
		if op == "ge" || op == "le" {
			want = p[2:]
		} else {
			op = "eq"
		}
		n := min(len(day), len(want))
		switch {
		case op == "ge" && day[:n] < want[:n], op == "le" && day[:n] > want[:n], op == "eq" && day[:n] != want[:n]:
			return false
		}
	}
	return true
}

func capabilityStatement() resource {
	var types []any
	for _, t := range fhirTypes {
		types = append(types, resource{"type": t, "interaction": list(resource{"code": "read"}, resource{"code": "search-type"})})
	}
	return resource{
		"resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "fhirVersion": "4.0.1", "format": list("json"),
		"rest": list(resource{"mode": "server", "resource": types}),
	}
}

func failure(w http.ResponseWriter, status int, code, text string) {
	answer(w, status, resource{"resourceType": "OperationOutcome", "issue": list(resource{"severity": "error", "code": code, "diagnostics": text})})
}

func answer(w http.ResponseWriter, status int, r resource) {
	raw, err := json.Marshal(r)
	if err != nil {
		status, raw = http.StatusInternalServerError, []byte(`{"resourceType":"OperationOutcome","issue":[{"severity":"fatal","code":"exception"}]}`)
	}
	w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a client that went away is no concern of ours
}
