package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"mashhub/hub/agreement"
	"mashhub/hub/mash"
	"mashhub/hub/policytest"
	"mashhub/hub/protocol"
	"mashhub/policies"
)

type policyCmd struct {
	Check  policyCheckCmd  `cmd:"" help:"Read a policy folder as a hub would, and say what is wrong or which version it is."`
	Show   policyShowCmd   `cmd:"" help:"Say in plain English what an agreement lets happen, as text or as a PDF for signature."`
	Test   policyTestCmd   `cmd:"" help:"Put the cases of a policy folder, and its rules' own tests, to it."`
	Diff   policyDiffCmd   `cmd:"" help:"Say in sentences what another folder would let happen, or not, and what shares more."`
	Schema policySchemaCmd `cmd:"" help:"Print the JSON Schema of an agreement's file."`
	Mutate policyMutateCmd `cmd:"" help:"Make the rules wrong in every way that is known, and list what no case notices."`
}

// policyFolder is a folder given as an argument.
type policyFolder struct {
	Dir string `arg:"" optional:"" help:"A policy folder, as policies of the source; the one that this program was shipped with by default."`
}

func (f policyFolder) files() (fs.FS, error) {
	if f.Dir == "" {
		return policies.FS, nil
	}
	return openFolder(f.Dir)
}

func openFolder(dir string) (fs.FS, error) {
	if _, err := os.Stat(dir + "/rego"); err != nil {
		return nil, mash.Invalid(dir, "is no policy folder", "name one with the folders rego, tables and agreements")
	}
	return os.DirFS(dir), nil
}

// checked reads a folder as a proposal is read.
func checked(ctx context.Context, files fs.FS) (version string, err error) {
	if err := agreement.Check(files); err != nil {
		return "", err
	}
	return protocol.Check(ctx, files)
}

type policyCheckCmd struct {
	policyFolder
	JSON bool `help:"Print one JSON object." name:"json"`
}

// Run exits 0 if a hub could decide by the folder, 1 if not.
func (c *policyCheckCmd) Run(ctx context.Context) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	version, err := checked(ctx, files)
	if err != nil {
		return fmt.Errorf("nothing can be decided by it: %w", err)
	}
	all, err := agreement.Matrices(files)
	if err != nil {
		return err
	}
	type pair struct {
		Agreement string `json:"agreement"`
		Pair      string `json:"pair"`
		Name      string `json:"name"`
	}
	pairs := []pair{}
	for _, m := range all {
		pairs = append(pairs, pair{m.Agreement, m.Pair, m.Name})
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"version": version, "pairs": pairs})
	}
	fmt.Printf("version %s\n", version)
	for _, p := range pairs {
		fmt.Printf("%-20s  %-28s  %s\n", p.Agreement, p.Pair, p.Name)
	}
	return nil
}

type policyShowCmd struct {
	policyFolder
	Agreement string `required:"" help:"The agreement's id, as check lists it." placeholder:"ID"`
	PDF       string `help:"Write a PDF to FILE instead." placeholder:"FILE" type:"path" name:"pdf" xor:"form"`
	JSON      bool   `help:"Print one JSON object." name:"json" xor:"form"`
}

// Run prints Markdown.
func (c *policyShowCmd) Run(ctx context.Context) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	version, err := checked(ctx, files)
	if err != nil {
		return fmt.Errorf("nothing can be decided by it: %w", err)
	}
	d, err := agreement.Explain(files, c.Agreement, agreement.Origin{Version: version, Standing: "It was read from a folder. Whether a hub decides by this version, the hub says."})
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		return json.NewEncoder(os.Stdout).Encode(d)
	case c.PDF == "":
		_, err = os.Stdout.WriteString(d.Markdown())
		return err
	}
	b, err := d.PDF()
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.PDF, b, 0o600); err != nil {
		return fmt.Errorf("writing the PDF: %w", err)
	}
	return nil
}

type policySchemaCmd struct{}

// Run prints it.
func (policySchemaCmd) Run() error {
	_, err := os.Stdout.Write(agreement.Schema)
	return err
}

type policyTestCmd struct {
	policyFolder
	JSON bool `help:"Print one JSON object." name:"json"`
}

// unmet is a case whose answer is another.
type unmet struct {
	Case  string   `json:"case"`
	Wrong []string `json:"wrong"`
}

// Run exits 0 if every case has its answer and every test holds, 1 if not.
func (c *policyTestCmd) Run(ctx context.Context) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	cases, err := policytest.Read(files)
	if err != nil {
		return err
	}
	failed := []unmet{}
	trial := policytest.NewTrial(files)
	for _, x := range cases {
		wrong, err := trial.Try(ctx, x)
		if err != nil {
			return err
		}
		if len(wrong) > 0 {
			failed = append(failed, unmet{x.File + ": " + x.Name, wrong})
		}
	}
	rules, tests, err := policytest.Rego(ctx, files)
	if err != nil {
		return err
	}
	for _, r := range rules {
		failed = append(failed, unmet{"rego: " + r, []string{"the test does not hold"}})
	}
	if c.JSON {
		if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"cases": len(cases), "tests": tests, "failed": failed}); err != nil {
			return err
		}
	} else {
		for _, f := range failed {
			fmt.Printf("%s\n  %s\n", f.Case, strings.Join(f.Wrong, "\n  "))
		}
		fmt.Printf("%d cases and %d tests, %d failed\n", len(cases), tests, len(failed))
	}
	if len(failed) > 0 {
		return exitCode(exitFailed)
	}
	return nil
}

