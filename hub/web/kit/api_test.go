package kit

import (
	"context"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// An API library's adapter takes the router's mux.
var _ humago.Mux = (*APIMux)(nil)

// TestAPIRoutesKeepTheRules registers an operation through huma: it answers
// with the same sign-in and the same refusal as the pages.
func TestAPIRoutesKeepTheRules(t *testing.T) {
	s := newSite(t).standard()
	config := huma.DefaultConfig("test", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	api := humago.New(s.Mux(map[string]Route{"GET /api/enquiries/{ref}": {Rule: "enquiry.view"}}), config)
	type out struct{ Body struct{ Ref string } }
	huma.Get(api, "/api/enquiries/{ref}", func(ctx context.Context, in *struct {
		Ref string `path:"ref"`
	}) (*out, error) {
		o := &out{}
		u, _ := UserFrom(ctx)
		o.Body.Ref = in.Ref + " for " + u.ID
		return o, nil
	})
	srv, c := s.start(t)
	resp, body := get(t, c, srv.URL+"/api/enquiries/A-1")
	if resp.StatusCode != 401 || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("without sign-in: %d %s", resp.StatusCode, body)
	}
	signIn(t, c, srv.URL, "scrutineer")
	if resp, _ := get(t, c, srv.URL+"/api/enquiries/A-1"); resp.StatusCode != 404 {
		t.Errorf("denied: %d", resp.StatusCode)
	}
	signIn(t, c, srv.URL, "worker")
	if resp, body := get(t, c, srv.URL+"/api/enquiries/A-1"); resp.StatusCode != 200 || !strings.Contains(body, "A-1 for u-1") {
		t.Errorf("permitted: %d %s", resp.StatusCode, body)
	}
}
