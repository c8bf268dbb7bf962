package agreement

import (
	"fmt"
	"strings"
)

// Markdown is a document as text, for a terminal, a file that people compare, or
// whatever else reads Markdown.
func (d Document) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", plainly(d.Name()))
	for _, s := range d.Sections() {
		fmt.Fprintf(&b, "\n## %s\n", plainly(s.Title))
		for _, x := range s.Blocks {
			switch {
			case x.Heading != "":
				fmt.Fprintf(&b, "\n### %s\n", plainly(x.Heading))
			case x.Text != "":
				fmt.Fprintf(&b, "\n%s\n", plainly(x.Text))
			case x.Table != nil:
				fmt.Fprintf(&b, "\n%s\n\n", plainly(x.Table.Caption))
				line(&b, x.Table.Head)
				fmt.Fprintf(&b, "|%s\n", strings.Repeat(" --- |", len(x.Table.Head)))
				for _, row := range x.Table.Rows {
					var cells []string
					for _, c := range row {
						cells = append(cells, strings.Join(c, " / "))
					}
					line(&b, cells)
				}
			default:
				b.WriteByte('\n')
				for _, l := range x.List {
					fmt.Fprintf(&b, "- %s\n", plainly(l))
				}
			}
		}
	}
	return b.String()
}

func line(b *strings.Builder, cells []string) {
	b.WriteByte('|')
	for _, c := range cells {
		fmt.Fprintf(b, " %s |", plainly(c))
	}
	b.WriteByte('\n')
}

// plainly keeps what a file says from being taken for a sign of Markdown's, or for
// a line of its own.
func plainly(s string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", "|", "\\|", "<", "\\<", "*", "\\*", "`", "\\`", "#", "\\#").Replace(s)
}
