package dbs

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/runner/secret"
)

// The waits between attempts at a read: full jitter below base, doubled each
// time up to limit, and what the service asks for in Retry-After on top.
const (
	readRetries   = 3
	backoffBase   = 500 * time.Millisecond
	backoffLimit  = 20 * time.Second
	maxRetryAfter = 120 * time.Second
)

// call is one call of an operation: one attempt, or for a read a few.
type call struct {
	client  *Client
	site    plan.Site
	action  string
	write   bool
	sts     bool                       // it is for the Security Token Service, which gives no Success
	request func() requests.AcsRequest // makes a new one: the SDK's keep parameters from earlier use
	secret  secret.Value               // the password of the destination; zero for none

	endpoint    *url.URL
	account     *account
	pace        *pace
	trace       trace
	credentials *credentials.Credentials // of the last attempt
	sent        time.Time                // when the last attempt was
	reply       reply
}

// do carries out a call. The error is a *restore.Failure.
func (c *Client) do(ctx context.Context, k *call) (reply, error) {
	k.client, k.account, k.pace = c, c.account(k.site.Profile), c.pace(k.site)
	k.action = k.request().GetActionName()
	err := k.run(ctx)
	if err == nil {
		return k.reply, nil
	}
	f, ok := errors.AsType[*restore.Failure](err)
	if !ok { // the context ended while waiting for the next attempt
		f = interrupted(ctx)
	}
	named := *f
	named.Action = k.action
	return reply{}, &named
}

func (k *call) run(ctx context.Context) error {
	var err error
	endpointOf := k.client.endpointOf
	if k.sts {
		endpointOf = k.client.stsEndpointOf
	}
	if k.endpoint, err = endpointOf(k.site.Region); err != nil {
		return &restore.Failure{Class: restore.Refused, Code: codeEndpoint, Message: err.Error()}
	}
	unsigned, err := k.unsigned()
	if err != nil {
		return unfit()
	}
	r, err := retryablehttp.NewRequestWithContext(k.trace.context(ctx), http.MethodPost, k.endpoint.String(), unsigned.GetBodyReader())
	if err != nil {
		return unfit()
	}
	r.GetBody = nil // else the transport could send it again by itself
	r.SetResponseHandler(k.receive)
	if err := k.prepare(r.Request); err != nil {
		return err
	}
	resp, err := k.sender().Do(r)
	if resp != nil {
		_ = resp.Body.Close() // read by receive
	}
	return err
}

// sender returns a retrying client for this call alone, as its hooks are the
// call's. The connections are shared.
func (k *call) sender() *retryablehttp.Client {
	s := &retryablehttp.Client{
		HTTPClient:   k.client.reads,
		RetryMax:     readRetries,
		RetryWaitMin: backoffBase,
		RetryWaitMax: backoffLimit,
		CheckRetry:   k.check,
		Backoff:      backoff,
		PrepareRetry: k.prepare,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	if k.write {
		s.HTTPClient, s.RetryMax = k.client.writes, 0
	}
	return s
}

// prepare makes r the next attempt: a read waits for its turn, which a write
// has taken already (see Turn), then it is signed afresh, as a nonce is good
// for one attempt only.
func (k *call) prepare(r *http.Request) error {
	if !k.write {
		if err := k.pace.wait(r.Context()); err != nil {
			return interrupted(r.Context())
		}
	}
	cc, err := k.account.credentials(r.Context())
	if err != nil {
		return err
	}
	signed, err := k.unsigned()
	if err == nil {
		err = auth.Sign(signed, nil, k.site.Region, snapshot{cc})
	}
	if err != nil {
		return unfit()
	}
	// The clock that contexts go by stands still while a machine is suspended.
	if d, ok := r.Context().Deadline(); ok && time.Now().Round(0).After(d.Round(0)) {
		return interrupted(r.Context())
	}
	u := *k.endpoint
	u.RawQuery = strings.TrimPrefix(signed.BuildQueries(), "/?")
	r.URL = &u
	r.Header = make(http.Header)
	for name, value := range signed.GetHeaders() {
		r.Header.Set(name, value)
	}
	r.Header.Set("User-Agent", k.client.options.UserAgent)
	k.trace.reset()
	k.credentials, k.sent = cc, time.Now()
	k.client.count(k.action)
	return nil
}

// unsigned returns a new request with all its parameters in the body, the same
// for every attempt. Signing covers the body and adds to the query alone.
func (k *call) unsigned() (requests.AcsRequest, error) {
	request := k.request()
	if err := requests.InitParams(request); err != nil {
		return nil, err
	}
	form := request.GetFormParams()
	maps.Copy(form, request.GetQueryParams())
	clear(request.GetQueryParams())
	if password := k.secret.Reveal(); password != "" {
		form["DestinationEndpointPassword"] = password
	}
	return request, nil
}

// receive reads the response to an attempt.
func (k *call) receive(resp *http.Response) error {
	r, f := k.read(resp, time.Now())
	k.over(f)
	if f == nil {
		k.reply = r
		return nil
	}
	return f
}

// check decides after an attempt whether another may follow. It sees an error
// of the transport first, or what receive made of the response.
func (k *call) check(ctx context.Context, _ *http.Response, err error) (bool, error) {
	if err == nil {
		return false, nil
	}
	f, ok := errors.AsType[*restore.Failure](err)
	if !ok {
		f = k.trace.failure(err, k.endpoint)
		k.over(f)
	}
	again := !f.Fatal && f.Class != restore.Refused && ctx.Err() == nil
	return again, f
}

// over notes the end of an attempt; f is nil for success.
func (k *call) over(f *restore.Failure) {
	now := time.Now()
	seen := Call{Action: k.action, Duration: now.Sub(k.sent)}
	if f == nil {
		k.account.taken()
		k.pace.succeeded()
	} else {
		seen.Class, seen.Code = f.Class, f.Code
	}
	switch {
	case seen.Code == codeExpiredToken:
		k.account.expire(k.credentials)
	case seen.Class == restore.Throttled && seen.Code != codeConnect:
		k.pace.throttled(k.sent, now)
	}
	if k.client.options.Observe != nil {
		k.client.options.Observe(seen)
	}
}

// unfit is the failure of a call that the SDK cannot make a request of.
func unfit() *restore.Failure {
	return &restore.Failure{Class: restore.Refused, Code: codeRequest, Message: "the request cannot be made or signed", Fatal: true}
}

// interrupted is the failure of a call that ends before it was sent (again).
func interrupted(ctx context.Context) *restore.Failure {
	message := "the deadline is too near to wait for a turn"
	if ctx.Err() != nil {
		message = "the call was canceled before it was sent"
	}
	return &restore.Failure{Class: restore.Throttled, Code: codeCanceled, Message: message}
}

func backoff(base, limit time.Duration, attempt int, resp *http.Response) time.Duration {
	wait := rand.N(min(base<<attempt, limit))
	if resp != nil {
		wait += retryAfter(resp.Header.Get("Retry-After"), time.Now())
	}
	return wait
}

// retryAfter reads a Retry-After header, in seconds or as a date, into
// 0..maxRetryAfter.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
