package agreement

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Section is one part of a document as people read it. A page and a PDF are
// written from the same sections, so that they cannot say different things.
type Section struct {
	ID, Title string
	NewPage   bool // on paper
	Blocks    []Block
}

// Block is one of: a heading, a paragraph, a list, or a table. A strong paragraph
// must not be missed.
type Block struct {
	Heading string
	Text    string
	Strong  bool
	List    []string
	Table   *DocumentTable
}

// DocumentTable is rows of cells; a cell has lines. Widths say what share of the
// paper's width each column has.
type DocumentTable struct {
	Caption string
	Head    []string
	Widths  []float64
	Rows    [][][]string
	Sign    bool // rows are high enough to be written in
}

// Name is what the document is called.
func (d Document) Name() string { return "What " + d.Title + " lets happen" }

// Foot stands on each page of the paper.
func (d Document) Foot() string { return "Version " + d.Version }

func para(text ...string) (out []Block) {
	for _, t := range text {
		out = append(out, Block{Text: t})
	}
	return out
}

func cells(lines ...string) (row [][]string) {
	for _, l := range lines {
		row = append(row, []string{l})
	}
	return row
}

func factTable(caption, name, text string, facts []Fact) Block {
	t := &DocumentTable{Caption: caption, Head: []string{name, text}, Widths: []float64{1, 2}}
	for _, f := range facts {
		t.Rows = append(t.Rows, cells(f.Name, f.Text))
	}
	return Block{Table: t}
}

func refs(all []ClauseRef) Block {
	var out []string
	for _, r := range all {
		out = append(out, orMissing(r.Clause)+": "+r.Text)
	}
	return Block{List: out}
}

// Sections gives the document in the order in which it is read.
func (d Document) Sections() []Section {
	out := []Section{d.about(), d.parties(), d.needs()}
	for _, s := range []Section{d.sharing(), d.settings(), d.withholding()} {
		if len(s.Blocks) > 0 {
			out = append(out, s)
		}
	}
	return append(out, d.keeping(), d.clauses(), d.law(), d.also(), d.signing(), d.made())
}

func (d Document) about() Section {
	blocks := para("This document says in plain English what " + d.Title + " lets happen. It was made from the files of the version that is named at its end.")
	if d.Standing != "" {
		blocks = append(blocks, Block{Text: d.Standing, Strong: true})
	}
	blocks = append(blocks, para("A party, a purpose or a kind of information that the agreement does not name is refused.",
		"The texts of clauses are the agreement’s own words. The other sentences explain what the program does with what the files say.")...)
	governs := strings.Join(d.Governs, " ")
	if governs == "" {
		governs = "Nothing: the register sends no purpose to it."
	}
	return Section{ID: "about", Title: "About this document", Blocks: append(blocks, factTable("The agreement in short", "What", "As written", []Fact{
		{"Agreement", d.Agreement}, {"What it is about", d.Kind}, {"Hub", d.Hub}, {"What it governs", governs}, {"Status", d.Status}, {"Signed on", d.SignedOn},
		{"In force from", d.InForceFrom}, {"Last day", d.LastDay}, {"Review due on", d.ReviewOn + ". Nothing stops by itself on this day."}}))}
}

func (d Document) parties() Section {
	t := &DocumentTable{Caption: "Parties", Head: []string{"Party", "Status", "Signed on"}, Widths: []float64{3, 2, 1.2}}
	for _, p := range d.Parties {
		t.Rows = append(t.Rows, cells(p.Name, p.Status, p.SignedOn))
	}
	return Section{ID: "parties", Title: "Parties", Blocks: []Block{{Table: t}}}
}

// lawLines name laws, and say of each when somebody checked it.
func (d Document) lawLines(ids []string) (out []string) {
	for _, id := range ids {
		for _, l := range d.Law {
			if l.ID != id {
				continue
			}
			line := l.Title + ". Checked against its source: " + lowerFirst(l.CheckedOn)
			if !strings.HasPrefix(l.Counts, "From") {
				line += ". " + l.Counts
			}
			out = append(out, line+".")
		}
	}
	return out
}

func (d Document) needs() Section {
	s := Section{ID: "purposes", Title: "What each purpose needs"}
	for _, p := range d.Purposes {
		s.Blocks = append(s.Blocks, Block{Heading: p.Name}, Block{List: p.Needs}, Block{Text: "Clause " + orMissing(p.Clause.Clause) + ": " + p.Clause.Text})
		if len(p.Law) > 0 {
			s.Blocks = append(s.Blocks, Block{Text: "The law it rests on:"}, Block{List: d.lawLines(p.Law)})
		}
	}
	return s
}

