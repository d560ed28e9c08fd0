package emulator_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// checked is how a precheck that ended well is looked at.
const checked = "; precheck finish 100% finish finish finish"

// changed returns an emulator with a task that was started now, and kept in a
// directory.
func changed(t *testing.T) (c *caller, o emulator.Options, id string) {
	t.Helper()
	o = emulator.Options{World: slow(), Dir: filepath.Join(t.TempDir(), "dbs")}
	c = &caller{t: t, to: open(t, o)}
	id = c.create()
	c.start(id)
	return c, o, id
}

// change lets somebody else do something to a task.
func (c *caller) change(id, word string) {
	c.t.Helper()
	if err := c.to.(*emulator.DBS).Change(id, word); err != nil {
		c.t.Fatal(err)
	}
}

// reopen closes the emulator of a caller and opens it again.
func (c *caller) reopen(t *testing.T, o emulator.Options) {
	t.Helper()
	if err := c.to.(*emulator.DBS).Close(); err != nil {
		t.Fatal(err)
	}
	c.to = open(t, o)
}

// lives are what others do to a task that was started at 0 s. Its restore runs
// from 30 s to 130 s. Lines are "second: what is seen" and "second! change".
var lives = map[string]string{
	"pausing freezes progress, and resuming shifts the end": `
		70! pause
		70:   pause 100/46/0/0
		3600: pause 100/46/0/0
		3600! resume
		3600: running 100/46/0/0
		3635: running 100/93/0/0
		3659: running 100/100/100/90
		3660: finish 100/100/100/100`,
	"pausing twice adds up": `
		40! pause
		140! resume
		150! pause
		250! resume
		250: running 100/20/0/0
		329: running 100/100/100/90
		330: finish 100/100/100/100`,
	"what runs is stopped where it is": `
		70! stop
		70:   stop 100/46/0/0
		3600: stop 100/46/0/0`,
	"what pauses is stopped where it paused": `
		70! pause
		1000! stop
		1000: stop 100/46/0/0
		3600: stop 100/46/0/0`,
	"what was paused and resumed is stopped where it is": `
		70! pause
		170! resume
		180! stop
		180:  stop 100/60/0/0
		3600: stop 100/60/0/0`,
}

// live holds a task against a life, and calls then before each look.
func (c *caller) live(id, life string, then func()) {
	c.t.Helper()
	began := time.Now()
	for line := range strings.Lines(strings.TrimSpace(life)) {
		line = strings.TrimSpace(line)
		i := strings.IndexAny(line, ":!")
		at, err := time.ParseDuration(line[:i] + "s")
		if err != nil {
			c.t.Fatal(err)
		}
		time.Sleep(time.Until(began.Add(at)))
		word := strings.TrimSpace(line[i+1:])
		if line[i] == '!' {
			c.change(id, word)
			continue
		}
		then()
		if got, want := c.look(id), word+checked; got != want {
			c.t.Errorf("got %q after %v, want %q", got, at, want)
		}
	}
}

func TestLivesThatOthersChange(t *testing.T) {
	for name, life := range lives {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _, id := changed(t)
				c.live(id, life, func() {})
			})
		})
		t.Run(name+", over restarts", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, o, id := changed(t)
				c.live(id, life, func() { c.reopen(t, o) })
			})
		})
	}
}

func TestAStoppedTaskSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, o, id := changed(t)
		time.Sleep(70 * time.Second)
		c.change(id, "stop")
		stopped := time.Now()
		time.Sleep(time.Hour)
		for range 2 {
			task := c.task(id)
			if got, want := task["RestoreTaskFinishTime"], float64(stopped.UnixMilli()); got != want {
				t.Errorf("got finish time %v, want %v", got, want)
			}
			if got, want := task["ErrMessage"], "Somebody else did it."; got != want {
				t.Errorf("got message %q, want %q", got, want)
			}
			if got, want := c.errorCode(id, "en"), "DBS.JobStopped stop restore: The job was stopped."; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if s := c.to.(*emulator.DBS).Summary().Tasks[0]; !s.Finished.Equal(stopped) || len(s.Databases) != 0 || s.Status != "stop" {
				t.Errorf("got %+v, want it stopped at %v without databases", s, stopped)
			}
			c.reopen(t, o)
		}
		// It gives back the names that it took.
		again := c.create()
		c.start(again)
		c.follow(again, "130: finish 100/100/100/100"+checked)
	})
}

func TestAnyoneMayStartATask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := emulator.Options{World: slow(), Dir: filepath.Join(t.TempDir(), "dbs")}
		c := &caller{t: t, to: open(t, o)}
		id := c.create()
		c.change(id, "start")
		c.reopen(t, o)
		if a := c.call("StartRestoreTask", map[string]string{"RestoreTaskId": id}); a.code() != "InvalidParameter" {
			t.Errorf("got %s, want that it was started already", a.Body)
		}
		c.follow(id, `
			29:  init 0/0/0/0; precheck running 66% finish finish running
			130: finish 100/100/100/100`+checked)
		if s := c.to.(*emulator.DBS).Summary(); s.Started != 1 || s.Tasks[0].Starts != 1 {
			t.Errorf("got %+v, want one start", s)
		}
	})
}

