package demo_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// ownSecretsOnly: what an agency's connector signs in with is in the
// environment of its own node, and of no other process: neither the hub nor
// another agency may learn it.
func ownSecretsOnly(t *testing.T, pids []int) {
	t.Helper()
	owner := map[string]string{"MASH_DEMO_HEALTH_BEARER_TOKEN": "node-health.yaml", "MASH_DEMO_ENCOMPASS_ID_KEY": "node-police.yaml"}
	holders := map[string]int{}
	for _, pid := range pids {
		proc := filepath.Join("/proc", strconv.Itoa(pid))
		line, err := os.ReadFile(filepath.Join(proc, "cmdline"))
		if err != nil {
			t.Fatal(err)
		}
		env, err := os.ReadFile(filepath.Join(proc, "environ"))
		if err != nil {
			t.Fatal(err)
		}
		for v := range bytes.SplitSeq(env, []byte{0}) {
			name, _, _ := strings.Cut(string(v), "=")
			if !strings.HasPrefix(name, "MASH_DEMO_") {
				continue
			}
			holders[name]++
			if of := owner[name]; of == "" || !bytes.Contains(line, []byte(of)) {
				t.Errorf("%s is in the environment of %q", name, bytes.ReplaceAll(line, []byte{0}, []byte(" ")))
			}
		}
	}
	for name := range owner {
		if holders[name] != 1 {
			t.Errorf("%s is in the environment of %d processes, want its node's alone", name, holders[name])
		}
	}
}

// ownNamesOnly: hub and nodes answer to the address they print and to
// localhost, and to no name that somebody else points at them.
func ownNamesOnly(t *testing.T, conf string) {
	t.Helper()
	for _, name := range []string{"hub", "node-police"} {
		var c struct {
			Listen string `yaml:"listen"`
		}
		b, err := os.ReadFile(filepath.Join(conf, name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(b, &c); err != nil {
			t.Fatal(err)
		}
		_, port, _ := strings.Cut(c.Listen, ":")
		for host, want := range map[string]int{
			c.Listen: http.StatusOK, "localhost:" + port: http.StatusOK,
			"attacker.example": http.StatusMisdirectedRequest, "attacker.example:" + port: http.StatusMisdirectedRequest,
		} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+c.Listen+"/sign-in", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = host
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s answers to the name %s with %d, want %d", name, host, res.StatusCode, want)
			}
		}
	}
}

// hubWaits kills the hub and takes away what its next process waits for
// (enrolTime), and returns once that process lives.
func hubWaits(t *testing.T, dir string) {
	t.Helper()
	hub := func(not int) int {
		for _, pid := range of(t, dir) {
			line, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
			if pid != not && bytes.Contains(line, []byte("demo-hub")) {
				return pid
			}
		}
		return 0
	}
	if err := os.Remove(filepath.Join(dir, "enrol", "police@fernshire.json")); err != nil {
		t.Fatal(err)
	}
	killed := hub(0)
	if killed <= 1 {
		t.Fatal("the hub's process was not found")
	}
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); hub(killed) == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the hub was not started again")
		}
	}
}