func (d Document) sharing() Section {
	s := Section{ID: "sharing", Title: "What each party may share"}
	modes := []Block{{List: []string{
		"“" + ModeWords["content"] + "”: the hub may ask for it, and the party may share what it holds.",
		"“" + ModeWords["existence"] + "”: the party says whether it holds anything, and not what.",
		"“" + ModeWords["none"] + "”: the hub does not ask for it, and the party does not share it."}}}
	hidden := []string{}
	for _, p := range d.Parties {
		for _, r := range p.Rows {
			if r.NCND {
				hidden = append(hidden, capitalFirst(r.Label))
			}
		}
		s.Blocks = append(s.Blocks, d.party(p)...)
	}
	if len(s.Blocks) > 0 {
		s.Blocks = append(modes, s.Blocks...)
	}
	if len(hidden) > 0 {
		s.Blocks = append(s.Blocks, Block{Heading: "Neither confirmed nor denied"},
			Block{Text: "To know that something is held on these is to know the thing. So the answer is the same whether or not anything is held. It shows that something is held only where everything held is shared."},
			Block{List: hidden})
	}
	return s
}

// party is what one of them may share.
func (d Document) party(p PartyTerms) (out []Block) {
	if len(p.Rows)+len(p.Fields)+len(p.Handling)+len(p.Units) == 0 && p.AgeLimit == "" {
		return nil
	}
	out = append(out, Block{Heading: p.Name})
	if p.Status != partyWords["active"] {
		out = append(out, Block{Text: "Status: " + lowerFirst(p.Status) + "."})
	}
	if len(p.Fields) > 0 {
		out = append(out, Block{Text: "With a question may go: " + strings.Join(p.Fields, ", ") + ". No other identifying field goes."})
	} else if len(p.Rows) > 0 {
		out = append(out, Block{Text: "Nothing that identifies anybody may go with a question, so nothing can be asked."})
	}
	if p.AgeLimit != "" {
		out = append(out, Block{Text: "What is older than " + p.AgeLimit + " is not shared" + clauseIn(d.ageClause) + "."})
	}
	if len(p.Handling) > 0 {
		out = append(out, factTable("Handling codes of "+p.Name, "Handling code", "What it obliges to", p.Handling))
	}
	if len(p.Units) > 0 {
		out = append(out, factTable("Units of "+p.Name+" that narrow this", "Unit", "What it narrows", p.Units))
	}
	if len(p.Rows) == 0 {
		return out
	}
	t := &DocumentTable{Caption: "What " + p.Name + " may share", Head: []string{"Kind of information"}, Widths: []float64{2}}
	for _, c := range d.purposes {
		t.Head, t.Widths = append(t.Head, c.name), append(t.Widths, 1.2)
	}
	var lasting []string
	for _, r := range p.Rows {
		if r.Lasting && slices.Contains(slices.Collect(maps.Values(r.Modes)), "content") {
			lasting = append(lasting, lowerFirst(r.Label))
		}
		name := []string{capitalFirst(r.Label)}
		for _, note := range []struct {
			on   bool
			text string
		}{{r.NCND, "Neither confirmed nor denied."}, {r.Coded, "Needs a handling code."},
			{r.Bound != "", "Always goes with the condition of clause " + r.Bound + "."}} {
			if note.on {
				name = append(name, note.text)
			}
		}
		row := [][]string{name}
		for _, c := range d.purposes {
			row = append(row, []string{r.Words[c.code]})
		}
		t.Rows = append(t.Rows, row)
	}
	out = append(out, Block{Table: t})
	if len(lasting) > 0 {
		out = append(out, Block{Text: "Where these may be shared, they are shared even if they began before the period asked about: " + strings.Join(lasting, ", ") + "."})
	}
	return out
}

func clauseIn(clause string) string {
	if clause == "" {
		return ""
	}
	return " (clause " + clause + ")"
}

func (d Document) settings() Section {
	if len(d.Settings) == 0 {
		return Section{}
	}
	t := &DocumentTable{Caption: "Who may be told", Head: []string{"Who", "Signed as", "Clause", "Law"}, Widths: []float64{1.3, 1.5, 2, 3}}
	for _, s := range d.Settings {
		of := s.Signed
		if len(of) == 0 {
			of = []string{"Nobody: no agency is named."}
		}
		t.Rows = append(t.Rows, [][]string{{capitalFirst(s.Name)}, of, {orMissing(s.Clause.Clause) + ": " + s.Clause.Text}, d.lawLines(s.Law)})
	}
	return Section{ID: "settings", Title: "Who may be told", Blocks: []Block{{Text: "Each is told only while a law in its row counts."}, {Table: t}}}
}

