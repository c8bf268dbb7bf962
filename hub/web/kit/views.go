package kit

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
)

// Views are a page author's own templates. They may call the kit's by name
// ("kit/tag" with a kit.Tag as data) or, simpler, render a component that is in
// their data: {{.Save.Render}}.
type Views struct{ set *template.Template }

// ParseViews reads templates from a file system (usually an embed.FS). Call it
// at start. A template may not take the name of one of the kit's.
func ParseViews(fsys fs.FS, patterns ...string) (*Views, error) {
	own, err := template.New("views").Funcs(funcs).ParseFS(fsys, patterns...)
	if err != nil {
		return nil, fmt.Errorf("parsing views: %w", err)
	}
	set := template.New("views").Funcs(funcs)
	for _, t := range pristine().Templates() {
		if _, err := set.AddParseTree(t.Name(), t.Tree); err != nil {
			return nil, fmt.Errorf("adding the kit's templates: %w", err)
		}
	}
	for _, t := range own.Templates() {
		if t.Tree == nil {
			continue
		}
		if k := set.Lookup(t.Name()); k != nil && k.Tree != nil {
			return nil, fmt.Errorf("view %q has the name of a template of the kit", t.Name())
		}
		if _, err := set.AddParseTree(t.Name(), t.Tree); err != nil {
			return nil, fmt.Errorf("adding view %q: %w", t.Name(), err)
		}
	}
	return &Views{set}, nil
}

// pristine parses the kit's templates anew: html/template changes a set when
// it is first executed, and such a set cannot be added to another.
func pristine() *template.Template {
	return template.Must(template.New("kit").Funcs(funcs).ParseFS(templateFiles, "templates/*.html"))
}

// With gives the named view with its data as a component.
func (v *Views) With(name string, data any) Component { return view{v.set, name, data} }

type view struct {
	set  *template.Template
	name string
	data any
}

// Render executes the view.
func (v view) Render() (template.HTML, error) {
	var b bytes.Buffer
	if err := v.set.ExecuteTemplate(&b, v.name, v.data); err != nil {
		return "", fmt.Errorf("rendering view %s: %w", v.name, err)
	}
	return template.HTML(b.String()), nil
}
