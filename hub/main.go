// Command mashhub is the whole program: the hub, an agency's node, and their
// tools.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// cli is what can be typed. Each command says in Help what it does.
type cli struct {
	Demo      demoCmd      `cmd:"" help:"Show the main job on this machine, with synthetic agencies and people."`
	Connector connectorCmd `cmd:"" help:"Write, test and serve connectors."`
	Policy    policyCmd    `cmd:"" help:"Check, try and compare sharing agreements and their rules."`
	Audit     auditCmd     `cmd:"" help:"Check an audit log with nothing but its public key."`
	Bench     benchCmd     `cmd:"" help:"Measure, and break things on purpose."`

	BenchChild benchChildCmd `cmd:"" hidden:"" help:"One of the crash harness's processes."`
	DemoBroker demoBrokerCmd `cmd:"" hidden:"" help:"The demo's broker process."`
	DemoHub    demoHubCmd    `cmd:"" hidden:"" help:"The demo's hub process."`
	DemoNode   demoNodeCmd   `cmd:"" hidden:"" help:"One of the demo's node processes."`
}

// How a command ends, beside 0. They are described in README.md.
const (
	exitFailed      = 1   // it was understood and did not succeed
	exitUsage       = 2   // it was not understood: a wrong command, flag or value
	exitInterrupted = 130 // somebody interrupted it, as a shell has it (128 + SIGINT)
)

// exitCode lets a command say how it ended.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// heapGrowth is GOGC: what a hub or node keeps is small beside what it
// allocates, and collecting at twice the live heap took a sixth of its processor
// time (bench roundtrip). Who sets GOGC decides otherwise.
const heapGrowth = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	var c cli
	k := parse(&c, os.Args[1:])
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	k.Bind(slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo})))
	err := k.Run()
	var code exitCode
	switch {
	case err == nil:
	case errors.As(err, &code):
		os.Exit(int(code))
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		os.Exit(exitInterrupted)
	default:
		fmt.Fprintln(os.Stderr, "mashhub:", err)
		os.Exit(exitFailed)
	}
}
