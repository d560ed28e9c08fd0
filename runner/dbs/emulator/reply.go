package emulator

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
)

// reply is the body of a successful answer. HttpStatusCode, RequestId and
// Success are added to it.
type reply map[string]any

// failure is an error of DBS itself: Success false, with an HTTP status that
// the world decides. Source: dbs-api.md §4.4, §4.6.
type failure struct {
	status        int // of HTTP
	code, message string
	inBody        int // HttpStatusCode
}

func (e *failure) Error() string { return e.code + ": " + e.message }

// fail returns a failure, in the shape that the world says. The codes are those
// that were seen in the wild; which one DBS gives for what is not documented.
func (d *DBS) fail(code, format string, args ...any) error {
	b := d.world.Behaviour
	message := fmt.Sprintf(format, args...)
	if b.FailuresAsGatewayErrors {
		return gateway.Refuse(b.FailureStatus, code, message)
	}
	return &failure{b.FailureStatus, code, message, http.StatusBadRequest}
}

// Codes of DBS, see dbs-api.md §4.6.
const (
	codeInvalid  = "InvalidParameterValid" // a value or an id that is not known
	codeMissing  = "Param.NotFound"        // a parameter that the others call for
	codeWrongNow = "InvalidParameter"      // not possible as things stand
)

// answer is what is sent back.
type answer struct {
	status      int // of HTTP
	code        string
	body        []byte
	contentType string
}

// complete makes the answer of a reply, or of an error.
func (c *call) complete(r reply, err error) *answer {
	if err == nil && c.isForeign() {
		r["RequestId"] = c.id
		return c.encode(http.StatusOK, "", r)
	}
	if err == nil {
		r["RequestId"], r["HttpStatusCode"], r["Success"] = c.id, http.StatusOK, true
		return c.encode(http.StatusOK, "", r)
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return c.encode(f.status, f.code, reply{
			"RequestId": c.id, "HttpStatusCode": f.inBody, "Success": false, "ErrCode": f.code, "ErrMessage": f.message,
		})
	}
	e, ok := errors.AsType[*gateway.Error](err)
	if !ok {
		e = &gateway.Error{Status: http.StatusInternalServerError, Code: "InternalError", Message: err.Error()}
	}
	body, contentType := gateway.EncodeError(c.format, c.id, c.req.Host, e)
	return &answer{e.Status, e.Code, body, contentType}
}

func (c *call) encode(status int, code string, r reply) *answer {
	body, contentType := gateway.Encode(c.format, c.req.Operation+"Response", r)
	return &answer{status, code, body, contentType}
}

// requestID names the n-th request of an emulator, in the service's form.
func requestID(opened time.Time, n uint64) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %d", opened.UnixNano(), n))
	return fmt.Sprintf("%X-%X-%X-%X-%X", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
