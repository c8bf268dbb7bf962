package main

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"mashhub/hub/demo"
	"mashhub/hub/mash"
	"mashhub/hub/tracking"
)

// Documents that promise something. Tutorials that are executed have tests of
// their own (plugins/template).
var documents = []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "certs/README.md", "deploy/README.md", "plugins/README.md", "plugins/STANDARD.md", "plugins/PROTOCOL.md"}

func document(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)[^\n]*\n(.*?)^```")

// shellLines gives each line of a document's sh blocks.
func shellLines(doc string) (out []string) {
	for _, m := range fence.FindAllStringSubmatch(doc, -1) {
		if m[1] != "sh" {
			continue
		}
		for line := range strings.Lines(m[2]) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				out = append(out, line)
			}
		}
	}
	return out
}

// ours gives the arguments if line starts this program.
func ours(line string) ([]string, bool) {
	for _, start := range []string{"go run ./hub ", "mashhub ", "./mashhub "} {
		if rest, ok := strings.CutPrefix(line, start); ok {
			rest = strings.NewReplacer(`"`, "", "'", "").Replace(rest)
			return strings.Fields(rest), true
		}
	}
	return nil, false
}

// TestDocumentedCommandsParse: every command of this program that a document
// shows in a sh block is one that the program takes.
func TestDocumentedCommandsParse(t *testing.T) {
	lines := map[string][]string{}
	for _, name := range documents {
		lines[name] = shellLines(document(t, name))
	}
	// The parser wants the files that it names: those that a reader downloads.
	t.Chdir(t.TempDir())
	for _, file := range []string{"audit-bundle.jsonl", "changed.jsonl"} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found := 0
	for _, name := range documents {
		for _, line := range lines[name] {
			args, ok := ours(line)
			if !ok {
				continue
			}
			found++
			if err := parses(t, args); err != nil {
				t.Errorf("%s: %q: %v", name, line, err)
			}
		}
	}
	if found < 10 {
		t.Errorf("%d commands were found: the documents show more", found)
	}
	for _, wrong := range []string{"demo --twice", "demo --scenario 11", "demo --json", "serve", "audit verify"} {
		if parses(t, strings.Fields(wrong)) == nil {
			t.Errorf("%q parses: this test cannot fail", wrong)
		}
	}
}

// parses asks the program's own parser.
func parses(t *testing.T, args []string) error {
	t.Helper()
	var c cli
	exited := false
	k, err := kong.New(&c, kong.Name("mashhub"), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) { exited = true }))
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Parse(args)
	if exited { // --help
		return nil
	}
	return err
}

