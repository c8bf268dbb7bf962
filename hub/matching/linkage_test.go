package matching_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mashhub/hub/matching"
	"mashhub/plugins/record"
)

// febrl reads the 5,000 synthetic records of FEBRL data set 3: 2,000 people,
// of whom some stand there up to six times with mistakes. The record id names
// the person. Postcodes there are Australian, so the number of the house with
// the postcode stands in for the UPRN.
func febrl(t *testing.T) (people []record.Person, who []string) {
	t.Helper()
	dir := os.Getenv("MASH_TEST_DATA")
	if dir == "" {
		dir = filepath.Join("..", "shared", "data")
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join("..", "..", dir)
	}
	f, err := os.Open(filepath.Join(dir, "linkage", "febrl3.csv"))
	if err != nil {
		t.Skip("the linkage data is not here: set MASH_TEST_DATA to the folder that holds linkage/")
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		p := record.Person{Names: named(row[1], row[2])}
		if d := row[9]; len(d) == 8 {
			p.BirthDate = born(d[:4] + "-" + d[4:6] + "-" + d[6:])
		}
		if row[3] != "" && row[7] != "" {
			p.Addresses = at("", row[3]+row[7])
		}
		people = append(people, p)
		who = append(who, strings.Split(row[0], "-")[1])
	}
	return people, who
}

// TestLinkageData compares every pair of the synthetic records that could
// agree at all. No two people may be a Match; of the pairs that are one person
// most must be a Match or reach a person.
func TestLinkageData(t *testing.T) {
	people, who := febrl(t)
	// Pairs that share birth date, given name, family name or address: any
	// other pair is None or worth nothing, and 12.5 million take too long.
	blocks := map[string][]int{}
	for i, p := range people {
		keys := []string{"g" + p.Names[0].Given[0], "f" + p.Names[0].Family[0]}
		if p.BirthDate != nil {
			keys = append(keys, "d"+p.BirthDate.Date)
		}
		if len(p.Addresses) > 0 {
			keys = append(keys, "u"+p.Addresses[0].UPRN)
		}
		for _, k := range keys {
			if len(k) > 1 {
				blocks[k] = append(blocks[k], i)
			}
		}
	}
	seen := map[[2]int]bool{}
	one, two := map[matching.Band]int{}, map[matching.Band]int{}
	for _, block := range blocks {
		for x, i := range block {
			for _, j := range block[x+1:] {
				if seen[[2]int{i, j}] {
					continue
				}
				seen[[2]int{i, j}] = true
				band := matching.Compare(people[i], people[j]).Band
				if who[i] == who[j] {
					one[band]++
				} else {
					two[band]++
					if band == matching.Match {
						t.Errorf("records %d and %d are two people and a Match", i, j)
					}
				}
			}
		}
	}
	total := one[matching.Match] + one[matching.Potential] + one[matching.Low] + one[matching.None]
	reached := float64(one[matching.Match]+one[matching.Potential]) / float64(total)
	t.Logf("%d pairs of one person: %v; %d pairs of two people: %v", total, one, len(seen)-total, two)
	if reached < 0.8 {
		t.Errorf("%.0f %% of the pairs of one person are a Match or reach a person", 100*reached)
	}
	if two[matching.Potential] > total/100 {
		t.Errorf("%d pairs of two people ask for a person's time", two[matching.Potential])
	}
}
