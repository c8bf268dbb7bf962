package web

import (
	"net/http"

	"mashhub/hub/web/kit"
)

// pages registers the pages.
func (s *site) pages() {
	s.router.Handle(kit.Route{Pattern: "GET /{$}", Rule: ruleHome, Handler: func(w http.ResponseWriter, r *http.Request) error {
		return s.layout.Write(w, r, kit.Page{Title: "Start"})
	}})
}

// navigation gives the entries that a person's roles open.
func navigation(kit.User) []kit.NavItem { return nil }
