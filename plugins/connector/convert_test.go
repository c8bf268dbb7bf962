package connector

import (
	"bytes"
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"mashhub/plugins/connector/internal/wire"
	"mashhub/plugins/record"
)

// generate draws a value of type T with every field set at random. A field
// that is added to the contract and forgotten in the conversion fails here.
func generate[T any](t *rapid.T) T {
	var v T
	fill(t, reflect.ValueOf(&v).Elem())
	return v
}

func fill(t *rapid.T, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		if rapid.Bool().Draw(t, "zero") {
			return
		}
		v.Set(reflect.ValueOf(time.UnixMilli(rapid.Int64Range(-1e12, 4e12).Draw(t, "ms")).UTC()))
	case v.Type() == reflect.TypeFor[time.Duration]():
		v.SetInt(rapid.Int64Range(0, 1e12).Draw(t, "duration"))
	case v.Kind() == reflect.Pointer:
		if rapid.Bool().Draw(t, "absent") {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		if rapid.Bool().Draw(t, "absent") {
			return
		}
		v.SetBytes([]byte(`{"a":1}`))
	case v.Kind() == reflect.Slice:
		n := rapid.IntRange(0, 2).Draw(t, "length")
		if n == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i))
		}
	case v.Kind() == reflect.Map:
		if rapid.Bool().Draw(t, "absent") {
			return
		}
		v.Set(reflect.ValueOf(map[string]string{"k": rapid.String().Draw(t, "value")}))
	case v.Kind() == reflect.String:
		v.SetString(rapid.StringN(0, 8, -1).Draw(t, "text"))
	case v.Kind() == reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case v.Kind() == reflect.Int:
		v.SetInt(int64(rapid.IntRange(0, 1<<30).Draw(t, "int")))
	default:
		t.Fatalf("no way to draw a %s", v.Type())
	}
}

// survives checks that a value comes back the same from the bytes on the wire.
func survives[T any, W proto.Message](name string, to func(T) W, from func(W) T) func(*testing.T) {
	return func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			in := generate[T](t)
			text, err := proto.Marshal(to(in))
			if err != nil {
				t.Fatal(err)
			}
			var empty W
			w := empty.ProtoReflect().New().Interface().(W)
			if err := proto.Unmarshal(text, w); err != nil {
				t.Fatal(err)
			}
			if out := from(w); !reflect.DeepEqual(in, out) {
				t.Fatalf("%s\n in %+v\nout %+v", name, in, out)
			}
		})
	}
}

func TestEveryFieldSurvivesTheWire(t *testing.T) {
	t.Run("describe", survives("describe", describeToWire, describeFromWire))
	t.Run("configure", survives("configure", configureToWire, configureFromWire))
	t.Run("search", survives("search", searchToWire, searchFromWire))
	t.Run("search answer", survives("search answer", searchAnswerToWire, searchAnswerFromWire))
	t.Run("fetch", survives("fetch", fetchToWire, fetchFromWire))
	t.Run("fetch answer", survives("fetch answer", fetchAnswerToWire, fetchAnswerFromWire))
	t.Run("deliver", survives("deliver", deliverToWire, deliverFromWire))
	t.Run("watch", survives("watch", watchToWire, watchFromWire))
	t.Run("watch answer", survives("watch answer", watchAnswerToWire, watchAnswerFromWire))
}

func TestNothingInTheMessageIsNothingInTheValue(t *testing.T) {
	if got := fetchAnswerFromWire(&wire.FetchResponse{Items: []*wire.Item{{}}}); !reflect.DeepEqual(got.Items[0], record.Item{}) {
		t.Errorf("an empty item became %+v", got.Items[0])
	}
	if got := fetchFromWire(nil); !reflect.DeepEqual(got, FetchRequest{}) {
		t.Errorf("no request became %+v", got)
	}
	if got := searchFromWire(&wire.SearchRequest{Limit: -4}).Limit; got != 0 {
		t.Errorf("a negative limit became %d", got)
	}
}

