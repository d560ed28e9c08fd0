package emulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// slow returns the demo's world with a precheck of 30 s and a restore of orders
// of 100 s.
func slow() world.World {
	w := world.Demo(time.Now())
	w.Speed = world.Speed{Precheck: 30 * time.Second, MinDuration: 8 * time.Second, Throughput: 1 << 30}
	return w
}

// look returns how a task and its precheck stand, in one line.
func (c *caller) look(id string) string {
	c.t.Helper()
	task := c.task(id)
	check := c.call("DescribePreCheckProgressList", map[string]string{"RestoreTaskId": id})
	states := []string{}
	for _, item := range check.Items.PreCheckProgressDetail {
		states = append(states, item["State"].(string))
	}
	return fmt.Sprintf("%v %v/%v/%v/%v; precheck %s %d%% %s", task["RestoreStatus"],
		task["FullStruforeRestoreProgress"], task["FullDataRestoreProgress"],
		task["FullStruAfterRestoreProgress"], task["ContinuousRestoreProgress"],
		check.PrecheckStatus, check.Progress, strings.Join(states, " "))
}

// follow holds a task against lines of "second: look".
func (c *caller) follow(id, script string) {
	c.t.Helper()
	began := time.Now()
	for line := range strings.Lines(strings.TrimSpace(script)) {
		var second int
		at, want, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if _, err := fmt.Sscan(at, &second); err != nil {
			c.t.Fatal(err)
		}
		time.Sleep(time.Until(began.Add(time.Duration(second) * time.Second)))
		if got := c.look(id); got != strings.TrimSpace(want) {
			c.t.Errorf("got %q after %d s, want %q", got, second, want)
		}
	}
}

func TestLifeOfARestoreToATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{World: slow()})
		c := &caller{t: t, to: d}
		id := c.create()
		c.follow(id, `
			0:    init 0/0/0/0; precheck running 0% init init init
			3600: init 0/0/0/0; precheck running 0% init init init`)
		started := time.Now()
		c.start(id)
		c.follow(id, `
			0:   init 0/0/0/0; precheck running 0% running init init
			10:  init 0/0/0/0; precheck running 33% finish running init
			29:  init 0/0/0/0; precheck running 66% finish finish running
			30:  running 0/0/0/0; precheck finish 100% finish finish finish
			35:  running 100/0/0/0; precheck finish 100% finish finish finish
			65:  running 100/40/0/0; precheck finish 100% finish finish finish
			115: running 100/100/50/0; precheck finish 100% finish finish finish
			129: running 100/100/100/90; precheck finish 100% finish finish finish
			130: finish 100/100/100/100; precheck finish 100% finish finish finish
			999: finish 100/100/100/100; precheck finish 100% finish finish finish`)
		if got, want := c.task(id)["RestoreTaskFinishTime"], started.Add(130*time.Second).UnixMilli(); got != float64(want) {
			t.Errorf("got finish time %v, want %v", got, want)
		}
		r := d.Summary().Tasks[0]
		if r.Status != "finish" || r.Starts != 1 || !r.Started.Equal(started) || !slices.Equal(r.Databases, []string{"orders_drill"}) {
			t.Errorf("got record %+v", r)
		}
	})
}

func TestLifeOfARestoreOfABackupSetReplaysNoLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &caller{t: t, to: open(t, emulator.Options{World: slow(), TimeScale: 10})}
		set := "1ibdemomysql01" + time.Now().AddDate(0, 0, -1).UTC().Format("20060102")
		id := c.create("RestoreTime", "", "BackupSetId", set)
		c.start(id)
		c.follow(id, `
			2:  init 0/0/0/0; precheck running 66% finish finish running
			8:  running 100/52/0/0; precheck finish 100% finish finish finish
			13: finish 100/100/100/0; precheck finish 100% finish finish finish`)
	})
}

func TestLifeWithThePrecheckAtCreate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := slow()
		w.Behaviour.PrecheckAtCreate = true
		w.Behaviour.FinishWord = "completed"
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		id := c.create()
		c.follow(id, `
			1:  init 0/0/0/0; precheck running 0% running init init
			30: check_pass 0/0/0/0; precheck finish 100% finish finish finish`)
		c.start(id)
		c.follow(id, `
			0:   running 0/0/0/0; precheck finish 100% finish finish finish
			100: completed 100/100/100/100; precheck finish 100% finish finish finish`)

		early := c.create("RestoreObjects", `[{"DBName":"orders","NewDBName":"early"}]`)
		c.start(early)
		c.follow(early, `
			29:  init 0/0/0/0; precheck running 66% finish finish running
			30:  running 0/0/0/0; precheck finish 100% finish finish finish
			130: completed 100/100/100/100; precheck finish 100% finish finish finish`)
	})
}

