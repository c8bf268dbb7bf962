// Package bustest is the conformance suite of mash.Bus: what hub and node rely
// on, as tests that every implementation passes in a few lines. It runs on the
// embedded broker, on Apache Kafka where one is given, and on any fake that
// somebody uses to bend time or faults.
package bustest
