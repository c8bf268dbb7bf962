package health

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// answer is what the server said: a status and a FHIR JSON body.
type answer struct {
	status int
	kind   string // resourceType of body, empty if it is not FHIR JSON
	body   []byte
}

// call makes one HTTP exchange. Only a FHIR JSON body is kept; any other is
// dropped unread beyond its cap, because nothing in it may go anywhere.
func (s *state) call(ctx context.Context, method string, target *url.URL, form url.Values) (*answer, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), body)
	if err != nil {
		return nil, unavailable(ReasonMalformed) // the error would quote the URL
	}
	req.Header.Set("Accept", "application/fhir+json")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, unavailable(transportReason(err))
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, s.MaxBytes+1))
	if err != nil {
		return nil, unavailable(transportReason(err))
	}
	if int64(len(raw)) > s.MaxBytes {
		return nil, unavailable(ReasonTooLarge)
	}
	a := &answer{status: resp.StatusCode}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || (media != "application/fhir+json" && media != "application/json") {
		return a, nil
	}
	var head struct {
		ResourceType string `json:"resourceType"`
	}
	if json.Unmarshal(raw, &head) == nil {
		a.kind = head.ResourceType
	}
	a.body = raw
	return a, nil
}

// refused turns a status that is not 2xx, or an OperationOutcome that says
// failure, into its reason. nil means: read on.
func (a *answer) refused() error {
	switch {
	case a.status >= 200 && a.status < 300:
	case a.status >= 300 && a.status < 400:
		return unavailable(ReasonRedirected)
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return unavailable(ReasonDenied)
	case a.status == http.StatusTooManyRequests:
		return unavailable(ReasonRateLimited)
	case a.tooMany():
		return unavailable(ReasonTooMany)
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed, a.status == http.StatusNotImplemented:
		return unavailable(ReasonNotOffered)
	case a.status == http.StatusGone:
		return unavailable(ReasonGone)
	case a.status == http.StatusRequestTimeout, a.status == http.StatusGatewayTimeout:
		return unavailable(ReasonTimeout)
	case a.status >= 500:
		return unavailable(ReasonFailed)
	default:
		return unavailable(ReasonRejected)
	}
	if a.body == nil {
		return unavailable(ReasonContentType)
	}
	if a.kind == "OperationOutcome" {
		if a.tooMany() {
			return unavailable(ReasonTooMany)
		}
		return unavailable(ReasonRejected)
	}
	return nil
}

// issues reads the codes of an OperationOutcome, and only the codes: its texts
// may quote the question.
func (a *answer) issues() []string {
	if a.kind != "OperationOutcome" {
		return nil
	}
	var o operationOutcome
	if json.Unmarshal(a.body, &o) != nil {
		return nil
	}
	return o.codes()
}

func (a *answer) tooMany() bool {
	return hasCode(a.issues(), "multiple-matches", "TOO_MANY_MATCHES", "too-costly")
}

// saysNotFound is the difference between "this server holds no such record" and
// "this address leads nowhere": only a FHIR OperationOutcome says the first.
func (a *answer) saysNotFound() bool {
	if a.status != http.StatusNotFound && a.status != http.StatusGone && a.status != http.StatusOK {
		return false
	}
	return hasCode(a.issues(), "not-found", "deleted", "RESOURCE_NOT_FOUND")
}

func hasCode(codes []string, wanted ...string) bool {
	for _, c := range codes {
		for _, w := range wanted {
			if c == w {
				return true
			}
		}
	}
	return false
}

// at gives the address of a path below the base.
func (s *state) at(segments ...string) *url.URL {
	u := *s.base
	for _, seg := range segments {
		u.Path += "/" + seg
		u.RawPath += "/" + url.PathEscape(seg)
	}
	u.RawPath = s.base.EscapedPath() + u.RawPath
	return &u
}

// search runs one search over all its pages and gives each match to take.
// take may stop it early by returning errEnough.
func (s *state) search(ctx context.Context, kind string, params url.Values, take func(json.RawMessage) error) error {
	params.Set("_count", strconv.Itoa(s.PageSize))
	a, err := s.firstPage(ctx, kind, params)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for page := 1; ; page++ {
		if err := a.refused(); err != nil {
			return err
		}
		b, err := readBundle(a)
		if err != nil {
			return err
		}
		for _, e := range b.Entry {
			if err := s.takeEntry(e, kind, take); err != nil {
				return err
			}
		}
		next, err := s.next(b)
		if err != nil || next == nil {
			return err
		}
		if page >= s.MaxPages || seen[next.String()] {
			return unavailable(ReasonPaging)
		}
		seen[next.String()] = true
		if a, err = s.call(ctx, http.MethodGet, next, nil); err != nil {
			return err
		}
	}
}

func (s *state) takeEntry(e bundleEntry, kind string, take func(json.RawMessage) error) error {
	var head struct {
		ResourceType string `json:"resourceType"`
	}
	if err := json.Unmarshal(e.Resource, &head); err != nil {
		return unavailable(ReasonMalformed)
	}
	switch {
	case e.Search.Mode == "include":
		return nil // not asked for
	case head.ResourceType == "OperationOutcome":
		var o operationOutcome
		if json.Unmarshal(e.Resource, &o) != nil || o.failed() {
			return unavailable(ReasonRejected)
		}
		return nil
	case head.ResourceType != kind:
		return unavailable(ReasonMalformed)
	}
	return take(e.Resource)
}

// firstPage asks with POST where the server takes it, so that the person stands
// in the body and in nobody's access log.
func (s *state) firstPage(ctx context.Context, kind string, params url.Values) (*answer, error) {
	post, err := s.usePost(ctx, kind)
	if err != nil {
		return nil, err
	}
	if post {
		a, err := s.call(ctx, http.MethodPost, s.at(kind, "_search"), params)
		if err != nil {
			return nil, err
		}
		refusedPost := a.status == http.StatusMethodNotAllowed || a.status == http.StatusNotImplemented
		if !refusedPost || s.SearchMode == searchPost {
			return a, nil
		}
		s.capabilities.refusedPost(kind)
	}
	u := s.at(kind)
	u.RawQuery = params.Encode()
	return s.call(ctx, http.MethodGet, u, nil)
}

// next finds the link to the next page. A link to another origin is refused: it
// would carry the token, and the person, to whoever the server named.
func (s *state) next(b *bundle) (*url.URL, error) {
	for _, l := range b.Link {
		if l.Relation != "next" {
			continue
		}
		u, err := url.Parse(l.URL)
		if err != nil || l.URL == "" {
			return nil, unavailable(ReasonMalformed)
		}
		base := *s.base
		base.Path += "/"
		base.RawPath = ""
		u = base.ResolveReference(u)
		if u.Scheme != s.base.Scheme || !strings.EqualFold(u.Host, s.base.Host) || u.User != nil {
			return nil, unavailable(ReasonOffOrigin)
		}
		return u, nil
	}
	return nil, nil
}

func readBundle(a *answer) (*bundle, error) {
	var b bundle
	if a.kind != "Bundle" {
		return nil, unavailable(ReasonMalformed)
	}
	dec := json.NewDecoder(bytes.NewReader(a.body))
	if dec.Decode(&b) != nil || b.Type != "searchset" || dec.More() {
		return nil, unavailable(ReasonMalformed)
	}
	for _, e := range b.Entry {
		if len(e.Resource) == 0 {
			return nil, unavailable(ReasonMalformed)
		}
	}
	return &b, nil
}
