// Package template is what `mashhub connector new DIR` writes: a connector that
// works, outside the checkout and as a module of its own, with two functions to
// edit and its conformance test.
//
// The new module builds without a network: it replaces mashhub by the checkout,
// repeats the checkout's requirements and has its go.sum, so that all it needs
// is in the module cache once the checkout has been built.
package template
