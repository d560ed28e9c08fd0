package emulator_test

import (
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// needNode returns the folder of the test that node runs, and skips where it
// cannot be run. In CI, where there is node, it is never left out in silence.
func needNode(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join("..", "..", "..", "testdata", "clients", "node")
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not on the PATH; with Node and npm installed, make node-client prepares this test")
	}
	// The go command sees what this test looks at, but not what node reads: without
	// these two, a result from before a change would be taken from its cache.
	if _, err := os.Stat(filepath.Join(dir, "restore.test.mjs")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err != nil {
		const how = "the vendor's Node client is not installed; make node-client does it"
		if os.Getenv("CI") != "" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	return dir
}

func TestNodeClientRestores(t *testing.T) {
	dir := needNode(t)
	d := open(t, emulator.Options{TimeScale: 100})
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec", "restore.test.mjs")
	node.Dir = dir
	node.WaitDelay = 5 * time.Second // node runs the file in a process of its own, which outlives a kill
	node.Env = append(node.Environ(), "DBSRESTORE_ENDPOINT="+s.URL,
		"ALIBABA_CLOUD_ACCESS_KEY_ID=emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator")
	if out, err := node.CombinedOutput(); err != nil {
		t.Fatalf("node --test: got %v, want success\n%s", err, out)
	}

	r := d.Summary()
	if r.Created != 2 || r.Started != 2 {
		t.Fatalf("got %d tasks created and %d started, want 2 and 2", r.Created, r.Started)
	}
	for i, name := range []string{"orders *~+ POST", "orders *~+ GET"} {
		if got := r.Tasks[i]; got.Name != name || got.Status != "finish" || len(got.Databases) != 1 {
			t.Errorf("got %+v, want task %q finished with one database", got, name)
		}
	}
}
