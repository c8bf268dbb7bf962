package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"mashhub/hub/audit"
	"mashhub/hub/evidence"
	"mashhub/hub/mash"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check a whole log, as it was downloaded, or one entry's proof."`
	Proof  auditProofCmd  `cmd:"" help:"Check the evidence of why one item was shared, as it was downloaded."`
}

type auditProofCmd struct {
	Evidence string `arg:"" help:"The downloaded evidence (JSON); - for standard input."`
	Key      string `required:"" help:"The log's public key, or @FILE that holds it."`
	JSON     bool   `help:"Print one JSON object." name:"json"`
}

// Run exits 0 if every proof verifies and every entry that is listed is the proved
// one, 1 if not.
func (c *auditProofCmd) Run() error {
	key, f, err := opened(c.Key, c.Evidence)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := evidence.Verify(f, key)
	switch {
	case mash.CodeOf(err) == mash.CodeInvalid:
		return err
	case err != nil:
		return fmt.Errorf("the evidence does not verify: %w", err)
	case c.JSON:
		return json.NewEncoder(os.Stdout).Encode(r)
	}
	fmt.Printf("%s: %d of %d entries are proved to be in the log of %d\n", r.Origin, r.Proved, r.Entries, r.Size)
	if r.Proved < r.Entries {
		fmt.Printf("%d not proved: no checkpoint covered it yet. That somebody downloads the evidence is always the newest entry.\n", r.Entries-r.Proved)
	}
	if r.Erased > 0 {
		fmt.Printf("%d entries of the enquiry were erased when their time was over\n", r.Erased)
	}
	return nil
}

// opened gives a public key, as it was typed or from a file, and what is to be
// checked; - for standard input. Close it.
func opened(key, path string) (string, *os.File, error) {
	if file, ok := strings.CutPrefix(key, "@"); ok {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", nil, fmt.Errorf("reading the public key: %w", err)
		}
		key = strings.TrimSpace(string(b))
	}
	if path == "-" {
		return key, os.Stdin, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", nil, fmt.Errorf("opening what is to be checked: %w", err)
	}
	return key, f, nil
}

type auditVerifyCmd struct {
	Bundle string   `arg:"" help:"The downloaded log (JSON lines); - for standard input." `
	Key    string   `required:"" help:"The log's public key, or @FILE that holds it."`
	Entry  string   `xor:"what" help:"Check the proof of this entry alone."`
	Known  []string `xor:"what" help:"A file with a signed checkpoint that you kept: the log must contain it. May be given again." placeholder:"FILE" sep:"none"`
	JSON   bool     `help:"Print one JSON object." name:"json"`
}

// Run exits 0 if everything verifies, 1 if not.
func (c *auditVerifyCmd) Run() error {
	key, f, err := opened(c.Key, c.Bundle)
	if err != nil {
		return err
	}
	defer f.Close()
	if c.Entry != "" {
		return c.one(f, key)
	}
	var known [][]byte
	for _, path := range c.Known {
		b, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading the checkpoint: %w", err)
		}
		b = append(bytes.TrimSpace(b), '\n') // copied from a page it may have lost its line's end
		if _, err := audit.OpenCheckpoint(b, key); err != nil {
			return fmt.Errorf("%s is no checkpoint of this log: %w", path, err)
		}
		known = append(known, b)
	}
	r, err := audit.VerifyBundle(f, key, known...)
	if c.JSON {
		if jerr := json.NewEncoder(os.Stdout).Encode(r); jerr != nil {
			return jerr
		}
	} else if err == nil {
		fmt.Printf("%s: %d entries verified, root %s\n", r.Origin, r.Size, r.Root)
		fmt.Printf("%d bodies fit their leaves, %d were erased, %d entries are not sequenced yet\n", r.Bodies, len(r.Erased), r.Unsequenced)
	}
	switch {
	case mash.CodeOf(err) == mash.CodeInvalid: // of what was given, the key alone can be that
		return err
	case err != nil:
		return fmt.Errorf("the log does not verify: %w", err)
	}
	return nil
}

// entryReport is the JSON of one entry's proof.
type entryReport struct {
	Entry    string `json:"entry"`
	Origin   string `json:"origin"`
	Size     int64  `json:"size"` // of the log that it is proved to be in
	Verified bool   `json:"verified"`
}

func (c *auditVerifyCmd) one(f *os.File, key string) error {
	p, err := audit.EntryProof(f, c.Entry)
	switch {
	case errors.Is(err, audit.ErrUnsequenced):
		return mash.Invalid("--entry", "names an entry that no checkpoint covers yet", "download the log again in a second or more")
	case errors.Is(err, mash.ErrNotFound):
		return mash.Invalid("--entry", "names no entry of this log whose body is there", "look the id up in the log; an erased body has none")
	case err != nil:
		return fmt.Errorf("proving the entry: %w", err)
	}
	cp, err := audit.VerifyInclusion(p, key)
	if c.JSON && mash.CodeOf(err) != mash.CodeInvalid {
		out := entryReport{Entry: c.Entry, Origin: cp.Origin, Size: cp.Size, Verified: err == nil}
		if jerr := json.NewEncoder(os.Stdout).Encode(out); jerr != nil {
			return jerr
		}
	}
	switch {
	case mash.CodeOf(err) == mash.CodeInvalid:
		return err
	case err != nil:
		return fmt.Errorf("the entry does not verify: %w", err)
	case c.JSON:
		return nil
	}
	fmt.Printf("entry %s is in the log of %d entries\n", c.Entry, cp.Size)
	return nil
}
