package host

import (
	"context"
	"io"
	"log"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// slogAdapter gives the plugin library a logger that writes to slog. It lets
// through the library's own constant messages and of their values only those
// that cannot come from the plugin. In particular the library logs a plugin's
// standard error through a logger of its own name: named loggers are silent.
type slogAdapter struct {
	hclog.Logger // everything not written here: discarded
	log          *slog.Logger
}

func newLogger(l *slog.Logger) hclog.Logger {
	return slogAdapter{Logger: hclog.NewNullLogger(), log: l}
}

// allowedKeys are the values worth keeping that a plugin cannot choose.
var allowedKeys = map[string]bool{"pid": true, "id": true, "version": true}

func (a slogAdapter) write(level slog.Level, message string, args []any) {
	var attrs []slog.Attr
	for i := 0; i+1 < len(args); i += 2 {
		if key, ok := args[i].(string); ok && allowedKeys[key] {
			attrs = append(attrs, slog.Any(key, args[i+1]))
		}
	}
	a.log.LogAttrs(context.Background(), level, message, attrs...)
}

func (a slogAdapter) Log(level hclog.Level, message string, args ...any) {
	switch level {
	case hclog.Error:
		a.Error(message, args...)
	case hclog.Warn:
		a.Warn(message, args...)
	default:
		a.Debug(message, args...)
	}
}

func (a slogAdapter) Trace(string, ...any) {}
func (a slogAdapter) Debug(message string, args ...any) {
	a.write(slog.LevelDebug, message, args)
}
func (a slogAdapter) Info(message string, args ...any) {
	a.write(slog.LevelDebug, message, args) // "plugin process exited": the supervisor says it better
}
func (a slogAdapter) Warn(message string, args ...any) {
	a.write(slog.LevelWarn, message, args)
}

// Error is a warning: the library logs an exit that we caused as an error.
func (a slogAdapter) Error(message string, args ...any) {
	a.write(slog.LevelWarn, message, args)
}

func (a slogAdapter) IsTrace() bool { return false }
func (a slogAdapter) IsDebug() bool { return true }
func (a slogAdapter) IsInfo() bool  { return true }
func (a slogAdapter) IsWarn() bool  { return true }
func (a slogAdapter) IsError() bool { return true }

func (a slogAdapter) With(...any) hclog.Logger       { return a }
func (a slogAdapter) Named(string) hclog.Logger      { return hclog.NewNullLogger() }
func (a slogAdapter) ResetNamed(string) hclog.Logger { return hclog.NewNullLogger() }

func (a slogAdapter) StandardLogger(*hclog.StandardLoggerOptions) *log.Logger {
	return log.New(io.Discard, "", 0)
}
func (a slogAdapter) StandardWriter(*hclog.StandardLoggerOptions) io.Writer { return io.Discard }
