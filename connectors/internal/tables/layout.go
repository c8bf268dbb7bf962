package tables

// EventLayout is the mapping of the default layout that police and social care
// share: person, alias and event tables, whose columns have the names of what
// they hold and whose categories and kinds are our own codes. ongoing lists the
// categories that last while until is empty.
func EventLayout(ongoing []string) (*PersonTable, *AliasTable, []Source) {
	return &PersonTable{Table: "person", Ref: "ref", NHS: "nhs", Family: "family", Given: "given", DOB: "dob",
			Gender: "gender", Line1: "line1", Postcode: "postcode", UPRN: "uprn"},
		&AliasTable{Table: "alias", PersonRef: "person_ref", Family: "family", Given: "given"},
		[]Source{{Table: "event", PersonRef: "person_ref", ID: "id", Category: Choice{Column: "category"}, Kind: Choice{Column: "kind"},
			Date: "date", Until: "until", Ongoing: ongoing, Title: Text{Column: "title"}, Text: Text{Column: "text"},
			Source: Choice{Column: "source"}, Author: Choice{Column: "author"}, Handling: Choice{Column: "handling"},
			Flags: map[string]string{"intelligence": "intelligence", "third_party": "third_party"}, Protected: &Protected{Column: "protected"}}}
}
