package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"mashhub/hub/agreement"
	"mashhub/hub/mash"
	"mashhub/policies"
)

const documentOf = "/agreements/document?agreement=mash-fernshire"

// TestDocumentPages: what an agreement lets happen is read as a page, as JSON and
// as a PDF, of what is in force and of what a change would make.
func TestDocumentPages(t *testing.T) {
	h := newHub(t)
	scrutineer := h.as("scrutineer")
	contains(t, "the list", scrutineer.get("/agreements").body, `href="/agreements/document?agreement=mash-fernshire"`, "What the Fernshire Encompass agreement lets happen")
	a := scrutineer.get(documentOf)
	version := h.editions.Engine.Version()
	contains(t, "the page", a.body, "What the Fernshire MASH agreement lets happen", "The hub decides by this version", "Police crime records", "Only that something is held",
		"Neither confirmed nor denied", "have not been checked against their source yet", "MF-7.2", "Fernshire Domestic Abuse Service", "Version "+version, "mash-signatures", "mash-new-page")
	var d agreement.Document
	scrutineer.json("GET", "/api/v1"+documentOf, "", &d)
	if d.Version != version || len(d.Parties) != 10 || len(d.Also) != 0 || len(d.Clauses) < 50 {
		t.Errorf("the API: version %s, %d parties, %d clauses, without words %v", d.Version, len(d.Parties), len(d.Clauses), d.Also)
	}
	for _, x := range d.Sections() {
		contains(t, "the page", a.body, `id="`+x.ID+`"`)
	}

	id := h.proposed()
	contains(t, "the change", scrutineer.get("/agreements/"+id).body, "edition="+id)
	changed := scrutineer.get(documentOf + "&edition=" + id).body
	contains(t, "the change's page", changed, "This version is proposed. It is not in force", "/agreements/document.pdf?agreement=mash-fernshire&amp;edition="+id)
	lacks(t, "the change's page", changed, "Version "+version)
	var of agreement.Document
	scrutineer.json("GET", "/api/v1"+documentOf+"&edition="+id, "", &of)
	if mode := of.Parties[1].Rows[1].Modes["s17"]; mode != "none" || of.Version == version {
		t.Errorf("the change's document: %s in version %s", mode, of.Version)
	}
}

// TestDocumentPDF: the PDF is that of the page, and the same each time.
func TestDocumentPDF(t *testing.T) {
	h := newHub(t)
	ig := h.as("ig_lead")
	const path = "/agreements/document.pdf?agreement=mash-fernshire"
	a := ig.get(path)
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "application/pdf" || !strings.Contains(a.header.Get("Content-Disposition"), "mash-fernshire.pdf") ||
		!strings.HasPrefix(a.body, "%PDF-") || a.body != ig.get(path).body {
		t.Errorf("%d %v %.20q", a.status, a.header, a.body)
	}
	if b := ig.get(path + "&edition=" + h.proposed()); b.status != http.StatusOK || b.body == a.body {
		t.Errorf("of a change: %d, the same %v", b.status, b.body == a.body)
	}
	files, err := agreement.Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	files["agreements/mash-fernshire.yaml"] = strings.Replace(files["agreements/mash-fernshire.yaml"], "title: the Fernshire", "title: the 保 Fernshire", 1)
	e, err := h.editions.Propose(t.Context(), mash.Actor{ID: "somebody", Roles: []string{mash.RoleIGLead}}, files, "why")
	if err != nil {
		t.Fatal(err)
	}
	a = ig.get(path + "&edition=" + e.ID)
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("a character that the font lacks: %d", a.status)
	}
	contains(t, "its page", a.body, "The PDF cannot be made", "4FDD", "print the page from the browser")
	if a := ig.get(documentOf + "&edition=" + e.ID); a.status != http.StatusOK {
		t.Errorf("the page of it: %d", a.status)
	}
}

// TestDocumentsThatAreNotThere, and for whom none is.
func TestDocumentsThatAreNotThere(t *testing.T) {
	h := newHub(t)
	ig := h.as("ig_lead")
	paths := []string{"/agreements/document?agreement=", "/agreements/document.pdf?agreement=", "/api/v1/agreements/document?agreement="}
	for _, path := range paths {
		for _, query := range []string{"nothing", "mash-fernshire&edition=nothing", "..%2Fmash-fernshire", "%00"} {
			if a := ig.get(path + query); a.status != http.StatusNotFound {
				t.Errorf("%s%s: %d", path, query, a.status)
			}
		}
	}
	var problem struct{ Field, Remedy string }
	if a := ig.get("/api/v1/agreements/document"); a.status != http.StatusUnprocessableEntity || json.Unmarshal([]byte(a.body), &problem) != nil || problem.Field != "agreement" || problem.Remedy == "" {
		t.Errorf("no agreement: %d %s", a.status, a.body)
	}
	// A safeguarding lead's role, put to the real policy, opens none of them.
	h.editions.May = func(ctx context.Context, who mash.Actor, page string) error {
		return h.desk.Page(ctx, mash.Actor{ID: who.ID, Roles: []string{"dsl"}}, page)
	}
	for _, path := range paths {
		if a := ig.get(path + "mash-fernshire"); a.status != http.StatusNotFound || strings.Contains(a.body, "Fernshire Police") {
			t.Errorf("%s as a safeguarding lead: %d", path, a.status)
		}
	}
}

// TestStandings: each state of a change has words of its own, so that no paper
// looks as if it were in force.
func TestStandings(t *testing.T) {
	seen := map[string]bool{}
	for _, state := range []mash.EditionState{mash.EditionProposed, mash.EditionApproved, mash.EditionInForce, mash.EditionSuperseded, mash.EditionRejected} {
		text := standing(mash.Edition{State: state})
		if seen[text] || text == "" || state != mash.EditionInForce && strings.Contains(text, "The hub decides by") {
			t.Errorf("%s: %s", state, text)
		}
		seen[text] = true
	}
}
