package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/cli"
)

func TestTheInsideOfTheEmulatorIsServedOnLoopbackOnly(t *testing.T) {
	const inside = "the inside"
	h := onLoopback(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, inside) }))
	for _, tt := range []struct {
		name, from, origin string
		served             bool
	}{
		{"this machine", "127.0.0.1:4711", "", true},
		{"another address of this machine", "127.8.9.10:4711", "", true},
		{"this machine by IPv6", "[::1]:4711", "", true},
		{"this machine by IPv4 in IPv6", "[::ffff:127.0.0.1]:4711", "", true},
		{"the network", "192.0.2.7:4711", "", false},
		{"the network by IPv6", "[2001:db8::7]:4711", "", false},
		{"the network by IPv4 in IPv6", "[::ffff:192.0.2.7]:4711", "", false},
		{"every address", "0.0.0.0:4711", "", false},
		{"nowhere", "", "", false},
		{"a socket of another kind", "@", "", false},
		{"a web page", "127.0.0.1:4711", "https://example.com", false},
		{"a web page that hides where it is from", "127.0.0.1:4711", "null", false},
		{"a web page of this machine", "127.0.0.1:4711", "http://localhost:8080", false},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPut} {
			t.Run(method+" from "+tt.name, func(t *testing.T) {
				r := httptest.NewRequest(method, "/_emulator/", nil)
				r.RemoteAddr, r.Host = tt.from, "localhost:8080"
				if tt.origin != "" {
					r.Header.Set("Origin", tt.origin)
				}
				r.Header.Set("X-Forwarded-For", "127.0.0.1")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if served := w.Code == 200 && w.Body.String() == inside; served != tt.served || !served && w.Code != 403 {
					t.Errorf("got %d %q, want it served: %v", w.Code, w.Body, tt.served)
				}
			})
		}
	}
}

func TestTheInsideOfTheEmulatorIsServedUnderLocalNamesOnly(t *testing.T) {
	h := onLoopback(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "[::1]:8080": 200, "localhost": 200, "127.0.0.1": 200,
		"rebound.example.com:8080": 403, "192.0.2.7:8080": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "/_emulator/", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:4711", host
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("got %d for the host %q, want %d", w.Code, host, want)
		}
	}
}

func TestTheCommandServesTheInsideOfItsEmulator(t *testing.T) {
	e, err := emulate(cli.EmulatorOptions{Listen: "127.0.0.1:0", TimeScale: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, tt := range []struct {
		origin string
		status int
		text   string
	}{{"", 200, "PUT    /_emulator/faults"}, {"https://example.com", 403, "own machine only"}} {
		r, err := http.NewRequest(http.MethodGet, e.Endpoint+"/_emulator/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer got.Body.Close()
		body, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != tt.status || !strings.Contains(string(body), tt.text) {
			t.Errorf("got %d %q, %v with the origin %q, want %d", got.StatusCode, body, err, tt.origin, tt.status)
		}
	}
}
