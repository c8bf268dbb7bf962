package schools

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// fault is why an export cannot be read. Its reason begins with a code and
// names file, column or line and remedy; it holds nothing of a row.
type fault struct{ reason string }

func (f *fault) Error() string { return f.reason }

func faultf(format string, args ...any) *fault { return &fault{fmt.Sprintf(format, args...)} }

// errNotExported is a file that the school does not export.
var errNotExported = errors.New("not exported")

// maxRecord bounds one record, quotes and line breaks included.
const maxRecord = 1 << 20

// table streams one file of an export.
type table struct {
	file    string
	closer  io.Closer
	csv     *csv.Reader
	guard   *guard
	cp1252  bool
	columns map[string]int // our header name → position
	day     string         // of the export, YYYY-MM-DD, by the file's time
}

// guard ends the reading when one record becomes too long.
type guard struct {
	r    io.Reader
	read int
}

func (g *guard) Read(p []byte) (int, error) {
	if g.read > maxRecord {
		return 0, errRecordTooLong
	}
	n, err := g.r.Read(p)
	g.read += n
	return n, err
}

var errRecordTooLong = errors.New("record too long")

// open opens one file of one school and reads its header row. Errors:
// errNotExported, *fault.
func (c *config) open(root *os.Root, urn, file string) (*table, error) {
	f, err := root.Open(urn + "/" + file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNotExported
	}
	if err != nil {
		return nil, faultf("export_unreadable: %s cannot be opened: let the connector's account read it", file)
	}
	t := &table{file: file, closer: f, columns: map[string]int{}}
	if err := t.begin(f, c); err != nil {
		f.Close()
		return nil, err
	}
	return t, nil
}

func (t *table) begin(f *os.File, c *config) error {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return faultf("export_unreadable: %s is not a file: replace it by an export", t.file)
	}
	t.day = info.ModTime().UTC().Format("2006-01-02")
	skip := 0
	if t.cp1252, skip, err = encoding(f); err != nil {
		var already *fault
		if errors.As(err, &already) {
			return faultf("%s", strings.Replace(already.reason, "FILE", t.file, 1))
		}
		return faultf("export_unreadable: %s cannot be read: check the disk or the share it is on", t.file)
	}
	if _, err := f.Seek(int64(skip), io.SeekStart); err != nil {
		return faultf("export_unreadable: %s cannot be read: check the disk or the share it is on", t.file)
	}
	t.guard = &guard{r: f}
	t.csv = csv.NewReader(t.guard)
	t.csv.Comma, _ = utf8.DecodeRuneInString(c.Delimiter)
	t.csv.ReuseRecord = true
	header, err := t.csv.Read()
	if errors.Is(err, io.EOF) {
		return faultf("export_empty: %s has no header row: export it again", t.file)
	}
	if err != nil {
		return t.malformed(err)
	}
	return t.match(header, c.Headers[t.file])
}

// match finds our columns in the header row.
func (t *table) match(header []string, names map[string]string) error {
	need := slices.Clone(essential[t.file])
	if t.file == AttendanceFile && t.has(header, names, "Mark") {
		need = slices.Clone(essentialMarks)
	}
	for ours := range names {
		if !slices.Contains(need, ours) {
			need = append(need, ours)
		}
	}
	slices.Sort(need)
	for _, ours := range known(t.file) {
		theirs := ours
		if n := names[ours]; n != "" {
			theirs = n
		}
		for i, h := range header {
			if strings.EqualFold(strings.TrimSpace(t.text(h)), theirs) {
				if _, twice := t.columns[ours]; twice {
					return faultf("csv_column_twice: %s has the column %q twice: export it once, or map another under headers", t.file, theirs)
				}
				t.columns[ours] = i
			}
		}
		if _, ok := t.columns[ours]; !ok && slices.Contains(need, ours) {
			return faultf("csv_column_missing: %s lacks the column %q: export it, or map its name under headers", t.file, theirs)
		}
	}
	return nil
}

func (t *table) has(header []string, names map[string]string, ours string) bool {
	if n := names[ours]; n != "" {
		ours = n
	}
	return slices.ContainsFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(t.text(h)), ours) })
}

// each hands over every row until handle gives an error. Errors: *fault, or
// handle's own.
func (t *table) each(done func() error, handle func(row) error) error {
	for n := 0; ; n++ {
		if n%1024 == 0 {
			if err := done(); err != nil {
				return err
			}
		}
		t.guard.read = 0
		record, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return t.malformed(err)
		}
		if err := handle(row{t, record}); err != nil {
			return err
		}
	}
}

func (t *table) malformed(err error) error {
	var parse *csv.ParseError
	switch {
	case errors.Is(err, errRecordTooLong):
		return faultf("csv_malformed: %s has a record above 1 MiB, as a quote left open makes: export it again", t.file)
	case errors.As(err, &parse):
		what := "a quote out of place"
		if errors.Is(parse.Err, csv.ErrFieldCount) {
			what = "another number of fields than the header row"
		}
		return faultf("csv_malformed: %s line %d has %s: correct it, or export it again", t.file, parse.Line, what)
	}
	return faultf("export_unreadable: %s cannot be read: check the disk or the share it is on", t.file)
}

// line gives the current line of the file, for a fault about a value.
func (t *table) line() int { line, _ := t.csv.FieldPos(0); return line }

func (t *table) close() { t.closer.Close() }

// text decodes one field.
func (t *table) text(s string) string {
	if !t.cp1252 && utf8.ValidString(s) {
		return s
	}
	out, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return out
}

// row is one record; it is valid until the next.
type row struct {
	t      *table
	record []string
}

// raw is a column's bytes as they are, for comparing ASCII keys cheaply.
func (r row) raw(name string) string {
	if i, ok := r.t.columns[name]; ok {
		return r.record[i]
	}
	return ""
}

// get is a column's text, spaces around it removed; "" where it is not there.
func (r row) get(name string) string { return strings.TrimSpace(r.t.text(r.raw(name))) }

// encoding reads the whole file once and tells whether it is cp1252 and how
// many bytes of a byte-order mark to skip.
func encoding(f io.Reader) (cp1252 bool, skip int, err error) {
	r := bufio.NewReaderSize(f, 64<<10)
	head, _ := r.Peek(4)
	switch {
	case len(head) >= 2 && (head[0] == 0xFF && head[1] == 0xFE || head[0] == 0xFE && head[1] == 0xFF), len(head) == 4 && head[1] == 0 && head[3] == 0:
		return false, 0, faultf("encoding_utf16: FILE is UTF-16: export it as CSV UTF-8")
	case len(head) >= 3 && head[0] == 0xEF && head[1] == 0xBB && head[2] == 0xBF:
		skip = 3
	}
	buffer, kept := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(buffer[kept:])
		chunk := buffer[:kept+n]
		end := len(chunk)
		// A letter may be cut by the end of the chunk: leave up to three bytes.
		for back := 1; back < utf8.UTFMax && back <= len(chunk); back++ {
			if b := chunk[len(chunk)-back]; utf8.RuneStart(b) {
				if !utf8.FullRune(chunk[len(chunk)-back:]) {
					end = len(chunk) - back
				}
				break
			}
		}
		if !utf8.Valid(chunk[:end]) {
			return skip == 0, skip, nil
		}
		kept = copy(buffer, chunk[end:])
		if errors.Is(err, io.EOF) {
			return kept > 0 && skip == 0, skip, nil
		}
		if err != nil {
			return false, 0, err
		}
	}
}
