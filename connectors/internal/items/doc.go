// Package items makes what an agency's row says into items that hold to the
// contract's rules.
//
// Agencies' data is as it is: a title that is a whole paragraph, an end before
// its beginning, a text longer than one item may be, a protected value of two
// letters. Refusing the item would hide it from the enquiry, and letting it
// through would make the node refuse the whole answer. So form is put right
// here without losing content, and where something protected cannot be marked
// properly, the content is withheld (fail closed).
package items
