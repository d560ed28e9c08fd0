package dbs

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// secured returns a client as it is used for effects, and a server that it trusts,
// which counts connections and those that resumed a session of TLS.
func secured(tb testing.TB, version uint16) (c *http.Client, url string, connections, resumed *atomic.Int32) {
	connections, resumed = new(atomic.Int32), new(atomic.Int32)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.TLS.DidResume {
			resumed.Add(1)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.TLS = &tls.Config{MaxVersion: version}
	s.StartTLS()
	tb.Cleanup(s.Close)
	c = httpClient(Options{}, false)
	t := c.Transport.(*http.Transport)
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	t.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	return c, s.URL, connections, resumed
}

func get(tb testing.TB, c *http.Client, url string) {
	tb.Helper()
	r, err := c.Get(url)
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		tb.Fatal(err)
	}
}

func TestEffectsHaveConnectionsOfTheirOwnAndShareASessionOfTLS(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c, url, connections, resumed := secured(t, version)
		for range 5 {
			get(t, c, url)
		}
		if connections.Load() != 5 || resumed.Load() != 4 {
			t.Errorf("%s: got %d connections, %d resumed, want 5 and 4", tls.VersionName(version), connections.Load(), resumed.Load())
		}
	}
}

func BenchmarkConnectOverTLS(b *testing.B) {
	c, url, _, _ := secured(b, tls.VersionTLS13)
	for b.Loop() {
		get(b, c, url)
	}
}
