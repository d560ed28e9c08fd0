package emulator

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// reply is the body of a successful answer. HttpStatusCode, RequestId and
// Success are added to it. Answers are JSON whatever Format asks for.
type reply map[string]any

// refusal is an error of the gateway, before DBS has seen the request.
// Source: dbs-api.md §4.4, §4.5.
type refusal struct {
	status        int // of HTTP
	code, message string
}

func (e *refusal) Error() string { return e.code + ": " + e.message }

func refuse(status int, code, message string) error { return &refusal{status, code, message} }

func missing(name string) error {
	return refuse(http.StatusBadRequest, "Missing"+name, name+" is mandatory for this action.")
}

func invalid(name string) error {
	return refuse(http.StatusBadRequest, "Invalid"+name, "Specified parameter "+name+" is not valid.")
}

// failure is an error of DBS itself: Success false, with an HTTP status that
// the World decides. Source: dbs-api.md §4.4, §4.6.
type failure struct {
	httpStatus    int
	code, message string
}

func (e *failure) Error() string { return e.code + ": " + e.message }

// fail returns a failure. The codes are those that were seen in the wild;
// which one DBS gives for what is not documented.
func (d *DBS) fail(code, format string, args ...any) error {
	return &failure{d.world.FailureStatus, code, fmt.Sprintf(format, args...)}
}

// Codes of DBS, see dbs-api.md §4.6.
const (
	codeInvalid  = "InvalidParameterValid" // a value or an id that is not known
	codeMissing  = "Param.NotFound"        // a parameter that the others call for
	codeWrongNow = "InvalidParameter"      // not possible as things stand
)

// complete returns the body that answers a request, its HTTP status, and its
// error code, if err is not nil.
func (r reply) complete(id, host string, err error) (body reply, status int, code string) {
	if err == nil {
		r["RequestId"], r["HttpStatusCode"], r["Success"] = id, http.StatusOK, true
		return r, http.StatusOK, ""
	}
	if failed, ok := errors.AsType[*failure](err); ok {
		return reply{
			"RequestId": id, "HttpStatusCode": http.StatusBadRequest, "Success": false,
			"ErrCode": failed.code, "ErrMessage": failed.message,
		}, failed.httpStatus, failed.code
	}
	refused, ok := errors.AsType[*refusal](err)
	if !ok {
		refused = &refusal{http.StatusInternalServerError, "InternalError", err.Error()}
	}
	return reply{
		"RequestId": id, "HostId": host, "Code": refused.code, "Message": refused.message,
		"Recommend": "https://error-center.aliyun.com/status/search?Keyword=" + url.QueryEscape(refused.code) + "&source=PopGw",
	}, refused.status, refused.code
}

// requestID names the n-th request of an emulator, in the service's form.
func requestID(opened time.Time, n uint64) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %d", opened.UnixNano(), n))
	return fmt.Sprintf("%X-%X-%X-%X-%X", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
