package dbs_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/runner/dbs"
)

// TestMain lets a test run this binary again as a program of its own, for what
// is read from the environment once per process.
func TestMain(m *testing.M) {
	if endpoint := os.Getenv("DBS_TEST_CREATE"); endpoint != "" {
		os.Exit(createAlone(endpoint))
	}
	os.Exit(m.Run())
}

func createAlone(endpoint string) int {
	c, err := dbs.New(options(endpoint))
	if err == nil {
		_, err = c.CreateRestoreTask(context.Background(), hangzhou, attempt, orders, fromEnv)
	}
	fmt.Println("result:", err)
	return 0
}

// alone runs createAlone in a process of its own and returns what it wrote.
func alone(t *testing.T, endpoint string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(env, "DBS_TEST_CREATE="+endpoint, "HOME="+t.TempDir(), "GOCOVERDIR="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestDebugOfTheSDKPrintsNothing(t *testing.T) {
	s := serve(t, always(200, created))
	if got, want := alone(t, s.URL, "DEBUG=sdk"), "result: <nil>\n"; got != want {
		t.Errorf("got output %q, want %q", got, want)
	}
}

func TestOnlyHTTPSGoesThroughAProxy(t *testing.T) {
	proxy := serve(t, always(http.StatusProxyAuthRequired, ""))
	s := serve(t, always(200, created))
	env := strings.Replace(proxy.URL, "http://", "=http://user:canary@", 1)

	t.Run("a loopback endpoint is reached directly", func(t *testing.T) {
		got := alone(t, s.URL, "HTTP_PROXY"+env, "HTTPS_PROXY"+env, "http_proxy"+env)
		if want := "result: <nil>\n"; got != want || len(proxy.seen()) != 0 {
			t.Errorf("got %q and %d requests at the proxy, want %q and none", got, len(proxy.seen()), want)
		}
	})
	t.Run("a refusing proxy means that nothing was sent", func(t *testing.T) {
		got := alone(t, "https://dbs.example.com", "HTTPS_PROXY"+env)
		wantText(t, got, "CreateRestoreTask: Connect: no connection to dbs.example.com through the proxy 127.0.0.1:")
		if n := len(proxy.seen()); n != 1 || strings.Contains(got, "canary") {
			t.Errorf("got %q and %d requests at the proxy, want 1 and no password", got, n)
		}
	})
}

func TestAFailingProgramWritesNoSecret(t *testing.T) {
	s := serve(t, always(500, `{"Code":"InternalError","Message":"`+password+`"}`))
	got := alone(t, s.URL, "DEBUG=sdk")
	if want := "result: CreateRestoreTask: InternalError: REDACTED\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