func TestErrorsOverTheWire(t *testing.T) {
	cause := errors.New("row 7: Rowan Tessel")
	for _, c := range []struct {
		err        error
		code       ErrorCode
		says       string
		field      string
		fromPlugin bool
	}{
		{&Error{Code: CodeInvalid, Field: "url", Message: "not a URL"}, CodeInvalid, "not a URL", "url", true},
		{Errorf(CodeUnavailable, "database is down"), CodeUnavailable, "database is down", "", true},
		{Errorf(CodeMisbehaved, "x"), CodeMisbehaved, "x", "", true},
		{cause, CodeInternal, "internal error", "", true},
		{context.DeadlineExceeded, CodeUnavailable, "did not answer in time", "", true}, // its own query's
		// What a plugin in another language, or a broken connection, sends.
		{status.Error(codes.InvalidArgument, "no such field"), CodeInvalid, "no such field", "", true},
		{status.Error(codes.Unimplemented, "not done"), CodeUnsupported, "not done", "", true},
		{status.Error(codes.Unavailable, "dial unix /tmp/x"), CodeUnavailable, "the connector cannot be reached", "", false},
		{status.Error(codes.Unknown, "Traceback: Tessel"), CodeInternal, "internal error", "", false},
		{status.Error(codes.ResourceExhausted, "message of 67108864"), CodeTooLarge, "size cap", "", false},
	} {
		sent := c.err
		if _, isStatus := sent.(interface{ GRPCStatus() *status.Status }); !isStatus {
			sent = errorToWire(t.Context(), sent)
		}
		err := errorFromWire(sent)
		var e *Error
		if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Message, c.says) || e.Field != c.field {
			t.Errorf("%v became %#v", c.err, err)
		}
		if FromPlugin(err) != c.fromPlugin {
			t.Errorf("%v: from the plugin: %v, want %v", c.err, !c.fromPlugin, c.fromPlugin)
		}
		if strings.Contains(err.Error(), "Tessel") {
			t.Errorf("%v crossed the wire as %v", c.err, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := errorFromWire(errorToWire(ended, cause)); !errors.Is(err, context.Canceled) || FromPlugin(err) {
		t.Errorf("an error after the call was cancelled became %#v", err)
	}
	if errorToWire(ended, nil) != nil || errorFromWire(nil) != nil {
		t.Error("no error became one")
	}
}

type orderly struct {
	Unimplemented
	fail bool
}

func (o *orderly) Describe(context.Context, DescribeRequest) (DescribeResponse, error) {
	return DescribeResponse{Kind: "orderly"}, nil
}

func (o *orderly) Configure(context.Context, ConfigureRequest) (ConfigureResponse, error) {
	if o.fail {
		return ConfigureResponse{}, Errorf(CodeInvalid, "no")
	}
	return ConfigureResponse{}, nil
}

func (o *orderly) Fetch(context.Context, FetchRequest) (FetchResponse, error) {
	panic("row 7: Rowan Tessel")
}

func TestOrderOfCallsAndPanics(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	impl := &orderly{fail: true}
	s := grpc.NewServer()
	ServiceV1(impl)(s)
	go s.Serve(listener)
	defer s.Stop()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c, ctx := ClientV1(conn), t.Context()
	want := func(what string, err error, code ErrorCode) {
		t.Helper()
		if CodeOf(err) != code {
			t.Errorf("%s: %v, want code %q", what, err, code)
		}
	}
	_, err = c.Describe(ctx, DescribeRequest{})
	want("describe at any time", err, "")
	_, err = c.Search(ctx, SearchRequest{})
	want("search before configure", err, CodeInvalid)
	_, err = c.Configure(ctx, ConfigureRequest{})
	want("refused settings", err, CodeInvalid)
	_, err = c.Health(ctx, HealthRequest{})
	want("health after refused settings", err, CodeInvalid)
	impl.fail = false
	_, err = c.Configure(ctx, ConfigureRequest{})
	want("corrected settings", err, "")
	_, err = c.Configure(ctx, ConfigureRequest{})
	want("configured twice", err, CodeInvalid)
	_, err = c.Search(ctx, SearchRequest{})
	want("a method left out", err, CodeUnsupported)
	_, err = c.Fetch(ctx, FetchRequest{})
	want("a panic", err, CodeInternal)
	if strings.Contains(err.Error(), "Tessel") {
		t.Errorf("the panic's value crossed the wire: %v", err)
	}
}

func TestRedaction(t *testing.T) {
	var out bytes.Buffer
	l := slog.New(RedactingHandler(&out, slog.LevelInfo))
	l.With("who", "Rowan").WithGroup("g").Info("fetched", "name", "Tessel", "nhs", 9990000018,
		"born", time.Date(2016, 5, 3, 0, 0, 0, 0, time.UTC), "person", record.Person{Gender: "Tessel"},
		"err", errors.New("row of Tessel"), "msg", "Rowan", "rows", 3, "took", time.Second, slog.Group("h", "x", "Tessel"))
	std := log.New(withheldLines{&out}, "", 0)
	std.Printf("row of Tessel")
	for _, personal := range []string{"Rowan", "Tessel", "9990000018", "2016-05"} {
		if strings.Contains(out.String(), personal) {
			t.Errorf("%s was logged:\n%s", personal, &out)
		}
	}
	for _, kept := range []string{"fetched", `"rows":3`, "1000000000", "a log line was withheld", `"bytes":14`} {
		if !strings.Contains(out.String(), kept) {
			t.Errorf("%s was not logged:\n%s", kept, &out)
		}
	}
}

// Started by hand, a connector says what it is and leaves.
func TestServeByHand(t *testing.T) {
	if os.Getenv("CONNECTOR_BY_HAND") != "" {
		Serve(&orderly{})
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeByHand$")
	cmd.Env = append(os.Environ(), "CONNECTOR_BY_HAND=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "mashhub connector test") {
		t.Errorf("%v: %s", err, out)
	}
}
