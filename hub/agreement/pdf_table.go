package agreement

// styled is a line of a cell.
type styled struct {
	text string
	bold bool
}

// table writes rows over as many pages as they need, its head on each. Its caption stands only where
// it is not the heading above.
func (p paper) table(t DocumentTable, above string) {
	high := small * lineHigh
	if t.Caption != above {
		p.SetFont("go", "B", small)
		caption := p.wrap(t.Caption, width)
		p.room(float64(len(caption)+2)*high + 14)
		p.lines(caption, side, high)
	}
	sum := 0.0
	for _, w := range t.Widths {
		sum += w
	}
	wide := make([]float64, len(t.Head))
	for i := range wide {
		wide[i] = width * t.Widths[i] / sum
	}
	head := p.cells(single(t.Head), wide, true)
	p.row(head, wide, high, 0.5, false)
	for _, row := range t.Rows {
		cells := p.cells(row, wide, false)
		for deep := tallest(cells); ; deep = tallest(cells) {
			fits := int((bottom - p.GetY() - 2*pad) / high)
			whole := (bottom - top) / high / 2 // what is longer may begin anywhere
			if t.Sign && p.GetY()+signHigh > bottom || deep > fits && (float64(deep) <= whole || fits < 3) {
				p.AddPage()
				p.row(head, wide, high, 0.5, false)
				fits = int((bottom - p.GetY() - 2*pad) / high)
			}
			if deep <= fits || fits < 1 {
				break
			}
			var now [][]styled
			for i, c := range cells {
				n := min(len(c), fits)
				now, cells[i] = append(now, c[:n]), c[n:]
			}
			p.row(now, wide, high, 0, false)
		}
		p.row(cells, wide, high, 0.15, t.Sign)
	}
	p.SetY(p.GetY() + 4)
}

func single(texts []string) (out [][]string) {
	for _, t := range texts {
		out = append(out, []string{t})
	}
	return out
}

func tallest(cells [][]styled) (n int) {
	for _, c := range cells {
		n = max(n, len(c))
	}
	return n
}

// cells parts a row into lines. A head is bold, and so is what a row is about.
func (p paper) cells(row [][]string, wide []float64, head bool) [][]styled {
	out := make([][]styled, len(wide))
	for i := range out {
		if i >= len(row) {
			continue
		}
		for j, text := range row[i] {
			bold := head || i == 0 && j == 0
			p.SetFont("go", map[bool]string{true: "B"}[bold], small)
			for _, l := range p.wrap(text, wide[i]-3) {
				out[i] = append(out[i], styled{l, bold})
			}
		}
	}
	return out
}

// row writes one row where there is room for it, with a line below. A row to
// sign in is higher and has its cells marked off.
func (p paper) row(cells [][]styled, wide []float64, high, line float64, sign bool) {
	y, tall := p.GetY(), float64(tallest(cells))*high+2*pad
	if sign {
		tall = max(tall, signHigh)
	}
	x := side
	for i, c := range cells {
		for j, l := range c {
			p.SetFont("go", map[bool]string{true: "B"}[l.bold], small)
			p.SetXY(x, y+pad+float64(j)*high)
			p.CellFormat(wide[i], high, l.text, "", 0, "L", false, 0, "")
		}
		if sign && i > 0 {
			p.SetLineWidth(0.15)
			p.Line(x-1.5, y, x-1.5, y+tall)
		}
		x += wide[i]
	}
	if line > 0 {
		p.SetLineWidth(line)
		p.Line(side, y+tall, side+width, y+tall)
	}
	p.SetXY(side, y+tall)
}
