package connector

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Serve runs impl as a plugin until the host goes away. It is the only call in
// the main function of a connector, and does not return before the end.
//
// It reads standard input: the host holds the other end of that pipe, and its
// closing, by a crash or otherwise, ends this process and every process that
// it started. Standard output carries the handshake: do not print. What is
// logged with slog or log goes to standard error with its values redacted, see
// RedactingHandler.
func Serve(impl Connector) {
	ServeVersions(map[Version]Service{V1: ServiceV1(impl)})
}

// ServeVersions is Serve for a connector that speaks several versions of the
// contract. Host and plugin agree on the newest that both have.
func ServeVersions(services map[Version]Service) {
	if os.Getenv(Handshake.MagicCookieKey) != Handshake.MagicCookieValue {
		fmt.Fprintln(os.Stderr, "This program is a MASH Hub connector. A node starts it; to try it, run: mashhub connector test DIR")
		os.Exit(2)
	}
	go exitWithHost(os.Stdin)
	slog.SetDefault(slog.New(RedactingHandler(os.Stderr, slog.LevelInfo)))
	log.SetFlags(0)
	log.SetOutput(withheldLines{os.Stderr})
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  Handshake,
		VersionedPlugins: serviceSets(services),
		Logger:           hclog.NewNullLogger(), // it would log addresses and certificates
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options,
				grpc.MaxRecvMsgSize(MaxMessageBytes),
				grpc.MaxSendMsgSize(MaxMessageBytes),
			)...)
		},
	})
}

// exitWithHost ends this process once the host's end of the pipe is closed.
// The death signal of the parent would not do: it fires when the thread that
// launched us ends, not the process, and exists on Linux only.
func exitWithHost(pipe io.Reader) {
	_, _ = io.Copy(io.Discard, pipe)
	removeSockets(os.Getenv(plugin.EnvUnixSocketDir))
	endGroup()
}
