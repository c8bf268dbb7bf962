package agreement

import (
	"cmp"
	"io/fs"
)

// Matrix is what two parties agreed, by kind of information and purpose.
type Matrix struct {
	Agreement string      `json:"agreement"`
	Title     string      `json:"title"`
	Pair      string      `json:"pair"`
	Name      string      `json:"name"`
	Purposes  []string    `json:"purposes"`
	Rows      []MatrixRow `json:"rows"`
}

// MatrixRow is one category, with its mode for each purpose: content, existence
// or none.
type MatrixRow struct {
	Category string            `json:"category"`
	Label    string            `json:"label"`
	NCND     bool              `json:"ncnd"` // neither confirmed nor denied
	Modes    map[string]string `json:"modes"`
}

// Matrices gives one for each pair that has categories, in the order of the files.
func Matrices(files fs.FS) (out []Matrix, err error) {
	docs, err := documents(files)
	if err != nil {
		return nil, err
	}
	names, ncnd, err := labels(files)
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		for _, pair := range keysOf(at(d.root, "pairs")) {
			p := at(d.root, "pairs", pair)
			m := Matrix{Agreement: d.id, Title: value(at(d.root, "title")), Pair: pair, Name: cmp.Or(value(at(p, "name")), pair), Purposes: keysOf(at(d.root, "purposes"))}
			for _, category := range keysOf(at(p, "categories")) {
				row := MatrixRow{Category: category, Label: cmp.Or(names[category], category), NCND: ncnd[category], Modes: map[string]string{}}
				for _, purpose := range m.Purposes {
					row.Modes[purpose] = cmp.Or(value(at(p, "categories", category, purpose)), "none")
				}
				m.Rows = append(m.Rows, row)
			}
			if len(m.Rows) > 0 {
				out = append(out, m)
			}
		}
	}
	return out, nil
}

// MatrixOf finds the matrix of a pair, in whichever agreement has one for it where
// none is named.
func MatrixOf(files fs.FS, id, pair string) (Matrix, bool, error) {
	all, err := Matrices(files)
	for _, m := range all {
		if (id == "" || m.Agreement == id) && m.Pair == pair {
			return m, true, err
		}
	}
	return Matrix{}, false, err
}
