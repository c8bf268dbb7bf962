package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mashhub/hub/demo/world"
)

// kind is a kind of place where nothing personal may stand.
type kind int

const (
	inLogs kind = iota
	inBroker
	inStores
	inFiles
	inNames
	inProcesses
	inAddresses
	inPublic
	kinds
)

// what says of each kind what is asserted.
var what = [kinds]string{
	inLogs:      "no personal value stands in a log",
	inBroker:    "no personal value stands in what the broker keeps: topics, keys, headers and sealed messages",
	inStores:    "no personal value stands in the bytes of a store: they are encrypted",
	inFiles:     "no personal value stands in a file of settings or keys",
	inNames:     "no personal value stands in the name of a file",
	inProcesses: "no personal value stands in the arguments or the environment of a process",
	inAddresses: "no personal value stands in an address that was asked for, or in an error that came back",
	inPublic:    "no personal value is said to somebody who has not signed in",
}

// place is somewhere that was looked at.
type place struct {
	kind   kind
	name   string // what a report may say: never anything personal
	bytes  []byte
	sealed bool // encrypted or random throughout
}

// leaks looks for every personal value of the scenario wherever what this demo
// started could have left it, while all of it still runs. The agencies' own
// systems are left out: they are not ours, and hold it all.
//
// A finding is told by its place and the value's number in world.Canaries. A
// kind of place where there was nothing to read counts as a finding.
func (s *story) leaks(public string) []Check {
	places, err := s.look()
	places = append(places, place{kind: inPublic, name: "an answer", bytes: []byte(public)})
	out := make([]Check, kinds)
	read := [kinds]int{}
	for k := range out {
		out[k] = Check{What: what[k], OK: true}
	}
	fail := func(k kind, format string, args ...any) {
		if out[k].OK { // the first finding says enough
			out[k].OK, out[k].Detail = false, fmt.Sprintf(format, args...)
		}
	}
	f := newFinder(world.Canaries(s.scenario))
	for i, p := range places {
		read[p.kind] += len(p.bytes)
		if v := f.in(p.bytes, p.sealed); v >= 0 {
			name := p.name
			if name == "" || f.in([]byte(name), false) >= 0 {
				name = "place " + strconv.Itoa(i+1)
			}
			fail(p.kind, "value %d stands in %s", v, name)
		}
		if p.kind == inStores && bytes.HasPrefix(p.bytes, []byte("SQLite format 3")) {
			fail(p.kind, "%s is not encrypted", p.name)
		}
	}
	for agency, node := range s.nodes {
		for connector, pid := range node.connectors() {
			looked := slices.ContainsFunc(places, func(p place) bool { return p.name == arguments(pid) })
			if hasProc() && !looked {
				fail(inProcesses, "the connector %s of %s was not looked at", connector, agency)
			}
		}
	}
	for k, n := range read {
		switch {
		case err != nil:
			fail(kind(k), "not everything could be read")
		case n == 0 && kind(k) == inProcesses && !hasProc():
			out[k].Detail = "not looked at: this system has no /proc"
		case n == 0:
			fail(kind(k), "there was nothing to read")
		}
	}
	return out
}

// look reads every place but what strangers are told.
func (s *story) look() ([]place, error) {
	files, err := s.files()
	processes, perr := s.processes(os.Getpid())
	return slices.Concat(files, processes, s.trail.places()), errors.Join(err, perr)
}

// files are those of the data directory, but for the agencies' own systems.
func (s *story) files() (out []place, err error) {
	err = filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // a journal may go while we look
			return nil
		}
		if err != nil || path == s.dir {
			return err
		}
		name, err := filepath.Rel(s.dir, path)
		if err != nil {
			return err
		}
		top, _, _ := strings.Cut(filepath.ToSlash(name), "/")
		if top == "systems" {
			return fs.SkipDir
		}
		out = append(out, place{kind: inNames, name: "a name in " + top, bytes: []byte(filepath.ToSlash(name))})
		if !e.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		p := place{kind: inFiles, name: filepath.ToSlash(name), bytes: s.withoutPath(b)}
		ext := filepath.Ext(name)
		switch {
		case top == "log":
			p.kind = inLogs
		case top == "broker":
			p.kind = inBroker
		case strings.HasPrefix(ext, ".db"):
			p.kind, p.sealed, p.bytes = inStores, true, b
		case ext == ".key":
			p.sealed = true
		}
		out = append(out, p)
		return err
	})
	return out, err
}

// withoutPath takes out the data directory's path: who starts the demo chose
// it, and their own name may stand in it.
func (s *story) withoutPath(b []byte) []byte {
	return bytes.ReplaceAll(b, []byte(s.dir), nil)
}

func arguments(pid int) string { return fmt.Sprintf("the arguments of process %d", pid) }

// hasProc: the system shows its processes as files, as Linux does.
func hasProc() bool {
	_, err := os.Stat("/proc/self/cmdline")
	return err == nil
}

// processes are the arguments and the environment of all that a process
// started, and what these started. What the environment of the demo itself
// held already is left out.
func (s *story) processes(root int) (out []place, err error) {
	if !hasProc() {
		return nil, nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(filepath.Join("/proc", e.Name(), "stat"))
		if err != nil {
			continue // it has ended
		}
		if f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]); len(f) > 1 {
			if parent, err := strconv.Atoi(string(f[1])); err == nil {
				children[parent] = append(children[parent], pid)
			}
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	own := os.Environ()
	for queue := slices.Clone(children[root]); len(queue) > 0; queue = queue[1:] {
		pid := queue[0]
		queue = append(queue, children[pid]...)
		proc := filepath.Join("/proc", strconv.Itoa(pid))
		args, err := os.ReadFile(filepath.Join(proc, "cmdline"))
		if err != nil {
			continue // it has ended
		}
		args = bytes.ReplaceAll(s.withoutPath(args), []byte(self), nil)
		out = append(out, place{kind: inProcesses, name: arguments(pid), bytes: args})
		env, err := os.ReadFile(filepath.Join(proc, "environ"))
		if err != nil {
			continue // closed to this user, or it has ended
		}
		for v := range bytes.SplitSeq(env, []byte{0}) {
			if !slices.Contains(own, string(v)) {
				out = append(out, place{kind: inProcesses, name: fmt.Sprintf("the environment of process %d", pid), bytes: s.withoutPath(v)})
			}
		}
	}
	return out, nil
}
