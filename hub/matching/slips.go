package matching

// maxSlipRunes is the longest text in which slips are looked for: names longer
// than this are compared only whole.
const maxSlipRunes = 64

// slips counts the single-letter changes, insertions, deletions and swaps of
// neighbours that turn a into b (optimal string alignment; Damerau 1964,
// "A technique for computer detection and correction of spelling errors"), or
// returns more than limit when there are more.
func slips(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x) > maxSlipRunes || len(y) > maxSlipRunes || len(x)-len(y) > limit || len(y)-len(x) > limit {
		return limit + 1
	}
	var rows [3][maxSlipRunes + 1]int
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(y) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}

// oneSlip reports whether exactly one slip lies between two texts.
func oneSlip(a, b string) bool { return slips(a, b, 1) == 1 }