var (
	link     = regexp.MustCompile(`\[(?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*\]\(([^)\s]+)\)`)
	picture  = regexp.MustCompile(`!\[([^\]]*)\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	codePath = regexp.MustCompile("`((?:hub|connectors|policies|plugins|certs|deploy|\\.ci)/[A-Za-z0-9_./-]+)`")
)

// TestDocumentedPathsExist: every link resolves, every file or folder of ours
// that is named is there, and every picture says what it shows.
func TestDocumentedPathsExist(t *testing.T) {
	for _, name := range documents {
		text := document(t, name)
		prose := fence.ReplaceAllString(text, "")
		for _, m := range link.FindAllStringSubmatch(prose, -1) {
			checkLink(t, name, m[1])
		}
		for _, m := range picture.FindAllStringSubmatch(prose, -1) {
			checkLink(t, name, m[2])
			if m[1] == "" {
				t.Errorf("%s: the picture %s has no text for who cannot see it", name, m[2])
			}
		}
		for _, m := range codePath.FindAllStringSubmatch(prose, -1) {
			if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", name, m[1])
			}
		}
	}
}

func checkLink(t *testing.T, document, target string) {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Errorf("%s: %v", document, err)
		return
	}
	if u.Scheme != "" { // not ours to test, and never fetched
		if u.Scheme != "https" {
			t.Errorf("%s: %s is not https", document, target)
		}
		return
	}
	file := filepath.Join("..", document)
	if u.Path != "" {
		file = filepath.Join(filepath.Dir(file), u.Path)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Errorf("%s links to %s, which is not there", document, target)
		return
	}
	if strings.HasSuffix(file, ".png") && info.Size() > 150_000 {
		t.Errorf("%s is %d bytes: at most 150,000", target, info.Size())
	}
	if u.Fragment == "" {
		return
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("%s: %v", document, err)
		return
	}
	var anchors []string
	for _, m := range heading.FindAllStringSubmatch(string(b), -1) {
		anchors = append(anchors, anchor(m[1]))
	}
	if !slices.Contains(anchors, u.Fragment) {
		t.Errorf("%s links to %s, but there is no such heading", document, target)
	}
}

// anchor is the fragment of a heading: lower case, no punctuation but hyphens,
// spaces as hyphens.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}

// TestDocumentedVersions: the libraries' versions are those of go.mod.
func TestDocumentedVersions(t *testing.T) {
	readme, mod := document(t, "README.md"), document(t, "go.mod")
	for _, library := range []string{"github.com/segmentio/kafka-go", "github.com/hashicorp/go-plugin", "github.com/open-policy-agent/opa", "github.com/lestrrat-go/jwx/v3"} {
		m := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(library) + ` (\S+)`).FindStringSubmatch(mod)
		if m == nil {
			t.Errorf("%s is not in go.mod", library)
			continue
		}
		if row := fmt.Sprintf("| `%s` | %s |", library, m[1]); !strings.Contains(readme, row) {
			t.Errorf("README.md does not say %q", row)
		}
	}
	if version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(mod); !strings.Contains(readme, "(https://go.dev/dl/) "+version[1]+" ") {
		t.Errorf("README.md asks for another Go than go.mod: %s", version[1])
	}
}

// TestDocumentedJSON: every key of what `demo --once --json` prints is described.
func TestDocumentedJSON(t *testing.T) {
	readme := document(t, "README.md")
	_, section, _ := strings.Cut(readme, "\n## The JSON of `demo --once --json`\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, key := range keys(reflect.TypeFor[demo.Report]()) {
		if !strings.Contains(section, "`"+key+"`") {
			t.Errorf("README.md does not describe %s", key)
		}
	}
	top := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1)
	for _, m := range top {
		if !slices.Contains(keys(reflect.TypeFor[demo.Report]()), m[1]) {
			t.Errorf("README.md describes %s, which is not printed", m[1])
		}
	}
}

// keys lists the JSON keys of a type and of what is in it.
func keys(typ reflect.Type) (out []string) {
	switch typ.Kind() {
	case reflect.Slice, reflect.Pointer:
		return keys(typ.Elem())
	case reflect.Struct:
		if typ == reflect.TypeFor[time.Time]() || typ == reflect.TypeFor[mash.Party]() {
			return nil
		}
		for f := range typ.Fields() {
			if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" && key != "-" {
				out = append(out, key)
			}
			out = append(out, keys(f.Type)...)
		}
	}
	return out
}

// TestDocumentedClock: the README's example is what the clock says.
func TestDocumentedClock(t *testing.T) {
	at := func(clock string) time.Time {
		when, err := time.Parse("2006-01-02 15:04:05", "2026-11-23 "+clock)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	hub := func(clock string, kind mash.EventKind) mash.Event {
		return mash.Event{Kind: kind, At: at(clock), Clock: mash.ClockHub}
	}
	agency := func(clock string, kind mash.EventKind) mash.Event {
		return mash.Event{Kind: kind, At: at(clock), Clock: "housing"}
	}
	got := tracking.Measure(tracking.Input{Now: at("23:00:00"),
		Outages: []mash.Outage{{Scope: "broker", From: at("12:00:00"), To: at("12:15:00")}},
		Events: []mash.Event{
			hub("09:00:00", mash.EventRaised), hub("09:00:02", mash.EventAuthorised), hub("09:00:03", mash.EventSent),
			agency("09:00:05", mash.EventAgencyReceived), hub("10:30:00", mash.EventClarifyOpen), hub("10:50:00", mash.EventClarifyClosed),
			agency("14:00:00", mash.EventAgencyPolicy), agency("14:00:10", mash.EventAgencyDecided), agency("14:10:00", mash.EventAgencyReturned),
			hub("14:10:04", mash.EventLanded)}})
	readme := document(t, "README.md")
	for _, cause := range tracking.Causes {
		if row := fmt.Sprintf("| %s | %s |", cause, words(got.By[cause])); !strings.Contains(readme, row) {
			t.Errorf("README.md does not say %q", row)
		}
	}
	if row := fmt.Sprintf("| **total** | **%s** |", words(got.TotalMS)); !strings.Contains(readme, row) {
		t.Errorf("README.md does not say %q", row)
	}
	due, _ := tracking.DefaultProfile().Target(mash.Amber, mash.Party{Agency: "housing"}, at("09:00:00"))
	if say := "The target was " + due.Format("15:04") + ": amber means six office hours"; !strings.Contains(readme, say) {
		t.Errorf("README.md does not say %q", say)
	}
}

// words writes milliseconds as the README does.
func words(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	var parts []string
	for _, p := range []struct {
		n    int
		unit string
	}{{int(d.Hours()), "h"}, {int(d.Minutes()) % 60, "min"}, {int(d.Seconds()) % 60, "s"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.unit))
		}
	}
	return strings.Join(parts, " ")
}
