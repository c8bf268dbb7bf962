package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mashhub/hub/agreement"
	"mashhub/hub/evidence"
	"mashhub/hub/mash"
	"mashhub/hub/web/kit"
)

// stepWords say what happened to a question; what is not here stands as it is in
// the log.
var stepWords = map[string]string{"request.ask": "Asked", "request.held": "Held for a manager to decide", "request.review": "A manager decided about it", "request.denied": "Refused by the agreement",
	"request.amend": "Changed", "request.withdraw": "Withdrawn", "request.clarify": "The agency asked back", "request.clarified": "Its question was answered",
	"request.received": "The agency has it", "request.undeliverable": "It could not be delivered", "request.telephoned": "Told on the telephone", "return.land": "An answer landed"}

// whyTime bounds it: the whole log is read.
const whyTime = time.Minute

// whyPath is where it says why an item was shared.
func whyPath(enquiry, id string) string {
	ret, item, _ := strings.Cut(id, "/")
	return "/enquiries/" + enquiry + "/items/" + url.PathEscape(ret) + "/" + url.PathEscape(item) + "/why"
}

// whyOf reads it for the item that an address names.
func (s *site) whyOf(r *http.Request) (evidence.Sharing, error) {
	return s.Evidence.Why(r.Context(), actor(r.Context()), r.PathValue("id"), r.PathValue("return")+"/"+r.PathValue("item"))
}

// why says on a page why one item was shared, for whoever may see the item.
func (s *site) why(w http.ResponseWriter, r *http.Request) error {
	x, err := s.whyOf(r)
	if err != nil {
		return err
	}
	agency := s.partyName(x.Asked.Party)
	body := kit.Stack{
		kit.SummaryList{Rows: []kit.Row{
			{Key: "Kind of information", Text: mash.CategoryName(x.Item.Category)},
			{Key: "From", Text: agency},
			{Key: "Purpose", Text: mash.PurposeName(x.Asked.Purpose)},
			{Key: "Item", Text: x.Item.ID, Classes: "mash-break"}}},
		kit.Heading{Text: "May we ask?"},
		kit.Paragraph{Text: "Decided at the hub on " + when(x.Asked.At) + ", for " + s.staffName(x.Asked.By) + "."}}
	body = append(body, reasonsOf(x.Asked.Reasons)...)
	body = append(body, clausesOf("The clauses, as they read then", x.Asked.Read), decidingOf(s, x.Asked.Deciding),
		kit.Heading{Text: "May it leave the agency?"},
		kit.Paragraph{Text: "Decided by " + agency + " at its own node, before it was sealed. The answer arrived on " + when(x.Released.LandedAt) + "."})
	for _, o := range x.Released.Obligations {
		body = append(body, kit.Paragraph{Text: "It came with: " + lower(word(obligationWords, o.Code)) + "."})
	}
	body = append(body, clausesOf("The clauses that released it, as they read then", x.Released.Read), decidingOf(s, x.Released.Deciding),
		kit.Heading{Text: "Who has seen it"}, stepsOf(s, "People who were shown this item, oldest first", x.Seen, true))
	if x.Erased > 0 {
		body = append(body, kit.Inset{Text: "The bodies of " + plural(x.Erased, "entry", "entries") + " of this enquiry were destroyed when their time was over. Who saw it then cannot be told any more."})
	}
	body = append(body, kit.Heading{Text: "What happened to the question"}, stepsOf(s, "Entries of the log, oldest first", x.Steps, false),
		kit.Heading{Text: "To prove it"},
		kit.Paragraph{Text: "The evidence is a file with all of this, and for each entry the proof that it is in the hub’s log. It says nothing of what the item says. Whoever has the log’s public key checks it without trusting the hub."},
		kit.Button{Text: "Download the evidence", Href: whyPath(x.Enquiry, x.Item.ID) + ".json"})
	return s.layout.Write(w, r, kit.Page{Title: "Why was this shared?", Caption: x.Reference, Wide: true, Path: "/board", Body: body,
		Breadcrumbs: []kit.Link{{Text: x.Reference, Href: "/enquiries/" + x.Enquiry}, {Text: "Chronology", Href: "/enquiries/" + x.Enquiry + "/chronology"}, {Text: "Why was this shared?"}}})
}

