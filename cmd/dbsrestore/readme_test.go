package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/cli"
)

// command runs a command line that needs neither service nor terminal.
func command(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = cli.Main(context.Background(), args, cli.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return status, out.String(), errs.String()
}

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheManifestInTheReadmeIsValid(t *testing.T) {
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(readme(t))
	if block == nil {
		t.Fatal("README.md shows no manifest")
	}
	dir := t.TempDir()
	files := map[string]string{
		"readme.yaml":           block[1],
		"inventory/tenants.csv": "tenant,plan\nacme,dbs1acme\nglobex,dbs1globex\n",
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	status, stdout, stderr := command(t, "validate", filepath.Join(dir, "readme.yaml"))
	if status != 0 || !strings.Contains(stdout, "valid, 3 restores") {
		t.Errorf("got status %d\n%s%s", status, stdout, stderr)
	}
}

func TestTheReadmeHasTheExitStatusesOfTheCommand(t *testing.T) {
	_, help, _ := command(t, "help", "exit-status")
	text := strings.NewReplacer("`", "", "130, 143 |", "130 |").Replace(readme(t))
	rows := regexp.MustCompile(`(?m)^ +(\d+)  (.*)$`).FindAllStringSubmatch(help, -1)
	if len(rows) < 10 {
		t.Fatalf("help exit-status prints %d statuses:\n%s", len(rows), help)
	}
	for _, row := range rows {
		if row[1] == "130" || row[1] == "143" {
			continue // the README has them in one row
		}
		if want := "| " + row[1] + " | " + row[2] + " |"; !strings.Contains(text, want) {
			t.Errorf("README.md lacks the row %q", want)
		}
	}
}

func TestTheReadmeNamesEveryVerbAndTopic(t *testing.T) {
	_, help, _ := command(t, "help")
	verbs := regexp.MustCompile(`(?m)^  (?:dbsrestore )?([a-z-]+) {2,}`).FindAllStringSubmatch(help, -1)
	if len(verbs) < 9 {
		t.Fatalf("help lists %d verbs:\n%s", len(verbs), help)
	}
	text := readme(t)
	for _, v := range verbs {
		if !strings.Contains(text, "`"+v[1]) {
			t.Errorf("README.md does not name %s", v[1])
		}
	}
}

func TestEveryExampleIsValid(t *testing.T) {
	examples, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(examples) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, example := range examples {
		if status, stdout, stderr := command(t, "validate", example); status != 0 {
			t.Errorf("%s: status %d\n%s%s", example, status, stdout, stderr)
		}
	}
}

func TestTheHelpOnTemplatesNamesEveryFunction(t *testing.T) {
	file := filepath.Join(t.TempDir(), "m.yaml")
	manifest := `{version: 1, name: x, restores: [{name: a, backupPlanId: dbs1x, region: cn-hangzhou, at: latest, databases: [a], rename: "{{ nosuch .db }}",
  destination: {instanceType: Other, ip: 10.0.0.1, port: 3306, userName: u, password: {env: P}}}]}`
	if err := os.WriteFile(file, []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	_, _, stderr := command(t, "validate", file)
	_, list, found := strings.Cut(stderr, "hint: there are ")
	if !found {
		t.Fatalf("an unknown function is not answered with those that there are:\n%s", stderr)
	}
	list, _, _ = strings.Cut(list, "\n")
	_, help, _ := command(t, "help", "templates")
	for name := range strings.SplitSeq(list, ", ") {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(help) {
			t.Errorf("help templates does not name %s", name)
		}
	}
}
