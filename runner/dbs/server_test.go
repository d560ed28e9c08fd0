package dbs_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/runner/secret"
	"github.com/dbsrestore/dbsrestore/schema"
)

var _ runner.Service = (*dbs.Client)(nil)

// What must never be seen in an error or an output.
const (
	keySecret = "canary-AccessKey+Secret/="
	password  = "canary p@ss w+rd/=&é"
)

var (
	hangzhou = plan.Site{Region: "cn-hangzhou"}
	attempt  = plan.Attempt{ClientToken: "token0001", RestoreTaskName: "drill-orders-abc"}
	orders   = plan.Parameters{
		BackupPlanId:                    "dbs1orders",
		DestinationEndpointInstanceType: "RDS",
		DestinationEndpointRegion:       "cn-hangzhou",
		DestinationEndpointInstanceID:   "rm-drill",
		DestinationEndpointUserName:     "drill",
		RestoreObjects:                  `[{"DBName":"orders","NewDBName":"orders_r1"}]`,
		RestoreTime:                     1760000000000,
	}
	fromEnv = &schema.SecretRef{Env: "DRILL_PASSWORD"}
)

const created = `{"HttpStatusCode":200,"RequestId":"R1","Success":true,"RestoreTaskId":"s1abc"}`

// received is a request as a server saw it.
type received struct {
	*http.Request
	body  string
	query url.Values
	form  url.Values
}

// service answers requests with a handler and remembers them.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	requests []received
}

func serve(t testing.TB, handler http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(s.remember(handler))
	t.Cleanup(s.Close)
	return s
}

func (s *service) remember(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		s.mu.Lock()
		s.requests = append(s.requests, received{Request: r, body: string(body), query: r.URL.Query(), form: form})
		s.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler(w, r)
	}
}

func (s *service) seen() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// always answers every request alike.
func always(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// inTurn answers the first request with the first handler and so on; the last
// one stays.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handlers[0]
		if len(handlers) > 1 {
			handlers = handlers[1:]
		}
		mu.Unlock()
		h(w, r)
	}
}

// exchange is a network that a test plays.
type exchange func(*http.Request) (*http.Response, error)

func (x exchange) RoundTrip(r *http.Request) (*http.Response, error) { return x(r) }

// answering is a network that serves a handler directly, for virtual time.
func answering(handler http.HandlerFunc) exchange {
	return func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		handler(w, r)
		return w.Result(), nil
	}
}

func options(endpoint string) dbs.Options {
	return dbs.Options{
		Endpoint:          endpoint,
		RequestsPerSecond: 1e6,
		AccessKeyID:       "LTAItest",
		AccessKeySecret:   keySecret,
		Password: func(ref schema.SecretRef) (secret.Value, error) {
			return secret.Read(ref, func(name string) string { return map[string]string{"DRILL_PASSWORD": password}[name] })
		},
	}
}

// fromNowhere finds no password.
func fromNowhere(ref schema.SecretRef) (secret.Value, error) {
	return secret.Read(ref, func(string) string { return "" })
}

func client(t testing.TB, o dbs.Options) *dbs.Client {
	t.Helper()
	c, err := dbs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func create(t testing.TB, c *dbs.Client) (string, error) {
	t.Helper()
	return c.CreateRestoreTask(t.Context(), hangzhou, attempt, orders, fromEnv)
}

// failure returns the failure that a call must have ended with.
func failure(t testing.TB, err error) *restore.Failure {
	t.Helper()
	f, ok := errors.AsType[*restore.Failure](err)
	if !ok {
		t.Fatalf("got error %v, want a *restore.Failure", err)
	}
	return f
}

func wantText(t testing.TB, got string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(got, part) {
			t.Errorf("got %q, want it to contain %q", got, part)
		}
	}
}
