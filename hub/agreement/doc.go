// Package agreement treats a policy folder (rules, tables, agreements) as the
// documents that partners sign: what they let happen as a matrix and in
// sentences, how two versions differ, and the small changes that people make by
// a form. It compiles and decides nothing; package protocol does.
//
// Explain makes of one agreement the document that its partners sign. A page, the
// API and the PDF are made from the same Document, so that no two of them can say
// different things.
//
// What must hold: a change of one cell is a change of that text alone, comments
// and layout included; a difference that is not surely narrower counts as
// widening; nothing that the engine reads otherwise is no difference, so what
// YAML can say in two ways (an alias, a merge, a tag) is refused; what stands in an
// agreement and has no words in its document is listed there, never left out; the
// PDF shows every character or is not made.
package agreement
