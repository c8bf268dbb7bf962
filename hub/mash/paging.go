package mash

// PageRows is how many rows one page of a list has.
const PageRows = 100

// Paging says which page of a list somebody has, and how long the whole list
// is: what does not fit on a page is on the next, never nowhere (I1).
type Paging struct {
	Total int `json:"total"` // rows on all pages
	Page  int `json:"page"`  // 1 is the first
	Pages int `json:"pages"`
}

// PageOf gives page of a list of total rows. One that is not there becomes the
// nearest that is: rows go while people turn pages.
func PageOf(total, page int) Paging {
	p := Paging{Total: total, Pages: max(1, (total+PageRows-1)/PageRows)}
	p.Page = min(max(page, 1), p.Pages)
	return p
}

// Skip is how many rows stand on the pages before.
func (p Paging) Skip() int { return (p.Page - 1) * PageRows }
