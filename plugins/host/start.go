package host

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/hashicorp/go-plugin"

	"mashhub/plugins/connector"
)

// Digest returns the SHA-256 of a program, for Spec.SHA256.
func Digest(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the program: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := file.WriteTo(hash); err != nil {
		return nil, fmt.Errorf("reading the program: %w", err)
	}
	return hash.Sum(nil), nil
}

// ErrDigest is the cause of the error when the program is not the pinned one.
var ErrDigest = errors.New("the program is not the one whose digest was pinned")

// ErrVersion is the cause of the error when host and plugin have no version of
// the contract in common.
var ErrVersion = errors.New("host and connector have no version of the contract in common")

// verifyDigest uses a new SecureConfig every time: its hash is never reset, so
// a second check with the same one compares nonsense.
func verifyDigest(spec Spec) error {
	secure := plugin.SecureConfig{Checksum: spec.SHA256, Hash: sha256.New()}
	ok, err := secure.Check(spec.Cmd[0])
	if err != nil {
		return connector.Errorf(connector.CodeInvalid, "%s: reading the program: %w", spec.Name, err)
	}
	if !ok {
		return connector.Errorf(connector.CodeMisbehaved, "%s: %w", spec.Name, ErrDigest)
	}
	return nil
}

var versionPattern = regexp.MustCompile(`Plugin version: (\d{1,9}), Client versions: \[([\d ]*)\]`)

// startError replaces the library's text, which quotes the plugin.
func startError(spec Spec, err error) error {
	if m := versionPattern.FindStringSubmatch(err.Error()); m != nil {
		return connector.Errorf(connector.CodeInvalid, "%s: %w: it speaks %s, this host %s",
			spec.Name, ErrVersion, m[1], strings.Join(strings.Fields(m[2]), ", "))
	}
	reason := "its first line of output is not a handshake"
	switch text := err.Error(); {
	case errors.Is(err, errNoHandshake), strings.HasPrefix(text, "timeout while waiting"):
		reason = fmt.Sprintf("no handshake within %v", spec.Limits.StartTimeout)
	case strings.HasPrefix(text, "plugin exited"), strings.Contains(text, "Failed to read any lines"):
		reason = "it ended before the handshake"
	case errors.Is(err, errAddress):
		reason = errAddress.Error()
	case strings.HasPrefix(text, "starting the plugin"):
		reason = "the system could not run it"
	}
	return connector.Errorf(connector.CodeUnavailable, "%s: the connector did not start: %s", spec.Name, reason)
}

// permanent reports whether another launch would end the same way.
func permanent(err error) bool {
	return errors.Is(err, ErrDigest) || errors.Is(err, ErrVersion) || connector.CodeOf(err) == connector.CodeInvalid
}
