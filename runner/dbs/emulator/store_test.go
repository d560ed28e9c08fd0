package emulator_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

func TestTasksOutliveTheEmulator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := emulator.Options{World: slow(), Dir: filepath.Join(t.TempDir(), "dbs")}
		d := open(t, o)
		c := &caller{t: t, to: d}
		waiting := c.create("ClientToken", "waiting", "RestoreTaskName", "waiting")
		running := c.create()
		c.call("StartRestoreTask", map[string]string{"RestoreTaskId": running, "ClientToken": "start"})
		time.Sleep(80 * time.Second)
		before := []string{c.look(waiting), c.look(running)}
		record := d.Summary()
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}

		d = open(t, o)
		c.to = d
		if after := []string{c.look(waiting), c.look(running)}; after[0] != before[0] || after[1] != before[1] {
			t.Errorf("got %q after the restart, want %q", after, before)
		}
		if again := d.Summary(); again.Created != 2 || again.Started != 1 || again.PeakActive != record.PeakActive ||
			!again.Tasks[1].Started.Equal(record.Tasks[1].Started) {
			t.Errorf("got record %+v, want %+v", again, record)
		}
		if id := c.create("ClientToken", "waiting", "RestoreTaskName", "waiting"); id != waiting {
			t.Errorf("got task %s, want %s: tokens are remembered", id, waiting)
		}
		if a := c.call("StartRestoreTask", map[string]string{"RestoreTaskId": running, "ClientToken": "start"}); !a.Success {
			t.Errorf("got %s, want success: tokens are remembered", a.Body)
		}
		c.follow(running, "50: finish 100/100/100/100; precheck finish 100% finish finish finish")
		c.start(waiting)
		c.follow(waiting, "30: init 0/0/0/0; precheck failed 66% finish finish failed")
	})
}

func TestTasksStayInOrderWhenTheClockIsSetBack(t *testing.T) {
	dir := t.TempDir()
	var first, second string
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour)
		first = (&caller{t: t, to: open(t, emulator.Options{Dir: dir})}).create()
	})
	synctest.Test(t, func(t *testing.T) { // an hour earlier
		c := &caller{t: t, to: open(t, emulator.Options{Dir: dir})}
		second = c.create()
		if second == first {
			t.Errorf("got the id %s twice", first)
		}
		a := c.call("DescribeRestoreTaskList", map[string]string{"BackupPlanId": "dbs1demomysql01"})
		if len(a.Items.RestoreTaskDetail) != 2 || a.Items.RestoreTaskDetail[0]["RestoreTaskId"] != second {
			t.Errorf("got %s, want both, the later one first", a.Body)
		}
	})
}

func TestTasksOfAnotherWorldAreStillListed(t *testing.T) {
	dir := t.TempDir()
	c := &caller{t: t, to: open(t, emulator.Options{Dir: dir})}
	id := c.create()
	c.to = open(t, emulator.Options{Dir: dir, World: world.World{Accounts: world.OneKey("emulator", "emulator")}})
	c.start(id)
	if got := c.task(id)["RestoreStatus"]; got != "init" {
		t.Errorf("got status %v, want init: its backup is gone", got)
	}
}

func TestTheFileHoldsNoPasswordAndIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	c := &caller{t: t, to: open(t, emulator.Options{Dir: dir})}
	c.start(c.create())
	file := filepath.Join(dir, "tasks.jsonl")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("hunter2")) || bytes.Contains(data, []byte("Password")) {
		t.Errorf("got %s, want no password", data)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, file: 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("got %v, %v of %s, want %v", info.Mode(), err, path, want)
		}
	}
}

func TestATornLastLineIsDropped(t *testing.T) {
	dir := t.TempDir()
	c := &caller{t: t, to: open(t, emulator.Options{Dir: dir})}
	first := c.create()
	file := filepath.Join(dir, "tasks.jsonl")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c.create()
	longer, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cuts := []int{len(whole) - 1, len(whole), len(whole) + 1, len(longer) - 1}
	for cut := 0; cut < len(longer); cut += 23 {
		cuts = append(cuts, cut)
	}
	for _, cut := range cuts {
		if err := os.WriteFile(file, longer[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := emulator.New(emulator.Options{Dir: dir})
		if err != nil {
			t.Fatalf("got %v with %d bytes of the file", err, cut)
		}
		want := 0
		if cut >= len(whole) {
			want = 1
		}
		if r := d.Summary(); r.Created != want || want == 1 && r.Tasks[0].ID != first {
			t.Fatalf("got %+v with %d bytes of the file, want %d tasks", r, cut, want)
		}
		c.to = d
		c.create("RestoreTaskName", "after")
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if r := open(t, emulator.Options{Dir: dir}).Summary(); r.Created != want+1 {
			t.Fatalf("got %d tasks after a cut at %d and one more, want %d", r.Created, cut, want+1)
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	const head = `{"emulator":"dbs","version":1}` + "\n"
	const start = `{"Start":{"ID":"s1x","At":"2026-01-01T00:00:00Z"}}` + "\n"
	for name, content := range map[string]string{
		"another format":              `{"emulator":"dbs","version":2}` + "\n",
		"text without a line":         "hello",
		"a line that is no JSON":      head + "hello\n" + head,
		"a start without a creation":  head + start,
		"a line that says nothing":    head + "{}\n",
		"a time that cannot be":       head + strings.Replace(start, "2026", "26", 1),
		"the same creation once more": head + strings.Repeat(`{"Create":{"ID":"s1x","Parameters":{},"Created":"2026-01-01T00:00:00Z"}}`+"\n", 2),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "tasks.jsonl")
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := emulator.New(emulator.Options{Dir: dir})
			if err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("got %v, want an error that names %s", err, file)
			}
			if after, err := os.ReadFile(file); err != nil || string(after) != content {
				t.Errorf("got %q, %v, want the file untouched", after, err)
			}
		})
	}
}

func TestATaskThatCannotBeKeptIsNotMade(t *testing.T) {
	d, err := emulator.New(emulator.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	a := (&caller{t: t, to: d}).call("CreateRestoreTask", orders())
	if a.Status != 500 || a.Code != "InternalError" || d.Summary().Created != 0 {
		t.Errorf("got %d %s, want InternalError and no task", a.Status, a.Body)
	}
}

func TestNewRefusesWorldsThatCannotBe(t *testing.T) {
	keys := world.OneKey("k", "s")
	for name, o := range map[string]emulator.Options{
		"no key":                     {World: world.World{Behaviour: world.Behaviour{FinishWord: "done"}}},
		"two plans of one id":        {World: world.World{Accounts: keys, BackupPlans: []world.BackupPlan{{ID: "a"}, {ID: "a"}}}},
		"two destinations of one id": {World: world.World{Accounts: keys, Destinations: []world.Destination{{ID: "a"}, {ID: "a"}}}},
		"a status that is none":      {World: world.World{Accounts: keys, Behaviour: world.Behaviour{FailureStatus: 42}}},
		"time that runs backward":    {TimeScale: -1},
		"a directory that is a file": {Dir: "store_test.go"},
	} {
		if _, err := emulator.New(o); err == nil {
			t.Errorf("got no error for %s", name)
		}
	}
}
