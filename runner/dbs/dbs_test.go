package dbs_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs"
)

func TestEndpoints(t *testing.T) {
	for endpoint, want := range map[string]string{
		"":                                  "",
		"https://dbs-api.example.com":       "",
		"https://dbs-api.example.com/":      "",
		"https://dbs-api.example.com:8443":  "",
		"https://[2001:db8::1]:443":         "",
		"http://127.0.0.1:8080":             "",
		"http://[::1]:8080":                 "",
		"http://localhost":                  "",
		"http://dbs-api.example.com":        "plain http would show passwords on the network: use https://dbs-api.example.com",
		"http://127.0.0.1.example.com":      "plain http",
		"ftp://dbs-api.example.com":         "the scheme must be https",
		"dbs-api.example.com":               "write it as https://HOST",
		"dbs-api.example.com:443":           "write it as https://HOST",
		"https://user:canary@example.com":   "must not hold a user name or password",
		"https://canary@example.com":        "must not hold a user name or password",
		"https://user:canary@example.com:x": "not a URL",
		"https://":                          "the host is missing",
		"https://:443":                      "the host is missing",
		"https://example.com/api":           "only scheme, host and port are allowed: write it as https://example.com",
		"https://example.com?a=canary":      "only scheme, host and port",
		"https://example.com#canary":        "only scheme, host and port",
		"https://example.com:0":             "the port must be 1 to 65535",
		"https://example.com:65536":         "the port must be 1 to 65535",
		"https://example.com:":              "the port must be 1 to 65535",
		"https://exämple.com":               "the host must be ASCII",
		"https://exa\x00mple.com":           "not a URL",
	} {
		_, err := dbs.New(dbs.Options{Endpoint: endpoint})
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: got %v, want no error", endpoint, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: got %v, want %q", endpoint, err, want)
		case err != nil && strings.Contains(err.Error(), "canary"):
			t.Errorf("%q: got %v, which quotes a secret", endpoint, err)
		}
	}
}

func TestOptionsThatContradictThemselves(t *testing.T) {
	for want, o := range map[string]dbs.Options{
		"requests per second:":                          {RequestsPerSecond: -1},
		"requests per second: must be a number above 0": {RequestsPerSecond: math.NaN()},
		"requests per second: must":                     {RequestsPerSecond: math.Inf(1)},
		"timeout:":                                      {Timeout: -time.Second},
		"access key:":                                   {AccessKeyID: "LTAItest"},
		"access key: give both":                         {AccessKeySecret: keySecret},
	} {
		if _, err := dbs.New(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), keySecret) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestTheUserAgentIsSent(t *testing.T) {
	s := serve(t, always(200, created))
	o := options(s.URL)
	for _, o.UserAgent = range []string{"", "dbsrestore/1.2"} {
		if _, err := create(t, client(t, o)); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"dbsrestore", "dbsrestore/1.2"} {
		if got := s.seen()[i].UserAgent(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// FuzzReply holds that no reply makes a client panic, and that only what says
// yes in so many words is taken for a yes.
func FuzzReply(f *testing.F) {
	f.Add(200, created)
	f.Add(400, `{"Code":7,"Message":{}}`)
	f.Add(200, `{"Success":true,"Success":false,"RestoreTaskId":"s1"}`)
	f.Add(200, list(2, task("s1", 1)))
	f.Add(302, "\x1b]0;")
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 100 || status > 999 {
			return // net/http lets no other pass
		}
		o := options("http://127.0.0.1:1")
		o.Transport = answering(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
		c := client(t, o)
		id, err := create(t, c)
		if err == nil && (status != 200 || !strings.Contains(body, id) || !strings.Contains(body, "true")) {
			t.Errorf("got %q of HTTP %d %q, want an error", id, status, body)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b\r\n\x00") {
			t.Errorf("got %q, want no control characters", err)
		}
	})
}
