package web

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"path"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

const apiPrefix = "/api/v1"

// api collects the operations while they are registered.
type api struct {
	site  *site
	huma  huma.API
	rules map[string]string
}

// op is one operation of the API.
type op struct {
	id, method, path, rule, summary string
	status                          int
}

// call is who asks for what.
type call struct {
	context.Context
	actor mash.Actor
	id    string // of the path; empty where it has none
	page  int    // of a list
}

// The inputs of operations. Bodies are read by decode, not by the library: it
// would repeat what was sent in its errors.
type (
	bare   struct{}
	withID struct {
		ID string `path:"id"`
	}
	withPage struct {
		Page int `query:"page" default:"1" minimum:"1" doc:"Which page of the list; 100 rows each"`
	}
	withBody struct {
		Type    string `header:"Content-Type" hidden:"true"`
		RawBody []byte `contentType:"application/json"`
	}
	withIDBody struct {
		ID      string `path:"id"`
		Type    string `header:"Content-Type" hidden:"true"`
		RawBody []byte `contentType:"application/json"`
	}
)

// parts are what an input consists of.
type parts struct {
	id, contentType string
	page            int
	body            []byte
}

type input interface{ parts() parts }

func (bare) parts() parts         { return parts{} }
func (i withID) parts() parts     { return parts{id: i.ID} }
func (i withPage) parts() parts   { return parts{page: i.Page} }
func (i withBody) parts() parts   { return parts{contentType: i.Type, body: i.RawBody} }
func (i withIDBody) parts() parts { return parts{id: i.ID, contentType: i.Type, body: i.RawBody} }

type output[O any] struct{ Body O }

// add registers an operation that answers with something.
func add[P input, I, O any](a *api, o op, f func(call, I) (O, error)) {
	huma.Register(a.huma, a.operation(o, reflect.TypeFor[I]()), func(ctx context.Context, p *P) (*output[O], error) {
		var in I
		c, err := a.read(ctx, *p, &in)
		if err == nil {
			var out O
			if out, err = f(c, in); err == nil {
				if o.method != http.MethodGet {
					Announce(a.site.Events)
				}
				return &output[O]{out}, nil
			}
		}
		return nil, a.site.problemOf(ctx, err)
	})
}

// step registers an operation that answers with nothing but success.
func step[P input, I any](a *api, o op, f func(call, I) error) {
	o.status = http.StatusNoContent
	huma.Register(a.huma, a.operation(o, reflect.TypeFor[I]()), func(ctx context.Context, p *P) (*struct{}, error) {
		var in I
		c, err := a.read(ctx, *p, &in)
		if err == nil {
			err = f(c, in)
		}
		if err != nil {
			return nil, a.site.problemOf(ctx, err)
		}
		Announce(a.site.Events)
		return nil, nil
	})
}

// nothing is the input of operations without a body.
type nothing struct{}

func (a *api) read(ctx context.Context, p input, in any) (call, error) {
	x := p.parts()
	c := call{Context: ctx, actor: actor(ctx), id: x.id, page: x.page}
	if _, none := in.(*nothing); none {
		return c, nil
	}
	if t, _, err := mime.ParseMediaType(x.contentType); err != nil || t != "application/json" {
		return c, &Problem{Type: "about:blank", Title: http.StatusText(http.StatusUnsupportedMediaType), Status: http.StatusUnsupportedMediaType,
			Instance: "urn:request:" + kit.RequestID(ctx), Code: mash.CodeInvalid, Message: "the body is not declared as JSON", Remedy: "send Content-Type: application/json"}
	}
	return c, decode(x.body, in)
}

// operation describes o to the library and its rule to the router.
func (a *api) operation(o op, in reflect.Type) huma.Operation {
	a.rules[o.method+" "+apiPrefix+o.path] = o.rule
	h := huma.Operation{OperationID: o.id, Method: o.method, Path: apiPrefix + o.path, Summary: o.summary, DefaultStatus: o.status,
		Errors:   []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusServiceUnavailable},
		Metadata: map[string]any{}, SkipValidateBody: true, SkipValidateParams: true}
	if o.method != http.MethodGet {
		h.Errors = append(h.Errors, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if in != reflect.TypeFor[nothing]() {
		h.Metadata["in"] = in
	}
	return h
}

// api registers the API.
func (s *site) api() {
	c := huma.DefaultConfig("MASH Hub", "1")
	c.Info.Description = "Enquiries, requests and returns of a multi-agency safeguarding hub. Sign in by POST /sign-in and keep the cookie. " +
		"What is not there and what you may not see are one answer, 404."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.FieldsOptionalByDefault = true
	c.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	// As it is published, not as it is held.
	c.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[record.ContactPoints](), reflect.TypeFor[[]record.Contact]())
	c.OnAddOperation = append(c.OnAddOperation, func(o *huma.OpenAPI, h *huma.Operation) {
		if in, ok := h.Metadata["in"].(reflect.Type); ok {
			h.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				"application/json": {Schema: o.Components.Schemas.Schema(in, true, "")}}}
		}
	})
	a := &api{site: s, rules: map[string]string{}}
	a.huma = humago.New(s.router.Mux(a.rules), c)
	a.enquiries()
	a.steps()
	a.requests()
	a.asides()
	a.lists()
	a.retention()
	s.specification(a.huma.OpenAPI())
}

// schemaName keeps types of one name apart: enquiry.Feedback, mash.Feedback.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if t.PkgPath() != "" {
		if pkg := path.Base(t.PkgPath()); pkg != "mash" && pkg != "web" {
			return string(pkg[0]-'a'+'A') + pkg[1:] + name
		}
	}
	return name
}

// specification serves the description of the API to whoever is signed in.
func (s *site) specification(o *huma.OpenAPI) {
	text, err := json.Marshal(o)
	s.router.Handle(kit.Route{Pattern: "GET /api/openapi.json", Rule: ruleHome, API: true, Handler: func(w http.ResponseWriter, r *http.Request) error {
		if err != nil {
			return fmt.Errorf("writing the description: %w", err)
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, werr := w.Write(text)
		return werr
	}})
}
