package pages

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mashhub/hub/mash"
	"mashhub/hub/node"
	"mashhub/hub/web/kit"
	"mashhub/hub/wire"
	"mashhub/plugins/record"
)

// maxItems is how many items one answer may have about one person.
const maxItems = 50

// draft is an answer as typed, so that the page can be shown again with
// nothing lost.
type draft struct {
	Persons  []*draftPerson
	Problems []kit.Problem
}

type draftPerson struct {
	Key     string
	Name    string
	Outcome string
	Reason  string
	Items   []*draftItem
	Kept    []string // categories of which more is held, and kept back
	KeptWhy string
	Errors  map[string]string // by field: outcome, reason, kept, kept_why
}

// draftItem is one group of fields, as typed.
type draftItem struct {
	Fields map[string]string
	Errors map[string]string
}

// itemFields are the fields of an item, beside the parts of its dates.
var itemFields = []string{"category", "kind", "date", "until", "title", "text", "source", "author", "handling", "protected", "third_party",
	"voice_verbatim", "voice_heard_by", "voice_agreed", "voice_with",
	"date-day", "date-month", "date-year", "until-day", "until-month", "until-year"}

// choiceFields alone do not make an item: a radio cannot be cleared again.
var choiceFields = []string{"kind", "voice_verbatim", "voice_agreed", "third_party"}

func newDraft(v node.TaskView) *draft {
	d := &draft{}
	for _, p := range v.Persons {
		d.Persons = append(d.Persons, &draftPerson{Key: p.Key, Name: called(p.Record), Errors: map[string]string{}, Items: []*draftItem{emptyItem()}})
	}
	return d
}

func emptyItem() *draftItem { return &draftItem{map[string]string{}, map[string]string{}} }

func (i *draftItem) empty() bool {
	for f, v := range i.Fields {
		if v != "" && !slices.Contains(choiceFields, f) {
			return false
		}
	}
	return true
}

// readDraft takes from a form what belongs to the persons of the task. Groups
// are numbered anew in their order; empty ones are dropped.
func readDraft(v node.TaskView, form url.Values) *draft {
	d := newDraft(v)
	for _, p := range d.Persons {
		p.Outcome = trim(form.Get(p.Key + ".outcome"))
		p.Reason = firstOf(form[p.Key+".reason"])
		p.Kept, p.KeptWhy = form[p.Key+".kept"], trim(form.Get(p.Key+".kept_why"))
		numbers := []int{}
		prefix := p.Key + ".item."
		for name := range form {
			rest, ok := strings.CutPrefix(name, prefix)
			if !ok {
				continue
			}
			n, _, _ := strings.Cut(rest, ".")
			if i, err := strconv.Atoi(n); err == nil && i >= 0 && strconv.Itoa(i) == n && !slices.Contains(numbers, i) {
				numbers = append(numbers, i)
			}
			if len(numbers) > maxItems {
				break // said by check
			}
		}
		slices.Sort(numbers)
		p.Items = nil
		for _, n := range numbers {
			item := emptyItem()
			for _, f := range itemFields {
				if x := trim(form.Get(prefix + strconv.Itoa(n) + "." + f)); x != "" {
					item.Fields[f] = x
				}
			}
			split(item.Fields, "date")
			split(item.Fields, "until")
			if !item.empty() {
				p.Items = append(p.Items, item)
			}
		}
	}
	return d
}

// split puts a date that was sent as one text into its three fields too.
func split(f map[string]string, name string) {
	d, err := record.ParsePartialDate(f[name])
	if err != nil {
		return
	}
	parts := append(strings.Split(d.Date, "-"), "", "")
	f[name+"-year"], f[name+"-month"], f[name+"-day"] = parts[0], parts[1], parts[2]
}

// add gives a person one more empty group, unless there are enough.
func (d *draft) add(key string) {
	for _, p := range d.Persons {
		if p.Key == key && len(p.Items) < maxItems {
			p.Items = append(p.Items, emptyItem())
		}
	}
}

