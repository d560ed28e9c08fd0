package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// figures are what one contender took for one job.
type figures struct {
	makespan float64       // over the ideal
	effects  float64       // creates and starts, a restore
	polls    float64       // questions about tasks that had been started, a restore
	others   float64       // other calls, a restore
	cpu      time.Duration // user and system, a restore
	memory   float64       // peak of the largest process, MiB
	p50, p99 time.Duration // from the end of a restore to the first answer that told it
	idle     float64       // share of the time that slots were empty while there was work
}

// ideal is the time that no scheduler can beat: rounds of restores and the two
// calls before the first of them.
func (j job) ideal() time.Duration {
	rounds := (j.n + j.inFlight - 1) / j.inFlight
	return time.Duration(rounds)*restoreTime + 2*latency
}

// measure has a contender do a job, and counts.
func measure(ctx context.Context, c contender, j job) (f figures, err error) {
	var took time.Duration
	sum, err := serving(ctx, j, func(j job) (err error) {
		f, took, err = perform(ctx, c, j)
		return err
	})
	if err != nil {
		return f, err
	}
	if err := check(sum, j.n); err != nil {
		return f, err
	}
	entries, err := readRecord(j.file("record"))
	if err != nil {
		return f, err
	}
	f.makespan = took.Seconds() / j.ideal().Seconds()
	f.count(entries, sum, j)
	f.slots(sum, j)
	return f, nil
}

// perform has a contender do a job and tells what its process took.
func perform(ctx context.Context, c contender, j job) (f figures, took time.Duration, err error) {
	if c.set != nil {
		if err := c.set(j); err != nil {
			return f, 0, err
		}
	}
	cmd := c.run(ctx, j)
	if cmd.Env == nil {
		cmd.Env = cmd.Environ()
	}
	cmd.Env = append(cmd.Env, "ALIBABA_CLOUD_ACCESS_KEY_ID="+accessKeyID, "ALIBABA_CLOUD_ACCESS_KEY_SECRET="+accessKeySecret)
	begun := time.Now()
	if err := cmd.Run(); err != nil {
		return f, 0, err
	}
	took = time.Since(begun)
	f.spend(cmd, j)
	return f, took, nil
}

// check says whether so many restores were made, each once.
func check(sum emulator.Summary, n int) error {
	if len(sum.Tasks) != n {
		return fmt.Errorf("%d tasks were made, want %d", len(sum.Tasks), n)
	}
	for _, t := range sum.Tasks {
		if t.Starts != 1 || t.Finished.IsZero() {
			return fmt.Errorf("task %s was started %d times and is %s", t.ID, t.Starts, t.Status)
		}
	}
	return nil
}

// spend notes what the process took, with those that it waited for.
func (f *figures) spend(cmd *exec.Cmd, j job) {
	state := cmd.ProcessState
	f.cpu = (state.UserTime() + state.SystemTime()) / time.Duration(j.n)
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		f.memory = float64(usage.Maxrss) / 1024
	}
}

// count counts calls, and finds for each task the first question after its end
// that was about it.
func (f *figures) count(entries []emulator.Entry, sum emulator.Summary, j job) {
	started := map[string]bool{}
	ends := map[string]time.Time{} // of tasks whose end nobody has been told
	for _, t := range sum.Tasks {
		ends[t.ID] = t.Finished
	}
	var delays []time.Duration
	effects, polls, others := 0, 0, 0
	for _, e := range entries {
		ids := strings.Split(e.Parameters["RestoreTaskId"], ",")
		switch {
		case e.Operation == "CreateRestoreTask":
			effects++
		case e.Operation == "StartRestoreTask":
			effects++
			started[ids[0]] = true
		case e.Operation == "DescribeRestoreTaskList" && started[ids[0]]:
			polls++
			for _, id := range ids {
				if end, waits := ends[id]; waits && !e.At.Before(end) {
					delays = append(delays, e.At.Sub(end))
					delete(ends, id)
				}
			}
		default:
			others++
		}
	}
	n := float64(j.n)
	f.effects, f.polls, f.others = float64(effects)/n, float64(polls)/n, float64(others)/n
	if slices.Sort(delays); len(delays) > 0 {
		f.p50, f.p99 = delays[len(delays)/2], delays[len(delays)*99/100]
	}
}

// slots notes how much of the slots' time no restore ran.
func (f *figures) slots(sum emulator.Summary, j job) {
	first, last, busy := time.Time{}, time.Time{}, time.Duration(0)
	for _, t := range sum.Tasks {
		busy += t.Finished.Sub(t.Started)
		if first.IsZero() || t.Started.Before(first) {
			first = t.Started
		}
		if t.Finished.After(last) {
			last = t.Finished
		}
	}
	slots := min(j.inFlight, j.n)
	f.idle = 1 - busy.Seconds()/(float64(slots)*last.Sub(first).Seconds())
}
