package host

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mashhub/plugins/connector"
)

func TestStartRefuses(t *testing.T) {
	other := slices.Clone(ownDigest())
	other[0]++
	for name, c := range map[string]struct {
		role   string
		change func(*Spec)
		code   connector.ErrorCode
		cause  error
		says   string
	}{
		"a program with another digest": {"plugin", func(s *Spec) { s.SHA256 = other }, connector.CodeMisbehaved, ErrDigest, "digest"},
		"no digest":                     {"plugin", func(s *Spec) { s.SHA256 = nil }, connector.CodeInvalid, nil, "SHA256"},
		"a relative path":               {"plugin", func(s *Spec) { s.Cmd[0] = "connector" }, connector.CodeInvalid, nil, "absolute"},
		"a program that is not there":   {"plugin", func(s *Spec) { s.Cmd[0] = "/nowhere/connector" }, connector.CodeInvalid, nil, "reading the program"},
		"one that exits at once":        {"exit", nil, connector.CodeUnavailable, nil, "ended before the handshake"},
		"one that says nothing":         {"silent", func(s *Spec) { s.Limits.StartTimeout = 300 * time.Millisecond }, connector.CodeUnavailable, nil, "no handshake within 300ms"},
		"one that prints something":     {"babble", nil, connector.CodeUnavailable, nil, "not a handshake"},
		"one that points elsewhere":     {"elsewhere", nil, connector.CodeUnavailable, nil, "not its own"},
		"one that accepts and is mute":  {"deaf", func(s *Spec) { s.Limits.StartTimeout = 1500 * time.Millisecond }, connector.CodeUnavailable, nil, "no answer in time"},
		"one without a certificate":     {"plain", func(s *Spec) { s.Limits.StartTimeout = time.Second }, connector.CodeUnavailable, nil, "cannot be reached"},
		"wrong settings":                {"plugin", func(s *Spec) { s.Config = []byte(`{"fault":"invalid"}`) }, connector.CodeInvalid, nil, "dir"},
		"a crash while configured":      {"plugin", func(s *Spec) { s.Config = []byte(`{"fault":"crash"}`) }, connector.CodeUnavailable, nil, "configure"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &rig{}
			spec := specFor(t, r, c.role)
			if c.change != nil {
				c.change(&spec)
			}
			began := time.Now()
			p, err := Start(t.Context(), spec)
			if err == nil {
				p.Close()
				t.Fatal("it started")
			}
			wantCode(t, err, c.code)
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("error %v, want cause %v", err, c.cause)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %q does not say %q", err, c.says)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if left, _ := os.ReadDir(r.sockets); len(left) > 0 {
				t.Errorf("left in the sockets' directory: %v", left)
			}
			if strings.Contains(r.log.String(), "hunter2") {
				t.Errorf("the log repeats the plugin:\n%s", r.log)
			}
		})
	}
}

// deaf announces a real socket and accepts connections without ever answering.
func deaf() {
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "plugin-deaf")
	l, err := net.Listen("unix", path)
	if err != nil {
		os.Exit(1)
	}
	fmt.Printf("1|1|unix|%s|grpc|\n", path)
	for {
		if _, err := l.Accept(); err != nil {
			os.Exit(1)
		}
	}
}

func TestKeepTryingGoesOnUntilItStarts(t *testing.T) {
	r := start(t, func(s *Spec) {
		s.KeepTrying = true
		s.Config = []byte(`{"fault":"crash"}`)
	})
	if r.Pid() != 0 {
		t.Fatal("it runs")
	}
	if _, err := r.Configure(t.Context(), connector.ConfigureRequest{Config: []byte(`{}`)}); err != nil {
		t.Fatalf("configure with settings that work: %v", err)
	}
	eventually(t, "running", func() bool { return r.State() == Running })
}

// TestOneThatCannotDescribeItself is tried again, says meanwhile why it did not
// start, by a code alone, and then what it is.
func TestOneThatCannotDescribeItself(t *testing.T) {
	mended := filepath.Join(t.TempDir(), "mended")
	r := start(t, func(s *Spec) {
		s.KeepTrying = true
		s.Cmd = []string{s.Cmd[0], "as", "undescribed", mended}
		s.Limits.BackoffMax = 50 * time.Millisecond
	})
	_, err := r.Describe(t.Context(), connector.DescribeRequest{})
	wantCode(t, err, connector.CodeMisbehaved)
	if r.Failure() != connector.CodeMisbehaved || !strings.Contains(r.log.String(), "code=misbehaved") {
		t.Errorf("the failure is %q, and the log says:\n%s", r.Failure(), r.log)
	}
	if err := os.WriteFile(mended, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a description", func() bool {
		d, err := r.Describe(t.Context(), connector.DescribeRequest{})
		return err == nil && d.Kind == "faulty"
	})
	if r.Failure() != "" {
		t.Errorf("it runs, and its failure is %q", r.Failure())
	}
}

func TestAProgramReplacedOnDiskIsNotStartedAgain(t *testing.T) {
	r := &rig{}
	spec := specFor(t, r, "plugin")
	copied := filepath.Join(t.TempDir(), "connector")
	text, err := os.ReadFile(spec.Cmd[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o700); err != nil {
		t.Fatal(err)
	}
	spec.Cmd[0] = copied
	spec.Limits.CoolDown = time.Hour
	p, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := os.Rename(copied, copied+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, append(text, 0), 0o700); err != nil {
		t.Fatal(err)
	}
	_ = signal(p.Pid(), syscall.SIGKILL)
	eventually(t, "tripped", func() bool { return p.State() == Tripped })
}

func TestConfigureReplacesTheProcess(t *testing.T) {
	r := start(t, nil)
	pid := r.Pid()
	_, err := r.Configure(t.Context(), connector.ConfigureRequest{Config: []byte(`{"fault":"invalid"}`)})
	wantCode(t, err, connector.CodeInvalid)
	if r.Pid() != pid {
		t.Error("refused settings replaced the process")
	}
	if _, err := r.Configure(t.Context(), connector.ConfigureRequest{Config: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a new process", func() bool { p := r.Pid(); return p != 0 && p != pid })
	if alive(pid) {
		eventually(t, "the old one's end", func() bool { return !alive(pid) })
	}
}
