package agreement

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"time"

	"mashhub/hub/mash"
)

// Document is what an agreement lets happen, in plain English, for those who
// sign it. Every word is from the files or is fixed text of this package; what
// stands in the agreement and is not said is in Also.
type Document struct {
	Agreement string `json:"agreement"` // its id
	Title     string `json:"title"`
	// Standing says what the version is: in force, or proposed.
	Standing string `json:"standing,omitempty"`
	Version  string `json:"version"` // of all files, as decisions have it
	Kind     string `json:"kind"`
	Hub      string `json:"hub"`
	// Governs names the purposes that the register sends to this agreement.
	Governs     []string        `json:"governs"`
	Status      string          `json:"status"`
	SignedOn    string          `json:"signed_on"`
	InForceFrom string          `json:"in_force_from"`
	LastDay     string          `json:"last_day"`
	ReviewOn    string          `json:"review_on"`
	Parties     []PartyTerms    `json:"parties"`
	Purposes    []PurposeTerms  `json:"purposes"`
	Settings    []SettingTerms  `json:"settings,omitempty"`
	Conditions  []Fact          `json:"conditions,omitempty"` // on telling the originator and on closing
	Retention   []Fact          `json:"retention"`
	Obligations []ClauseRef     `json:"obligations,omitempty"`
	Reviews     []ClauseRef     `json:"reviews,omitempty"`  // when a person decides
	Withheld    []ClauseRef     `json:"withheld,omitempty"` // what stays at the agency
	Clauses     []ClauseTerms   `json:"clauses"`
	Law         []LawTerms      `json:"law"`
	Also        []Fact          `json:"also"` // what the files have besides, by its place
	Signatories []string        `json:"signatories"`
	Files       []FileDigest    `json:"files"` // from which it was made
	purposes    []purposeColumn // of the tables, in order
	ageClause   string
	dated       time.Time // the paper's date: when it was signed, else when it begins
}

// Fact is one thing by its name.
type Fact struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// PartyTerms are what one pair signed.
type PartyTerms struct {
	Pair     string        `json:"pair"`
	Name     string        `json:"name"`
	Status   string        `json:"status"`
	SignedOn string        `json:"signed_on"`
	Fields   []string      `json:"fields"` // that may go with a question
	AgeLimit string        `json:"age_limit,omitempty"`
	Handling []Fact        `json:"handling,omitempty"` // by code
	Units    []Fact        `json:"units,omitempty"`    // that narrow, or have suspended
	Rows     []DocumentRow `json:"rows,omitempty"`
}

// DocumentRow is one kind of information, with words for each purpose.
type DocumentRow struct {
	MatrixRow
	Lasting bool              `json:"lasting,omitempty"` // may have begun before the period asked about
	Coded   bool              `json:"coded,omitempty"`   // needs a handling code
	Bound   string            `json:"bound,omitempty"`   // the clause of the condition that it always goes with
	Words   map[string]string `json:"words"`
}

// PurposeTerms are what a purpose needs before the first question.
type PurposeTerms struct {
	Purpose string    `json:"purpose"`
	Name    string    `json:"name"`
	Needs   []string  `json:"needs"`
	Clause  ClauseRef `json:"clause"`
	Law     []string  `json:"law"` // ids
}

// SettingTerms are who else may be told, and why.
type SettingTerms struct {
	Setting string    `json:"setting"`
	Name    string    `json:"name"`
	Signed  []string  `json:"signed"` // under which signatures
	Clause  ClauseRef `json:"clause"`
	Law     []string  `json:"law"`
}

// ClauseRef is a clause with its text.
type ClauseRef struct {
	Clause string `json:"clause"`
	Text   string `json:"text"`
}

// ClauseTerms are a clause, what it says, and what people read when it applies.
type ClauseTerms struct {
	ClauseRef
	Law       []string `json:"law"`
	Rules     []string `json:"rules"`
	Sentences []string `json:"sentences"`
}

// LawTerms are a law that clauses rest on.
type LawTerms struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Source    string `json:"source"`
	Counts    string `json:"counts"` // from when
	CheckedOn string `json:"checked_on"`
}

// FileDigest is a file and the SHA-256 of its bytes.
type FileDigest struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Origin is what only whoever has the files knows of them.
type Origin struct {
	Version  string // SHA-256 of rules and data
	Standing string // a sentence: in force, or proposed
}

type purposeColumn struct{ code, name string }

// tableFiles are read for every document, beside the agreement.
var tableFiles = []string{"tables/catalogue.yaml", "tables/law.yaml", "tables/names.yaml", "tables/reasons.yaml", "tables/register.yaml"}

// Explain makes the document of one agreement of a policy folder. The same files
// and origin give the same document. Errors: CodeNotFound for an agreement that
// is not there, CodeInvalid for files that cannot be read.
func Explain(files fs.FS, id string, of Origin) (Document, error) {
	docs, err := documents(files)
	if err != nil {
		return Document{}, err
	}
	for _, d := range docs {
		if d.id != id {
			continue
		}
		t, err := tablesOf(files)
		if err != nil {
			return Document{}, err
		}
		out := explain(d, t)
		out.Standing, out.Version = of.Standing, of.Version
		for _, path := range append([]string{d.path}, tableFiles...) {
			b, err := fs.ReadFile(files, path)
			if err != nil {
				return Document{}, err
			}
			sum := sha256.Sum256(b)
			out.Files = append(out.Files, FileDigest{path, hex.EncodeToString(sum[:])})
		}
		return out, nil
	}
	return Document{}, mash.Errorf(mash.CodeNotFound, "there is no such agreement")
}
