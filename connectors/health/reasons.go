package health

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	"mashhub/plugins/connector"
)

// Reasons why the source is unavailable. They are stable codes without
// personal data.
const (
	ReasonUnreachable  = "source_unreachable"          // no connection
	ReasonTimeout      = "source_timeout"              // no answer in time
	ReasonCertificate  = "source_certificate"          // TLS could not be verified
	ReasonDenied       = "source_denied"               // 401, 403: our credentials
	ReasonRateLimited  = "source_rate_limited"         // 429
	ReasonFailed       = "source_failed"               // 5xx
	ReasonRejected     = "source_rejected_the_search"  // 400, 422 or an OperationOutcome that says so
	ReasonNotOffered   = "source_does_not_offer_this"  // 404, 405, 501 on a whole resource type
	ReasonRedirected   = "source_redirected"           // 3xx, never followed
	ReasonContentType  = "source_wrong_content_type"   // not FHIR JSON
	ReasonMalformed    = "source_malformed"            // not the resource or bundle expected
	ReasonTooLarge     = "source_too_large"            // above max_bytes
	ReasonPaging       = "source_paging"               // too many pages, or pages in a circle
	ReasonOffOrigin    = "source_link_to_other_origin" // a next link to another server
	ReasonWrongPatient = "source_wrong_patient"        // answered about somebody else
	ReasonTooMany      = "source_too_many_matches"     // narrow the question
	ReasonGone         = "source_record_gone"          // 404 or 410 on a record it gave before
	ReasonUnit         = "source_is_not_of_this_unit"  // see Config.Units
	ReasonVersion      = "source_wrong_fhir_version"   // not R4
)

// sourceError says why the agency's system could not be used. It carries
// nothing but the code: the error of net/http holds the URL, and a URL can hold
// a person.
type sourceError struct{ reason string }

func (e *sourceError) Error() string { return e.reason }

func unavailable(reason string) error { return &sourceError{reason} }

func reasonOf(err error) string {
	var s *sourceError
	if errors.As(err, &s) {
		return s.reason
	}
	return ReasonFailed
}

// isReason says whether err is the source failing for this reason.
func isReason(err error, reason string) bool {
	var s *sourceError
	return errors.As(err, &s) && s.reason == reason
}

// transportReason names why an HTTP exchange broke.
func transportReason(err error) string {
	var (
		unknownCA *x509.UnknownAuthorityError
		badCA     x509.UnknownAuthorityError
		badHost   x509.HostnameError
		badCert   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		netErr    net.Error
	)
	switch {
	case errors.As(err, &verify), errors.As(err, &unknownCA), errors.As(err, &badCA),
		errors.As(err, &badHost), errors.As(err, &badCert):
		return ReasonCertificate
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return ReasonTimeout
	}
	return ReasonUnreachable
}

// ended is the error for a caller that gave up; nil while it has not.
func ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return connector.Errorf(connector.CodeUnavailable, "the caller gave up: %w", err)
	}
	return nil
}
