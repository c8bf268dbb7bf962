package connector

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
)

// RedactingHandler is an slog handler for a connector's process. It writes the
// message, which is a constant in the source by our rule, and of each value
// only what cannot be about a person: short numbers, booleans and durations are
// kept, everything else becomes its type. An author who logs a name by
// mistake logs "[string]".
//
// The host does not rely on it: it never repeats a plugin's output at all.
func RedactingHandler(w io.Writer, level slog.Leveler) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
				return a
			}
			return slog.Attr{Key: a.Key, Value: redact(a.Value)}
		},
	})
}

func redact(v slog.Value) slog.Value {
	switch v = v.Resolve(); v.Kind() {
	case slog.KindBool, slog.KindDuration, slog.KindGroup:
		return v
	case slog.KindTime: // it may be a date of birth
		return slog.StringValue("[time]")
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64:
		// A ten-digit number may be an NHS number or a telephone.
		if s := v.String(); len(s) < 6 {
			return v
		}
		return slog.StringValue("[number]")
	case slog.KindString:
		return slog.StringValue("[string]")
	default:
		return slog.StringValue(fmt.Sprintf("[%T]", v.Any()))
	}
}

// withheldLines stands in for the output of package log, whose lines are
// already formatted: nothing in them can be told from a name.
type withheldLines struct{ w io.Writer }

func (l withheldLines) Write(p []byte) (int, error) {
	handler := RedactingHandler(l.w, slog.LevelInfo)
	slog.New(handler).LogAttrs(context.Background(), slog.LevelInfo, "a log line was withheld",
		slog.Int("bytes", len(p)), slog.Int("lines", bytes.Count(p, []byte{'\n'})))
	return len(p), nil
}
