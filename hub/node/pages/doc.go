// Package pages is what the people of an agency see of their node: an inbox of
// what waits for them, a page for each task, and the same as an HTTP API.
//
// The reader is a school secretary at the end of a day, or a detective between
// two calls. So each page says first whether the family knows, asks one thing,
// preselects nothing, keeps what was typed when something is missing, and says
// in plain words that sharing part, or declining with a reason, is a complete
// answer. Sharing everything takes no fewer steps than sharing part.
//
// What must hold here:
//
//   - Everything about a task goes through the methods of node.Node, which
//     decide by policy and record before they show or change anything. Whose
//     task it is not gets the same answer as for one that does not exist. One
//     thing the pages read themselves, once the node let them (access.go): the
//     log, to write it out (api.go).
//   - The inbox shows kinds, units, references and times. Names stand on the
//     page of a task only: never in an address, a title, a flash or a log.
//   - The API calls the methods that the forms call. What an answer may hold is
//     checked there, not in the form alone.
//   - A second click changes nothing and says so (409).
//   - A mistake changes nothing, and the page comes back (422) with all that
//     was typed. "Add another item" works without JavaScript the same way.
//
// Files: pages.go routes, access.go rules, inbox.go and task.go the pages'
// common paths, draft.go the answer form's reading and checking, answer.go its
// showing, match.go, review.go and notice.go the other tasks, asked.go how a
// question and a person are shown, api.go the API, demo.go who can be in the
// demo.
package pages
