package emulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// startRestoreTask starts a task that has not begun to run: one that was
// created, or whose precheck failed. What DBS says to a second Start is not
// documented; here it is an error, unless it is the first one sent again.
func (d *DBS) startRestoreTask(q parameters, now time.Time) (reply, error) {
	if err := q.require("RestoreTaskId"); err != nil {
		return nil, err
	}
	id, token := q["RestoreTaskId"], q["ClientToken"]
	if s := d.tasks.starts[token]; s != nil && d.world.remembers(s.At, now) {
		if s.ID != id {
			return nil, mismatch()
		}
		return reply{"RestoreTaskId": id}, nil
	}
	t := d.tasks.byID[id]
	if t == nil {
		return nil, d.fail(codeInvalid, "The restore task does not exist.")
	}
	if st := t.state(now, d.world.FinishWord); !st.Startable {
		return nil, d.fail(codeWrongNow, "The restore task was started already; its status is %s.", st.Status)
	}
	if err := d.keep(event{Start: d.decide(t, token, now)}); err != nil {
		return nil, err
	}
	return reply{"RestoreTaskId": id}, nil
}

// decide works out all that will come of starting t.
func (d *DBS) decide(t *task, token string, now time.Time) *start {
	s := &start{ID: t.ID, ClientToken: token, At: now}
	check := t.Precheck
	if check == nil || check.Failed != "" && !now.Before(check.end()) {
		check = d.precheck(t, now)
		s.Precheck = check
	}
	if check.Failed != "" {
		return s
	}
	s.Run = d.run(t, now)
	if check.end().After(now) {
		s.Run.From = check.end()
	}
	return s
}

// precheck returns the precheck of t that begins now.
func (d *DBS) precheck(t *task, now time.Time) *precheck {
	c := &precheck{From: now, For: d.scale(d.world.PrecheckDuration)}
	dest, known := d.world.destinations[t.destination()]
	if dest.Down || !known && d.world.OnlyKnownDestinations {
		c.Failed, c.Message = "CHECK_DEST_CONN", "The destination cannot be connected: connect timed out."
		return c
	}
	for _, o := range t.objects() {
		if _, ok := d.plan(t).size(o.DBName); !ok {
			c.Failed, c.Message = "CHECK_SRC_OBJECT", fmt.Sprintf("The database %s is not in the backup.", o.DBName)
			return c
		}
	}
	if taken := d.conflicts(t); len(taken) > 0 {
		c.Failed, c.Message = "CHECK_SAME_OBJ", conflictMessage(taken)
	}
	return c
}

func conflictMessage(taken []string) string {
	return fmt.Sprintf("The destination has a database of the same name: %s.", strings.Join(taken, ", "))
}

// conflicts returns the names that t would give but that exist, or are being
// restored, unless it may rename.
func (d *DBS) conflicts(t *task) (taken []string) {
	if strings.EqualFold(t.Parameters["DuplicateConflict"], "renamenew") {
		return nil
	}
	for _, name := range d.targets(t) {
		if d.tasks.exists(t.destination(), name) {
			taken = append(taken, name)
		}
	}
	return slices.Compact(taken)
}

// plan returns t's backup plan. It is empty for a task that was made in another
// world, before a restart.
func (d *DBS) plan(t *task) *BackupPlan {
	if p := d.world.plans[t.Parameters["BackupPlanId"]]; p != nil {
		return p
	}
	return &BackupPlan{}
}

// targets are the names that t asks for. Without RestoreObjects everything is
// restored under its own name.
func (d *DBS) targets(t *task) (names []string) {
	list := t.objects()
	for _, o := range list {
		names = append(names, o.target())
	}
	if len(list) == 0 {
		for _, db := range d.plan(t).Databases {
			names = append(names, db.Name)
		}
	}
	return names
}

// run returns the restore of t that begins now.
func (d *DBS) run(t *task, now time.Time) *run {
	r := &run{From: now, For: d.duration(t), Log: t.Parameters["RestoreTime"] != ""}
	dest := t.destination()
	taken := d.conflicts(t) // since a precheck made at Create
	switch known := d.world.destinations[dest]; {
	case len(taken) > 0:
		r.Message = conflictMessage(taken)
	case known.Full:
		r.Message, r.StopsAt = "The destination has no space left on its disk.", 50
	case d.tasks.runs[dest] < known.Flaky:
		r.Message, r.StopsAt = "The connection to the destination was lost.", 50
	}
	if r.Message != "" {
		return r
	}
	for _, name := range d.targets(t) {
		// The name that renamenew gives is not documented.
		if d.tasks.exists(dest, name) {
			name += "_" + t.ID
		}
		r.Databases = append(r.Databases, name)
	}
	return r
}

// duration is how long the restore of t lasts.
func (d *DBS) duration(t *task) time.Duration {
	plan := d.plan(t)
	var size int64
	for _, o := range t.objects() {
		bytes, _ := plan.size(o.DBName)
		size += bytes
	}
	if t.Parameters["RestoreObjects"] == "" {
		for _, db := range plan.Databases {
			size += db.Size
		}
	}
	natural := d.world.MinDuration
	if d.world.Throughput > 0 {
		natural += time.Duration(float64(size) / float64(d.world.Throughput) * float64(time.Second))
	}
	return d.scale(natural)
}

func (d *DBS) scale(natural time.Duration) time.Duration {
	return time.Duration(float64(natural) / d.timeScale)
}
