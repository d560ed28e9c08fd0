// Package dbs adapts the vendor's SDK to the interfaces that this module uses.
//
// It is the only importer of the SDK. From the SDK come the request types, the
// signature, the endpoints of the regions, the credentials and the types of
// long answers. The SDK's clients are not used, because they may not be shared
// between goroutines, take no context, speak plain HTTP unless told otherwise,
// make the timeout of one call that of the next, resend writes blindly when
// retries are on, put every parameter (the password too) into the URL that
// their errors then quote, take HTTP 200 with Success:false for a success, and
// panic on an error whose Code is a number. Instead a [Client] carries the
// signed requests over go-retryablehttp by these rules:
//
//   - The parameters of an operation go into the signed body, never into the
//     URL, and a URL never goes into an error.
//   - Writes are sent exactly once and at once: their caller takes a turn before
//     (see [Client.Turn]). Reads wait for their turns and are sent up to four
//     times, each time with a nonce, timestamp and signature of its own.
//   - HTTPS with TLS 1.2 or later, except to a loopback endpoint. Redirects are
//     refused. HTTPS_PROXY and NO_PROXY are honoured as net/http reads them;
//     loopback is never reached through a proxy.
//   - Every error of a call is a [restore.Failure]. What the reply means is
//     decided by the table in classify.go; only a reply that is surely a yes is
//     a success, and only one that is surely a no is refused or throttled.
//   - Text from the service is cut, and cleared of control characters and of
//     the secrets that the client knows, on entry.
package dbs

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/runner/secret"
	"github.com/dbsrestore/dbsrestore/schema"
)

// Options says how to reach the service. The zero value reaches the real one
// with the credentials of the vendor's default chain.
type Options struct {
	// Endpoint is the URL to send every call to: https, or http on loopback.
	// "" is the service's own endpoint of the region of each call.
	Endpoint string

	// RequestsPerSecond bounds the attempts per account and region; 0 means 5.
	// It is halved while the service throttles.
	RequestsPerSecond float64

	// AccessKeyID and AccessKeySecret sign every call, whatever its profile.
	// "" uses the profile of the vendor's CLI configuration that the call's
	// site names, or the vendor's default chain if it names none.
	AccessKeyID     string
	AccessKeySecret string

	// Password reads the password of a destination; nil means secret.Read from
	// the environment and the disk of this process.
	Password func(schema.SecretRef) (secret.Value, error)

	UserAgent string // "" means dbsrestore

	// Timeout bounds one attempt from dialling to the last byte of the reply;
	// 0 means 30 s. The context bounds the call.
	Timeout time.Duration

	// Observe is told of every attempt once it is over. It is called from
	// several goroutines at once. nil means nobody.
	Observe func(Call)

	// Transport replaces the network, for tests in virtual time; nil means TCP.
	Transport http.RoundTripper
}

// Call is one attempt at an operation.
type Call struct {
	Action   string
	Duration time.Duration
	Class    restore.Class // "" for success
	Code     string        // of the failure
}

// Client calls the service. Its methods are safe for concurrent use, and it
// implements runner.Service.
type Client struct {
	options  Options
	endpoint *url.URL // nil: by region
	reads    *http.Client
	writes   *http.Client

	mu        sync.Mutex
	accounts  map[string]*account // by profile
	paces     map[plan.Site]*pace
	sent      map[string]int // attempts, by action
	passwords []secret.Value // that were read
}

// New returns a client. It fails if the options contradict themselves and
// sends nothing yet.
func New(o Options) (*Client, error) {
	endpoint, err := parseEndpoint(o.Endpoint)
	if err != nil {
		return nil, err
	}
	switch {
	case o.RequestsPerSecond < 0 || math.IsNaN(o.RequestsPerSecond) || math.IsInf(o.RequestsPerSecond, 0):
		return nil, errors.New("requests per second: must be a number above 0")
	case o.Timeout < 0:
		return nil, errors.New("timeout: must not be negative")
	case (o.AccessKeyID == "") != (o.AccessKeySecret == ""):
		return nil, errors.New("access key: give both the id and the secret, or neither")
	}
	o.RequestsPerSecond = cmp.Or(o.RequestsPerSecond, 5)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.UserAgent = cmp.Or(o.UserAgent, "dbsrestore")
	if o.Password == nil {
		o.Password = func(ref schema.SecretRef) (secret.Value, error) { return secret.Read(ref, os.Getenv) }
	}
	c := &Client{
		options:  o,
		endpoint: endpoint,
		accounts: make(map[string]*account),
		paces:    make(map[plan.Site]*pace),
		sent:     make(map[string]int),
	}
	c.reads = httpClient(o, true)
	c.writes = httpClient(o, false)
	return c, nil
}

// Calls returns the number of attempts that were sent, by action.
func (c *Client) Calls() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.sent)
}

func (c *Client) count(action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent[action]++
}

func (c *Client) account(profile string) *account {
	if c.options.AccessKeyID != "" {
		profile = ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.accounts[profile]
	if a == nil {
		a = &account{profile: profile}
		if c.options.AccessKeyID != "" {
			a.static = &credentials.Credentials{
				AccessKeyId:     c.options.AccessKeyID,
				AccessKeySecret: c.options.AccessKeySecret,
				ProviderName:    "static",
			}
		}
		c.accounts[profile] = a
	}
	return a
}

func (c *Client) pace(site plan.Site) *pace {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.paces[site]
	if p == nil {
		p = newPace(c.options.RequestsPerSecond)
		c.paces[site] = p
	}
	return p
}
