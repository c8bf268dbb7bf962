package kit

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"mashhub/hub/mash"
)

// APIPrefix is where the operations of an API stand.
const APIPrefix = "/api/v1"

// APIConfig is what an API says of itself.
type APIConfig struct {
	Title, Description string
	// Published says as what a type is described that is written in another form
	// than it is held in.
	Published map[reflect.Type]reflect.Type
	// Changed is called after every operation that may have changed something;
	// nil where the use cases tell of that themselves.
	Changed func()
}

// API collects operations while they are registered. Their bodies are read
// strictly, their errors are problem+json, and every one keeps a rule of the
// route table.
type API struct {
	c      APIConfig
	rt     *Router
	huma   huma.API
	routes map[string]Route
}

// Op is one operation. MaxBody and Timeout are as in Route.
type Op struct {
	ID, Method, Path, Rule, Summary string
	Status                          int
	MaxBody                         int64
	Timeout                         time.Duration
}

// Get is an operation that changes nothing.
func Get(id, path, rule, summary string) Op {
	return Op{ID: id, Method: http.MethodGet, Path: path, Rule: rule, Summary: summary}
}

// Post is one that does.
func Post(id, path, rule, summary string) Op {
	return Op{ID: id, Method: http.MethodPost, Path: path, Rule: rule, Summary: summary}
}

// Call is who asks for what.
type Call struct {
	context.Context
	Actor mash.Actor
	ID    string // of the path; empty where it has none
	Page  int    // of a list
	// Agreement and Edition are those of WithAgreement.
	Agreement, Edition string
}

// The inputs of operations. Bodies are read by decode, not by the library: it
// would repeat what was sent in its errors.
type (
	// Bare has no input but the address.
	Bare struct{}
	// WithID has an id in its path.
	WithID struct {
		ID string `path:"id"`
	}
	// WithPage is a list.
	WithPage struct {
		Page int `query:"page" default:"1" minimum:"1" doc:"Which page of the list; 100 rows each"`
	}
	// WithAgreement names an agreement, in force or as an edition makes it.
	WithAgreement struct {
		Agreement string `query:"agreement" required:"true" doc:"The agreement's id"`
		Edition   string `query:"edition" doc:"The change that makes the version; empty for the version in force"`
	}
	// WithBody has a body.
	WithBody struct {
		Type    string `header:"Content-Type" hidden:"true"`
		RawBody []byte `contentType:"application/json"`
	}
	// WithIDBody has both.
	WithIDBody struct {
		ID      string `path:"id"`
		Type    string `header:"Content-Type" hidden:"true"`
		RawBody []byte `contentType:"application/json"`
	}
)

// parts are what an input consists of.
type parts struct {
	id, contentType    string
	agreement, edition string
	page               int
	body               []byte
}

// APIInput is one of the inputs above.
type APIInput interface{ parts() parts }

func (Bare) parts() parts       { return parts{} }
func (i WithID) parts() parts   { return parts{id: i.ID} }
func (i WithPage) parts() parts { return parts{page: i.Page} }
func (i WithAgreement) parts() parts {
	return parts{agreement: i.Agreement, edition: i.Edition}
}
func (i WithBody) parts() parts   { return parts{contentType: i.Type, body: i.RawBody} }
func (i WithIDBody) parts() parts { return parts{id: i.ID, contentType: i.Type, body: i.RawBody} }

// Nothing is the input of operations without a body.
type Nothing struct{}

// NewAPI gives an API without operations under a router's rules.
func NewAPI(rt *Router, c APIConfig) *API {
	if c.Changed == nil {
		c.Changed = func() {}
	}
	h := huma.DefaultConfig(c.Title, "1")
	h.Info.Description = c.Description + " Sign in by POST /sign-in and keep the cookie. What is not there and what you may not see are one answer, 404."
	h.OpenAPIPath, h.DocsPath, h.SchemasPath, h.CreateHooks = "", "", "", nil
	h.FieldsOptionalByDefault = true
	h.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	for held, published := range c.Published {
		h.Components.Schemas.RegisterTypeAlias(held, published)
	}
	h.OnAddOperation = append(h.OnAddOperation, func(o *huma.OpenAPI, op *huma.Operation) {
		if in, ok := op.Metadata["in"].(reflect.Type); ok {
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				"application/json": {Schema: o.Components.Schemas.Schema(in, true, "")}}}
		}
	})
	a := &API{c: c, rt: rt, routes: map[string]Route{}}
	a.huma = humago.New(rt.Mux(a.routes), h)
	return a
}

