package world

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Residents is how many other people each system holds.
const Residents = 200

// The names are ordinary ones, joined at random; a resemblance to anybody is
// chance. None of the surnames is used by a scenario.
var (
	forenames = []string{"Amelia", "Noah", "Zainab", "Callum", "Priya", "Tomasz", "Efua", "Harvey", "Mei", "Idris", "Lowri", "Samuel", "Anisa", "Declan", "Freya", "Kwame", "Rosa", "Yusuf", "Elin", "Marcus", "Chidi", "Nell", "Omar", "Tilly", "Viktor", "Saoirse", "Bilal", "Grace", "Hamza", "Ottilie"}
	surnames  = []string{"Appleyard", "Bhandari", "Corrigan", "Dacosta", "Ekwueme", "Fairclough", "Gillespie", "Hargreave", "Ibekwe", "Jankowski", "Kavanagh", "Lindqvist", "Mahmood", "Nettleship", "Okonjo", "Pemberley", "Quarmby", "Rahmani", "Sutcliffe", "Tredinnick", "Umarov", "Varga", "Wetherall", "Xiberras", "Yardley", "Zielinski", "O'Rourke", "Ní Bhriain", "Müller", "Saint-Claire"}
	streets   = []string{"Alder Way", "Bobbin Lane", "Chapel Rise", "Dyers Row", "Elm Terrace", "Foundry Street", "Glebe Close", "Heron Drive", "Inkerman Road", "Jubilee Walk"}
)

// resident is somebody who has nothing to do with any scenario.
type resident struct {
	Person
	number int
}

// residents makes n people from a seed, the same each time. The youngest are
// children, so that a search for a child has others to tell apart.
func residents(seed uint64, n int) []resident {
	r := rand.New(rand.NewPCG(seed, 0x6d617368))
	out := make([]resident, n)
	for i := range out {
		born := time.Date(2026-1-r.IntN(17), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		if i%3 == 0 { // an adult
			born = born.AddDate(-18-r.IntN(25), 0, 0)
		}
		number := r.IntN(len(streets) * 100)
		out[i] = resident{number: i, Person: Person{
			Family: surnames[r.IntN(len(surnames))],
			Given:  []string{forenames[r.IntN(len(forenames))]},
			Born:   born.Format(time.DateOnly),
			Gender: []string{"female", "male"}[r.IntN(2)],
			NHS:    nhsNumber(999500000 + i*7),
			UPN:    upn(26000000 + i),
			Address: Address{
				Line1: fmt.Sprintf("%d %s", 1+number%100, streets[number/100]),
				City:  "Alderbrook", Postcode: fmt.Sprintf("FE%d %d%c%c", 20+number%9, number%10, 'A'+rune(number%20), 'A'+rune(number%23)),
				UPRN: fmt.Sprintf("9990000%05d", number),
			},
		}}
	}
	return out
}

// nhsNumber gives a valid number of the range that is never issued, at or just
// after nine digits beginning 999.
func nhsNumber(nine int) string {
	for ; ; nine++ {
		digits := fmt.Sprintf("%09d", nine)
		sum := 0
		for i, d := range digits {
			sum += int(d-'0') * (10 - i)
		}
		check := (11 - sum%11) % 11
		if check != 10 {
			return fmt.Sprintf("%s%d", digits, check)
		}
	}
}

// upn gives a valid unique pupil number of the council number 000.
func upn(serial int) string {
	const letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
	body := fmt.Sprintf("000%08d%d", serial, serial%10)
	sum := 0
	for i, d := range body {
		sum += int(d-'0') * (i + 2)
	}
	return string(letters[sum%23]) + body
}
