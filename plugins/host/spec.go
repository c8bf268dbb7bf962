package host

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"time"

	"mashhub/plugins/connector"
)

// Spec says which plugin to run and how far it may go. The zero value of every
// optional field is safe.
type Spec struct {
	// Name is used in logs and error texts: "police", "schools".
	Name string
	// Cmd is the whole argument vector; Cmd[0] is an absolute path.
	Cmd []string
	// SHA256 is the pinned digest of Cmd[0] (32 bytes). Required: Digest
	// computes it at installation time, by somebody who trusts the file.
	SHA256 []byte
	// Config and Secrets are handed over by configure at every launch.
	Config  json.RawMessage
	Secrets map[string]string
	Limits  Limits
	// Dir is where the directories of sockets are made. Empty, or too long for
	// a socket's path (about 100 bytes): the system's temporary directory.
	Dir string
	// KeepTrying makes Start return a Plugin even if the first launch crashed
	// or timed out; it goes on trying. A wrong digest, version or configuration
	// is an error all the same: waiting does not mend it.
	KeepTrying bool
	// OnState is told every change of state, in order, from one goroutine. It
	// must not block and must not call the Plugin's Close.
	OnState func(State)
	// OnExcess is told that an answer held items outside what was asked: which
	// method, how many. They have been dropped. Calls may come at the same time.
	OnExcess func(method string, dropped int)
	// Now dates crashes for the breaker. Nil means the machine's clock.
	Now func() time.Time
	// Log receives what happens to the process, without personal data. Nil
	// discards.
	Log *slog.Logger

	// dials are the contract versions this host speaks; tests add a second.
	dials map[connector.Version]connector.Dial
}

// Limits bound a plugin. Zero means the default given in brackets.
type Limits struct {
	CallTimeout  time.Duration // one call, its wait for a restart included [30 s]
	StartTimeout time.Duration // from launch to configured [10 s]
	MessageBytes int           // one answer [4 MiB]
	MemoryBytes  int64         // resident, the whole process group [512 MiB]; negative: unlimited
	// The pause before a restart doubles from BackoffMin [50 ms] to BackoffMax [30 s].
	BackoffMin, BackoffMax time.Duration
	Crashes                int           // that trip the breaker [3] …
	Window                 time.Duration // … within this [5 min]
	CoolDown               time.Duration // before a tripped plugin is tried again [1 min]
}

// State is what a plugin's process is doing.
type State string

// States of a plugin. Calls wait for a plugin that is starting or restarting,
// within their deadline, and fail at once when it is tripped or closed.
const (
	Starting   State = "starting"
	Running    State = "running"
	Restarting State = "restarting"
	Tripped    State = "tripped"   // crashed too often; not tried until the cool-down is over
	HalfOpen   State = "half_open" // one launch after a trip; the next crash trips again
	Closed     State = "closed"
)

func (l Limits) withDefaults() Limits {
	fill(&l.CallTimeout, 30*time.Second)
	fill(&l.StartTimeout, 10*time.Second)
	fill(&l.MessageBytes, connector.MaxMessageBytes)
	fill(&l.MemoryBytes, 512<<20)
	fill(&l.BackoffMin, 50*time.Millisecond)
	fill(&l.BackoffMax, 30*time.Second)
	fill(&l.Crashes, 3)
	fill(&l.Window, 5*time.Minute)
	fill(&l.CoolDown, time.Minute)
	return l
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (s Spec) withDefaults() Spec {
	s.Limits = s.Limits.withDefaults()
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	s.Log = s.Log.With("connector", s.Name)
	if s.OnState == nil {
		s.OnState = func(State) {}
	}
	if s.OnExcess == nil {
		s.OnExcess = func(string, int) {}
	}
	if s.dials == nil {
		s.dials = map[connector.Version]connector.Dial{connector.V1: connector.ClientV1}
	}
	return s
}

// validate refuses a spec that lacks a safeguard, rather than run without it.
func (s Spec) validate() error {
	invalid := func(field, message string) error {
		return &connector.Error{Code: connector.CodeInvalid, Field: field, Message: message}
	}
	switch {
	case s.Name == "":
		return invalid("Name", "give the connector a name")
	case len(s.Cmd) == 0:
		return invalid("Cmd", "say which program to run")
	case !filepath.IsAbs(s.Cmd[0]):
		return invalid("Cmd", "the program must be an absolute path")
	case len(s.SHA256) != 32:
		return invalid("SHA256", "pin the program's SHA-256 digest (32 bytes)")
	case s.Limits.CallTimeout < 0, s.Limits.StartTimeout < 0, s.Limits.MessageBytes < 0,
		s.Limits.BackoffMin < 0, s.Limits.BackoffMax < 0, s.Limits.Crashes < 0,
		s.Limits.Window < 0, s.Limits.CoolDown < 0:
		return invalid("Limits", "a limit cannot be negative")
	}
	return nil
}
