package connector

import (
	"errors"
	"fmt"
)

// ErrorCode survives the wire.
type ErrorCode string

const (
	CodeInvalid     ErrorCode = "invalid"     // the question or the settings are wrong
	CodeUnsupported ErrorCode = "unsupported" // this connector does not do that
	CodeUnavailable ErrorCode = "unavailable" // the agency's system, or the plugin, cannot answer now
	CodeTooLarge    ErrorCode = "too_large"   // an answer above the cap
	CodeMisbehaved  ErrorCode = "misbehaved"  // the plugin broke the contract
	CodeInternal    ErrorCode = "internal"
)

// Error is an error of the contract. Message carries no personal data.
type Error struct {
	Code    ErrorCode
	Field   string // of the settings or the request, if one is to blame
	Message string
	cause   error
}

func (e *Error) Error() string {
	if e.Field != "" {
		return fmt.Sprintf("%s: %s: %s", e.Code, e.Field, e.Message)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the cause, which never crosses the wire.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an Error. A %w in format becomes the cause.
func Errorf(code ErrorCode, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// CodeOf returns the code of err, CodeInternal for a foreign error and the
// empty code for nil.
func CodeOf(err error) ErrorCode {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
