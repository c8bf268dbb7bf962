package agreement

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"mashhub/hub/mash"
)

// Measures of the paper, in millimetres and points.
const (
	side, top, foot = 18.0, 18.0, 22.0
	width, bottom   = 210 - 2*side, 297 - foot
	pad             = 1.4 // above and below what stands in a cell
	signHigh        = 11.0
	letters, small  = 10.0, 9.0
	lineHigh        = 1.32 * 0.3528 // of the letters' size
)

// PDF writes the document as a PDF for signature: A4, with the version and the
// number of pages at the foot of each. The same document gives the same bytes.
// Errors: CodeInvalid for a character that its font does not have.
func (d Document) PDF() ([]byte, error) {
	if err := d.printable(); err != nil {
		return nil, err
	}
	// Written twice: the first time to know how many pages there are. A sign that
	// stands for their number could be one that stands in the agreement.
	p := d.paper(d.paper(0).PageNo())
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, mash.Errorf(mash.CodeInternal, "writing the PDF: %w", err)
	}
	return out.Bytes(), nil
}

// paper writes the document on so many pages.
func (d Document) paper(pages int) paper {
	p := paper{fpdf.New("P", "mm", "A4", "")}
	p.AddUTF8FontFromBytes("go", "", goregular.TTF)
	p.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	p.SetCatalogSort(true)
	date := d.dated
	if date.IsZero() {
		date = time.Unix(0, 0).UTC()
	}
	p.SetCreationDate(date)
	p.SetModificationDate(date)
	p.SetTitle(d.Name(), true)
	p.SetSubject(d.Foot(), true)
	p.SetProducer("MASH Hub", true)
	p.SetLang("en-GB")
	p.SetMargins(side, top, side)
	p.SetAutoPageBreak(false, foot)
	p.SetFooterFunc(func() {
		p.SetXY(side, 297-14)
		p.SetFont("go", "", 7)
		p.CellFormat(width-30, 5, d.Foot(), "", 0, "L", false, 0, "")
		p.CellFormat(30, 5, fmt.Sprintf("Page %d of %d", p.PageNo(), pages), "", 0, "R", false, 0, "")
	})
	p.AddPage()
	p.heading(d.Name(), 20, 0, 0)
	for _, s := range d.Sections() {
		if s.NewPage {
			p.AddPage()
		}
		p.heading(s.Title, 14, 1, 6)
		above := s.Title
		for _, b := range s.Blocks {
			p.block(b, above)
			if b.Heading != "" {
				above = b.Heading
			}
		}
	}
	return p
}

// fonts are what is embedded, parsed to see which characters they have. The Go
// fonts are small, have the letters of European languages, and may be embedded:
// their licence is Go's own.
var fonts = sync.OnceValues(func() (out []*sfnt.Font, err error) {
	for _, ttf := range [][]byte{goregular.TTF, gobold.TTF} {
		f, err := sfnt.Parse(ttf)
		if err != nil {
			return nil, fmt.Errorf("reading the PDF's font: %w", err)
		}
		out = append(out, f)
	}
	return out, nil
})

// printable reports the first character that the paper could not show: a sign in
// its place could change what is signed.
func (d Document) printable() error {
	all, err := fonts()
	if err != nil {
		return err
	}
	var buffer sfnt.Buffer
	known := map[rune]bool{' ': true, '\n': true, '\t': true}
	look := func(texts ...string) error {
		for _, text := range texts {
			for _, r := range text {
				if known[r] {
					continue
				}
				for _, f := range all {
					if i, err := f.GlyphIndex(&buffer, r); err != nil || i == 0 {
						return mash.Invalid("document", fmt.Sprintf("has the character %q (%U), which the PDF's font cannot show", r, r), "write it otherwise in the agreement, or print the page from the browser")
					}
				}
				known[r] = true
			}
		}
		return nil
	}
	err = look(d.Name(), d.Foot())
	for _, s := range d.Sections() {
		for _, b := range s.Blocks {
			if err == nil {
				err = look(append([]string{b.Heading, b.Text}, b.List...)...)
			}
			if b.Table == nil || err != nil {
				continue
			}
			err = look(b.Table.Head...)
			for _, row := range b.Table.Rows {
				for _, cell := range row {
					if err == nil {
						err = look(cell...)
					}
				}
			}
		}
	}
	return err
}

// paper is a PDF while it is written.
type paper struct{ *fpdf.Fpdf }

// room makes room for something: a new page where it is not left on this one.
func (p paper) room(high float64) {
	if p.GetY()+high > bottom {
		p.AddPage()
	}
}

// wrap parts a text into lines in the font that is set. A word that is longer
// than a line is broken, after a slash where it has one.
func (p paper) wrap(text string, wide float64) (lines []string) {
	line, at := "", 0.0
	space := p.GetStringWidth(" ")
	for _, word := range strings.Fields(text) {
		w := p.GetStringWidth(word)
		switch {
		case line != "" && at+space+w <= wide:
			line, at = line+" "+word, at+space+w
			continue
		case line != "":
			lines = append(lines, line)
		}
		line, at = word, w
		if w <= wide {
			continue
		}
		line, at = "", 0
		for _, r := range word {
			c := p.GetStringWidth(string(r))
			if line != "" && at+c > wide {
				next := ""
				if i := strings.LastIndex(line, "/") + 1; i > 0 && i < len(line) && i > len(line)/3 {
					line, next = line[:i], line[i:]
				}
				lines, line, at = append(lines, line), next, p.GetStringWidth(next)
			}
			line, at = line+string(r), at+c
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// heading writes one that stays with what follows it. Level 0 is in no outline.
func (p paper) heading(text string, size float64, level int, above float64) {
	p.SetFont("go", "B", size)
	lines := p.wrap(text, width)
	high := size * lineHigh
	p.room(above + high*float64(len(lines)) + 22)
	if p.GetY() > top {
		p.SetY(p.GetY() + above)
	}
	if level > 0 {
		p.Bookmark(text, level-1, -1)
	}
	p.lines(lines, side, high)
	p.SetY(p.GetY() + 2)
}

// lines writes lines below one another.
func (p paper) lines(lines []string, x, high float64) {
	for _, l := range lines {
		p.room(high)
		p.SetX(x)
		p.CellFormat(width, high, l, "", 1, "L", false, 0, "")
	}
}

func (p paper) block(b Block, above string) {
	p.SetFont("go", "", letters)
	high := letters * lineHigh
	switch {
	case b.Heading != "":
		p.heading(b.Heading, 11, 2, 3)
	case b.Table != nil:
		p.table(*b.Table, above)
	case b.Text != "":
		if b.Strong {
			p.SetFont("go", "B", letters)
		}
		lines := p.wrap(b.Text, width)
		p.room(high * float64(min(len(lines), 4))) // a short paragraph is not parted
		p.lines(lines, side, high)
		p.SetY(p.GetY() + 2)
	default:
		for _, item := range b.List {
			lines := p.wrap(item, width-5)
			p.room(high)
			y := p.GetY()
			p.SetX(side + 1)
			p.CellFormat(4, high, "•", "", 0, "L", false, 0, "")
			p.SetXY(side+5, y)
			p.lines(lines, side+5, high)
			p.SetY(p.GetY() + 0.6)
		}
		p.SetY(p.GetY() + 1.4)
	}
}
