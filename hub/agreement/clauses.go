package agreement

import (
	"fmt"
	"io/fs"

	"gopkg.in/yaml.v3"
)

// Clause is what a decision names: a clause of an agreement, or a law, as it reads
// in a version of the files.
type Clause struct {
	ID        string   `json:"id"`
	Agreement string   `json:"agreement,omitempty"` // whose clause it is, by title; empty for a law
	Text      string   `json:"text"`                // empty where no file has it
	Source    string   `json:"source,omitempty"`    // of a law
	Law       []string `json:"law,omitempty"`       // that the clause rests on, by id
}

// Accession is what two parties signed.
type Accession struct {
	Agreement string `json:"agreement"` // its id
	Title     string `json:"title"`
	SignedOn  string `json:"signed_on,omitempty"` // YYYY-MM-DD, the agreement itself
	Pair      string `json:"pair"`
	Name      string `json:"name"`
	Acceded   string `json:"acceded,omitempty"` // YYYY-MM-DD, this party
}

// clausesFile is what of an agreement's file is read here.
type clausesFile struct {
	Title    string `yaml:"title"`
	SignedOn string `yaml:"signed_on"`
	Clauses  map[string]struct {
		Text string   `yaml:"text"`
		Law  []string `yaml:"law"`
	} `yaml:"clauses"`
	Pairs map[string]struct {
		Name     string `yaml:"name"`
		SignedOn string `yaml:"signed_on"`
	} `yaml:"pairs"`
}

// Read gives the clauses and laws that a decision names, in its order, as they
// read in a version of the files, and what the pair signed of the agreement that
// the first clause belongs to; nothing of it where no agreement has that clause.
func Read(files fs.FS, ids []string, pair string) ([]Clause, Accession, error) {
	docs, err := documents(files)
	if err != nil {
		return nil, Accession{}, err
	}
	all := map[string]clausesFile{}
	for _, d := range docs {
		var w clausesFile
		if err := d.root.Decode(&w); err != nil {
			return nil, Accession{}, fmt.Errorf("reading %s: %w", d.path, err)
		}
		all[d.id] = w
	}
	laws, err := lawsOf(files)
	if err != nil {
		return nil, Accession{}, err
	}
	out := []Clause{}
	var signed Accession
	for _, id := range ids {
		c := Clause{ID: id, Text: laws[id].Title, Source: laws[id].Source}
		for _, d := range docs {
			if x, ok := all[d.id].Clauses[id]; ok {
				c.Agreement, c.Text, c.Law = all[d.id].Title, x.Text, x.Law
				if p, ok := all[d.id].Pairs[pair]; ok && signed.Agreement == "" {
					signed = Accession{Agreement: d.id, Title: all[d.id].Title, SignedOn: all[d.id].SignedOn, Pair: pair, Name: p.Name, Acceded: p.SignedOn}
				}
			}
		}
		out = append(out, c)
	}
	return out, signed, nil
}

type law struct {
	Title  string `yaml:"title"`
	Source string `yaml:"source"`
}

func lawsOf(files fs.FS) (map[string]law, error) {
	b, err := fs.ReadFile(files, "tables/law.yaml")
	if err != nil {
		return nil, err
	}
	var root struct {
		Law map[string]law `yaml:"law"`
	}
	if err := yaml.Unmarshal(b, &root); err != nil {
		return nil, fmt.Errorf("reading tables/law.yaml: %w", err)
	}
	return root.Law, nil
}
