// Package wire is the connector contract as it travels between two processes:
// connector.proto and the Go code generated from it.
//
// It never imports package connector, and nothing but package connector
// imports it: plugin authors and the hub see hand-written Go types, so that a
// new field on the wire breaks nobody's source. The conversion is in connector.
package wire

//go:generate sh -c "cd generate && go run . -I .. -module mashhub/plugins/connector/internal/wire -out .. connector.proto"
