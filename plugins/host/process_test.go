package host

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestAddressesOfItsOwn(t *testing.T) {
	p := newProcess([]string{"/x"}, nil, "/run/mash-1/plugin-dir2", &counter{})
	for address, ok := range map[[2]string]bool{
		{"unix", "/run/mash-1/plugin-dir2/plugin3"}:               true,
		{"unix", "/run/mash-1/plugin-dir2/../plugin-dir9/plugin"}: false, // another plugin's
		{"unix", "/run/docker.sock"}:                              false,
		{"unix", "plugin3"}:                                       false,
		{"tcp", "127.0.0.1:4000"}:                                 true,
		{"tcp", "[::1]:4000"}:                                     true,
		{"tcp", "10.0.0.1:4000"}:                                  false,
		{"tcp", "localhost:4000"}:                                 false, // a name may mean anything
		{"tcp", "127.0.0.1"}:                                      false,
		{"udp", "127.0.0.1:4000"}:                                 false,
	} {
		if _, _, err := p.PluginToHost(address[0], address[1]); (err == nil) != ok {
			t.Errorf("%v: %v", address, err)
		}
	}
}

// What the library logs about a plugin, its standard error above all, is
// dropped unless we know where it comes from.
func TestTheLibrarysLog(t *testing.T) {
	var out strings.Builder
	l := newLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	l.Warn("plugin failed", "id", "17", "error", "row of Tessel", "path", "/Tessel")
	l.With("name", "Tessel").Error("with values")
	l.Named("connector").Error("stderr: Tessel")
	l.ResetNamed("connector").Info("stderr: Tessel")
	l.StandardLogger(nil).Print("Tessel")
	_, _ = io.WriteString(l.StandardWriter(nil), "Tessel")
	l.Log(hclog.Warn, "by level", "Tessel")
	if strings.Contains(out.String(), "Tessel") {
		t.Errorf("logged:\n%s", &out)
	}
	for _, kept := range []string{"plugin failed", "id=17", "with values", "by level"} {
		if !strings.Contains(out.String(), kept) {
			t.Errorf("%q was not logged:\n%s", kept, &out)
		}
	}
}

func TestHandshakeLine(t *testing.T) {
	for name, c := range map[string]struct {
		printed, passed string
		counted         int64
	}{
		"one line":        {"1|1|unix|x|grpc|\n", "1|1|unix|x|grpc|\n", 0},
		"more after it":   {"1|1\nTessel\n", "1|1\n", 7},
		"no end of line":  {"Tessel", "", 6},
		"a line too long": {strings.Repeat("x", maxHandshake+10) + "\nrest", "", maxHandshake + 15},
		"nothing":         {"", "", 0},
	} {
		r, w := io.Pipe()
		var c2 counter
		done := make(chan string)
		go func() {
			text, _ := io.ReadAll(r)
			done <- string(text)
		}()
		passHandshake(strings.NewReader(c.printed), w, &c2)
		if got := <-done; got != c.passed || c2.output().Bytes != c.counted {
			t.Errorf("%s: passed %d bytes, counted %d", name, len(got), c2.output().Bytes)
		}
	}
}
