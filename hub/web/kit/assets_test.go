package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestManifestMatchesFiles(t *testing.T) {
	entries, err := staticFiles.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]bool{}
	for _, e := range entries {
		held[e.Name()] = true
	}
	for _, name := range []string{"app.css", "app.js", "favicon.svg"} {
		file := manifest[name]
		if !held[file] {
			t.Errorf("%s: %q is not there", name, file)
			continue
		}
		b, _ := staticFiles.ReadFile("static/" + file)
		sum := sha256.Sum256(b)
		if !strings.Contains(file, "-"+hex.EncodeToString(sum[:])[:16]+".") {
			t.Errorf("%s: the name is not the content's hash", file)
		}
		delete(held, file)
	}
	delete(held, "manifest.json")
	delete(held, "licence.txt")
	if len(held) != 0 || len(manifest) != 3 {
		t.Errorf("left over: %v", held)
	}
}

// TestStyleIsNotGOVUK: a service outside GOV.UK shows none of its identity, and
// the style sheet fetches nothing from anywhere.
func TestStyleIsNotGOVUK(t *testing.T) {
	css, err := staticFiles.ReadFile("static/" + manifest["app.css"])
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"GDS Transport", "crown", "crest", "@font-face", "@import", "url("} {
		if strings.Contains(string(css), word) {
			t.Errorf("the style sheet has %q", word)
		}
	}
	if !strings.Contains(string(css), "system-ui") {
		t.Error("the style sheet lacks our font")
	}
	js, err := staticFiles.ReadFile("static/" + manifest["app.js"])
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"innerHTML", "eval(", "document.write", "localStorage"} {
		if strings.Contains(string(js), word) {
			t.Errorf("the script has %q", word)
		}
	}
}

func TestStaticServesItsFilesOnly(t *testing.T) {
	s := newSite(t).standard()
	srv, c := s.start(t)
	for name, kind := range map[string]string{"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "favicon.svg": "image/svg+xml"} {
		address, err := Asset(name)
		if err != nil {
			t.Fatal(err)
		}
		resp, body := get(t, c, srv.URL+address)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != kind || len(body) == 0 || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", name, resp.StatusCode, resp.Header)
		}
	}
	for _, path := range []string{"/static/manifest.json", "/static/", "/static/app.css", "/static/..%2fdoc.go"} {
		if resp, _ := get(t, c, srv.URL+path); resp.StatusCode == http.StatusOK {
			t.Errorf("%s was served", path)
		}
	}
	if _, err := Asset("nothing"); err == nil {
		t.Error("an unknown asset has an address")
	}
}

// TestStaticIsBuiltFromItsSources builds again where Node's packages are
// installed and compares.
func TestStaticIsBuiltFromItsSources(t *testing.T) {
	if _, err := os.Stat(filepath.Join("assets-src", "node_modules", "esbuild")); err != nil {
		t.Skip("the build's packages are not installed: run npm ci in assets-src to check that static is up to date")
	}
	cmd := exec.CommandContext(t.Context(), "node", "build.mjs", "--check")
	cmd.Dir = "assets-src"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestLockNamesNoRegistry: which registry packages come from is the business
// of the machine that installs them.
func TestLockNamesNoRegistry(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("assets-src", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), `"resolved"`) || regexp.MustCompile(`registry\.`).Match(b) {
		t.Error("package-lock.json names a registry")
	}
	if !strings.Contains(string(b), `"integrity"`) {
		t.Error("package-lock.json has no hashes")
	}
}
