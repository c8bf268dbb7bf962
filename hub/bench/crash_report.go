package bench

import (
	"fmt"
	"time"
)

// Report is the run's figures.
func (r *CrashResult) Report() Report {
	out := Report{Bench: "crash", Problems: r.Violations, Figures: []Figure{
		atMost("violations", float64(len(r.Violations)), "count", 0),
		plain("points", float64(r.Points), "count"),
	}}
	for _, p := range []struct {
		name string
		at   float64
	}{{"recovery_p50_ms", 0.5}, {"recovery_p90_ms", 0.9}, {"recovery_max_ms", 1}} {
		out.Figures = append(out.Figures, plain(p.name, float64(quantile(r.Recovery, p.at).Milliseconds()), "ms"))
	}
	out.Notes = []string{
		"Processes: the embedded broker, one hub, the nodes police (SQL record system behind a connector process) and housing (a person). Stores: encrypted SQLite, one for each.",
		fmt.Sprintf("Seed %d: %d points in %.1f s, %d of them at a chosen commit; %d enquiries, %d requests acknowledged; %d landed, %d withdrawn, %d refused by a planted fault.",
			r.Seed, r.Points, r.Took.Seconds(), r.Chosen, r.Enquiries, r.Requests, r.Landed, r.Withdrawn, r.Refused),
		fmt.Sprintf("%d returns came after the end and say so; %d decisions came too late and were denied as faults; %d log entries verified.", r.Late, r.Faults, r.Entries),
		"Recovery is from the kill to the landing of a return to a question put after it: restart, next question and the whole way included.",
	}
	if r.Dir != "" {
		out.Notes = append(out.Notes, "Data and logs: "+r.Dir)
	}
	return out
}

// quantile of sorted durations; 0 of none.
func quantile(sorted []time.Duration, at float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(at*float64(len(sorted))))]
}
