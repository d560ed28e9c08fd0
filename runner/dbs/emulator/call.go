package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// call is one request on its way to an answer.
type call struct {
	req     *gateway.Request
	q       gateway.Parameters // those that DBS sees
	op      *Operation         // nil if unknown
	account string             // whose key signed it
	now     time.Time
	id      string // RequestId
	format  string // of the answer
	err     error  // why it goes no further

	badFormat error // that it asks for
	struck    strikes
	effects   []effect // what came of it
	listed    []*task  // of a backup plan, that it was shown
}

// admit lets a request in that is signed, timely, not a repetition, and
// allowed. The signature comes first: nobody who cannot sign learns or uses up
// anything, or meets a fault.
func (d *DBS) admit(q *gateway.Request, err error) *call {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests++
	c := &call{req: q, q: q.Parameters, op: operationOf(q), now: clock(), id: requestID(d.opened, d.requests), err: err}
	c.format, c.badFormat = gateway.FormatOf(q, d.world.Behaviour.DefaultFormat)
	if c.op != nil && !c.isForeign() {
		d.calls[c.op.Name]++
	}
	if c.err == nil {
		c.err = d.authenticate(c)
	}
	if c.err == nil && !c.isForeign() {
		c.struck = d.faults.strike(c.op.Name, c.q)
	}
	return c
}

