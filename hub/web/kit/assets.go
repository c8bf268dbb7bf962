package kit

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
)

//go:embed static
var staticFiles embed.FS

// manifest maps an asset's name to the file that holds it, whose name carries
// the hash of its content. assets-src/build.mjs writes both.
var manifest = mustManifest()

func mustManifest() map[string]string {
	b, err := staticFiles.ReadFile("static/manifest.json")
	if err != nil {
		panic(fmt.Errorf("reading the asset manifest: %w", err))
	}
	m := map[string]string{}
	if err := json.Unmarshal(b, &m); err != nil {
		panic(fmt.Errorf("decoding the asset manifest: %w", err))
	}
	return m
}

// StaticPrefix is where the built assets are served.
const StaticPrefix = "/static/"

// Asset gives the address of a built asset by its plain name: "app.css",
// "app.js", "favicon.svg". An unknown name is an error, which stops the page
// rather than showing it without its style.
func Asset(name string) (string, error) {
	f, ok := manifest[name]
	if !ok {
		return "", fmt.Errorf("no asset of that name")
	}
	return StaticPrefix + f, nil
}

// serveStatic serves the built assets and nothing else. Because a name carries
// its content's hash, what a browser has once fetched never changes.
func serveStatic(w http.ResponseWriter, r *http.Request) error {
	name := path.Base(r.URL.Path)
	if path.Clean(r.URL.Path) != StaticPrefix+name || !isAsset(name) {
		return ErrNotFound
	}
	b, err := fs.ReadFile(staticFiles, "static/"+name)
	if err != nil {
		return ErrNotFound
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", contentType(name))
	h.Set("Content-Length", fmt.Sprint(len(b)))
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method == http.MethodHead {
		return nil
	}
	_, err = w.Write(b)
	return err
}

func isAsset(name string) bool {
	for _, f := range manifest {
		if f == name {
			return true
		}
	}
	return false
}

// contentType does not ask the machine's own table for the types we serve: it
// differs from machine to machine.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}
