package agreement

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
	"mashhub/policies"
)

func printed(t *testing.T, d Document) []byte {
	t.Helper()
	b, err := d.PDF()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// extract gives a PDF's text and what it says of itself, by poppler's programs.
func extract(t *testing.T, pdf []byte) (text, info string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "document.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, run := range []struct {
		into *string
		args []string
	}{{&text, []string{"pdftotext", "-raw", path, "-"}}, {&info, []string{"pdfinfo", path}}} {
		if _, err := exec.LookPath(run.args[0]); err != nil {
			t.Skip("no " + run.args[0] + " on this machine: the text of the PDF was not read back")
		}
		b, err := exec.Command(run.args[0], run.args[1:]...).Output()
		if err != nil {
			t.Fatal(err)
		}
		*run.into = string(b)
	}
	return text, info
}

// TestPDFSaysWhatThePageSays: every word of the document is in the PDF, and each
// page has the version and its number.
func TestPDFSaysWhatThePageSays(t *testing.T) {
	for _, id := range []string{"mash-fernshire", "encompass-fernshire"} {
		d := explained(t, policies.FS, id)
		text, info := extract(t, printed(t, d))
		words := map[string]bool{}
		for _, w := range strings.Fields(text) {
			words[w] = true
		}
		joined := strings.Join(strings.Fields(text), "")
		for _, w := range strings.FieldsFunc(strings.NewReplacer("[", "", "]", "").Replace(d.Markdown()), func(r rune) bool { return strings.ContainsRune(" \n#|/-", r) }) {
			if len(w) < 32 && !words[w] && !strings.Contains(joined, w) {
				t.Errorf("%s: the PDF lacks %q", id, w)
			}
		}
		pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
		for i, page := range pages {
			if !strings.Contains(page, fmt.Sprintf("Page %d of %d", i+1, len(pages))) || !strings.Contains(page, d.Foot()) {
				t.Errorf("%s: page %d lacks its number or the version", id, i+1)
			}
		}
		if !strings.Contains(info, d.Name()) || !strings.Contains(info, "A4") {
			t.Errorf("%s: %s", id, info)
		}
	}
}

// TestPDFIsTheSame: the same document gives the same bytes, dated by the
// agreement and not by a clock, in its language.
func TestPDFIsTheSame(t *testing.T) {
	first := printed(t, explained(t, policies.FS, "mash-fernshire"))
	for range 3 {
		if !bytes.Equal(first, printed(t, explained(t, policies.FS, "mash-fernshire"))) {
			t.Fatal("the same document gave other bytes")
		}
	}
	for _, want := range []string{"/CreationDate (D:20241202000000", "/ModDate (D:20241202000000", "/Lang (en-GB)"} {
		if !bytes.Contains(first, []byte(want)) {
			t.Errorf("the PDF lacks %q", want)
		}
	}
	other, err := Explain(policies.FS, "mash-fernshire", Origin{Version: "sha256:1111"})
	if err != nil || bytes.Equal(first, printed(t, other)) {
		t.Errorf("another version gave the same bytes: %v", err)
	}
}

// titled is the shipped agreement under another title.
func titled(t *testing.T, title string) Document {
	t.Helper()
	return explained(t, changed(t, shippedFile, func(root *yaml.Node) { at(root, "title").SetString(title) }), "mash-fernshire")
}

// TestPDFLetters: letters of other languages come out right; what could not be
// shown is an error that names it.
func TestPDFLetters(t *testing.T) {
	const title = "the Tŷ Gwyn, Łódź and Ångström agreement – “§ 17”"
	text, info := extract(t, printed(t, titled(t, title)))
	if braces, _ := extract(t, printed(t, titled(t, "the {nb} and {pages} agreement"))); !strings.Contains(braces, "{nb} and {pages}") {
		t.Error("what stands in the agreement is taken for a number of pages")
	}
	if !strings.Contains(text, "Tŷ Gwyn, Łódź and Ångström") || !strings.Contains(info, "Tŷ Gwyn, Łódź") {
		t.Errorf("%s\n%.300s", info, text)
	}
}

// TestPDFCannotShow: nothing is put in the place of what the font does not have.
func TestPDFCannotShow(t *testing.T) {
	for _, sign := range []string{"😀", "保", "\u200b"} {
		_, err := titled(t, "the "+sign+" agreement").PDF()
		var e *mash.Error
		if !asError(err, &e) || e.Code != mash.CodeInvalid || e.Field == "" || e.Remedy == "" || !strings.Contains(e.Message, fmt.Sprintf("%U", []rune(sign)[0])) {
			t.Errorf("%q: %v", sign, err)
		}
	}
}

// TestPDFOfOddAgreements: rows longer than a page, words longer than a line, many
// purposes and many parties.
func TestPDFOfOddAgreements(t *testing.T) {
	files, err := Files(policies.FS)
	if err != nil {
		t.Fatal(err)
	}
	var purposes, parties strings.Builder
	for i := range 40 {
		fmt.Fprintf(&purposes, "p%d: {basis: s47}, ", i)
	}
	for i := range 300 {
		fmt.Fprintf(&parties, "h/a%d: {name: A%d, categories: {police.crime: {p1: content}}}, ", i, i)
	}
	for name, text := range map[string]string{
		"nothing": "odd: {}\n", "a long word": "odd: {title: " + strings.Repeat("x", 20000) + "}\n",
		"a long text":   "odd: {clauses: {A: {text: " + strings.Repeat("word ", 20000) + "}}}\n",
		"many purposes": "odd: {purposes: {" + purposes.String() + "}, pairs: {h/a: {categories: {police.crime: {p1: content}}}}}\n",
		"many parties":  "odd: {hub: h, purposes: {p1: {}}, pairs: {" + parties.String() + "}}\n",
	} {
		files["agreements/odd.yaml"] = text
		if b := printed(t, explained(t, FS(files), "odd")); len(b) < 1000 {
			t.Errorf("%s: %d bytes", name, len(b))
		}
	}
}
