package connector

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"mashhub/plugins/connector/internal/wire"
)

// statusOf maps our codes to gRPC's. CodeMisbehaved and CodeInternal have no
// better home than Internal; the detail keeps them apart.
var statusOf = map[ErrorCode]codes.Code{
	CodeInvalid:     codes.InvalidArgument,
	CodeUnsupported: codes.Unimplemented,
	CodeUnavailable: codes.Unavailable,
	CodeTooLarge:    codes.ResourceExhausted,
	CodeMisbehaved:  codes.Internal,
	CodeInternal:    codes.Internal,
}

// errorToWire makes the status that carries err. Only the text of an *Error
// crosses: its author was told that it is logged. A foreign error may quote a
// row, a URL or a name, so the other side learns its code and nothing else.
//
// A deadline or a cancellation that is not the call's own is the agency's
// system failing to answer: say so, or the host would take it for a hang.
func errorToWire(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		switch {
		case ctx.Err() != nil:
			return status.FromContextError(ctx.Err()).Err()
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			e = &Error{Code: CodeUnavailable, Message: "the agency's system did not answer in time"}
		default:
			e = &Error{Code: CodeInternal, Message: "internal error"}
		}
	}
	code, known := statusOf[e.Code]
	if !known {
		code = codes.Internal
	}
	detailed, detailErr := status.New(code, e.Message).WithDetails(&wire.ErrorDetail{Code: string(e.Code), Field: e.Field})
	if detailErr != nil {
		return status.Error(code, e.Message)
	}
	return detailed.Err()
}

// errorFromWire is what a caller of the client sees: always an *Error whose
// cause is the gRPC status, so that the host can tell a plugin's own answer
// (FromPlugin) from a connection that broke.
func errorFromWire(err error) error {
	if err == nil {
		return nil
	}
	s := status.Convert(err)
	out := &Error{Message: s.Message(), cause: err}
	if d := detailOf(s); d != nil {
		out.Code, out.Field = ErrorCode(d.GetCode()), d.GetField()
		if _, known := statusOf[out.Code]; !known {
			out.Code = CodeInternal
		}
		return out
	}
	switch s.Code() {
	case codes.InvalidArgument:
		out.Code = CodeInvalid
	case codes.Unimplemented:
		out.Code = CodeUnsupported
	case codes.ResourceExhausted:
		out.Code, out.Message = CodeTooLarge, "a message is above the size cap"
	case codes.Unavailable:
		out.Code, out.Message = CodeUnavailable, "the connector cannot be reached"
	case codes.Canceled:
		out.Code, out.Message, out.cause = CodeUnavailable, "the call was cancelled", context.Canceled
	case codes.DeadlineExceeded:
		out.Code, out.Message, out.cause = CodeUnavailable, "no answer within the deadline", context.DeadlineExceeded
	default:
		// The text may be a stack trace or a row: nobody promised otherwise.
		out.Code, out.Message = CodeInternal, "internal error"
	}
	return out
}

func detailOf(s *status.Status) *wire.ErrorDetail {
	for _, d := range s.Details() {
		if d, ok := d.(*wire.ErrorDetail); ok {
			return d
		}
	}
	return nil
}

// FromPlugin reports whether err was written by the plugin itself rather than
// by a broken connection. A plugin in another language may leave the detail
// out; then only a status that no transport produces counts.
func FromPlugin(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.cause == nil {
		return false
	}
	s, ok := status.FromError(e.cause)
	if !ok {
		return false
	}
	if detailOf(s) != nil {
		return true
	}
	return s.Code() == codes.InvalidArgument || s.Code() == codes.Unimplemented
}
