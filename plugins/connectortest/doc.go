// Package connectortest is the conformance suite that every connector passes.
// Its cases are the clauses of plugins/STANDARD.md.
//
// A connector's test calls Run with what its author knows and the suite cannot:
// the settings, a person whom the agency's system holds, and one whom it does
// not hold.
//
//	func TestConformance(t *testing.T) {
//		connectortest.Run(t, connectortest.Spec{
//			New:        func() connector.Connector { return housing.New() },
//			Config:     json.RawMessage(`{"folder": "…"}`),
//			Known:      connector.Person{Key: "subject-1", Record: rowan},
//			Unknown:    connector.Person{Key: "subject-1", Record: nobody},
//			Categories: []string{"housing.tenancy", "housing.arrears"},
//			Period:     connector.Period{From: …},
//		})
//	}
//
// Every case runs three times: in process, over gRPC, and against a process of
// its own under the node's own host, which is also killed and stopped in the
// middle of calls. That process is the program that Spec.Main builds or, for a
// connector that has no program of its own, the test binary started again: Run
// serves the connector when it finds itself in that second life, so code that
// stands before Run in a test runs there too.
//
// The suite is strict: a fixture that is missing fails. A case that a connector
// cannot pass is waived by name with a reason, and a waiver that is not needed
// (any more) fails, so that the list of exceptions stays true.
package connectortest
