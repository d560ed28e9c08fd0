package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// gitlab has what the jobs of the example ask of GitLab: the notes of a merge
// request, the merge request of a commit, and the plan that a job has kept.
type gitlab struct {
	mu    sync.Mutex
	notes []string
	plan  []byte
}

func (g *gitlab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	const project = "/projects/5/"
	switch call := r.Method + " " + strings.TrimPrefix(r.URL.EscapedPath(), project); {
	case r.Header.Get("PRIVATE-TOKEN") != "made-up":
		w.WriteHeader(http.StatusUnauthorized)
	case call == "GET merge_requests/7/notes":
		var notes []string
		for i, body := range g.notes {
			notes = append(notes, fmt.Sprintf(`{"id":%d,"body":%q}`, i+1, body))
		}
		fmt.Fprintf(w, "[%s]", strings.Join(notes, ","))
	case call == "POST merge_requests/7/notes":
		g.notes = append(g.notes, r.PostFormValue("body"))
		_, _ = io.WriteString(w, "{}")
	case call == "PUT merge_requests/7/notes/1":
		g.notes[0] = r.PostFormValue("body")
		_, _ = io.WriteString(w, "{}")
	case call == "GET repository/commits/merged/merge_requests":
		_, _ = io.WriteString(w, `[{"iid":7}]`)
	case call == "GET jobs/artifacts/refs%2Fmerge-requests%2F7%2Fhead/raw/plan.json" && r.URL.Query().Get("job") == "restore-plan":
		_, _ = w.Write(g.plan)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// The scripts of the jobs are run as a runner does; only what they install is there
// already.
func TestGitLabsJobsApplyWhatWasReviewed(t *testing.T) {
	for _, program := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no %s here", program)
		}
	}
	type job struct {
		Before []string `yaml:"before_script"`
		Script []string
	}
	var jobs map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(example(t, "pull-request/gitlab/.gitlab-ci.yml")), &jobs); err != nil {
		t.Fatal(err)
	}
	read := func(name string) (j job) {
		node := jobs[name]
		if err := node.Decode(&j); err != nil {
			t.Fatal(err)
		}
		return j
	}
	service, err := emulator.New(emulator.Options{TimeScale: 20})
	if err != nil {
		t.Fatal(err)
	}
	dbs := httptest.NewServer(service)
	defer dbs.Close()
	g := &gitlab{}
	api := httptest.NewServer(g)
	defer api.Close()
	dir := t.TempDir()
	manifest := filepath.Join(dir, "staging.yaml")
	if err := os.WriteFile(manifest, []byte(example(t, "quickstart.yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(name, commit string) (out string, ok bool) {
		var lines []string
		for _, line := range read(".dbsrestore").Before {
			if !strings.HasPrefix(line, "go ") && !strings.HasPrefix(line, "apt-get ") {
				lines = append(lines, line)
			}
		}
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", strings.Join(append(lines, read(name).Script...), "\n"))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+dir, "MANIFEST="+manifest, "DRILL_PASSWORD=made-up",
			"CI_API_V4_URL="+api.URL, "CI_PROJECT_ID=5", "CI_MERGE_REQUEST_IID=7", "CI_COMMIT_SHA="+commit, "API_TOKEN=made-up",
			"DBSRESTORE_ENDPOINT="+dbs.URL, "ALIBABA_CLOUD_ACCESS_KEY_ID=emulator", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator")
		all, err := cmd.CombinedOutput()
		g.mu.Lock() // what it asked for is done
		defer g.mu.Unlock()
		return string(all), err == nil
	}

	for range 2 { // the second push of the merge request updates the comment
		if out, ok := run("restore-plan", "head"); !ok {
			t.Fatal(out)
		}
	}
	if len(g.notes) != 1 || !strings.Contains(g.notes[0], "run `head`") {
		t.Errorf("got the comments %.200q, want one with the plan", g.notes)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	g.plan = kept
	g.mu.Unlock()
	if err := os.Remove(filepath.Join(dir, "plan.json")); err != nil {
		t.Fatal(err)
	}
	if out, ok := run("restore-apply", "merged"); !ok || !strings.Contains(out, "run head") {
		t.Errorf("got\n%s\nwant run head carried out", out)
	}
	if n := len(service.Summary().Tasks); n != 12 {
		t.Errorf("got %d restore tasks, want 12", n)
	}
	changed := strings.Replace(example(t, "quickstart.yaml"), "name: orders\n", "name: orders2\n", 1)
	if err := os.WriteFile(manifest, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, ok := run("restore-apply", "merged"); ok || len(service.Summary().Tasks) != 12 {
		t.Errorf("got\n%s\nwant a manifest refused that was not reviewed", out)
	}
}
