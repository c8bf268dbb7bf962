package mash

import "time"

// Terms are what an earlier revision of a question asked. An answer to it may
// still be on its way when the question changes, and is judged by what it
// answers.
type Terms struct {
	Revision   int       `json:"revision"`
	MessageID  string    `json:"message_id"`
	Hash       string    `json:"hash"` // SHA-256 of its token
	Persons    []string  `json:"persons"`
	Categories []string  `json:"categories"`
	Decision   string    `json:"decision"` // id of the ask decision it went by
	From       time.Time `json:"from"`
	To         time.Time `json:"to"`
	// Stands: it asks the same about the same people as the newest revision, so
	// that an answer to it answers that too.
	Stands bool `json:"stands,omitempty"`
	// Corrected: somebody in it turned out to be somebody else, so that an
	// answer to it may be about another person.
	Corrected bool `json:"corrected,omitempty"`
}

// As is the request as a revision of its question asked it.
func (r Request) As(t Terms) Request {
	r.Revision, r.MessageID, r.Decision = t.Revision, t.MessageID, t.Decision
	r.Persons, r.Categories, r.From, r.To = t.Persons, t.Categories, t.From, t.To
	return r
}
