package matching

import "mashhub/plugins/record"

// Band says how sure it is that two records are one person. The names are the
// national ones (DFE-Digital/SUI_Matcher).
type Band string

const (
	Match     Band = "Match"          // one person: a machine may go on
	Potential Band = "PotentialMatch" // a person must decide
	Low       Band = "LowConfidence"  // something agrees, not enough to ask a person
	None      Band = "NoMatch"        // nothing that counts agrees, or an identifier conflict
	Many      Band = "ManyMatch"      // of Choose only: more than one Match
)

// Rank orders the bands of a Result: None 0, Low 1, Potential 2, Match 3. Many
// ranks with Potential: a person must decide.
func (b Band) Rank() int {
	switch b {
	case Match:
		return 3
	case Potential, Many:
		return 2
	case Low:
		return 1
	}
	return 0
}

// Agreement says how one field compares.
type Agreement string

const (
	Same        Agreement = "same"
	Similar     Agreement = "similar"      // a typing slip, a short form, another spelling
	Fits        Agreement = "fits"         // of dates: one is estimated or partial, and allows the other
	SameFamily  Agreement = "same_family"  // of names: the family name only
	SameGiven   Agreement = "same_given"   // of names: the given name only
	Different   Agreement = "different"    // both are known and do not agree
	Conflict    Agreement = "conflict"     // verified identifiers that contradict each other
	NotCompared Agreement = "not_compared" // missing on one side, or not usable
)

// Fields that reasons speak about, beside the field codes of record.
const (
	FieldPostcode = "addresses.postcode"
	FieldUPRN     = "addresses.uprn"
)

// Reason is how one field contributed. It names no value.
type Reason struct {
	Field     string // a field code of record, or FieldPostcode or FieldUPRN
	Agreement Agreement
}

var fieldWords = map[string]string{
	record.FieldNHSNumber:        "NHS number",
	record.FieldUPN:              "UPN",
	record.FieldOtherIdentifiers: "another system's identifier",
	record.FieldNames:            "name",
	record.FieldBirthDate:        "date of birth",
	record.FieldGender:           "gender",
	FieldPostcode:                "postcode",
	FieldUPRN:                    "property (UPRN)",
}

// String returns the reason in words.
func (r Reason) String() string {
	return fieldWords[r.Field] + ": " + r.words()
}

func (r Reason) words() string {
	identifier := r.Field == record.FieldNHSNumber || r.Field == record.FieldUPN
	switch {
	case r.Agreement == Same && identifier:
		return "the same, and its check digit is right"
	case r.Agreement == Conflict:
		return "two different ones, each with a right check digit: they belong to two people"
	case r.Agreement == Similar && identifier:
		return "almost the same, and one of them cannot be right"
	case r.Agreement == Similar && r.Field == record.FieldBirthDate:
		return "almost the same: one digit apart, two swapped, or day and month swapped"
	case r.Agreement == Fits:
		return "could be the same: at least one is estimated or incomplete"
	case r.Agreement == Similar:
		return "similar: a short form, a former name or another spelling"
	case r.Agreement == SameFamily:
		return "only the family name agrees"
	case r.Agreement == SameGiven:
		return "only the given name agrees"
	case r.Agreement == Same:
		return "the same"
	case r.Agreement == Different:
		return "different"
	}
	return "not compared: missing on one side, or not usable"
}

// Result is how one held record compares with the person asked about.
type Result struct {
	Band Band
	// Reasons has one entry for each field, in a fixed order.
	Reasons []Reason
	// Blocked is set when verified identifiers conflict: no machine may treat
	// the two as one. The band is then None; or Potential, when another
	// verified identifier is equal and only a person can tell which is wrong.
	Blocked bool
}

// Choice is the outcome over all the records that an agency found.
type Choice struct {
	Band Band
	// Index is the place in held of the one record that has the band, and -1
	// when there is none or more than one.
	Index int
	// Results are in the order of held.
	Results []Result
}

// Matcher compares two people. Implementations are symmetric in band and
// block, deterministic, and safe for concurrent use.
type Matcher interface {
	Compare(asked, held record.Person) Result
}

// Compare compares with the strict matcher.
func Compare(asked, held record.Person) Result { return Strict{}.Compare(asked, held) }

// Choose compares every record with the strict matcher.
func Choose(asked record.Person, held []record.Person) Choice {
	return ChooseBy(Strict{}, asked, held)
}

// ChooseBy compares every record and gives the best band: Many when more than
// one is a Match. The order of held makes no difference but to Index.
func ChooseBy(m Matcher, asked record.Person, held []record.Person) Choice {
	out := Choice{Band: None, Index: -1, Results: make([]Result, len(held))}
	count := 0
	for i, h := range held {
		r := m.Compare(asked, h)
		out.Results[i] = r
		switch {
		case r.Band.Rank() == 0:
		case r.Band.Rank() > out.Band.Rank():
			out.Band, out.Index, count = r.Band, i, 1
		case r.Band.Rank() == out.Band.Rank():
			out.Index = -1
			count++
		}
	}
	if out.Band == Match && count > 1 {
		out.Band = Many
	}
	return out
}