func TestPrecheckFailures(t *testing.T) {
	for _, tt := range []struct {
		name, want, message string
		world               func(*world.World)
		extra               []string
	}{
		{
			name:    "a destination that is down",
			world:   func(w *world.World) { w.Destinations = []world.Destination{{ID: "rm-demodrill01", Down: true}} },
			want:    "init 0/0/0/0; precheck failed 0% failed init init",
			message: "connect timed out",
		},
		{
			name:    "an unknown destination, where the world has no others",
			world:   func(w *world.World) { w.Behaviour.OnlyKnownDestinations = true },
			extra:   []string{"DestinationEndpointInstanceID", "rm-unknown"},
			want:    "init 0/0/0/0; precheck failed 0% failed init init",
			message: "connect timed out",
		},
		{
			name:    "a database that was not backed up",
			extra:   []string{"RestoreObjects", `[{"DBName":"orderz"}]`},
			want:    "init 0/0/0/0; precheck failed 33% finish failed init",
			message: "orderz is not in the backup",
		},
		{
			name: "a database of the same name, in another case",
			world: func(w *world.World) {
				w.Destinations = []world.Destination{{ID: "rm-demodrill01", Databases: []string{"Orders_Drill"}}}
			},
			want:    "init 0/0/0/0; precheck failed 66% finish finish failed",
			message: "same name: orders_drill",
		},
	} {
		for _, atCreate := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, precheck at create %v", tt.name, atCreate), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := slow()
					w.Behaviour.PrecheckAtCreate = atCreate
					if tt.world != nil {
						tt.world(&w)
					}
					c := &caller{t: t, to: open(t, emulator.Options{World: w})}
					id := c.create(tt.extra...)
					if !atCreate {
						c.start(id)
					}
					time.Sleep(time.Hour)
					if got := c.look(id); got != tt.want {
						t.Errorf("got %q, want %q", got, tt.want)
					}
					task := c.task(id)
					if _, has := task["RestoreTaskFinishTime"]; has || task["ErrMessage"] != "NULL" {
						t.Errorf("got %v, want no finish time and the message NULL", task)
					}
					check := c.call("DescribePreCheckProgressList", map[string]string{"RestoreTaskId": id})
					if !check.Success || !strings.Contains(check.ErrMessage, tt.message) {
						t.Errorf("got %s, want success with the message %q", check.Body, tt.message)
					}
				})
			})
		}
	}
}

func TestAFailedPrecheckCanBeStartedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{World: slow()})
		c := &caller{t: t, to: d}
		// A restore under way holds its names; one that stops gives them back.
		first := c.create("DestinationEndpointInstanceID", "rm-demofull01")
		c.start(first)
		time.Sleep(time.Hour)
		id := c.create("RestoreObjects", `[{"DBName":"nothing"}]`)
		c.start(id)
		time.Sleep(time.Hour)
		c.start(id)
		if got, want := c.look(id), "init 0/0/0/0; precheck running 0% running init init"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if r := d.Summary(); r.Started != 3 || r.Tasks[1].Starts != 2 {
			t.Errorf("got record %+v, want 3 starts", r)
		}
	})
}

func TestStartingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{World: slow()})
		c := &caller{t: t, to: d}
		id, other := c.create(), c.create()
		start := func(id, token string) answer {
			return c.call("StartRestoreTask", map[string]string{"RestoreTaskId": id, "ClientToken": token})
		}
		if a := start(id, "start-1"); !a.Success || a.RestoreTaskId != id {
			t.Fatalf("got %s", a.Body)
		}
		for _, after := range []time.Duration{0, time.Minute, time.Hour} {
			time.Sleep(after)
			if a := start(id, "start-1"); !a.Success || a.RestoreTaskId != id {
				t.Errorf("got %s with the same token after %v, want success", a.Body, after)
			}
			if a := start(id, "start-2"); a.ErrCode != "InvalidParameter" {
				t.Errorf("got %s with another token after %v, want InvalidParameter", a.Body, after)
			}
			if a := start(id, ""); a.ErrCode != "InvalidParameter" {
				t.Errorf("got %s without token after %v, want InvalidParameter", a.Body, after)
			}
		}
		if a := start(other, "start-1"); a.Code != "IdempotentParameterMismatch" {
			t.Errorf("got %s with the token of another task, want IdempotentParameterMismatch", a.Body)
		}
		if a := start("s1unknown", ""); a.ErrCode != "InvalidParameterValid" {
			t.Errorf("got %s for an unknown task, want InvalidParameterValid", a.Body)
		}
		if a := start("", ""); a.Code != "MissingRestoreTaskId" {
			t.Errorf("got %s for no task, want MissingRestoreTaskId", a.Body)
		}
		if r := d.Summary(); r.Started != 1 || r.Calls["StartRestoreTask"] != 13 {
			t.Errorf("got %d starts in %d calls, want 1 in 13", r.Started, r.Calls["StartRestoreTask"])
		}
	})
}