// pad gives each person without any item the empty group that the page shows.
func (d *draft) pad() {
	for _, p := range d.Persons {
		if len(p.Items) == 0 {
			p.Items = append(p.Items, emptyItem())
		}
	}
}

// answer checks a draft and gives the node's form of it. What is wrong is in
// the draft afterwards: d.Problems is not empty.
func (d *draft) answer(q *wire.Request, party string) node.Answer {
	out := node.Answer{Persons: map[string]node.PersonAnswer{}}
	for _, p := range d.Persons {
		wrong := func(field, text string) {
			p.Errors[field] = text
			d.Problems = append(d.Problems, kit.Problem{Text: text, Field: p.Key + "." + field})
		}
		pa := node.PersonAnswer{Outcome: p.Outcome}
		switch mash.ReturnOutcome(p.Outcome) {
		case mash.RecordsFound:
			if len(p.Items) == 0 {
				wrong("outcome", "Write at least one item about "+p.Name+", or choose another answer")
			}
			switch {
			case len(p.Kept) > 0 && p.KeptWhy == "":
				wrong("kept_why", "Say why you keep something back about "+p.Name)
			case len(p.Kept) == 0 && p.KeptWhy != "":
				wrong("kept", "Choose what you keep back about "+p.Name+", or empty the reason")
			case len(p.KeptWhy) > 5000:
				wrong("kept_why", "Shorten the reason to 5,000 characters")
			}
			for _, c := range p.Kept {
				pa.Withheld = append(pa.Withheld, mash.Withholding{Category: c, Reason: p.KeptWhy})
			}
		case mash.NothingKnown:
		case mash.SourceUnavailable:
			pa.Reason = p.Reason
		case mash.Refused:
			pa.Reason = p.Reason
			if p.Reason == "" {
				wrong("reason", "Say why you do not answer about "+p.Name)
			}
		default:
			wrong("outcome", "Choose your answer about "+p.Name)
		}
		if len(p.Reason) > 5000 {
			wrong("reason", "Shorten the reason to 5,000 characters")
		}
		if len(p.Items) > 0 && p.Outcome != "" && p.Outcome != string(mash.RecordsFound) {
			wrong("outcome", "You have written items about "+p.Name+" and chosen an answer that shares none. Choose “We hold information”, or empty the items")
		}
		if len(p.Items) > maxItems {
			wrong("outcome", "Send at most "+strconv.Itoa(maxItems)+" items about one person")
		}
		which := "Item"
		if len(d.Persons) > 1 {
			which = p.Name + ", item"
		}
		for n, i := range p.Items {
			pa.Items = append(pa.Items, i.item(q.Categories, p.Key, party))
			for _, f := range slices.Concat([]string{"category", "kind", "voice_verbatim", "voice_heard_by", "voice_agreed"}, []string{"date", "until", "title", "text", "source", "author", "handling", "protected"}) {
				if text := i.Errors[f]; text != "" {
					d.Problems = append(d.Problems, kit.Problem{Text: which + " " + strconv.Itoa(n+1) + ": " + lower(text), Field: fieldID(p.Key, n, f)})
				}
			}
		}
		out.Persons[p.Key] = pa
	}
	return out
}

