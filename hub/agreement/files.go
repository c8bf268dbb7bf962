package agreement

import (
	"io/fs"
	"path"
	"strings"
	"testing/fstest"
)

// Folders of a policy, with the ending of their files.
var folders = map[string]string{"rego": ".rego", "tables": ".yaml", "agreements": ".yaml"}

// Files gives all policy files by path. Tests of rules are no part of a policy.
func Files(files fs.FS) (map[string]string, error) {
	out := map[string]string{}
	for folder, ext := range folders {
		entries, err := fs.ReadDir(files, folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name := path.Join(folder, e.Name())
			if e.IsDir() || path.Ext(name) != ext || strings.HasSuffix(name, "_test.rego") {
				continue
			}
			b, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, err
			}
			out[name] = string(b)
		}
	}
	return out, nil
}

// FS is the reverse: files as a folder.
func FS(files map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}
