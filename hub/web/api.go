package web

import (
	"reflect"

	"mashhub/hub/web/kit"
	"mashhub/plugins/record"
)

// api is the API while its operations are registered.
type api struct {
	*kit.API
	site *site
}

// api registers the API.
func (s *site) api() {
	a := &api{site: s, API: kit.NewAPI(s.router, kit.APIConfig{Title: "MASH Hub",
		Description: "Enquiries, requests and returns of a multi-agency safeguarding hub.",
		Published:   map[reflect.Type]reflect.Type{reflect.TypeFor[record.ContactPoints](): reflect.TypeFor[[]record.Contact]()},
		Changed:     func() { Announce(s.Events) }})}
	a.enquiries()
	a.steps()
	a.requests()
	a.asides()
	a.lists()
	a.retention()
	a.agreements()
	s.router.Handle(kit.Route{Pattern: "GET /api/openapi.json", Rule: ruleHome, API: true, Handler: a.Describe()})
}
