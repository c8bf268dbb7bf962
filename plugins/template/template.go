package template

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

//go:embed files
var files embed.FS

// Options say what the new connector is called and where it finds the contract.
type Options struct {
	// Module is the new module's path. Empty: the directory's name.
	Module string
	// Checkout is the root of the mashhub source. Required; see FindCheckout.
	Checkout string
	// Kind is what describe says the connector is, such as "housing". Empty:
	// made from the directory's name.
	Kind string
}

// mashhub is the module that Checkout must hold.
const mashhub = "mashhub"

var kindForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// Write writes a new connector into dir, which is made if it does not exist
// and must be empty. On an error nothing is left that was not there before.
func Write(dir string, o Options) (err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("finding the directory: %w", err)
	}
	values, err := o.values(dir)
	if err != nil {
		return err
	}
	_, statErr := os.Stat(dir)
	existed := statErr == nil
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the directory: %w", err)
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("opening the directory: %w", err)
	}
	if len(there) > 0 {
		return errors.New("the directory is not empty: choose another, nothing is overwritten")
	}
	defer func() {
		if err == nil {
			return
		}
		if !existed {
			_ = os.RemoveAll(dir)
			return
		}
		left, _ := os.ReadDir(dir)
		for _, e := range left {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}()
	sums, err := os.ReadFile(filepath.Join(o.Checkout, "go.sum"))
	if err != nil {
		return fmt.Errorf("reading the checkout's go.sum: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644); err != nil {
		return fmt.Errorf("writing go.sum: %w", err)
	}
	return fs.WalkDir(files, "files", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return writeFile(dir, path, values)
	})
}

// writeFile fills in one file. Names ending in .tmpl are templates; the ending
// also keeps the Go tool from taking them for code of this module.
func writeFile(dir, path string, values map[string]any) error {
	text, err := files.ReadFile(path)
	if err != nil {
		return err
	}
	name := strings.TrimPrefix(path, "files/")
	if plain, is := strings.CutSuffix(name, ".tmpl"); is {
		t, err := template.New(name).Delims("<<", ">>").Option("missingkey=error").Parse(string(text))
		if err != nil {
			return fmt.Errorf("reading the template of %s: %w", plain, err)
		}
		var out bytes.Buffer
		if err := t.Execute(&out, values); err != nil {
			return fmt.Errorf("filling in %s: %w", plain, err)
		}
		name, text = plain, out.Bytes()
	}
	target := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	if err := os.WriteFile(target, text, 0o644); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func (o *Options) values(dir string) (map[string]any, error) {
	base := strings.ToLower(filepath.Base(dir))
	if o.Kind == "" {
		o.Kind = strings.Trim(regexp.MustCompile(`[^a-z0-9_-]+`).ReplaceAllString(base, "-"), "-0123456789_")
	}
	if !kindForm.MatchString(o.Kind) {
		return nil, fmt.Errorf("%q is not a kind of connector: give a name of lower case letters, digits, - and _", o.Kind)
	}
	if o.Module == "" {
		o.Module = o.Kind
	}
	if err := module.CheckImportPath(o.Module); err != nil {
		return nil, fmt.Errorf("the module's path: %w", err)
	}
	if o.Module == mashhub || strings.HasPrefix(o.Module, mashhub+"/") {
		return nil, errors.New("the module's path is the hub's own: choose another")
	}
	checkout, err := filepath.Abs(o.Checkout)
	if err != nil || o.Checkout == "" {
		return nil, errors.New("say where the mashhub checkout is")
	}
	o.Checkout = checkout
	text, err := os.ReadFile(filepath.Join(checkout, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("reading the checkout's go.mod: %w", err)
	}
	mod, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the checkout's go.mod: %w", err)
	}
	if mod.Module == nil || mod.Module.Mod.Path != mashhub {
		return nil, errors.New("that directory is not a checkout of mashhub")
	}
	var requires []string
	for _, r := range mod.Require {
		requires = append(requires, r.Mod.Path+" "+r.Mod.Version)
	}
	return map[string]any{
		"Module": o.Module, "Kind": o.Kind, "Go": mod.Go.Version, "Requires": requires,
		"Checkout": modfile.AutoQuote(filepath.ToSlash(checkout)), "Dir": filepath.Base(dir),
	}, nil
}

// FindCheckout looks for the mashhub source in dir and the directories above.
func FindCheckout(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the checkout: %w", err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && modfile.ModulePath(text) == mashhub {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("no mashhub checkout here or above: run this in one, or say where it is")
		}
		dir = up
	}
}
