package kit

import (
	"net/http"
	"strconv"

	"mashhub/hub/mash"
)

// PageNumber is the page of a list that an address asks for (?page=2): the
// first when it says nothing that can be understood.
func PageNumber(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return n
}

// Pager leads through the pages of the list at path; label names the list for
// who hears the page. A list of one page has none.
func Pager(p mash.Paging, path, label string) Stack {
	if p.Pages < 2 {
		return nil
	}
	at := func(n int) string { return path + "?page=" + strconv.Itoa(n) }
	out := Pagination{Label: label}
	if p.Page > 1 {
		out.Previous = &PageStep{Href: at(p.Page - 1)}
	}
	if p.Page < p.Pages {
		out.Next = &PageStep{Href: at(p.Page + 1)}
	}
	// The first, the last, and those beside the current one.
	for n, left := 1, 0; n <= p.Pages; n++ {
		if n != 1 && n != p.Pages && (n < p.Page-1 || n > p.Page+1) {
			continue
		}
		if n > left+1 {
			out.Pages = append(out.Pages, PageLink{Ellipsis: true})
		}
		out.Pages = append(out.Pages, PageLink{Number: strconv.Itoa(n), Href: at(n), Current: n == p.Page})
		left = n
	}
	return Stack{out}
}

// Shown says which rows of a list a page shows; empty when it shows all.
func Shown(p mash.Paging) string {
	if p.Pages < 2 {
		return ""
	}
	return " This page shows " + strconv.Itoa(p.Skip()+1) + " to " + strconv.Itoa(min(p.Skip()+mash.PageRows, p.Total)) + " of " + strconv.Itoa(p.Total) + "."
}
