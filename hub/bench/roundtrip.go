package bench

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/pprof"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// RoundTripOptions of the round trip's figures.
type RoundTripOptions struct {
	Rounds     int           // each measures us and both peers, one after the other [3]
	Each       time.Duration // how long each is measured in a round [2 s]
	InFlight   int           // enquiries under way at a time [64]
	Idle       int           // single enquiries, one at a time [100]
	CPUProfile string        // of this process, while we are measured; empty: none
	Out        io.Writer     // progress; nil: none
	Log        *slog.Logger  // nil: none
}

// RoundTrip measures one enquiry to eight agencies beside a bare HTTP fan-out
// and a raw Kafka fan-out on the same broker, interleaved in the same run.
func RoundTrip(ctx context.Context, o RoundTripOptions) (Report, error) {
	r := Report{Bench: "roundtrip"}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.Each == 0 {
		o.Each = 2 * time.Second
	}
	if o.InFlight == 0 {
		o.InFlight = 64
	}
	if o.Idle == 0 {
		o.Idle = 100
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	fmt.Fprintln(o.Out, "starting the broker, the hub, eight nodes and eight connectors")
	rig, err := newRig(ctx, o.Log)
	if err != nil {
		return r, err
	}
	defer rig.close()
	sctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := rig.sound(sctx); err != nil {
		return r, fmt.Errorf("trying the path: %w", err)
	}
	web, err := newHTTPPeer()
	if err != nil {
		return r, err
	}
	defer web.close()
	raw, err := newKafkaPeer(ctx, rig.addr)
	if err != nil {
		return r, err
	}
	defer raw.close()

	fmt.Fprintln(o.Out, "idle: one enquiry at a time")
	lat, err := rig.idle(ctx, o.Idle, &r)
	if err != nil {
		return r, err
	}
	httpLat, err := series(ctx, o.Idle, web.trip)
	if err != nil {
		return r, err
	}
	rawLat, err := series(ctx, o.Idle, raw.trip)
	if err != nil {
		return r, err
	}
	var ours, https, kafkas, here, broker, plugins, httpCPU []float64
	for n := range o.Rounds {
		before := rig.cpu()
		own, answers, err := flood(ctx, o.InFlight, o.Each, rig.trip)
		if err != nil {
			return r, err
		}
		used := rig.cpu().minus(before)
		before = rig.cpu()
		bare, calls, err := flood(ctx, o.InFlight, o.Each, web.trip)
		if err != nil {
			return r, err
		}
		httpUsed := rig.cpu().minus(before)
		plain, _, err := flood(ctx, o.InFlight, o.Each, raw.trip)
		if err != nil {
			return r, err
		}
		ours, https, kafkas = append(ours, own), append(https, bare), append(kafkas, plain)
		here, broker, plugins = append(here, used.here/answers), append(broker, used.broker/answers), append(plugins, used.plugins/answers)
		httpCPU = append(httpCPU, httpUsed.here/calls)
		fmt.Fprintf(o.Out, "round %d: %.0f answers/s; bare HTTP %.0f, raw Kafka %.0f\n", n+1, own, bare, plain)
	}
	if err := rig.profile(ctx, o); err != nil {
		return r, err
	}
	own, bare, plainKafka := median(ours), median(https), median(kafkas)
	cpu := median(here) + median(broker) + median(plugins)
	head := []Figure{
		atLeast("throughput_ratio", own/bare, "of bare HTTP", 0.08).beside("bare HTTP fan-out, answers/s", bare, own/bare),
		atMost("idle_p50_ms", ms(quantile(lat, 0.5)), "ms", 15).beside("bare HTTP fan-out, ms", ms(quantile(httpLat, 0.5)), ms(quantile(lat, 0.5))/ms(quantile(httpLat, 0.5))),
		plain("answers_per_s", own, "1/s").beside("raw Kafka fan-out, answers/s", plainKafka, own/plainKafka),
		plain("idle_p90_ms", ms(quantile(lat, 0.9)), "ms").beside("raw Kafka fan-out, p50 ms", ms(quantile(rawLat, 0.5)), ms(quantile(lat, 0.9))/ms(quantile(rawLat, 0.5))),
	}
	head = append(head, plain("cpu_ms_per_answer", cpu, "ms of CPU").beside("bare HTTP fan-out, ms of CPU", median(httpCPU), median(httpCPU)/cpu),
		plain("cpu_hub_and_nodes_ms", median(here), "ms of CPU"), plain("cpu_broker_ms", median(broker), "ms of CPU"), plain("cpu_plugins_ms", median(plugins), "ms of CPU"))
	r.Figures = append(head, r.Figures...)
	r.Notes = []string{
		fmt.Sprintf("One enquiry to %d agencies: about %d B of question, %d B of answer, %d enquiries in flight, %d rounds of %s each.", agencies, questionBytes, answerBytes, o.InFlight, o.Rounds, o.Each),
		"Processes: the embedded broker (fsync), eight connector processes, and hub and eight nodes together in this one; the HTTP peer's servers and client are in this one too.",
		"Stores: nine encrypted SQLite databases (WAL, synchronous FULL). Audit, receipts and both policy decisions are in what is measured.",
		"CPU for one answer, under load, over all processes, says what the throughput would be on a machine with nothing else to do.",
		"Stages are the idle path's time inside each part, for one agency's answer, both sides together; agencies work side by side, so that they sum to more than the enquiry took.",
	}
	return r, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// idle measures single enquiries and what of their time went where.
func (r *rig) idle(ctx context.Context, n int, out *Report) ([]time.Duration, error) {
	if _, err := series(ctx, min(20, n), r.trip); err != nil { // warm
		return nil, err
	}
	r.stages.reset()
	lat, err := series(ctx, n, r.trip)
	if err != nil {
		return nil, err
	}
	answers := n * agencies
	s := r.stages
	policy, decisions := s.policy.per(answers)
	seal, seals := s.seal.per(answers)
	open, opens := s.open.per(answers)
	store, transactions := s.store.per(answers)
	publish, publishes := s.publish.per(answers)
	plugin, calls := s.plugin.per(answers)
	add := func(name string, value, times float64, what string) {
		f := plain("stage_"+name+"_ms", value, "ms per answer")
		f.Peer, f.PeerValue = what+" per answer", &times
		out.Figures = append(out.Figures, f)
	}
	add("policy", policy, decisions, "decisions")
	add("crypto", seal+open, seals+opens, "seals and opens")
	add("store", store-seal, transactions, "transactions") // sealing is done inside of them
	add("broker", publish, publishes, "publishes")
	add("plugin", plugin, calls, "calls")
	return lat, nil
}

// series does n trips, one after the other, and gives their times, sorted.
func series(ctx context.Context, n int, trip func(context.Context) error) ([]time.Duration, error) {
	out := make([]time.Duration, n)
	for i := range out {
		start := time.Now()
		if err := trip(ctx); err != nil {
			return nil, err
		}
		out[i] = time.Since(start)
	}
	slices.Sort(out)
	return out, nil
}

// flood keeps so many trips in flight for a while and gives the answers per
// second. Trips under way at the end are waited for and counted with their time.
func flood(ctx context.Context, inFlight int, each time.Duration, trip func(context.Context) error) (perSecond, answers float64, err error) {
	var done atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, inFlight)
	start := time.Now()
	for range inFlight {
		wg.Go(func() {
			for time.Since(start) < each {
				if err := trip(ctx); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	select {
	case err := <-errs:
		return 0, 0, err
	default:
		answers = float64(done.Load() * agencies)
		return answers / took.Seconds(), answers, nil
	}
}

// profile works once more, without the peers, under a CPU profile.
func (r *rig) profile(ctx context.Context, o RoundTripOptions) error {
	if o.CPUProfile == "" {
		return nil
	}
	f, err := os.Create(o.CPUProfile)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	rate, answers, err := flood(ctx, o.InFlight, 3*o.Each, r.trip)
	fmt.Fprintf(o.Out, "profiled: %.0f answers, %.0f answers/s\n", answers, rate)
	return err
}
