package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const examples = "../../examples/"

func example(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(examples + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// commandLines are the lines in which an example calls dbsrestore.
var commandLines = regexp.MustCompile(`(?m)(?:^|[ /])dbsrestore (plan|show|apply|report|validate|status|retry|watch|runs|emulator)\b([^\n#>]*)`)

func TestExamplesCallWhatThereIs(t *testing.T) {
	for _, name := range []string{
		"pull-request/github/plan.yml", "pull-request/github/apply.yml", "pull-request/gitlab/.gitlab-ci.yml",
		"nightly/crontab", "nightly/dbsrestore-staging.service",
	} {
		lines := commandLines.FindAllStringSubmatch(example(t, name), -1)
		if len(lines) == 0 {
			t.Errorf("%s does not call dbsrestore", name)
		}
		for _, line := range lines {
			checkFlags(t, name, line[1], strings.Fields(line[2]))
		}
	}
	var job struct {
		Spec struct {
			JobTemplate struct {
				Spec struct {
					Template struct {
						Spec struct{ Containers []struct{ Args []string } }
					}
				}
			} `yaml:"jobTemplate"`
		}
	}
	if err := yaml.Unmarshal([]byte(example(t, "nightly/cronjob.yaml")), &job); err != nil {
		t.Fatal(err)
	}
	args := job.Spec.JobTemplate.Spec.Template.Spec.Containers[0].Args
	checkFlags(t, "nightly/cronjob.yaml", args[0], args[1:])
}

// checkFlags fails the test when a verb has not the flags that a line gives it.
func checkFlags(t *testing.T, where, verb string, words []string) {
	t.Helper()
	_, help, _ := command(t, "help", verb)
	for _, word := range words {
		flag, _, _ := strings.Cut(word, "=")
		if !strings.HasPrefix(flag, "-") || flag == "-" {
			continue
		}
		if !regexp.MustCompile(`(?m)(^|[ ,])` + regexp.QuoteMeta(flag) + `[ ,]`).MatchString(help) {
			t.Errorf("%s: dbsrestore %s has no flag %s", where, verb, flag)
		}
	}
}

func TestTheUnitsAreThoseOfSystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here")
	}
	dir := t.TempDir()
	for _, name := range []string{"dbsrestore-staging.service", "dbsrestore-staging.timer"} {
		unit := strings.Replace(example(t, "nightly/"+name), "/usr/local/bin/dbsrestore", "/bin/true", 1) // verify wants it there
		if err := os.WriteFile(filepath.Join(dir, name), []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(analyze, "verify", filepath.Join(dir, name)).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestTheCronJobIsOneOfKubernetes(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the types of Kubernetes")
	}
	file, err := filepath.Abs(examples + "nightly/cronjob.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const checker = "../../testdata/clients/kubernetes" // a module of its own: nothing of ours needs these types
	if out, err := exec.Command("go", "-C", checker, "mod", "download").CombinedOutput(); err != nil {
		if os.Getenv("CI") == "" {
			t.Skipf("its modules are not here: %s", out)
		}
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command("go", "-C", checker, "run", ".", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestGitLabsFileHasWhatGitLabKnows(t *testing.T) {
	var file map[string]yaml.Node
	if err := yaml.Unmarshal([]byte(example(t, "pull-request/gitlab/.gitlab-ci.yml")), &file); err != nil {
		t.Fatal(err)
	}
	keywords := []string{"extends", "stage", "rules", "variables", "script", "before_script", "after_script", "artifacts",
		"resource_group", "environment", "timeout", "image"}
	jobs := 0
	for name, node := range file {
		if name == "stages" || name == "variables" {
			continue
		}
		jobs++
		var job map[string]any
		if err := node.Decode(&job); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key := range job {
			if !slices.Contains(keywords, key) {
				t.Errorf("%s has %s, which is no keyword of a job", name, key)
			}
		}
	}
	if jobs != 3 {
		t.Errorf("got %d jobs, want 3", jobs)
	}
}

func TestThePoliciesAllowWhatIsCalled(t *testing.T) {
	actions := func(name string) (all []string) {
		var policy struct {
			Version   string
			Statement []struct {
				Effect   string
				Action   []string
				Resource string
			}
		}
		if err := json.Unmarshal([]byte(example(t, "ram/"+name)), &policy); err != nil {
			t.Fatal(err)
		}
		if policy.Version != "1" || len(policy.Statement) != 1 || policy.Statement[0].Effect != "Allow" {
			t.Fatalf("%s: got %+v", name, policy)
		}
		for _, a := range policy.Statement[0].Action {
			all = append(all, strings.TrimPrefix(a, "dbs:"))
		}
		return all
	}
	planner, runner := actions("planner.json"), actions("runner.json")
	for _, a := range planner {
		if !strings.HasPrefix(a, "Describe") {
			t.Errorf("the planner may %s", a)
		}
		if !slices.Contains(runner, a) {
			t.Errorf("the runner may not %s, though it plans too", a)
		}
	}
	source := regexp.MustCompile(`\bdbs\.Create([A-Z]\w+)Request\(`)
	files, err := filepath.Glob("../../runner/dbs/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var called []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range source.FindAllStringSubmatch(string(text), -1) {
			called = append(called, m[1])
		}
	}
	slices.Sort(called)
	called = slices.Compact(called)
	slices.Sort(runner)
	if !slices.Equal(called, runner) {
		t.Errorf("called are %v\nallowed are %v", called, runner)
	}
}
