package agreement

import (
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
)

// Cell is one place of the matrix.
type Cell struct {
	Agreement string `json:"agreement"`
	Pair      string `json:"pair"`
	Category  string `json:"category"`
	Purpose   string `json:"purpose"`
}

var modes = []string{"none", "existence", "content"} // each lets more happen

// SetMode gives all files with one cell changed; nothing else of the text is.
// Errors: CodeInvalid, with field and remedy.
func SetMode(files fs.FS, c Cell, mode string) (map[string]string, error) {
	if !slices.Contains(modes, mode) {
		return nil, mash.Invalid("mode", "is unknown", "choose content, existence or none")
	}
	return set(files, c.Agreement, mode, "mode", func(root *yaml.Node) (*yaml.Node, error) {
		p := at(root, "pairs", c.Pair)
		switch {
		case p == nil:
			return nil, mash.Invalid("pair", "is no party of this agreement", "choose one of its pairs")
		case at(p, "categories", c.Category) == nil:
			return nil, mash.Invalid("category", "is not in the schedule of this pair", "choose one of its categories")
		case at(p, "categories", c.Category, c.Purpose) == nil:
			return nil, mash.Invalid("purpose", "is not in the schedule of this category", "choose one of its purposes")
		}
		return at(p, "categories", c.Category, c.Purpose), nil
	})
}

// SetStatus gives all files with an agreement (pair empty), or one pair of it,
// active or suspended. Errors: CodeInvalid.
func SetStatus(files fs.FS, id, pair, status string) (map[string]string, error) {
	if status != "active" && status != "suspended" {
		return nil, mash.Invalid("status", "is unknown", "choose active or suspended")
	}
	return set(files, id, status, "status", func(root *yaml.Node) (*yaml.Node, error) {
		if pair != "" {
			if root = at(root, "pairs", pair); root == nil {
				return nil, mash.Invalid("pair", "is no party of this agreement", "choose one of its pairs")
			}
		}
		n := at(root, "status")
		if n == nil {
			return nil, mash.Invalid("status", "is not written there", "write a status into the agreement first")
		}
		return n, nil
	})
}

// set writes one plain scalar of an agreement anew, where it stands.
func set(files fs.FS, id, text, field string, find func(*yaml.Node) (*yaml.Node, error)) (map[string]string, error) {
	docs, err := documents(files)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(docs, func(d document) bool { return d.id == id })
	if i < 0 {
		return nil, mash.Invalid("agreement", "is not there", "choose one of the agreements in force")
	}
	n, err := find(docs[i].root)
	if err != nil {
		return nil, err
	}
	if n.Kind != yaml.ScalarNode || n.Style != 0 {
		return nil, mash.Invalid(field, "is not a plain word in the file", "edit the file itself")
	}
	if n.Value == text {
		return nil, mash.Invalid(field, "is that already", "choose another")
	}
	lines := strings.SplitAfter(docs[i].text, "\n")
	line := lines[n.Line-1]
	from := len(string([]rune(line)[:n.Column-1])) // columns count characters
	if !strings.HasPrefix(line[from:], n.Value) {
		return nil, mash.Invalid(field, "could not be found in the file's text", "edit the file itself")
	}
	lines[n.Line-1] = line[:from] + text + line[from+len(n.Value):]
	out, err := Files(files)
	if err != nil {
		return nil, err
	}
	out[docs[i].path] = strings.Join(lines, "")
	return out, nil
}
