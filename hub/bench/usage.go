package bench

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// cpuTimes are milliseconds of CPU, user and system. Those of other processes
// are known on Linux only, and 0 elsewhere.
type cpuTimes struct{ here, broker, plugins float64 }

func (c cpuTimes) minus(o cpuTimes) cpuTimes {
	return cpuTimes{c.here - o.here, c.broker - o.broker, c.plugins - o.plugins}
}

// cpu is what this process, the broker and the connectors have used so far.
func (r *rig) cpu() (c cpuTimes) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		c.here = float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
	}
	c.broker = cpuOf(r.broker.cmd.Process.Pid)
	for _, n := range r.nodes {
		for _, p := range n.Plugins {
			c.plugins += cpuOf(p.Pid())
		}
	}
	return c
}

// cpuOf reads proc(5): utime and stime are fields 14 and 15 of stat, in ticks
// of which Linux counts 100 a second for every architecture it shows them to.
func cpuOf(pid int) float64 {
	fields := stat(pid)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64) // the kernel's own numbers
	system, _ := strconv.ParseFloat(fields[12], 64)
	return (user + system) * 10
}

// stat gives the fields of /proc/PID/stat from the third on, the state; nil
// where there is none.
func stat(pid int) []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return nil
	}
	s := string(b)
	return strings.Fields(s[strings.LastIndex(s, ")")+1:]) // a name may hold anything
}

// family lists a process and all of its descendants.
func family(root int) []int {
	entries, _ := filepath.Glob("/proc/[0-9]*")
	children := map[int][]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(filepath.Base(e))
		if err != nil {
			continue
		}
		if f := stat(pid); len(f) > 1 {
			parent, _ := strconv.Atoi(f[1]) // the kernel's own number
			children[parent] = append(children[parent], pid)
		}
	}
	out := []int{root}
	for i := 0; i < len(out); i++ {
		out = append(out, children[out[i]]...)
	}
	return out
}

// pss is a process's proportional set size in MB: what it has alone, and its
// share of what it shares (proc_pid_smaps_rollup, kB).
func pss(pid int) (float64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if rest, ok := strings.CutPrefix(in.Text(), "Pss:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			return kb / 1000, err
		}
	}
	return 0, fmt.Errorf("process %d has no Pss", pid)
}
