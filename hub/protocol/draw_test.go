package protocol

import (
	"strings"

	"pgregory.net/rapid"

	"mashhub/hub/mash"
)

// What random questions are made of.
var (
	someAgencies   = []string{"police", "health", "schools", "socialcare", "housing", "probation", "adult", "substance", "da_service", "voluntary", "fire"}
	somePurposes   = []mash.Purpose{mash.PurposeS47, mash.PurposeS17, mash.PurposeEarlyHelp, mash.PurposeEncompass, "research"}
	someBands      = []string{"match", "Match", "potential", "PotentialMatch", "many", "low", "none", "", "odd"}
	someFlags      = []string{"third_party", "protected_location", "intelligence"}
	hiddenOnes     = []string{"refuge.residence", "health.sexual_health", "health.camhs", "health.substance_misuse", "substance.engagement", "police.intelligence"}
	someCategories = append([]string{"police.domestic_incident", "police.crime", "police.bail", "health.gp_registration", "health.condition", "education.attendance",
		"socialcare.plan", "housing.arrears", "probation.risk", "adult.care", "da_service.engagement", "voluntary.observation", "made.up"}, hiddenOnes...)
	someFields = []string{"identifiers.nhs", "identifiers.upn", "names", "birth_date", "gender", "addresses", "contacts"}
)

// drawBasis prefers a basis that suffices, so that properties are about more
// than refusals.
func drawBasis(t *rapid.T) mash.BasisInput {
	if rapid.IntRange(0, 4).Draw(t, "sound") > 0 {
		return mash.BasisInput{Agreement: "given", GivenBy: "parent", Told: true, S47: true}
	}
	return mash.BasisInput{
		Agreement:    rapid.SampledFrom([]string{"", "given", "refused", "withdrawn", "odd"}).Draw(t, "agreement"),
		GivenBy:      rapid.SampledFrom([]string{"", "parent", "competent_child", "neighbour"}).Draw(t, "given by"),
		Told:         rapid.Bool().Draw(t, "told"),
		Scope:        rapid.SliceOfN(rapid.SampledFrom(someAgencies), 0, 2).Draw(t, "scope"),
		Dispensation: rapid.Bool().Draw(t, "dispensation"),
		S47:          rapid.Bool().Draw(t, "s47"),
	}
}

func drawParty(t *rapid.T) mash.Party {
	return mash.Party{Agency: rapid.SampledFrom(someAgencies).Draw(t, "agency"), Unit: rapid.SampledFrom([]string{"", "900001"}).Draw(t, "unit")}
}

func drawPurpose(t *rapid.T) mash.Purpose { return rapid.SampledFrom(somePurposes).Draw(t, "purpose") }

func distinct(t *rapid.T, from []string, label string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, 5, rapid.ID[string]).Draw(t, label)
}

func drawAsk(t *rapid.T) mash.AskInput {
	in := mash.AskInput{
		About: about(), Hub: "fernshire", Party: drawParty(t), Purpose: drawPurpose(t), Level: rapid.IntRange(1, 4).Draw(t, "level"), Basis: drawBasis(t),
		RAG:       rapid.SampledFrom([]mash.RAG{mash.Red, mash.Amber, mash.Green, ""}).Draw(t, "rag"),
		Anonymous: rapid.Bool().Draw(t, "anonymous"), Evidence: rapid.Bool().Draw(t, "evidence"), Reviewed: rapid.Bool().Draw(t, "reviewed"),
		Conflict: rapid.IntRange(0, 5).Draw(t, "conflict") == 0, Categories: distinct(t, someCategories, "categories"), From: day.AddDate(-10, 0, 0), To: day,
	}
	for _, key := range []string{"subject-1", "household-1", "household-2"}[:rapid.IntRange(0, 3).Draw(t, "persons")] {
		in.Persons = append(in.Persons, mash.AskPerson{
			Key: key, Role: strings.Split(key, "-")[0], HasReason: rapid.Bool().Draw(t, "reason"),
			Fields: distinct(t, someFields, "fields"), ProtectedLocation: rapid.Bool().Draw(t, "protected"),
		})
	}
	return in
}

func drawItem(t *rapid.T, id, category string) mash.ItemInput {
	return mash.ItemInput{
		ID: id, Person: rapid.SampledFrom([]string{"subject-1", "household-1"}).Draw(t, "person"), Category: category, Kind: "fact",
		Date: rapid.SampledFrom([]string{"2026-09-01", "2026-09-01", "2019-01-01", ""}).Draw(t, "date"), AgeDays: rapid.SampledFrom([]int{82, 82, 2882, -3, 9000}).Draw(t, "age"),
		Handling: rapid.SampledFrom([]string{"", "P", "C", "X"}).Draw(t, "handling"), Flags: rapid.SliceOfNDistinct(rapid.SampledFrom(someFlags), 0, 2, rapid.ID[string]).Draw(t, "flags"),
		Band: rapid.SampledFrom(someBands).Draw(t, "band"), Reviewed: rapid.Bool().Draw(t, "reviewed"),
	}
}

func drawRelease(t *rapid.T, categories []string) mash.ReleaseInput {
	in := mash.ReleaseInput{
		About: about(), Hub: "fernshire", Party: drawParty(t), Purpose: drawPurpose(t), Basis: drawBasis(t), Asked: distinct(t, categories, "asked"),
		From: day.AddDate(-rapid.IntRange(1, 20).Draw(t, "years"), 0, 0), To: day,
		Allowed: distinct(t, []string{"i0", "item:i1", "existence:subject-1:police.crime"}, "allowed"),
	}
	for i := range rapid.IntRange(0, 6).Draw(t, "items") {
		in.Items = append(in.Items, drawItem(t, "i"+string(rune('0'+i)), rapid.SampledFrom(categories).Draw(t, "category")))
	}
	for _, category := range distinct(t, categories, "held") {
		for _, person := range []string{"subject-1", "household-1"} {
			in.Held = append(in.Held, mash.HeldInput{Person: person, Category: category, Band: rapid.SampledFrom(someBands).Draw(t, "band"), Held: rapid.Bool().Draw(t, "holds")})
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "withholds") == 0 {
		in.Withhold = []mash.Withholding{{Person: "subject-1", Category: rapid.SampledFrom(categories).Draw(t, "withheld")}}
	}
	return in
}
