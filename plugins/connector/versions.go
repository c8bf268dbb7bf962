package connector

import (
	"context"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// V1 is the first version of the contract.
const V1 Version = 1

// MaxMessageBytes caps one message in either direction (4 MiB). The library's
// own default is 2 GiB, which is a way to fill a node's memory.
const MaxMessageBytes = 4 << 20

// Handshake is what host and plugin compare before they talk. It is no
// secret and no security: it keeps people from starting a plugin by hand.
var Handshake = plugin.HandshakeConfig{
	MagicCookieKey:   "MASHHUB_CONNECTOR",
	MagicCookieValue: "d5f6b0f2-3c1e-4a5c-9d0f-6f2f1b7a90e4",
}

// PluginName is the one name in every plugin set.
const PluginName = "connector"

// Service registers one version of the contract on a plugin's gRPC server.
type Service func(grpc.ServiceRegistrar)

// Dial makes the client of one version of the contract.
type Dial func(grpc.ClientConnInterface) Connector

// ClientSets is the host's half of the version negotiation: the newest version
// that both sides have is spoken.
func ClientSets(dials map[Version]Dial) map[int]plugin.PluginSet {
	sets := make(map[int]plugin.PluginSet, len(dials))
	for v, dial := range dials {
		sets[int(v)] = plugin.PluginSet{PluginName: versioned{dial: dial}}
	}
	return sets
}

func serviceSets(services map[Version]Service) map[int]plugin.PluginSet {
	sets := make(map[int]plugin.PluginSet, len(services))
	for v, service := range services {
		sets[int(v)] = plugin.PluginSet{PluginName: versioned{service: service}}
	}
	return sets
}

// versioned is one version of the contract in the form go-plugin wants.
type versioned struct {
	plugin.NetRPCUnsupportedPlugin
	service Service
	dial    Dial
}

// GRPCServer is called in the plugin.
func (v versioned) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	v.service(s)
	return nil
}

// GRPCClient is called in the host.
func (v versioned) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return v.dial(conn), nil
}