func (d Document) withholding() Section {
	s := Section{ID: "withholding", Title: "Review, withholding and conditions"}
	add := func(heading, text string, all []ClauseRef) {
		if len(all) > 0 {
			s.Blocks = append(s.Blocks, Block{Heading: heading}, Block{Text: text}, refs(all))
		}
	}
	add("When a person decides", "In these cases nothing goes until a person has decided. A person cannot allow what a rule refuses.", d.Reviews)
	add("What is not asked for, or stays with the party", "The hub is told that something was withheld only where it may be said that something is held.", d.Withheld)
	add("What binds whoever receives it", "These conditions go with what is shared.", d.Obligations)
	if len(d.Conditions) > 0 {
		s.Blocks = append(s.Blocks, Block{Heading: "Telling who raised the concern, and closing"}, factTable("Telling who raised the concern, and closing", "What", "As agreed", d.Conditions))
	}
	return s
}

func (d Document) keeping() Section {
	s := Section{ID: "retention", Title: "How long records are kept"}
	if len(d.Retention) == 0 {
		s.Blocks = para("The agreement says nothing about this.")
		return s
	}
	s.Blocks = append(para("This is what the partners agree. The hub follows its own schedule, on its page Records: compare the two. The program does not read these periods from the agreement."),
		factTable("How long records are kept", "What", "How long", d.Retention))
	return s
}

func (d Document) clauses() Section {
	t := &DocumentTable{Caption: "Clauses", Head: []string{"Clause", "What it says", "What people read when it applies"}, Widths: []float64{0.75, 3, 3}}
	for _, c := range d.Clauses {
		says := []string{c.Text}
		for _, id := range c.Law {
			for _, l := range d.Law {
				if l.ID == id {
					says = append(says, "Law: "+l.Title+".")
				}
			}
		}
		sentences := c.Sentences
		if len(sentences) == 0 {
			sentences = []string{"No sentence of its own."}
		}
		t.Rows = append(t.Rows, [][]string{{c.Clause}, says, sentences})
	}
	return Section{ID: "clauses", Title: "Clauses", Blocks: []Block{
		{Text: "Where words stand in brackets, people read the name of the agency, of the purpose or of the kind of information."}, {Table: t}}}
}

func (d Document) law() Section {
	t := &DocumentTable{Caption: "The law", Head: []string{"Law", "Where the text was read", "Counts", "Checked against its source"}, Widths: []float64{2, 2.6, 1.4, 1.2}}
	unchecked := 0
	for _, l := range d.Law {
		if l.CheckedOn == "Not yet" {
			unchecked++
		}
		t.Rows = append(t.Rows, cells(l.Title, l.Source, l.Counts, l.CheckedOn))
	}
	blocks := []Block{{Table: t}}
	if unchecked > 0 {
		blocks = append(para(fmt.Sprintf("%d of these %d have not been checked against their source yet. Check them before you sign.", unchecked, len(d.Law))), blocks...)
	}
	return Section{ID: "law", Title: "The law", Blocks: blocks}
}

func (d Document) also() Section {
	s := Section{ID: "also", Title: "Also in the file"}
	if len(d.Also) == 0 {
		s.Blocks = para("Nothing. Everything that stands in the agreement is said above.")
		return s
	}
	s.Blocks = append(para("These stand in the files too, and this document has no words for them. Ask what they do before you sign."), factTable("Also in the file", "Where", "What stands there", d.Also))
	return s
}

func (d Document) signing() Section {
	t := &DocumentTable{Caption: "Signatures", Head: []string{"Party", "Name", "Role", "Signature", "Date"}, Widths: []float64{2.2, 1.5, 1.3, 1.7, 1}, Sign: true}
	for _, s := range append(append([]string{}, d.Signatories...), "Another party:") {
		t.Rows = append(t.Rows, cells(s, "", "", "", ""))
	}
	return Section{ID: "signatures", Title: "Signatures", NewPage: true, Blocks: []Block{
		{Text: "Each party signs for the version below, with all of its files."}, {Table: t}}}
}

func (d Document) made() Section {
	files := []Fact{}
	for _, f := range d.Files {
		files = append(files, Fact{f.Path, f.SHA256})
	}
	return Section{ID: "version", Title: "The version", Blocks: append(para("Version "+d.Version,
		"Every decision of the hub and of an agency names the version by which it was made. Where it is this one, what is enforced is what was signed. The version covers the rules and every file. These are the files from which this document was made, with the SHA-256 of each:"),
		factTable("The version", "File", "SHA-256", files))}
}
