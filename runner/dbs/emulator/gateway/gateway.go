// Package gateway is the front of the vendor's RPC APIs.
//
// It reads a request in any of the forms that the vendor's clients send, tells
// who signed it and whether they did, and writes answers and errors in JSON or
// XML. It knows no operation: what is behind the gateway is its caller's.
// Source of all that is checked here: dbs-api.md §4.
package gateway

import (
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits on what one request may hold.
const (
	MaxBytes      = 1 << 20 // of the query, and of the body
	MaxParameters = 500
)

// Skew is how far the clocks of client and server may differ, and for how long
// a nonce is remembered. Source: dbs-api.md §4.8.
const Skew = 15 * time.Minute

// Request is one request, read but not verified yet.
type Request struct {
	Method, Host  string
	Operation     string // its Action
	Version       string // of the API
	Format        string // JSON or XML as it was written, "" when it was not
	AccessKeyID   string
	SecurityToken string // of temporary credentials
	Timestamp     string
	Nonce         string
	Parameters    Parameters // all of them, of the query and of the form body
	Form          []string   // names of those that came in the body

	signature signature
}

// signature is the proof that a request carries, in one of two forms.
type signature interface {
	// check fails when the proof is incomplete or of an unknown method.
	check() error
	// verify reports whether the proof was made with secret, and what the
	// server calculated it from.
	verify(secret string) (ok bool, stringToSign string)
}

// Read reads a request. An error is an [*Error]; the request is never nil, and
// holds what was found before the error.
func Read(r *http.Request) (*Request, error) {
	q := &Request{Method: r.Method, Host: r.Host, Parameters: make(Parameters)}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return q, Refuse(http.StatusBadRequest, "UnsupportedHTTPMethod", "This http method is not supported.")
	}
	if r.URL.Path != "/" && r.URL.Path != "" {
		return q, Refuse(http.StatusNotFound, "InvalidApi.NotFound",
			"Specified api is not found, please check your url and method.")
	}
	body, err := readBody(r)
	if err != nil {
		return q, err
	}
	if err := q.Parameters.add(r.URL.RawQuery); err != nil {
		return q, err
	}
	query := maps.Clone(q.Parameters)
	if isForm(r) {
		form := make(Parameters)
		if err := form.add(string(body)); err != nil {
			return q, err
		}
		for name, value := range form {
			if _, twice := q.Parameters[name]; twice {
				return q, twiceGiven
			}
			q.Parameters[name] = value
			q.Form = append(q.Form, name)
		}
	}
	if r.Header.Get("Authorization") != "" {
		q.readHeaders(r, query, body)
	} else {
		q.readCommon()
	}
	return q, nil
}

// readCommon takes the common parameters from among the others, as RPC
// requests carry them.
func (q *Request) readCommon() {
	p := q.Parameters
	q.Operation, q.Version, q.Format = p["Action"], p["Version"], p["Format"]
	q.AccessKeyID, q.SecurityToken = p["AccessKeyId"], p["SecurityToken"]
	q.Timestamp, q.Nonce = p["Timestamp"], p["SignatureNonce"]
	q.signature = rpcSignature{q.Method, p}
}

func readBody(r *http.Request) ([]byte, error) {
	var body []byte
	if r.Body != nil { // it is nil when a client's request is handed over in memory
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, MaxBytes+1)); err != nil {
			return nil, Refuse(http.StatusBadRequest, "InvalidParameter", "The request body cannot be read.")
		}
	}
	if len(body) > MaxBytes || len(r.URL.RawQuery) > MaxBytes {
		return nil, Refuse(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("The query and the body may have at most %d bytes each.", MaxBytes))
	}
	return body, nil
}

// isForm reports whether the body holds parameters. A body without a type is
// taken for a form, as the gateway's own clients leave the type out at times.
func isForm(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.Header.Get("Content-Type") == "" || err == nil && kind == "application/x-www-form-urlencoded"
}

// Check fails unless the request says who signed it, and how.
func (q *Request) Check() error { return q.signature.check() }

// Verify fails unless the request was signed with secret.
func (q *Request) Verify(secret string) error {
	ok, toSign := q.signature.verify(secret)
	if ok {
		return nil
	}
	return Refuse(http.StatusBadRequest, "SignatureDoesNotMatch",
		"Specified signature is not matched with our calculation. server string to sign is:"+toSign)
}

// Time returns when the request was signed.
func (q *Request) Time() (time.Time, error) {
	if q.Timestamp == "" {
		return time.Time{}, Missing("Timestamp")
	}
	t, err := time.Parse("2006-01-02T15:04:05Z", q.Timestamp)
	if err != nil {
		return time.Time{}, Refuse(http.StatusBadRequest, "InvalidTimeStamp.Format",
			"Specified time stamp or date value is not well formatted.")
	}
	return t, nil
}

// Timely fails unless the request was signed within [Skew] of now, and its
// nonce was not used before.
func (q *Request) Timely(nonces *Nonces, now time.Time) error {
	t, err := q.Time()
	if err != nil {
		return err
	}
	if q.Nonce == "" {
		return Missing("SignatureNonce")
	}
	if now.Sub(t).Abs() > Skew {
		return Refuse(http.StatusBadRequest, "InvalidTimeStamp.Expired",
			"Specified time stamp or date value is expired.")
	}
	if !nonces.use(q.AccessKeyID+"\n"+q.Nonce, now) {
		return Refuse(http.StatusBadRequest, "SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return nil
}

// Parameters are the parameters of a request by name, decoded.
type Parameters map[string]string

var twiceGiven = Refuse(http.StatusBadRequest, "InvalidParameter", "A parameter is given more than once.")

// add decodes "k=v&k=v". A parameter given twice is refused: whose value was
// signed, and whose would be used, could not be told.
func (p Parameters) add(form string) error {
	for part := range strings.SplitSeq(form, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil || !utf8.ValidString(key) || !utf8.ValidString(value) {
			return Refuse(http.StatusBadRequest, "InvalidParameter.Format", "The parameters are not well encoded.")
		}
		if _, twice := p[key]; twice {
			return twiceGiven
		}
		// Cloned, as what is kept of a request must not keep all of it.
		if p[strings.Clone(key)] = strings.Clone(value); len(p) > MaxParameters {
			return Refuse(http.StatusBadRequest, "InvalidParameter",
				fmt.Sprintf("A request may have at most %d parameters.", MaxParameters))
		}
	}
	return nil
}
