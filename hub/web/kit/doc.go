// Package kit is what the pages of the hub and of the nodes are made of: the
// components, the page around them, the route table with its protections,
// sessions, live updates and the bar that shows whose time it was.
//
// It exists so that a page author cannot forget what protects people. The
// reader is a social worker at the end of a long day, the data is about
// children, and the same page must be right on paper, on a telephone and in a
// screen reader. So:
//
//   - Pages work without JavaScript. The one script adds comforts (conditional
//     fields, tabs, live regions) and nothing depends on it.
//   - Nothing inline: the content security policy allows our own files only.
//     Every string is escaped by html/template for the place where it stands.
//     A field of type template.HTML is trusted: fill it from a component
//     (MustHTML) or a view, never from what a person or an agency wrote.
//   - A route without a rule does not start. Denied and not found are one page.
//     A fault of the policy engine is another, and says so.
//   - Nothing is preselected, and nothing in an address says who it is about.
//
// # Components
//
// A component is a struct with a method Render() (template.HTML, error). The
// shapes and class names are those of govuk-frontend 6.6.0, and a test compares
// them with its fixtures; the looks are not GOV.UK's (another font, no crown).
//
//	chrome   Header ServiceNav SkipLink Breadcrumbs BackLink PhaseBanner Footer
//	         Pagination
//	content  Heading Paragraph List Table SummaryList Tag Banner Inset Details
//	         Warning Panel Tabs Bar BarLegend Live
//	fields   Input Textarea Select DateInput Radios Checkboxes Fieldset
//	actions  Form Button ButtonGroup Link ErrorSummary
//	glue     Stack (several in order), Raw (HTML that is already safe)
//
// Compose them in Go:
//
//	kit.Form{Action: "/enquiries/" + ref + "/ask", Body: kit.Stack{
//		kit.Radios{Name: "informed", Legend: kit.Legend{Text: "Does the family know?"},
//			Items: []kit.Choice{{Value: "yes", Text: "Yes"}, {Value: "no", Text: "No"}}},
//		kit.Button{Text: "Continue"},
//	}}
//
// or in an own template, read once at start with ParseViews, where a component
// in the data is written {{.Save.Render}}, or {{template "kit/button" .Save}}
// for those whose Render fills in nothing. Views.With(name, data) gives the
// template as a component for Page.Body.
//
// Every field has FieldID(), the target of its entry in the error summary:
//
//	if name.Error != "" {
//		page.Problems = append(page.Problems, kit.Problem{Text: name.Error, Field: name.FieldID()})
//	}
//
// # Pages
//
// One Layout per process says what its pages share. A handler fills a Page and
// calls Layout.Write: 200, or 422 with Problems, whose title then begins with
// "Error: ". The user, the navigation entry and a Flash left by
// Sessions.SetFlash before a redirect come from the request.
//
// # Routes
//
//	rt, err := kit.NewRouter(kit.Config{Layout: …, Sessions: …, Authorise: …, Rules: …, NewID: …, Log: …})
//	rt.Handle(kit.Route{Pattern: "GET /enquiries/{ref}", Rule: "enquiry.view", Handler: h.enquiry})
//	err = rt.DemoSignIn(roles) // the demo only
//	handler, err := rt.Build() // fails for a route without a known rule
//	srv := kit.NewServer(handler, log)
//	srv.RegisterOnShutdown(events.Close)
//
// Authorise is asked before every handler of a route that is not public. What
// an answer discloses (which items of an enquiry) is the handler's own, further
// decision, with its audit entry before anything is shown. A handler returns
// ErrNotFound, ErrDenied, ErrUndecided or a domain error, which Config.Status
// maps; the router answers. Router.Routes lists the table, for a test that
// reads it; Router.Mux lets an API library register under the same rules.
//
// Around everything: security headers, Cache-Control no-store, a request id, a
// body limit, time limits, http.CrossOriginProtection, a check of the host
// name, and a panic that becomes a page without its cause. Browsers send what
// the cross-origin check needs over TLS and to loopback only, so pages on plain
// HTTP to any other address cannot post forms: a node's pages need TLS.
//
// # The API
//
//	a := kit.NewAPI(rt, kit.APIConfig{Title: …, Description: …, Changed: …})
//	kit.Add[kit.WithPage](a, kit.Get("board", "/board", ruleBoard, "…"), func(c kit.Call, _ kit.Nothing) (Board, error) { … })
//	kit.Step[kit.WithIDBody](a, kit.Post("answer", "/tasks/{id}/answer", ruleTask, "…"), func(c kit.Call, in Answer) error { … })
//	rt.Handle(kit.Route{Pattern: "GET /api/openapi.json", Rule: …, API: true, Handler: a.Describe()})
//
// An operation calls the same use case as the page's form. strict.go says what
// is taken for JSON, api_errors.go what an error looks like (RFC 9457), status.go
// has the one table from error codes to HTTP.
//
// # Live updates
//
// Events.Publish(topic, Event) tells open pages that something changed: a
// reference, an agency, a state and times, checked to be of that form, so that
// nothing about a person can travel in one. Events.Serve is the handler of a
// Route with Stream set. A Live region on a board fetches its page again; with
// Notice it only offers to reload, because showing items is a view that needs
// its own decision and audit entry. A stream does not keep a session alive and
// ends with it.
//
// # Assets
//
// static holds the built style sheet and script under names that carry their
// hash; Asset gives their address. They are built from assets-src by
//
//	cd hub/web/kit/assets-src && npm ci && npm run build
//
// and committed, so that nobody needs Node to build or run the program. A test
// checks the hashes and, where Node's packages are installed, that the build
// gives the same files. With MASH_BROWSER=chromium the tests also open the
// pages in that browser, and with MASH_SCREENSHOTS=DIR leave pictures of the
// gallery of components there.
package kit
