package torture_test

import (
	"context"
	"io"
	stdlog "log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// lateGateway stands before the emulator as a gateway that holds some requests
// for up to a second, and passes them on whether or not their sender is still
// there. It returns where it serves.
func lateGateway(t *testing.T, endpoint string, seed uint64) string {
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &holding{random: rand.New(rand.NewPCG(seed, 1<<33))},
		ErrorLog:  stdlog.New(io.Discard, "", 0), // it hangs up where the emulator does
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {
			panic(http.ErrAbortHandler)
		},
	})
	t.Cleanup(server.Close)
	return server.URL
}

// holding is a transport that holds one request in five.
type holding struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (h *holding) hold() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.random.IntN(5) > 0 {
		return 0
	}
	return between(h.random, 0, time.Second)
}

func (h *holding) RoundTrip(q *http.Request) (*http.Response, error) {
	<-time.After(h.hold())
	return http.DefaultTransport.RoundTrip(q.WithContext(context.WithoutCancel(q.Context())))
}
