package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"mashhub/hub/mash"
)

// KeyDirectory gives the directory of the keys to what is in data: keys, or by
// default one beside it. It is never inside data: a backup of the data would
// take the keys along, and a key that was destroyed would come back with it.
func KeyDirectory(data, keys string) (string, error) {
	data, err := filepath.Abs(data) // "." has a name, too
	if err != nil {
		return "", fmt.Errorf("finding the data directory: %w", err)
	}
	if keys == "" {
		keys = data + "-keys"
	}
	if data, err = resolve(data); err != nil {
		return "", fmt.Errorf("finding the data directory: %w", err)
	}
	if keys, err = resolve(keys); err != nil {
		return "", fmt.Errorf("finding the key directory: %w", err)
	}
	in, err := filepath.Rel(data, keys)
	if err == nil && in != ".." && !strings.HasPrefix(in, ".."+string(filepath.Separator)) {
		return "", mash.Invalid("keys", "is the data directory, or inside it, so that a backup of the data takes the keys along", "name a directory outside of data")
	}
	return keys, nil
}

// resolve gives where a path leads, through links, also when its end is still
// to be made.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for dir, rest := path, ""; ; dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest) {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return "", err
		}
	}
}
