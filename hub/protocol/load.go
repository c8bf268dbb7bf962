package protocol

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Folders of a policy.
const (
	folderRules      = "rego"
	folderTables     = "tables"
	folderAgreements = "agreements"
)

// source is a policy as read: modules by path, and data.
type source struct {
	modules map[string]string
	data    map[string]any
	version string
}

// read takes in rules, tables and agreements. Tests of rules (*_test.rego) are
// no part of the policy. A table is one file with one root key, an agreement
// one file whose one root key is its id. As with the engine's own loader, the
// folder names the place: data.tables and data.agreements. A key that two files
// define is an error.
func read(files fs.FS) (source, error) {
	src := source{modules: map[string]string{}, data: map[string]any{}}
	err := each(files, folderRules, ".rego", func(name string, content []byte) error {
		if !strings.HasSuffix(name, "_test.rego") {
			src.modules[name] = string(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")))
		}
		return nil
	})
	if err != nil {
		return source{}, err
	}
	for _, folder := range []string{folderTables, folderAgreements} {
		into := map[string]any{}
		src.data[folder] = into
		err := each(files, folder, ".yaml", func(name string, content []byte) error {
			return readData(name, content, into)
		})
		if err != nil {
			return source{}, err
		}
	}
	if len(src.modules) == 0 {
		return source{}, errors.New("reading policy: no rules")
	}
	if src.version, err = version(src); err != nil {
		return source{}, err
	}
	return src, nil
}

// each reads the files of a folder that end in ext, in order of name.
func each(files fs.FS, folder, ext string, do func(name string, content []byte) error) error {
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return fmt.Errorf("reading policy folder: %w", err)
	}
	for _, entry := range entries {
		name := path.Join(folder, entry.Name())
		if entry.IsDir() || path.Ext(name) != ext {
			continue
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("reading policy file: %w", err)
		}
		if err := do(name, content); err != nil {
			return err
		}
	}
	return nil
}

// readData puts the one root key of a YAML file into data.
func readData(name string, content []byte, data map[string]any) error {
	var tree map[string]any
	if err := yaml.Unmarshal(content, &tree); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	if len(tree) != 1 {
		return fmt.Errorf("reading %s: %d root keys, want one", name, len(tree))
	}
	for key, value := range tree {
		if _, taken := data[key]; taken {
			return fmt.Errorf("reading %s: root key %q is taken", name, key)
		}
		plain, err := roundTrip(value)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		data[key] = plain
	}
	return nil
}

// roundTrip makes of a YAML value what JSON would have given: the engine's
// store takes it without checking.
func roundTrip(value any) (any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("value that JSON cannot hold: %w", err)
	}
	var plain any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&plain); err != nil {
		return nil, fmt.Errorf("value that JSON cannot hold: %w", err)
	}
	return plain, nil
}

// version is the SHA-256 over rules (by path, each with its length) and data
// (as JSON with sorted keys). Comments count, order of keys and line ends do
// not.
func version(src source) (string, error) {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(src.modules)) {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(src.modules[name]), src.modules[name])
	}
	data, err := json.Marshal(src.data)
	if err != nil {
		return "", fmt.Errorf("hashing policy data: %w", err)
	}
	fmt.Fprintf(sum, "data %d\n%s", len(data), data)
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}
