package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

const (
	latency      = 20 * time.Millisecond // of a call
	restoreTime  = 2 * time.Second       // of a restore
	pollInterval = 200 * time.Millisecond

	backupPlans = 10 // as all contenders have it
	instances   = 20

	accessKeyID, accessKeySecret = "runner", "made-up"
)

// backupPlans is how many the restores are of: many, where dbsrestore restores
// thousands alone, as nobody does that from one within minutes.
func (j job) backupPlans() int {
	if j.alone {
		return max(backupPlans, j.n/100)
	}
	return backupPlans
}

// planOf and instanceOf say what restore number i restores, and where to.
func (j job) planOf(i int) string { return fmt.Sprintf("dbs1bench%02d", i%j.backupPlans()) }
func instanceOf(i int) string     { return fmt.Sprintf("rm-bench%02d", i%instances) }

// world is what the emulator serves.
func (j job) world() string {
	length, delay := restoreTime, fmt.Sprintf("\nfaults: {seed: 1, rules: [{fault: delay, for: %s}]}", latency)
	if j.instant {
		length, delay = 0, ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `version: 1
accounts: [{id: "1000000000000001", accessKeys: [{id: %s, secret: %s}]}]
speed: {minDuration: %s, precheck: 0s}%s
`, accessKeyID, accessKeySecret, length, delay)
	b.WriteString("backupPlans:\n")
	for i := range j.backupPlans() {
		fmt.Fprintf(&b, `  - {id: %s, name: bench%[2]d, region: cn-hangzhou, databaseType: MySQL, created: -90d, databases: [{name: shop, size: 1GiB}],
     source: {instanceId: rm-source%[2]d, ipPort: "10.%d.%d.9:3306"}, ranges: [{from: -30d}], schedule: {days: 7}}
`, j.planOf(i), i, i/250, i%250)
	}
	b.WriteString("destinations:\n")
	for i := range instances {
		fmt.Fprintf(&b, "  - {id: %s}\n", instanceOf(i))
	}
	return b.String()
}

// build compiles the command, as it is released, and the loop over the SDK.
func build(ctx context.Context, dir string) error {
	cmd := command(ctx, "go", "build", "-trimpath", "-o", dir, "./cmd/dbsrestore", "./cmd/bench/testdata/loop")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	return cmd.Run()
}

// service is an emulator in a process of its own.
type service struct {
	endpoint string
	cmd      *exec.Cmd
}

func serve(ctx context.Context, j job) (*service, error) {
	for _, old := range []string{"record"} {
		if err := os.Remove(j.file(old)); err != nil && !os.IsNotExist(err) {
			return nil, err
		}
	}
	if err := j.write("world.yaml", j.world()); err != nil {
		return nil, err
	}
	cmd := command(ctx, j.file("dbsrestore"), "emulator", "-q", "--world", j.file("world.yaml"))
	if !j.instant { // nobody reads the record of so many calls
		cmd.Args = append(cmd.Args, "--record", j.file("record"))
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &service{cmd: cmd}
	lines := bufio.NewScanner(out)
	for s.endpoint == "" && lines.Scan() {
		_, s.endpoint, _ = strings.Cut(lines.Text(), "DBS emulator at ")
	}
	if s.endpoint == "" {
		return nil, errors.Join(errors.New("the emulator told no address"), lines.Err(), s.stop())
	}
	go func() { // what it says further is not read by anybody
		for lines.Scan() {
			continue
		}
	}()
	return s, nil
}

// serving calls f with a job at an emulator, and returns what that has done.
func serving(ctx context.Context, j job, f func(job) error) (sum emulator.Summary, err error) {
	s, err := serve(ctx, j)
	if err != nil {
		return sum, err
	}
	j.endpoint = s.endpoint
	if err = f(j); err == nil {
		sum, err = s.summary(ctx)
	}
	return sum, errors.Join(err, s.stop())
}

func (s *service) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// summary asks the emulator what it has done.
func (s *service) summary(ctx context.Context) (sum emulator.Summary, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.endpoint+emulator.AdminPath+"tasks", nil)
	if err != nil {
		return sum, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return sum, err
	}
	defer answer.Body.Close()
	return sum, json.NewDecoder(answer.Body).Decode(&sum)
}

// readRecord reads what the emulator was asked.
func readRecord(file string) (entries []emulator.Entry, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := json.NewDecoder(f)
	for lines.More() {
		var e emulator.Entry
		if err := lines.Decode(&e); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}
