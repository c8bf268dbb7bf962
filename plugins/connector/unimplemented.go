package connector

import "context"

// Unimplemented answers CodeUnsupported to everything that a connector need
// not do. Embed it and write the methods the agency's system can serve. It has
// no Describe: every connector must say what it is.
type Unimplemented struct{}

// Configure takes any settings and ignores them.
func (Unimplemented) Configure(context.Context, ConfigureRequest) (ConfigureResponse, error) {
	return ConfigureResponse{}, nil
}

// Search is not supported.
func (Unimplemented) Search(context.Context, SearchRequest) (SearchResponse, error) {
	return SearchResponse{}, Errorf(CodeUnsupported, "this connector does not search")
}

// Fetch is not supported.
func (Unimplemented) Fetch(context.Context, FetchRequest) (FetchResponse, error) {
	return FetchResponse{}, Errorf(CodeUnsupported, "this connector does not fetch")
}

// Deliver is not supported.
func (Unimplemented) Deliver(context.Context, DeliverRequest) (DeliverResponse, error) {
	return DeliverResponse{}, Errorf(CodeUnsupported, "this connector does not deliver")
}

// Watch is not supported.
func (Unimplemented) Watch(context.Context, WatchRequest) (WatchResponse, error) {
	return WatchResponse{}, Errorf(CodeUnsupported, "this connector does not watch")
}

// Health reports that nothing is known to be wrong.
func (Unimplemented) Health(context.Context, HealthRequest) (HealthResponse, error) {
	return HealthResponse{OK: true}, nil
}