// item checks one group and gives it as an item.
func (i *draftItem) item(asked []string, person, party string) record.Item {
	f, wrong := i.Fields, func(field, text string) {
		if i.Errors[field] == "" {
			i.Errors[field] = text
		}
	}
	// The id is the node's to give; Validate only wants one.
	x := record.Item{ID: "new", Person: person, Category: f["category"], Kind: record.Kind(f["kind"]), Title: f["title"], Text: f["text"],
		Source: f["source"], Author: f["author"], Handling: f["handling"]}
	if x.Source == "" {
		x.Source = party
	}
	if !slices.Contains(asked, x.Category) {
		wrong("category", "Choose what this is about")
	}
	if x.Kind == "" {
		wrong("kind", "Say whether it is fact, opinion, the child’s words or the family’s account")
	}
	if x.Title == "" {
		wrong("title", "Write a short title")
	} else if len(x.Title) > 500 {
		wrong("title", "Shorten the title to 500 characters")
	}
	if len(x.Text) > 20_000 {
		wrong("text", "Shorten the text to 20,000 characters")
	}
	x.Date, i.Errors["date"] = dateOf(f, "date", "Write when it happened: at least the year")
	if f["until"] != "" || f["until-day"] != "" || f["until-month"] != "" || f["until-year"] != "" {
		until, problem := dateOf(f, "until", "")
		x.Until, i.Errors["until"] = &until, problem
	}
	if f["third_party"] == "yes" {
		x.Flags = append(x.Flags, record.FlagThirdParty)
	}
	for line := range strings.Lines(f["protected"]) {
		if line = trim(line); line != "" {
			x.Protected = append(x.Protected, line)
		}
	}
	if len(x.Protected) > 0 {
		x.Flags = append(x.Flags, record.FlagProtectedLocation)
	}
	if x.Kind == record.ChildVoice {
		x.Voice = &record.Voice{Verbatim: f["voice_verbatim"] == "yes", HeardBy: f["voice_heard_by"], Agreed: f["voice_agreed"], With: f["voice_with"]}
		if f["voice_verbatim"] == "" {
			wrong("voice_verbatim", "Say whether these are the child’s own words")
		}
		if x.Voice.HeardBy == "" {
			wrong("voice_heard_by", "Say who heard it, by role")
		}
		if x.Voice.Agreed == "" {
			wrong("voice_agreed", "Say whether the child agreed to this being shared")
		}
	}
	i.validate(x)
	return x
}

// validate lets the record say what else is wrong.
func (i *draftItem) validate(x record.Item) {
	fields := map[string]string{"category": "category", "kind": "kind", "date": "date", "until": "until", "title": "title", "text": "text", "source": "source",
		"author": "author", "handling": "handling", "voice.heardBy": "voice_heard_by", "voice.agreed": "voice_agreed", "voice.with": "voice_with"}
	for _, err := range flat(x.Validate()) {
		var e *record.FieldError
		field, reason := "title", "This cannot be sent as it is"
		if errors.As(err, &e) {
			reason = e.Reason
			if name, ok := fields[e.Path]; ok {
				field = name
			} else if strings.HasPrefix(e.Path, "protected") {
				field, reason = "protected", "Write each place or number in full, one to a line, with at least three letters or digits"
			}
		}
		if field == "voice_with" {
			field = "voice_heard_by"
		}
		if i.Errors[field] == "" {
			i.Errors[field] = upper(reason)
		}
	}
}

// flat undoes errors.Join.
func flat(err error) []error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return []error{err}
}

// dateOf reads a date that was sent as one text or as three fields, and says
// what is wrong with it.
func dateOf(f map[string]string, name, missing string) (record.PartialDate, string) {
	text := f[name]
	day, month, year := f[name+"-day"], f[name+"-month"], f[name+"-year"]
	if text == "" {
		switch {
		case day == "" && month == "" && year == "":
			return record.PartialDate{}, missing
		case year == "":
			return record.PartialDate{}, "Write the year as well"
		case month == "" && day != "":
			return record.PartialDate{}, "Write the month as well, or leave the day out"
		}
		text = year
		for _, part := range []string{month, day} {
			if part != "" {
				if len(part) == 1 {
					part = "0" + part
				}
				text += "-" + part
			}
		}
	}
	d, err := record.ParsePartialDate(text)
	if err != nil {
		return d, "This is not a date. Write it as 3 5 2016, or leave out what you do not know"
	}
	return d, ""
}

func fieldID(person string, n int, field string) string {
	id := person + ".item." + strconv.Itoa(n) + "." + field
	if field == "date" || field == "until" {
		id += "-day"
	}
	return id
}

func trim(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

func firstOf(ss []string) string {
	for _, s := range ss {
		if s = trim(s); s != "" {
			return s
		}
	}
	return ""
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
