package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing/fstest"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"gopkg.in/yaml.v3"

	"mashhub/hub/mash"
	"mashhub/hub/protocol"
	"mashhub/policies"
)

// posed is a question to each way of deciding.
type posed struct {
	question mash.Question
	ours     func() mash.Decision
	input    []byte // as it is recorded
	answer   string
}

// decisionFigures measures our decision beside a plain prepared query and the
// engine's own server over loopback.
func decisionFigures(ctx context.Context, o PolicyOptions, out *Report) error {
	files, err := manyPairs()
	if err != nil {
		return err
	}
	env := mash.SystemEnv()
	hub, _ := manyHub(0)
	p, err := protocol.New(ctx, protocol.Options{FS: files, Where: mash.HubAddress(hub), Env: env, Epoch: 1, Timeout: patience})
	if err != nil {
		return err
	}
	var questions []posed
	for i := range manyAgencies {
		about := mash.About{Where: mash.HubAddress(hub), Actor: "worker-1", Enquiry: fmt.Sprintf("enquiry-%d", i), Request: fmt.Sprintf("request-%d", i), Now: env.Now()}
		agency := fmt.Sprintf("agency-%d", i+1)
		ask, release := askOf(about, hub, agency, "housing.tenancy", i), releaseOf(about, hub, agency)
		questions = append(questions, posed{question: mash.QuestionAsk, ours: func() mash.Decision { return p.Ask(ctx, ask) }},
			posed{question: mash.QuestionRelease, ours: func() mash.Decision { return p.Release(ctx, release) }})
	}
	for i := range questions {
		d := questions[i].ours()
		if d.Answer != mash.Permit || d.Fault {
			return fmt.Errorf("the %s is answered %s: %v", d.Question, d.Answer, d.Reasons)
		}
		questions[i].input, questions[i].answer = d.Input, string(d.Answer)
	}
	query, err := plainQuery(ctx, files)
	if err != nil {
		return fmt.Errorf("preparing the plain query: %w", err)
	}
	ways := []func(posed) error{
		func(q posed) error { return sameAnswer(q, string(q.ours().Answer)) },
		func(q posed) error { return query(ctx, q) },
	}
	if o.Opa != "" {
		server, stop, err := opaServer(ctx, o.Opa, files)
		if err != nil {
			return fmt.Errorf("starting the opa server: %w", err)
		}
		defer stop()
		ways = append(ways, func(q posed) error { return server(ctx, q) })
	}
	fmt.Fprintln(o.Out, "deciding")
	took := make([][]float64, len(ways))
	for range o.Rounds {
		for i, way := range ways {
			us, err := perDecision(questions, o.Each, way)
			if err != nil {
				return err
			}
			took[i] = append(took[i], us)
		}
	}
	ours, plainly := median(took[0]), median(took[1])
	if o.Opa != "" {
		server := median(took[2])
		out.Figures = append(out.Figures, atLeast("vs_server_ratio", server/ours, "x as fast", 10).beside("opa server over loopback, us", server, server/ours))
	} else {
		out.Notes = append(out.Notes, "vs_server_ratio is left out: --opa names no opa program.")
	}
	out.Figures = append(out.Figures, atLeast("vs_query_ratio", plainly/ours, "x as fast", 1).beside("plain prepared query, us", plainly, plainly/ours), plain("decision_us", ours, "us"))
	return nil
}

// perDecision puts the questions in turn for a while.
func perDecision(questions []posed, each time.Duration, way func(posed) error) (us float64, err error) {
	n, start := 0, time.Now()
	for ; time.Since(start) < each; n++ {
		if err := way(questions[n%len(questions)]); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start).Microseconds()) / float64(n), nil
}

func sameAnswer(q posed, got string) error {
	if got != q.answer {
		return fmt.Errorf("a peer answers a %s with %q, we with %q", q.question, got, q.answer)
	}
	return nil
}