type policyDiffCmd struct {
	Was  string `arg:"" help:"The folder as it was; - for the one that this program was shipped with."`
	Now  string `arg:"" help:"The folder as it is to be."`
	JSON bool   `help:"Print one JSON object." name:"json"`
}

// Run exits 0 whether or not they differ.
func (c *policyDiffCmd) Run(ctx context.Context) error {
	var folders [2]fs.FS
	for i, dir := range []string{c.Was, c.Now} {
		files, err := policyFolder{strings.TrimPrefix(dir, "-")}.files()
		if err != nil {
			return err
		}
		if _, err := checked(ctx, files); err != nil {
			return fmt.Errorf("reading %s: %w", dir, err)
		}
		folders[i] = files
	}
	changes, err := agreement.Diff(folders[0], folders[1])
	if err != nil {
		return err
	}
	if c.JSON {
		if changes == nil {
			changes = []agreement.Change{}
		}
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"changes": changes})
	}
	if len(changes) == 0 {
		fmt.Println("Nothing is decided otherwise.")
	}
	for _, x := range changes {
		if x.Widens {
			fmt.Print("Shares more: ")
		}
		fmt.Println(x.Sentence)
	}
	return nil
}

type policyMutateCmd struct {
	policyFolder
	Only string `help:"Only mutants whose id contains TEXT, such as rego/ask.rego." placeholder:"TEXT"`
	JSON bool   `help:"Print one JSON object." name:"json"`
}

// score counts mutants that compile.
type score struct {
	Mutants   int `json:"mutants"`
	Caught    int `json:"caught"`
	Explained int `json:"explained"`
	Missed    int `json:"missed"`
}

// Run exits 0 if every mutant is caught, or the folder says why none can be; 1 if
// not, and where it says so of one that is caught.
func (c *policyMutateCmd) Run(ctx context.Context) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	cases, err := policytest.Read(files)
	if err != nil {
		return err
	}
	all, err := policytest.Mutants(files)
	if err != nil {
		return err
	}
	var mutants []policytest.Mutant
	for _, m := range all {
		if strings.Contains(m.ID, c.Only) {
			mutants = append(mutants, m)
		}
	}
	reasons, err := policytest.Survivors(files)
	if err != nil {
		return err
	}
	for _, m := range all {
		delete(reasons, m.ID)
	}
	stale := slices.Sorted(maps.Keys(reasons)) // what they were about is not there any more
	if len(mutants) == 0 {
		return mash.Invalid("--only", "names no mutant", "give a part of an id as the command prints it")
	}
	done := 0
	results, err := policytest.Hunt(ctx, files, cases, mutants, func(policytest.Result) {
		if done++; done%50 == 0 || done == len(mutants) {
			fmt.Fprintf(os.Stderr, "%d of %d mutants\n", done, len(mutants))
		}
	})
	if err != nil {
		return err
	}
	scores := map[string]*score{"deletions": {}, "others": {}}
	refused, missed := 0, 0
	survivors := []policytest.Result{}
	for _, r := range results {
		s := scores["others"]
		if r.Deletion() {
			s = scores["deletions"]
		}
		if r.Stale() {
			stale = append(stale, r.ID)
		}
		if r.Fate == policytest.Refused {
			refused++
			continue
		}
		s.Mutants++
		switch {
		case r.Fate == policytest.Caught:
			s.Caught++
			continue
		case r.Reason != "":
			s.Explained++
		default:
			s.Missed++
			missed++
		}
		survivors = append(survivors, r)
	}
	if c.JSON {
		if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"cases": len(cases), "refused": refused, "deletions": scores["deletions"], "others": scores["others"], "survivors": survivors, "stale": append([]string{}, stale...)}); err != nil {
			return err
		}
	} else {
		for _, r := range survivors {
			fmt.Printf("line %d  %s\n  %s\n", r.Line, r.ID, cmp.Or(r.Reason, "NO CASE NOTICES, and nobody said why that is right"))
		}
		for _, id := range stale {
			fmt.Printf("%s\n  IS NOTICED, or is gone: take its reason out of the list of survivors\n", id)
		}
		fmt.Printf("%d cases, %d mutants; %d more do not compile\n", len(cases), len(results)-refused, refused)
		for _, name := range []string{"deletions", "others"} {
			s := scores[name]
			fmt.Printf("%-9s  %d of %d caught, %d cannot be, by the folder's own word, %d missed\n", name, s.Caught, s.Mutants, s.Explained, s.Missed)
		}
	}
	if missed > 0 || len(stale) > 0 {
		return exitCode(exitFailed)
	}
	return nil
}