func (d *DBS) authenticate(c *call) error {
	q := c.req
	if err := q.Check(); err != nil {
		return err
	}
	k, known := d.world.keys[q.AccessKeyID]
	if !known {
		return gateway.Refuse(http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	}
	if err := q.Verify(k.Secret); err != nil {
		return err
	}
	if err := k.admits(q.SecurityToken, c.now.Sub(d.world.opened)); err != nil {
		return err
	}
	if err := q.Timely(d.nonces, c.now); err != nil {
		return err
	}
	if err := c.route(); err != nil {
		return err
	}
	c.account = k.account
	if c.isForeign() {
		return nil
	}
	if d.world.Behaviour.FormParametersIgnored {
		c.q = c.withoutForm()
	}
	if !d.keepsPace(q.AccessKeyID, c.now) {
		return gateway.Refuse(http.StatusBadRequest, "Throttling.User", "Request was denied due to user flow control.")
	}
	return d.allow(k, c)
}

// admits holds the SecurityToken of a request against a key that is as old as
// the emulator.
func (k key) admits(token string, age time.Duration) error {
	switch {
	case k.Inactive:
		return gateway.Refuse(http.StatusBadRequest, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
	case k.SecurityToken == "" && token != "":
		return gateway.Refuse(http.StatusBadRequest, "InvalidSecurityToken.MismatchWithAccessKey",
			"Specified SecurityToken mismatch with the AccessKey.")
	case k.SecurityToken != "" && token == "":
		return gateway.Refuse(http.StatusBadRequest, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
	case k.SecurityToken != token:
		return gateway.Refuse(http.StatusBadRequest, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
	case k.Lifetime > 0 && age >= k.Lifetime:
		return gateway.Refuse(http.StatusBadRequest, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
	}
	return nil
}

// route fails unless the request is for an operation of the API.
func (c *call) route() error {
	switch q := c.req; {
	case c.badFormat != nil:
		return c.badFormat
	case q.Version == "":
		return gateway.Missing("Version")
	case q.Version != apiVersion && !c.isForeign():
		return gateway.Invalid("Version")
	case q.Operation == "":
		return gateway.Missing("Action")
	case c.op == nil:
		return gateway.Refuse(http.StatusNotFound, "InvalidAction.NotFound",
			"Specified api is not found, please check your url and method.")
	}
	return nil
}

// withoutForm returns the parameters that came in the query.
func (c *call) withoutForm() gateway.Parameters {
	q := maps.Clone(c.q)
	for _, name := range c.req.Form {
		delete(q, name)
	}
	return q
}

// allow fails in one of the two shapes of a 403 when the key may not call the
// operation. Source: dbs-api.md §6.3.
func (d *DBS) allow(k key, c *call) error {
	if len(k.may.Allow) == 0 {
		return nil
	}
	action := "dbs:" + c.op.Name
	for _, pattern := range k.may.Allow {
		if ok, err := path.Match(pattern, action); ok && err == nil {
			return nil
		}
	}
	if k.may.Denial == world.DenialByDBS {
		return &failure{http.StatusForbidden, "Request.Forbidden", "Have no Permissions", http.StatusForbidden}
	}
	return &gateway.Error{
		Status: http.StatusForbidden, Code: "Forbidden.RAM",
		Message: "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
		Details: map[string]string{"AuthAction": action, "AuthPrincipalType": "SubUser", "AuthPrincipalOwnerId": k.account,
			"NoPermissionType": "ImplicitDeny", "PolicyType": "AccountLevelIdentityBasedPolicy"},
	}
}

// burst counts the requests of one access key, as a bucket that fills with the
// rate of the world.
type burst struct {
	left float64
	at   time.Time
}

// keepsPace reports whether a key may ask now, and counts it.
func (d *DBS) keepsPace(key string, now time.Time) bool {
	rate := d.world.Behaviour.RequestsPerSecond
	if rate == 0 {
		return true
	}
	full := max(1, rate)
	b := d.bursts[key]
	if b == nil {
		b = &burst{full, now}
		d.bursts[key] = b
	}
	b.left = min(full, b.left+rate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// answer serves a call that was admitted, or tells why it was not, and writes
// down what came of it.
func (d *DBS) answer(c *call) *answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.now = clock()
	body, err := reply(nil), c.err
	if err == nil {
		body, err = d.execute(c)
	}
	a := c.complete(body, err)
	whole := d.record.err == nil
	if !c.isForeign() {
		d.record.add(c, a)
	}
	if whole && d.record.err != nil && d.log != nil {
		_, _ = fmt.Fprintln(d.log, d.record.err)
	}
	if d.log != nil {
		// A log that cannot be written must not fail the request.
		_, _ = fmt.Fprintf(d.log, "%s %s %s %d %s%s\n", c.now.Format(time.RFC3339), word(c.req.Operation),
			word(c.req.AccessKeyID), a.status, word(a.code), c.struck.text())
	}
	return a
}

// abandon writes down a call whose client left before it was executed.
func (d *DBS) abandon(c *call) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.now = clock()
	d.record.add(c, &answer{})
}

// execute lets DBS serve a call, unless a fault answers in its place.
func (d *DBS) execute(c *call) (reply, error) {
	if token := c.q["ClientToken"]; c.struck.poison != "" && token != "" {
		d.poisoned[owned{c.account, token}] = c.struck.poison
	}
	if c.struck.instead != nil && !c.struck.executed {
		return nil, c.struck.instead
	}
	body, err := d.serve(c)
	d.disturb(c)
	if c.struck.instead != nil {
		return nil, c.struck.instead
	}
	return body, err
}

func (d *DBS) serve(c *call) (reply, error) {
	if !validToken(c.q["ClientToken"]) {
		return nil, gateway.Refuse(http.StatusBadRequest, "InvalidClientToken.ValueNotSupported",
			"The ClientToken may have at most 64 ASCII characters.")
	}
	if err := c.op.check(c.q); err != nil {
		return nil, err
	}
	return c.op.run(d, c)
}

// integer returns a number among the parameters, whose form was checked, or
// fallback when it is absent.
func (c *call) integer(name string, fallback int64) int64 {
	if n, err := strconv.ParseInt(c.q[name], 10, 64); err == nil {
		return n
	}
	return fallback
}

// is reports whether a boolean parameter is true.
func (c *call) is(name string) bool { return strings.EqualFold(c.q[name], "true") }

// validToken reports whether s may be a ClientToken. Source: dbs-api.md §5.
func validToken(s string) bool {
	return len(s) <= 64 && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}

// isWord reports whether s is visible ASCII throughout.
func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// word makes text from outside fit for one field of a log line.
func word(s string) string {
	if s == "" {
		return "-"
	}
	if s = s[:min(len(s), 80)]; !isWord(s) {
		return strconv.QuoteToASCII(s)
	}
	return s
}