// plainQuery is what whoever uses the engine as its documentation shows would
// have: each question prepared once, each input read from JSON.
func plainQuery(ctx context.Context, files fs.FS) (func(context.Context, posed) error, error) {
	data := map[string]any{}
	options := []func(*rego.Rego){rego.SetRegoVersion(ast.RegoV1)}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		folder := filepath.Dir(name)
		switch {
		case filepath.Ext(name) == ".rego":
			options = append(options, rego.Module(name, string(b)))
		case folder == "tables" || folder == "agreements":
			var tree map[string]any
			if err := yaml.Unmarshal(b, &tree); err != nil {
				return err
			}
			into, _ := data[folder].(map[string]any)
			if into == nil {
				into = map[string]any{}
				data[folder] = into
			}
			for k, v := range tree {
				into[k] = v
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	options = append(options, rego.Store(inmem.NewFromObject(data)))
	prepared := map[mash.Question]rego.PreparedEvalQuery{}
	for _, q := range []mash.Question{mash.QuestionAsk, mash.QuestionRelease} {
		if prepared[q], err = rego.New(append(options, rego.Query("data.mash."+string(q)+".decision"))...).PrepareForEval(ctx); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, q posed) error {
		var input any
		if err := json.Unmarshal(q.input, &input); err != nil {
			return err
		}
		rs, err := prepared[q.question].Eval(ctx, rego.EvalInput(input))
		if err != nil || len(rs) != 1 {
			return fmt.Errorf("the plain query gave %d results: %w", len(rs), err)
		}
		m, _ := rs[0].Expressions[0].Value.(map[string]any)
		answer, _ := m["answer"].(string)
		return sameAnswer(q, answer)
	}, nil
}

// opaServer starts the engine's server on the policy. End it with stop.
func opaServer(ctx context.Context, program string, files fs.FS) (put func(context.Context, posed) error, stop func(), err error) {
	dir, err := os.MkdirTemp("", "mashhub-bench-")
	if err != nil {
		return nil, nil, err
	}
	clean := func() { _ = os.RemoveAll(dir) } // a temporary directory
	defer func() {
		if err != nil {
			clean()
		}
	}()
	only := fstest.MapFS{}
	for _, pattern := range []string{"rego/*.rego", "tables/*.yaml", "agreements/*.yaml"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			b, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, nil, err
			}
			only[name] = &fstest.MapFile{Data: b}
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "policy"), only); err != nil {
		return nil, nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, program, "run", "--server", "--addr", addr, "--disable-telemetry", "--log-level", "error", ".")
	cmd.Dir = filepath.Join(dir, "policy")
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		clean()
	}
	client := &http.Client{Timeout: patience}
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := until(wait, func() bool {
		res, err := client.Get("http://" + addr + "/health")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	}); err != nil {
		stop()
		return nil, nil, errors.New("it does not answer")
	}
	return func(ctx context.Context, q posed) error {
		body := append(append([]byte(`{"input":`), q.input...), '}')
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/v1/data/mash/"+string(q.question)+"/decision", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		var answer struct {
			Result struct {
				Answer string `json:"answer"`
			} `json:"result"`
		}
		if err := json.Unmarshal(b, &answer); err != nil {
			return err
		}
		return sameAnswer(q, answer.Result.Answer)
	}, stop, nil
}

// patchedPolicy is the shipped policy with one of its YAML files changed.
func patchedPolicy(file, root string, change func(doc, one map[string]any) error) (fstest.MapFS, error) {
	out := fstest.MapFS{}
	err := fs.WalkDir(policies.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(policies.FS, path)
		out[path] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, patchFile(out, file, root, change)
}

func patchFile(files fstest.MapFS, file, root string, change func(doc, one map[string]any) error) error {
	var doc map[string]any
	if err := yaml.Unmarshal(files[file].Data, &doc); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	one, ok := doc[root].(map[string]any)
	if !ok {
		return fmt.Errorf("%s has no %s", file, root)
	}
	if err := change(doc, one); err != nil {
		return err
	}
	for name, v := range doc { // one root key in a file
		b, err := yaml.Marshal(map[string]any{name: v})
		if err != nil {
			return err
		}
		path := file
		if name != root {
			path = filepath.Join(filepath.Dir(file), name+".yaml")
		}
		files[path] = &fstest.MapFile{Data: b}
	}
	return nil
}

// withRegister has each of the many hubs' purposes governed by its agreement.
func withRegister(files fstest.MapFS) (fs.FS, error) {
	return files, patchFile(files, "tables/register.yaml", "register", func(_, register map[string]any) error {
		for n := 1; n < manyAgreements; n++ {
			hub, id := manyHub(n)
			register[hub] = map[string]any{"s47": id, "s17": id, "early_help": id, "feedback": id, "closing": id}
		}
		return nil
	})
}