type output[O any] struct{ Body O }

// Add registers an operation that answers with something.
func Add[P APIInput, I, O any](a *API, o Op, f func(Call, I) (O, error)) {
	huma.Register(a.huma, a.operation(o, reflect.TypeFor[I]()), func(ctx context.Context, p *P) (*output[O], error) {
		var in I
		c, err := a.read(ctx, *p, &in)
		if err == nil {
			var out O
			if out, err = f(c, in); err == nil {
				if o.Method != http.MethodGet {
					a.c.Changed()
				}
				return &output[O]{out}, nil
			}
		}
		return nil, a.rt.Problem(ctx, err)
	})
}

// Step registers an operation that answers with nothing but success.
func Step[P APIInput, I any](a *API, o Op, f func(Call, I) error) {
	o.Status = http.StatusNoContent
	huma.Register(a.huma, a.operation(o, reflect.TypeFor[I]()), func(ctx context.Context, p *P) (*struct{}, error) {
		var in I
		c, err := a.read(ctx, *p, &in)
		if err == nil {
			err = f(c, in)
		}
		if err != nil {
			return nil, a.rt.Problem(ctx, err)
		}
		a.c.Changed()
		return nil, nil
	})
}

func (a *API) read(ctx context.Context, p APIInput, in any) (Call, error) {
	x := p.parts()
	u, _ := UserFrom(ctx)
	c := Call{Context: ctx, Actor: u.Actor(), ID: x.id, Page: x.page, Agreement: x.agreement, Edition: x.edition}
	if _, none := in.(*Nothing); none {
		return c, nil
	}
	if t, _, err := mime.ParseMediaType(x.contentType); err != nil || t != "application/json" {
		return c, &APIProblem{Type: "about:blank", Title: http.StatusText(http.StatusUnsupportedMediaType), Status: http.StatusUnsupportedMediaType,
			Instance: "urn:request:" + RequestID(ctx), Code: mash.CodeInvalid, Message: "the body is not declared as JSON", Remedy: "send Content-Type: application/json"}
	}
	return c, decode(x.body, in)
}

// operation describes o to the library and its rule to the router.
func (a *API) operation(o Op, in reflect.Type) huma.Operation {
	a.routes[o.Method+" "+APIPrefix+o.Path] = Route{Rule: o.Rule, MaxBody: o.MaxBody, Timeout: o.Timeout}
	h := huma.Operation{OperationID: o.ID, Method: o.Method, Path: APIPrefix + o.Path, Summary: o.Summary, DefaultStatus: o.Status,
		Errors:   []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusServiceUnavailable},
		Metadata: map[string]any{}, SkipValidateBody: true, SkipValidateParams: true, MaxBodyBytes: o.MaxBody}
	if o.Method != http.MethodGet {
		h.Errors = append(h.Errors, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if in != reflect.TypeFor[Nothing]() {
		h.Metadata["in"] = in
	}
	return h
}

// Raw registers a GET that writes something else than JSON: a download, or a
// stream. Its path may have one wildcard.
func (a *API) Raw(id, path, contentType, summary string, r Route) {
	var params []*huma.Param
	if _, name, ok := strings.Cut(path, "{"); ok {
		params = []*huma.Param{{Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	a.huma.OpenAPI().AddOperation(&huma.Operation{OperationID: id, Method: http.MethodGet, Path: APIPrefix + path, Summary: summary, Parameters: params,
		Responses: map[string]*huma.Response{"200": {Description: summary, Content: map[string]*huma.MediaType{contentType: {}}}}})
	r.Pattern, r.API = "GET "+APIPrefix+path, true
	a.rt.Handle(r)
}

// Describe gives the handler of the API's description, for the route GET
// /api/openapi.json. Call it when every operation is there.
func (a *API) Describe() HandlerFunc {
	text, err := json.Marshal(a.huma.OpenAPI())
	return func(w http.ResponseWriter, _ *http.Request) error {
		if err != nil {
			return fmt.Errorf("writing the description: %w", err)
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, werr := w.Write(text)
		return werr
	}
}

// schemaName keeps types of one name apart: enquiry.Feedback, mash.Feedback.
// Those of the domain and of the pages have no prefix.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	pkg := path.Base(t.PkgPath())
	if t.PkgPath() == "" || slices.Contains([]string{"mash", "kit", "web", "pages"}, pkg) {
		return name
	}
	return string(pkg[0]-'a'+'A') + pkg[1:] + name
}
