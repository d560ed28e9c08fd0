package emulator

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits on what one request may hold.
const (
	maxBytes      = 1 << 20 // of the query, and of the body
	maxParameters = 500
)

// parameters are the parameters of one request, decoded, from the query and
// the form body together.
type parameters map[string]string

func readParameters(r *http.Request) (parameters, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, refuse(http.StatusBadRequest, "UnsupportedHTTPMethod", "This http method is not supported.")
	}
	if r.URL.Path != "/" && r.URL.Path != "" {
		return nil, refuse(http.StatusNotFound, "InvalidApi.NotFound",
			"Specified api is not found, please check your url and method.")
	}
	if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.HasPrefix(scheme, "ACS3-") {
		return nil, refuse(http.StatusBadRequest, "InvalidSignatureMethod", "The emulator verifies requests signed with"+
			" SignatureMethod HMAC-SHA1 and SignatureVersion 1.0 only; ACS3 signatures are not supported.")
	}
	var body []byte
	if r.Body != nil { // it is nil when a client's request is handed over in memory
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBytes+1)); err != nil {
			return nil, refuse(http.StatusBadRequest, "InvalidParameter", "The request body cannot be read.")
		}
	}
	if len(body) > maxBytes || len(r.URL.RawQuery) > maxBytes {
		return nil, refuse(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("The query and the body may have at most %d bytes each.", maxBytes))
	}
	q := make(parameters)
	if err := q.add(r.URL.RawQuery); err != nil {
		return nil, err
	}
	return q, q.add(string(body))
}

// add decodes "k=v&k=v". A parameter given twice is refused: whose value was
// signed, and whose would be used, could not be told.
func (q parameters) add(form string) error {
	for part := range strings.SplitSeq(form, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil || !utf8.ValidString(key) || !utf8.ValidString(value) {
			return refuse(http.StatusBadRequest, "InvalidParameter.Format", "The parameters are not well encoded.")
		}
		if _, twice := q[key]; twice {
			return refuse(http.StatusBadRequest, "InvalidParameter", "A parameter is given more than once.")
		}
		if q[key] = value; len(q) > maxParameters {
			return refuse(http.StatusBadRequest, "InvalidParameter",
				fmt.Sprintf("A request may have at most %d parameters.", maxParameters))
		}
	}
	return nil
}

// integer returns a parameter as a number, or fallback when it is absent.
func (q parameters) integer(name string, fallback int64) (int64, error) {
	if q[name] == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(q[name], 10, 64)
	if err != nil {
		return 0, invalid(name)
	}
	return n, nil
}

// require fails for the first of the names that has no value.
func (q parameters) require(names ...string) error {
	for _, name := range names {
		if q[name] == "" {
			return missing(name)
		}
	}
	return nil
}

// skew is how far the clocks of client and server may differ, and for how long
// a nonce is remembered. Source: dbs-api.md §4.8.
const skew = 15 * time.Minute

// admit lets a request in that is signed, timely and not a repetition. The
// signature comes first: nobody who cannot sign learns or uses up anything.
func (d *DBS) admit(r *http.Request, q parameters, now time.Time) error {
	if err := d.authenticate(r, q); err != nil {
		return err
	}
	if err := q.require("Timestamp", "SignatureNonce"); err != nil {
		return err
	}
	t, err := time.Parse("2006-01-02T15:04:05Z", q["Timestamp"])
	if err != nil {
		return refuse(http.StatusBadRequest, "InvalidTimeStamp.Format",
			"Specified time stamp or date value is not well formatted.")
	}
	if now.Sub(t).Abs() > skew {
		return refuse(http.StatusBadRequest, "InvalidTimeStamp.Expired",
			"Specified time stamp or date value is expired.")
	}
	if !d.nonces.use(q["AccessKeyId"]+"\n"+q["SignatureNonce"], now) {
		return refuse(http.StatusBadRequest, "SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return nil
}

func (d *DBS) authenticate(r *http.Request, q parameters) error {
	if err := q.require("AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion"); err != nil {
		return err
	}
	switch {
	case q["SignatureMethod"] != "HMAC-SHA1":
		return refuse(http.StatusBadRequest, "InvalidSignatureMethod",
			"The emulator verifies SignatureMethod HMAC-SHA1 only.")
	case q["SignatureVersion"] != "1.0":
		return invalid("SignatureVersion")
	case q["SignatureType"] != "":
		return invalid("SignatureType")
	}
	secret, known := d.world.Keys[q["AccessKeyId"]]
	if !known {
		return refuse(http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	}
	toSign := stringToSign(r.Method, q)
	if !signed(toSign, secret, q["Signature"]) {
		return refuse(http.StatusBadRequest, "SignatureDoesNotMatch",
			"Specified signature is not matched with our calculation. server string to sign is:"+toSign)
	}
	switch token := d.world.SecurityTokens[q["AccessKeyId"]]; {
	case token == q["SecurityToken"]:
		return nil
	case q["SecurityToken"] == "":
		return refuse(http.StatusBadRequest, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
	case token == "":
		return refuse(http.StatusBadRequest, "InvalidSecurityToken.MismatchWithAccessKey",
			"Specified SecurityToken mismatch with the AccessKey.")
	}
	return refuse(http.StatusBadRequest, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
}

// nonces are the nonces of the last minutes. The zero value is empty.
type nonces struct {
	used map[string]bool
	past []usedNonce // oldest first
}

type usedNonce struct {
	nonce string
	at    time.Time
}

// use reports whether nonce was free, and takes it.
func (n *nonces) use(nonce string, now time.Time) bool {
	for len(n.past) > 0 && now.Sub(n.past[0].at) > skew {
		delete(n.used, n.past[0].nonce)
		n.past = n.past[1:]
	}
	if n.used[nonce] {
		return false
	}
	if n.used == nil {
		n.used = make(map[string]bool)
	}
	n.used[nonce] = true
	n.past = append(n.past, usedNonce{nonce, now})
	return true
}
