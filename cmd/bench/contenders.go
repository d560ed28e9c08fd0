package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// job is what a contender is to do: n restores, so many at a time, in a
// directory of its own.
type job struct {
	dir         string
	n, inFlight int
	instant     bool   // calls and restores take no time
	alone       bool   // nobody is compared
	key         string // of the run, "" for the manifest's
	endpoint    string
}

// contender is a way to restore many databases.
type contender struct {
	name   string
	absent string                               // why it cannot be measured here, "" when it can
	set    func(job) error                      // up what it needs; not measured
	run    func(context.Context, job) *exec.Cmd // is measured
}

const ourName = "dbsrestore"

// contenders returns all that are compared. The plain loop over the vendor's SDK is what the
// others are compared with.
func contenders() []contender {
	return []contender{
		{name: ourName, set: writeManifest, run: ours},
		{name: "create-ahead", set: writeManifestAhead, run: ours},
		{name: "sdk", run: sdkLoop},
		{name: "node", absent: nodeAbsent(), set: writeNode, run: node},
		{name: "xargs-curl", absent: notOnPath("xargs", "curl", "openssl"), set: writeShell, run: xargs},
		{name: "xargs-aliyun", absent: notOnPath("xargs", "aliyun"), set: writeCLI, run: xargsCLI},
		{name: "terraform", absent: notOnPath("terraform", "curl", "openssl"), set: writeTerraform, run: terraform},
	}
}

func notOnPath(programs ...string) string {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			return p + " is not on the PATH"
		}
	}
	return ""
}

func (j job) file(name string) string { return filepath.Join(j.dir, name) }

func (j job) write(name, text string) error {
	return os.WriteFile(j.file(name), []byte(text), 0o700)
}

func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	return cmd
}

// writeManifest writes a manifest whose limits bind in nothing but how many are
// in flight.
func writeManifest(j job) error { return j.writeManifest(0) }

// writeManifestAhead writes one by which as many tasks are created ahead as are in
// flight.
func writeManifestAhead(j job) error { return j.writeManifest(j.inFlight) }

func (j job) writeManifest(ahead int) error {
	var rows strings.Builder
	rows.WriteString("id,plan,instance\n")
	for i := range j.n {
		fmt.Fprintf(&rows, "r%d,%s,%s\n", i, j.planOf(i), instanceOf(i))
	}
	if err := j.write("restores.csv", rows.String()); err != nil {
		return err
	}
	if err := os.RemoveAll(j.file("state")); err != nil {
		return err
	}
	return j.write("manifest.yaml", fmt.Sprintf(`version: 1
name: bench
limits: {inFlight: %d, createAhead: %[3]d, perDestination: %[1]d, perBackupPlan: %[1]d, requestsPerSecond: 1000, pollInterval: %[2]s}
restores:
  - name: r
    forEach: {csv: restores.csv, key: id}
    backupPlanId: "{{ .each.plan }}"
    region: cn-hangzhou
    at: latest
    databases: [shop]
    rename: "{{ .db }}_{{ .each.id }}_{{ .run }}"
    destination: {instanceType: RDS, region: cn-hangzhou, instanceId: "{{ .each.instance }}", userName: drill, password: {env: BENCH_PASSWORD}}
`, j.inFlight, pollInterval, ahead))
}

func ours(ctx context.Context, j job) *exec.Cmd {
	cmd := command(ctx, j.file("dbsrestore"), "apply", "--yes", "-q", "--endpoint", j.endpoint, "--state-dir", j.file("state"), "-f", j.file("manifest.yaml"))
	if j.key != "" {
		cmd.Args = append(cmd.Args, "--run", j.key)
	}
	cmd.Env = append(os.Environ(), "BENCH_PASSWORD=made-up")
	return cmd
}

func sdkLoop(ctx context.Context, j job) *exec.Cmd {
	return command(ctx, j.file("loop"), j.endpoint, strconv.Itoa(j.n), strconv.Itoa(j.inFlight), pollInterval.String())
}

//go:embed testdata/restore.mjs
var nodeScript string

const nodeClient = "testdata/clients/node/node_modules/@alicloud/pop-core"

func nodeAbsent() string {
	if _, err := os.Stat(nodeClient); err != nil {
		return "run make node-client first, and this at the top of the repository"
	}
	return notOnPath("node")
}

func writeNode(j job) error {
	client, err := filepath.Abs(filepath.Join(nodeClient, "..", ".."))
	if err != nil {
		return err
	}
	if err := os.Symlink(client, j.file("node_modules")); err != nil && !os.IsExist(err) {
		return err
	}
	return j.write("restore.mjs", nodeScript)
}

func node(ctx context.Context, j job) *exec.Cmd {
	return command(ctx, "node", j.file("restore.mjs"), j.endpoint, strconv.Itoa(j.n), strconv.Itoa(j.inFlight), pollInterval.String())
}

//go:embed testdata/restore.sh
var shellScript string

func writeShell(j job) error { return j.write("restore.sh", shellScript) }

func xargs(ctx context.Context, j job) *exec.Cmd { return each(ctx, j, "restore.sh") }

// each runs a script once for each restore.
func each(ctx context.Context, j job, script string) *exec.Cmd {
	return command(ctx, "sh", "-c", fmt.Sprintf("seq 0 %d | xargs -P %d -n 1 sh %s %s", j.n-1, j.inFlight, j.file(script), j.endpoint))
}

//go:embed testdata/cli.sh
var cliScript string

func writeCLI(j job) error { return j.write("cli.sh", cliScript) }

// xargsCLI runs the vendor's command line, which keeps its configuration in the
// home directory.
func xargsCLI(ctx context.Context, j job) *exec.Cmd {
	cmd := each(ctx, j, "cli.sh")
	cmd.Env = append(os.Environ(), "HOME="+j.dir, "ALIBABA_CLOUD_REGION_ID=cn-hangzhou")
	return cmd
}

// writeTerraform prepares one terraform_data for each restore, whose
// provisioner runs the same script as xargs does.
func writeTerraform(j job) error {
	for _, old := range []string{"terraform.tfstate", ".terraform.lock.hcl"} {
		if err := os.Remove(j.file(old)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	if err := writeShell(j); err != nil {
		return err
	}
	if err := j.write("main.tf", fmt.Sprintf(`resource "terraform_data" "restore" {
  count = %d
  provisioner "local-exec" {
    quiet   = true
    command = "sh %s %s ${count.index}"
  }
}
`, j.n, j.file("restore.sh"), j.endpoint)); err != nil {
		return err
	}
	return exec.Command("terraform", "-chdir="+j.dir, "init", "-input=false", "-no-color").Run()
}

func terraform(ctx context.Context, j job) *exec.Cmd {
	return command(ctx, "terraform", "-chdir="+j.dir, "apply", "-auto-approve", "-input=false", "-no-color", "-parallelism="+strconv.Itoa(j.inFlight))
}