// whyFile gives the evidence as a file.
func (s *site) whyFile(w http.ResponseWriter, r *http.Request) error {
	x, err := s.whyOf(r)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="evidence.json"`)
	_, err = w.Write(b)
	return err
}

func reasonsOf(reasons []string) (out kit.Stack) {
	for _, r := range reasons {
		out = append(out, kit.Inset{Text: r})
	}
	return out
}

// clausesOf lists clauses and laws.
func clausesOf(caption string, read []agreement.Clause) kit.Component {
	if len(read) == 0 {
		return kit.Paragraph{Text: "The hub does not have the text of the clauses of that version. Its number is below."}
	}
	t := kit.Table{Caption: caption, CaptionClasses: "govuk-table__caption--s", Scroll: true, FirstCellIsHeader: true, Head: []kit.Cell{{Text: "Clause"}, {Text: "What it says"}, {Text: "Of"}}}
	seen := map[string]bool{}
	for _, c := range read {
		if seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		of := capital(c.Agreement)
		if c.Source != "" {
			of = c.Source
		}
		if len(c.Law) > 0 {
			of += ", which rests on " + strings.Join(c.Law, ", ")
		}
		text := c.Text
		if text == "" {
			text = "No file of that version has it"
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: c.ID}, {Text: text}, {Text: of, Classes: "mash-break"}})
	}
	return t
}

// decidingOf says by what was decided, and who put that in force.
func decidingOf(s *site, d evidence.Deciding) kit.Component {
	rows := []kit.Row{{Key: "Decision", Text: d.Decision, Classes: "mash-break"}, {Key: "Version of the agreements", Text: d.Version + ", number " + itoa(int(d.Epoch)), Classes: "mash-break"}}
	if d.ReadIn != "" {
		rows = append(rows, kit.Row{Key: "Clauses read in", Text: "The hub’s version under that number, " + d.ReadIn + ": the hub does not have the agency’s own", Classes: "mash-break"})
	}
	switch e := d.Edition; {
	case e.ID == "" && d.Epoch <= 1:
		rows = append(rows, kit.Row{Key: "In force", Text: "As the program came with it"})
	case e.ID == "":
		rows = append(rows, kit.Row{Key: "In force", Text: "The hub has no record of who put it in force"})
	case e.Emergency:
		rows = append(rows, kit.Row{Key: "In force", Text: "Since " + when(e.InForceAt) + ", by " + s.staffName(e.ProposedBy) + " alone, in an emergency"})
	default:
		rows = append(rows, kit.Row{Key: "In force", Text: "Since " + when(e.InForceAt) + ", proposed by " + s.staffName(e.ProposedBy) + " and agreed to by " + s.staffName(e.ApprovedBy)})
	}
	if g := d.Signed; g.Agreement != "" {
		text := capital(g.Title)
		if g.SignedOn != "" {
			text += ", signed on " + g.SignedOn
		}
		if g.Acceded != "" {
			text += "; " + g.Name + " signed on " + g.Acceded
		}
		rows = append(rows, kit.Row{Key: "Agreement", Text: text})
	}
	return kit.SummaryList{Rows: rows}
}

// stepsOf lists entries of the log.
func stepsOf(s *site, caption string, steps []evidence.Step, seen bool) kit.Component {
	if len(steps) == 0 {
		return kit.Paragraph{Text: "Nothing is recorded."}
	}
	t := kit.Table{Caption: caption, CaptionClasses: "govuk-visually-hidden", Scroll: true, Head: []kit.Cell{{Text: "When"}, {Text: "Who"}, {Text: "What"}, {Text: "Place in the log"}}}
	for _, x := range steps {
		what, who := word(stepWords, x.Action), s.staffName(x.Actor)
		if p, ok := mash.Address(x.Actor).Party(); ok {
			who = s.partyName(p)
		} else if x.Actor == string(mash.HubAddress(s.Evidence.Hub)) || x.Actor == s.Evidence.Hub {
			who = "The hub"
		}
		if seen {
			what = "Page: " + x.Page
		}
		place := "Not covered by a checkpoint yet"
		if x.Index >= 0 {
			place = itoa(int(x.Index))
		}
		t.Rows = append(t.Rows, []kit.Cell{{Text: when(x.At)}, {Text: who}, {Text: what}, {Text: place}})
	}
	return t
}
