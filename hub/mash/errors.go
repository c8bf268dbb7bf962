package mash

import (
	"errors"
	"fmt"
)

// Code is a stable error code. It survives the wire; each has one HTTP status
// (web/kit). A code that is not one of these is CodeInternal.
type Code string

const (
	CodeInvalid     Code = "invalid"      // the input is wrong: Field and Remedy say how
	CodeDenied      Code = "denied"       // an agreement's clause forbids it; to outsiders the same as not_found
	CodeFault       Code = "deny_fault"   // it could not be decided
	CodeNotFound    Code = "not_found"    //
	CodeConflict    Code = "conflict"     // the state does not allow it now: Remedy says what to do where a person meets it
	CodeUnavailable Code = "unavailable"  // try again
	CodeUnknownKey  Code = "unknown_key"  // a message by a key that is not in the registry
	CodeBadMessage  Code = "bad_message"  // a message that the strict gate, or its own header, refuses
	CodeWrongParty  Code = "wrong_party"  // a message for another agency or hub
	CodeUnsupported Code = "unsupported"  // an unknown kind or major version
	CodeOutOfScope  Code = "out_of_scope" // an answer to something not asked
	CodeInternal    Code = "internal"
)

// Error is an error that somebody can act on. Neither Message nor Remedy ever
// holds personal data.
type Error struct {
	Code    Code
	Field   string
	Message string
	Remedy  string
	cause   error
}

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += ": " + e.Field
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Remedy != "" {
		s += " (" + e.Remedy + ")"
	}
	return s
}

// Unwrap gives the cause, which stays inside.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an Error of a code; %w in format becomes the cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// Invalid names a field of the input, what is wrong with it and what to do.
func Invalid(field, message, remedy string) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: message, Remedy: remedy}
}

// Conflict says what the state does not allow, and what to do about it.
func Conflict(message, remedy string) *Error {
	return &Error{Code: CodeConflict, Message: message, Remedy: remedy}
}

// Undecided is what somebody is told when the policy gave no answer: no refusal,
// and nothing that repairs itself. Nobody is told of it but by them.
func Undecided() *Error {
	return &Error{Code: CodeFault, Message: "this could not be decided; it is recorded", Remedy: "tell the hub manager"}
}

// CodeOf is the code of err: CodeInternal for a foreign error, empty for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