func TestRestoresThatStopMidway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := slow()
		w.Destinations = []world.Destination{{ID: "rm-demofull01", Full: true}, {ID: "rm-flaky", Flaky: 1}}
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		for _, instance := range []string{"rm-demofull01", "rm-flaky"} {
			id := c.create("DestinationEndpointInstanceID", instance)
			c.start(id)
			c.follow(id, `
				79:  running 100/58/0/0; precheck finish 100% finish finish finish
				80:  stop 100/60/0/0; precheck finish 100% finish finish finish
				999: stop 100/60/0/0; precheck finish 100% finish finish finish`)
			task := c.task(id)
			if _, has := task["RestoreTaskFinishTime"]; !has || task["ErrMessage"] == "NULL" {
				t.Errorf("got %v, want a finish time and a message", task)
			}
		}
		again := c.create("DestinationEndpointInstanceID", "rm-flaky")
		c.start(again)
		c.follow(again, `130: finish 100/100/100/100; precheck finish 100% finish finish finish`)
	})
}

func TestRestoredDatabasesStandInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{World: slow()})
		c := &caller{t: t, to: d}
		first := c.create()
		c.start(first)
		time.Sleep(time.Hour)
		const failed = "init 0/0/0/0; precheck failed 66% finish finish failed"
		second := c.create()
		c.start(second)
		c.follow(second, "3600: "+failed)
		elsewhere := c.create("DestinationEndpointInstanceID", "rm-demodrill02")
		c.start(elsewhere)
		renamed := c.create("DuplicateConflict", "renamenew")
		c.start(renamed)
		c.follow(renamed, "3600: finish 100/100/100/100; precheck finish 100% finish finish finish")
		var names []string
		for _, task := range d.Summary().Tasks {
			names = append(names, strings.Join(task.Databases, ","))
		}
		if want := []string{"orders_drill", "", "orders_drill", "orders_drill_" + renamed}; !slices.Equal(names, want) {
			t.Errorf("got databases %q, want %q", names, want)
		}
	})
}

func TestAnAgentWithoutObjectsRestoresEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{World: slow()})
		c := &caller{t: t, to: d}
		behind := func(port string) []string {
			return []string{"DestinationEndpointInstanceType", "Agent", "BackupGatewayId", "23210001", "RestoreDir", "/data", "RestoreObjects", "",
				"DestinationEndpointInstanceID", "", "DestinationEndpointIP", "10.0.0.8", "DestinationEndpointPort", port}
		}
		first, same, other := c.create(behind("3306")...), c.create(behind("3306")...), c.create(behind("3307")...)
		for _, id := range []string{first, same, other} {
			c.start(id)
		}
		c.follow(first, `
			211: running 100/100/100/94; precheck finish 100% finish finish finish finish
			212: finish 100/100/100/100; precheck finish 100% finish finish finish finish`)
		if got := c.look(same); !strings.HasPrefix(got, "init") {
			t.Errorf("got %q, want a conflict", got)
		}
		if got := c.look(other); !strings.HasPrefix(got, "finish") {
			t.Errorf("got %q at another port, want no conflict", got)
		}
		if got, want := d.Summary().Tasks[0].Databases, []string{"orders", "orders_archive", "order_events"}; !slices.Equal(got, want) {
			t.Errorf("got databases %q, want %q", got, want)
		}
	})
}

func TestConflictsAfterAPrecheckAtCreateStopTheRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := slow()
		w.Behaviour.PrecheckAtCreate = true
		c := &caller{t: t, to: open(t, emulator.Options{World: w})}
		first, second := c.create(), c.create()
		time.Sleep(time.Minute)
		c.start(first)
		c.start(second)
		c.follow(second, "0: stop 0/0/0/0; precheck finish 100% finish finish finish")
		c.follow(first, "100: finish 100/100/100/100; precheck finish 100% finish finish finish")
	})
}

func TestPeakActiveCountsTasksThatExistAndAreNotOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := open(t, emulator.Options{World: slow()})
		c := &caller{t: t, to: d}
		peak := func(want int) {
			t.Helper()
			if got := d.Summary().PeakActive; got != want {
				t.Errorf("got a peak of %d, want %d", got, want)
			}
		}
		for i := range 5 { // one after the other
			c.start(c.create("RestoreObjects", fmt.Sprintf(`[{"DBName":"orders","NewDBName":"o%d"}]`, i)))
			time.Sleep(130 * time.Second)
		}
		peak(1)
		for i := range 3 { // at once; the last one's precheck fails
			c.start(c.create("RestoreObjects", fmt.Sprintf(`[{"DBName":"orders","NewDBName":"o%d"}]`, 6-i)))
		}
		peak(3)
		time.Sleep(time.Minute)
		waiting := c.create()
		peak(3)
		c.create()
		peak(4)
		time.Sleep(time.Hour)
		c.start(waiting)
		c.create()
		peak(4)
	})
}
