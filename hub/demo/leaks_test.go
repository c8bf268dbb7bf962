package demo

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mashhub/hub/demo/world"
)

// ranStory is a story with something impersonal in every kind of place where
// leaks looks.
func ranStory(t *testing.T) *story {
	t.Helper()
	if !hasProc() {
		t.Skip("processes are looked at in /proc, which this system does not have")
	}
	scenario, err := world.LoadAt(1, time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	s := &story{Demo: &Demo{dir: t.TempDir(), scenario: scenario}}
	for name, text := range map[string]string{
		"log/hub.log":              "time=2026-11-20T09:00:00Z level=INFO msg=started",
		"broker/log/0.dat":         "\x00\x00mash.fernshire.to.police\x00H01a203b9-f837-71ec-8d59-db23e5bbb0ef",
		"hub/hub.db":               "\x8f\x01\xffencrypted",
		"conf/hub.yaml":            "name: Fernshire MASH",
		"systems/pupils.csv":       "Rowan,Tessel", // not ours
		"hub-keys/secrets/one.key": "\x00\x01\x02",
	} {
		write(t, s, name, text)
	}
	begin(t, exec.Command("sleep", "60"))
	s.trail.note("an address that was asked for", "/board")
	return s
}

func write(t *testing.T, s *story, name, text string) {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// begin starts one more of the demo's, until the test ends.
func begin(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); _ = cmd.Wait() })
}

