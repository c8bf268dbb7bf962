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

// Stopped gives all files with agreements, or pairs of them, suspended. What is not
// there, or is stopped already, is passed over: nothing is shared under it.
func Stopped(files fs.FS, stops []Stop) (map[string]string, error) {
	out, err := Files(files)
	if err != nil {
		return nil, err
	}
	for _, s := range stops {
		all, err := byID(FS(out))
		if err != nil {
			return nil, err
		}
		keys := []string{"status"}
		if s.Pair != "" {
			keys = []string{"pairs", s.Pair, "status"}
		}
		root := all[s.Agreement].root
		if root == nil || s.Pair != "" && at(root, "pairs", s.Pair) == nil || stopping(value(at(root, keys...))) {
			continue
		}
		if out, err = SetStatus(FS(out), s.Agreement, s.Pair, "suspended"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Everything is every agreement of a folder, to be stopped.
func Everything(files fs.FS) (out []Stop, err error) {
	docs, err := documents(files)
	for _, d := range docs {
		out = append(out, Stop{Agreement: d.id})
	}
	return out, err
}

// Stoppable are all agreements and all pairs of them that can be stopped, in the
// files' order, with the names that people know.
func Stoppable(files fs.FS) (out []StopName, err error) {
	docs, err := documents(files)
	for _, d := range docs {
		title := value(at(d.root, "title"))
		out = append(out, StopName{Stop{Agreement: d.id}, title, ""})
		for _, pair := range keysOf(at(d.root, "pairs")) {
			out = append(out, StopName{Stop{d.id, pair}, title, value(at(d.root, "pairs", pair, "name"))})
		}
	}
	return out, err
}

// StopName is what can be stopped, in words; Name is empty for the whole agreement.
type StopName struct {
	Stop
	Title, Name string
}

// Governs lists the purposes that a hub's register sends to an agreement.
func Governs(files fs.FS, hub, id string) (out []string, err error) {
	b, err := fs.ReadFile(files, "tables/register.yaml")
	if err != nil {
		return nil, err
	}
	var root struct {
		Register map[string]map[string]string `yaml:"register"`
	}
	if err := yaml.Unmarshal(b, &root); err != nil {
		return nil, mash.Invalid("tables/register.yaml", err.Error(), "mend the line that is named")
	}
	for purpose, agreement := range root.Register[hub] {
		if agreement == id {
			out = append(out, purpose)
		}
	}
	slices.Sort(out)
	return out, nil
}

// set writes one scalar of an agreement anew, where it stands.
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
	if n.Kind != yaml.ScalarNode {
		return nil, mash.Invalid(field, "is no word in the file", "edit the file itself")
	}
	if n.Value == text {
		return nil, mash.Invalid(field, "is that already", "choose another")
	}
	was := n.Value
	switch n.Style {
	case yaml.DoubleQuotedStyle:
		was = `"` + was + `"`
	case yaml.SingleQuotedStyle:
		was = "'" + was + "'"
	case 0:
	default:
		return nil, mash.Invalid(field, "is no word in the file", "edit the file itself")
	}
	lines := strings.SplitAfter(docs[i].text, "\n")
	line := lines[n.Line-1]
	from := len(string([]rune(line)[:n.Column-1])) // columns count characters
	if !strings.HasPrefix(line[from:], was) {
		return nil, mash.Invalid(field, "could not be found in the file's text", "edit the file itself")
	}
	lines[n.Line-1] = line[:from] + text + line[from+len(was):]
	out, err := Files(files)
	if err != nil {
		return nil, err
	}
	out[docs[i].path] = strings.Join(lines, "")
	return out, written(out, docs[i], id, text, find)
}

// written sees that the one word that was to change did, and nothing else: what is
// stopped must not be another agency.
func written(out map[string]string, was document, id, text string, find func(*yaml.Node) (*yaml.Node, error)) error {
	docs, err := documents(FS(out))
	if err != nil {
		return err
	}
	i := slices.IndexFunc(docs, func(d document) bool { return d.id == id })
	if i < 0 {
		return mash.Errorf(mash.CodeInternal, "the agreement is gone")
	}
	n, err := find(docs[i].root)
	if err != nil {
		return err
	}
	if n.Value == text {
		left, right := map[string]leaf{}, map[string]leaf{}
		flatten(was.root, "", left)
		flatten(docs[i].root, "", right)
		differ := 0
		for place := range union(left, right) {
			if left[place] != right[place] {
				differ++
			}
		}
		if differ == 1 {
			return nil
		}
	}
	return mash.Errorf(mash.CodeInternal, "the change would have been another")
}
