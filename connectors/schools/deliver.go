package schools

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"mashhub/connectors/internal/settings"
	"mashhub/plugins/connector"
	"mashhub/plugins/record"
)

// seen is the folder beside the notices that remembers which were written, so
// that one which the school's system has taken away is not written again.
const seen = ".seen"

// Deliver writes a notice into the school's folder of notices, one file each,
// for the school's own system to take. The file's name is the idempotency key:
// a repeat is the same file, also when the plugin died in between and when the
// school has taken the file away meanwhile. A school without such a folder
// takes notices through a person.
func (s *schools) Deliver(ctx context.Context, req connector.DeliverRequest) (connector.DeliverResponse, error) {
	cfg, err := s.settings()
	if err != nil {
		return connector.DeliverResponse{}, err
	}
	if cfg.Notices == "" {
		return connector.DeliverResponse{Outcome: connector.AskPerson}, nil
	}
	if req.Call == "" {
		return connector.DeliverResponse{}, settings.Invalid("call", "is missing; a delivery has an idempotency key")
	}
	if record.CheckURN(req.Unit) != nil {
		return connector.DeliverResponse{}, settings.Invalid("unit", "is not a school's URN; give six digits")
	}
	if err := ctx.Err(); err != nil {
		return connector.DeliverResponse{}, connector.Errorf(connector.CodeUnavailable, "the delivery ended before the answer: %w", err)
	}
	s.writing.Lock() // a repeat waits for the first
	defer s.writing.Unlock()
	root, err := cfg.openRoot()
	if err != nil {
		return connector.DeliverResponse{Outcome: connector.Unavailable}, nil
	}
	defer root.Close()
	folder, err := root.OpenRoot(path.Join(req.Unit, cfg.Notices))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return connector.DeliverResponse{Outcome: connector.AskPerson}, nil
	case err != nil:
		return connector.DeliverResponse{Outcome: connector.Unavailable}, nil
	}
	defer folder.Close()
	name := noticeName(req.Call)
	if err := keep(folder, name, noticeFile(req.Notification)); err != nil {
		// A full disk, a share that went away: whatever it is, it is tried again.
		return connector.DeliverResponse{Outcome: connector.Unavailable}, nil
	}
	return connector.DeliverResponse{Outcome: connector.Found, Reference: name}, nil
}

// noticeName is a file's name made of an idempotency key: the key itself, where
// it is made of letters, digits and signs that every file system takes.
func noticeName(key string) string {
	plain := strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
	if !plain || len(key) > 120 || strings.HasPrefix(key, "-") {
		sum := sha256.Sum256([]byte(key))
		key = "key-" + hex.EncodeToString(sum[:])
	}
	return key + ".json"
}

// keep writes a file whole or not at all, and remembers that it did.
func keep(folder *os.Root, name string, content []byte) error {
	for _, known := range []string{path.Join(seen, name), name} {
		switch _, err := folder.Lstat(known); {
		case err == nil:
			return mark(folder, name)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	part := "." + name + ".part" // nobody takes a file whose name begins with a dot
	if err := write(folder, part, content); err != nil {
		_ = folder.Remove(part)
		return err
	}
	if err := folder.Rename(part, name); err != nil {
		_ = folder.Remove(part)
		return err
	}
	if err := flush(folder, "."); err != nil {
		return err
	}
	return mark(folder, name)
}

// mark remembers a name.
func mark(folder *os.Root, name string) error {
	if err := folder.MkdirAll(seen, 0o750); err != nil {
		return err
	}
	if err := write(folder, path.Join(seen, name), nil); err != nil {
		return err
	}
	return flush(folder, seen)
}

func write(folder *os.Root, name string, content []byte) error {
	f, err := folder.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// flush makes the names in a folder durable.
func flush(folder *os.Root, name string) error {
	d, err := folder.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// notice is what a file holds. Whether the family knows stands first, because
// what a school files may be visible to the family.
type notice struct {
	FamilyInformed string         `json:"family_informed"`
	ID             string         `json:"id"`
	Kind           string         `json:"kind"`
	Person         *record.Person `json:"person,omitempty"`
	Setting        string         `json:"setting,omitempty"`
	Happened       *time.Time     `json:"happened,omitempty"`
	Place          string         `json:"place,omitempty"`
	Reference      string         `json:"reference,omitempty"`
	Present        string         `json:"present,omitempty"`
	Voice          string         `json:"voice,omitempty"`
	Text           string         `json:"text,omitempty"`
}

func noticeFile(n connector.Notification) []byte {
	x := notice{FamilyInformed: n.FamilyInformed, ID: n.ID, Kind: n.Kind, Setting: n.Setting, Place: n.Place,
		Reference: n.Reference, Present: n.Present, Voice: n.Voice, Text: n.Text}
	if n.Kind != "feedback" {
		x.Person = &n.Person
	}
	if !n.Happened.IsZero() {
		at := n.Happened.UTC()
		x.Happened = &at
	}
	b, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		panic(err) // texts and times always marshal
	}
	return append(b, '\n')
}