// TestLeaksAreFound plants one value in each kind of place: that kind alone
// fails, says where, and repeats nothing of it.
func TestLeaksAreFound(t *testing.T) {
	const name, text = "Rowan Tessel", "Came to school hungry"
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"kid":"fernshire-1","sub":"`+name+`"}`)) + "." + strings.Repeat("Qm9n", 20)
	file := func(path, content string) func(*testing.T, *story) {
		return func(t *testing.T, s *story) { write(t, s, path, content) }
	}
	for _, tt := range []struct {
		name  string
		plant func(*testing.T, *story)
		kind  kind
		where string
	}{
		{"a log", file("log/node-police.log", "level=ERROR msg=\"searching for "+name+"\""), inLogs, "log/node-police.log"},
		{"a log, a first name", file("log/hub.log", "level=ERROR cause=\"no such pupil: rowan\""), inLogs, "log/hub.log"},
		{"a log, quoted for JSON and a page", file("log/hub.log", `{"page":"<b>14 Tanner&#39;s Court</b>"}`), inLogs, "log/hub.log"},
		{"a log, a connector's words", file("log/node-schools.log", "plugin said: "+strings.ToUpper(text)), inLogs, "log/node-schools.log"},
		{"a message's key", file("broker/log/1.dat", "\x00\x08fernshire/rowan-tessel\x00"), inBroker, "broker/log/1.dat"},
		{"a header", file("broker/log/1.dat", "\x00\x0cmash-person\x1499901 \x14999 010 0004\x00"), inBroker, "broker/log/1.dat"},
		{"a message that was not sealed", file("broker/log/1.dat", `{"text":"`+text+`"}`), inBroker, "broker/log/1.dat"},
		{"a sealed message's open header", file("broker/log/1.dat", "\x00{"+header), inBroker, "broker/log/1.dat"},
		{"the same, with a byte before that looks like its own", file("broker/log/1.dat", "\x00xz"+header), inBroker, "broker/log/1.dat"},
		{"a store", file("node-police/node.db-wal", "\x00\xff\x12"+text+"\xfe"), inStores, "node-police/node.db-wal"},
		{"a store that is not encrypted", file("hub-keys/keys.db", "SQLite format 3\x00"), inStores, "hub-keys/keys.db"},
		{"settings", file("conf/node-health.yaml", "watch: \"9990100004\""), inFiles, "conf/node-health.yaml"},
		{"a file's name", file("enrol/rowan_tessel.json", "{}"), inNames, "a name in enrol"},
		{"a folder's name", file("broker/log/partitions/fernshire.to.999 010 0004/0.idx", "x"), inNames, "a name in broker"},
		{"an argument", func(t *testing.T, _ *story) { begin(t, exec.Command("sh", "-c", "sleep 60; :", name)) }, inProcesses, "the arguments of process"},
		{"an environment", func(t *testing.T, _ *story) {
			cmd := exec.Command("sleep", "60")
			cmd.Env = append(os.Environ(), "MASH_DEMO_CHILD="+name)
			begin(t, cmd)
		}, inProcesses, "the environment of process"},
		{"a grandchild", func(t *testing.T, _ *story) {
			begin(t, exec.Command("sh", "-c", `sh -c 'sleep 60; :' "Ro""wan" "Tes""sel"; :`))
		}, inProcesses, "the arguments of process"},
		{"an address asked for", func(t *testing.T, s *story) { answered(t, s, http.StatusOK, "/search?q="+url.QueryEscape(name), "") }, inAddresses, "an address that was asked for"},
		{"an address sent to", func(t *testing.T, s *story) {
			answered(t, s, http.StatusSeeOther, "/", "/people/"+url.PathEscape(name))
		}, inAddresses, "an address that was sent to"},
		{"an error", func(t *testing.T, s *story) { answered(t, s, http.StatusConflict, "/", "") }, inAddresses, "an error that came back"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ranStory(t)
			tt.plant(t, s)
			var checks []Check
			for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				checks = s.leaks("Sign in")
				// A process takes a moment to be what it was told, and to be there.
				started := checks[inProcesses].OK == (tt.kind != inProcesses)
				if started || time.Now().After(deadline) {
					break
				}
			}
			for k, c := range checks {
				if c.OK != (kind(k) != tt.kind) {
					t.Errorf("%s: %v (%s)", c.What, c.OK, c.Detail)
				}
				for _, v := range []string{name, "rowan", "tessel", text, "999", "Tanner"} {
					if strings.Contains(strings.ToLower(c.What+c.Detail), strings.ToLower(v)) {
						t.Errorf("it repeats what leaked: %s", c.Detail)
					}
				}
			}
			if !strings.Contains(checks[tt.kind].Detail, tt.where) {
				t.Errorf("it says %q, and not where: %s", checks[tt.kind].Detail, tt.where)
			}
		})
	}
	t.Run("a stranger", func(t *testing.T) {
		checks := ranStory(t).leaks("<title>" + name + "</title>")
		if c := checks[inPublic]; c.OK || !strings.Contains(c.Detail, "an answer") {
			t.Errorf("%v (%s)", c.OK, c.Detail)
		}
	})
}

// answered asks a server that answers in one way, as somebody who is signed in
// does.
func answered(t *testing.T, s *story, status int, path, location string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(status)
		if status == http.StatusConflict {
			_, _ = io.WriteString(w, `{"detail":"Rowan Tessel is asked about already"}`)
		}
	}))
	defer srv.Close()
	c := &client{base: srv.URL, trail: &s.trail, http: &http.Client{Transport: &s.trail, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	var p *problem
	var body []byte
	if err := c.call(context.Background(), http.MethodGet, path, nil, &body); err != nil && !errors.As(err, &p) {
		t.Fatal(err)
	}
}

// TestNothingReadIsNothingProved: a kind of place where there is nothing to
// read holds no proof.
func TestNothingReadIsNothingProved(t *testing.T) {
	s := ranStory(t)
	for top, k := range map[string]kind{"log/hub.log": inLogs, "broker/log/0.dat": inBroker, "hub/hub.db": inStores} {
		write(t, s, top, "")
		if c := s.leaks("Sign in")[k]; c.OK {
			t.Errorf("%s: though there was nothing to read", c.What)
		}
	}
	if c := s.leaks("")[inPublic]; c.OK {
		t.Errorf("%s: though nothing was said", c.What)
	}
}

// TestChanceIsNoLeak: what is encoded or random holds no short names, and a
// name within a word is another word.
func TestChanceIsNoLeak(t *testing.T) {
	f := newFinder([]string{"Rowan", "Tessel", "FE1 4TC", "Came to school hungry"})
	for _, b := range []string{
		"rowanberry", "Throwan", "tessellate", "xFE14TCx",
		strings.Repeat("A", 30) + "-Rowan-" + strings.Repeat("B", 30), // an encoding
	} {
		if f.in([]byte(b), false) >= 0 {
			t.Errorf("a value was found in %q", b)
		}
	}
	if f.in([]byte("\x00Rowan\xff"), true) >= 0 {
		t.Error("a short name was found in random bytes")
	}
	for i, b := range []string{"Rowan", "x.TESSEL", "fe14tc", "xCame+to+school+hungryx"} {
		if got := f.in([]byte(b), false); got != i {
			t.Errorf("%d was found in %q, want %d", got, b, i)
		}
	}
	if got := f.in([]byte("\x00\xffcame to school hungry\x01"), true); got != 3 {
		t.Error("a text was not found in random bytes")
	}
}

// BenchmarkFinder looks through 8 MB, twice what a scenario leaves.
func BenchmarkFinder(b *testing.B) {
	s, err := world.Load(9)
	if err != nil {
		b.Fatal(err)
	}
	data := slices.Repeat([]byte("\x00\x81 a store's bytes, or a log's"), 8<<20/31)
	f := newFinder(world.Canaries(s))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		f.in(data, false)
	}
}
