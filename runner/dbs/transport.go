package dbs

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// httpClient returns a client that follows no redirect. Without keepAlive each
// request has a connection of its own, so that no write is sent on a
// connection that the server may have closed already, nor again by the
// transport itself. The connections share what TLS has agreed on, so that only the
// first needs a whole handshake; nothing is sent before a handshake is over.
func httpClient(o Options, keepAlive bool) *http.Client {
	transport := o.Transport
	if transport == nil {
		var http1 http.Protocols
		http1.SetHTTP1(true)
		transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout:    10 * time.Second,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        30 * time.Second,
			DisableKeepAlives:      !keepAlive,
			DisableCompression:     true,
			Protocols:              &http1,
		}
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// trace sees how far an attempt got. A transport that is not net/http's tells
// it nothing.
type trace struct {
	asked, got atomic.Bool // for a connection
	untrusted  atomic.Bool // the TLS handshake failed for a reason that will stay
}

func (t *trace) context(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil && !isNetwork(err) {
				t.untrusted.Store(true)
			}
		},
	})
}

// reset prepares for the next attempt.
func (t *trace) reset() {
	t.asked.Store(false)
	t.got.Store(false)
	t.untrusted.Store(false)
}

// failure says what an error of the transport means. Only the absence of a
// connection proves that nothing was sent.
func (t *trace) failure(err error, to *url.URL) *restore.Failure {
	oe, ok := errors.AsType[*net.OpError](err)
	dial := ok && oe.Op == "dial"
	if !t.got.Load() && (t.asked.Load() || dial) {
		return t.noConnection(err, to)
	}
	return broken(err, "the exchange broke off")
}

func (t *trace) noConnection(err error, to *url.URL) *restore.Failure {
	if t.untrusted.Load() {
		return &restore.Failure{Class: restore.Refused, Code: codeTLS, Fatal: true,
			Message: "no trusted connection to " + to.Host + detail(err)}
	}
	through := ""
	if u, _ := http.ProxyFromEnvironment(&http.Request{URL: to}); u != nil {
		through = " through the proxy " + u.Host
	}
	return &restore.Failure{Class: restore.Throttled, Code: codeConnect,
		Message: "no connection to " + to.Host + through + detail(err)}
}

// broken is the failure of an exchange of which something may have arrived.
func broken(err error, what string) *restore.Failure {
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return lost(codeTimeout, "no whole reply in time")
	}
	return lost(codeBroken, "%s", what+detail(err))
}

// isNetwork reports whether an error may be gone at the next attempt.
func isNetwork(err error) bool {
	_, errno := errors.AsType[syscall.Errno](err)
	ne, ok := errors.AsType[net.Error](err)
	return errno || ok && ne.Timeout() ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.Canceled)
}

// detail returns ": " and an error's text where its type says that it holds no
// URL, and so no password of a proxy and no signature; else "".
func detail(err error) string {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return ": " + clean(e.Error(), 500)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return ": " + clean(e.Error(), 500)
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ": the other side closed the connection"
	case errors.Is(err, http.ErrSchemeMismatch):
		return ": the server speaks plain HTTP"
	case errors.Is(err, context.Canceled):
		return ": the call was canceled"
	}
	return ""
}