func TestARemovedTaskIsUnknownToEveryOperation(t *testing.T) {
	for _, stage := range []string{"that waits", "that runs", "that is over"} {
		t.Run("a task "+stage, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := emulator.Options{World: slow(), Dir: filepath.Join(t.TempDir(), "dbs")}
				c := &caller{t: t, to: open(t, o)}
				id, other := c.create("ClientToken", "t"), c.create("RestoreTaskName", "other")
				if stage != "that waits" {
					c.start(id)
					time.Sleep(map[string]time.Duration{"that runs": time.Minute, "that is over": time.Hour}[stage])
				}
				c.change(id, "remove")
				for range 2 {
					byID := map[string]string{"RestoreTaskId": id}
					for action, params := range map[string]map[string]string{
						"StartRestoreTask": byID, "DescribePreCheckProgressList": byID, "DescribeJobErrorCode": {"TaskId": id},
					} {
						if a := c.call(action, params); a.code() != "InvalidParameterValid" {
							t.Errorf("got %s from %s, want InvalidParameterValid", a.Body, action)
						}
					}
					if a := c.call("DescribeRestoreTaskList", byID); !a.Success || a.TotalElements != 0 {
						t.Errorf("got %s by id, want nothing", a.Body)
					}
					a := c.call("DescribeRestoreTaskList", map[string]string{"BackupPlanId": "dbs1demomysql01"})
					if a.TotalElements != 1 || a.Items.RestoreTaskDetail[0]["RestoreTaskId"] != other {
						t.Errorf("got %s by plan, want %s alone", a.Body, other)
					}
					for _, word := range world.Changes {
						if err := c.to.(*emulator.DBS).Change(id, word); err == nil || !strings.Contains(err.Error(), "no such task") {
							t.Errorf("got %v for %s, want that there is no such task", err, word)
						}
					}
					if s := c.to.(*emulator.DBS).Summary(); s.Created != 2 || !s.Tasks[0].Removed || s.Tasks[1].Removed {
						t.Errorf("got %+v, want two tasks, the first removed", s)
					}
					c.reopen(t, o)
				}
			})
		})
	}
}

func TestChangesThatCannotBeDoneAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, refused string
		to            func(c *caller, id string)
		status        string
	}{
		{"that waits", "pause resume stop", func(*caller, string) {}, "init"},
		{"that is checked", "start pause resume", func(c *caller, id string) { c.start(id) }, "init"},
		{"that runs", "start resume", func(c *caller, id string) { c.start(id); time.Sleep(time.Minute) }, "running"},
		{"that pauses", "start pause", func(c *caller, id string) { c.start(id); time.Sleep(time.Minute); c.change(id, "pause") }, "pause"},
		{"that was stopped", "start pause resume stop", func(c *caller, id string) { c.start(id); time.Sleep(time.Minute); c.change(id, "stop") }, "stop"},
		{"that is over", "start pause resume stop", func(c *caller, id string) { c.start(id); time.Sleep(time.Hour) }, "finish"},
	} {
		t.Run("a task "+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &caller{t: t, to: open(t, emulator.Options{World: slow()})}
				id := c.create()
				tt.to(c, id)
				before := c.look(id)
				for _, word := range append(strings.Fields(tt.refused), "", "destroy") {
					err := c.to.(*emulator.DBS).Change(id, word)
					if want := fmt.Sprintf("task %s is %s: it cannot be changed by %q", id, tt.status, word); err == nil || err.Error() != want {
						t.Errorf("got %v, want %s", err, want)
					}
				}
				if got := c.look(id); got != before {
					t.Errorf("got %q, want %q: nothing was done", got, before)
				}
				c.change(id, "remove") // can always be done
			})
		})
	}
	d := open(t, emulator.Options{})
	if err := d.Change("s1unknown", "stop"); err == nil || err.Error() != "s1unknown: there is no such task" {
		t.Errorf("got %v, want that there is no such task", err)
	}
}

func TestAFailedPrecheckMayBeStartedByOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{t: t, to: open(t, emulator.Options{World: slow()})}
		id := c.create("RestoreObjects", `[{"DBName":"nothing"}]`)
		c.start(id)
		time.Sleep(time.Hour)
		c.change(id, "start")
		if got, want := c.look(id), "init 0/0/0/0; precheck running 0% running init init"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestPeakActiveWithChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := emulator.Options{World: slow(), Dir: filepath.Join(t.TempDir(), "dbs")}
		c := &caller{t: t, to: open(t, o)}
		n := 0
		begin := func() string {
			n++
			id := c.create("RestoreObjects", fmt.Sprintf(`[{"DBName":"orders","NewDBName":"o%d"}]`, n))
			c.start(id)
			return id
		}
		peak := func(want int, why string) {
			t.Helper()
			for _, when := range []string{"", " after a restart"} {
				if got := c.to.(*emulator.DBS).Summary().PeakActive; got != want {
					t.Errorf("got a peak of %d%s, want %d: %s", got, when, want, why)
				}
				c.reopen(t, o)
			}
		}
		stopped, removed := begin(), begin()
		time.Sleep(time.Minute)
		c.change(stopped, "stop")
		c.change(removed, "remove")
		time.Sleep(time.Second)
		begin()
		begin()
		peak(2, "what was stopped or removed is over")
		time.Sleep(time.Hour)
		paused := begin()
		time.Sleep(time.Minute)
		c.change(paused, "pause")
		time.Sleep(time.Hour)
		begin()
		begin()
		peak(3, "what pauses is not over")
		time.Sleep(time.Hour)
		c.change(paused, "resume")
		time.Sleep(69 * time.Second)
		begin()
		begin()
		begin()
		peak(4, "what was resumed is not over")
		time.Sleep(time.Hour)
		for range 4 {
			begin()
		}
		peak(4, "what was resumed is over in the end")
	})
}
