package emulator

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// startRestoreTask starts a task that has not begun to run: one that was
// created, or whose precheck failed. What DBS says to a second Start is not
// documented; here it is an error, unless it is the first one sent again.
func (d *DBS) startRestoreTask(c *call) (reply, error) {
	if err := d.poisonedBy(c); err != nil {
		return nil, err
	}
	id, token := c.q["RestoreTaskId"], c.q["ClientToken"]
	if s := d.tasks.starts[owned{c.account, token}]; s != nil && d.remembers(c, s.At) {
		if s.ID != id {
			return nil, d.mismatch()
		}
		c.effects = append(c.effects, effect{Again: id})
		return reply{"RestoreTaskId": id}, nil
	}
	t := d.tasks.find(id, c.account)
	if t == nil {
		return nil, d.fail(codeInvalid, "The restore task does not exist.")
	}
	if st := t.state(c.now, d.world.Behaviour.FinishWord); !st.Startable {
		if d.world.Behaviour.SecondStartIsFine {
			return reply{"RestoreTaskId": id}, nil
		}
		return nil, d.fail(codeWrongNow, "The restore task was started already; its status is %s.", st.Status)
	}
	if err := d.keep(event{Start: d.decide(c, t, token)}); err != nil {
		return nil, err
	}
	c.effects = append(c.effects, effect{Start: id})
	return reply{"RestoreTaskId": id}, nil
}

// decide works out all that will come of starting t.
func (d *DBS) decide(c *call, t *task, token string) *start {
	s := &start{ID: t.ID, ClientToken: token, At: c.now}
	check := t.Precheck
	if check == nil || check.Failed != "" && !c.now.Before(check.end()) {
		check = d.precheck(t, c.now)
		s.Precheck = check
	}
	if check.Failed != "" {
		return s
	}
	s.Run = d.run(t, c.now)
	if check.end().After(c.now) {
		s.Run.From = check.end()
	}
	return s
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
	for _, target := range d.targets(t) {
		if d.tasks.exists(t.destination(), target.name) {
			taken = append(taken, target.name)
		}
	}
	return slices.Compact(taken)
}

// plan returns t's backup plan. It is empty for a task that was made in another
// world, before a restart.
func (d *DBS) plan(t *task) *backupPlan {
	if p := d.world.plans[t.Parameters["BackupPlanId"]]; p != nil {
		return p
	}
	return &backupPlan{}
}

// pick returns the databases of a plan that an object of t means.
func (d *DBS) pick(p *backupPlan, o object) (list []world.Database) {
	is := func(name string) bool { return strings.EqualFold(name, o.DBName) }
	if d.world.Behaviour.ObjectsAreRegexps {
		re, err := regexp.Compile("^(?:" + o.DBName + ")$")
		if err != nil {
			return nil
		}
		is = re.MatchString
	}
	for _, db := range p.Databases {
		if is(db.Name) {
			list = append(list, db)
		}
	}
	return list
}

// target is a database that a restore makes.
type target struct {
	name string
	size int64 // bytes
}

// targets are the databases that t asks for. Without RestoreObjects everything
// is restored under its own name.
func (d *DBS) targets(t *task) (list []target) {
	plan := d.plan(t)
	objects := t.objects()
	for _, o := range objects {
		for _, db := range d.pick(plan, o) {
			list = append(list, target{cmp.Or(o.NewDBName, db.Name), db.Size})
		}
	}
	if len(objects) == 0 {
		for _, db := range plan.Databases {
			list = append(list, target{db.Name, db.Size})
		}
	}
	return list
}

// run returns the restore of t that begins now.
func (d *DBS) run(t *task, now time.Time) *run {
	plan, dest := d.plan(t), t.destination()
	r := &run{From: now, Bytes: d.bytes(t), Log: t.Parameters["BackupSetId"] == "", Physical: plan.BackupMethod == "physical"}
	r.For = d.duration(r.Bytes)
	taken := d.conflicts(t) // since a precheck made at Create
	known := d.world.destinations[dest]
	left := max(0, known.FreeSpace-d.tasks.used[dest]) // more may have been used in another world
	switch problem := d.momentProblem(plan, t.Parameters, now); {
	case problem != "" && d.world.Behaviour.MomentCheckedAtRun:
		r.stops(0, codeMoment, problem)
	case len(taken) > 0:
		r.stops(0, codeConflict, conflictMessage(taken))
	case known.Full:
		r.stops(50, codeSpace, "The destination has no space left on its disk.")
	case known.FreeSpace > 0 && r.Bytes > left:
		r.stops(int(100*float64(left)/float64(r.Bytes)), codeSpace, "The destination has no space left on its disk.")
	case d.tasks.runs[dest] < known.Flaky:
		r.stops(50, codeConnection, "The connection to the destination was lost.")
	}
	if r.Message != "" {
		return r
	}
	for _, target := range d.targets(t) {
		name := target.name
		if d.tasks.exists(dest, name) {
			name = strings.NewReplacer("{name}", name, "{task}", t.ID).Replace(d.world.Behaviour.RenamedName)
		}
		r.Databases = append(r.Databases, name)
	}
	return r
}

// stops makes the restore stop after a percentage of its duration.
func (r *run) stops(percent int, code, message string) {
	r.StopsAt, r.Code, r.Message = percent, code, message
}

// longest bounds how long anything lasts, so that no time overflows.
const longest = 10 * 365 * 24 * time.Hour

// duration is how long a restore of so many bytes lasts.
func (d *DBS) duration(bytes int64) time.Duration {
	natural := d.world.Speed.MinDuration
	if rate := d.world.Speed.Throughput; rate > 0 {
		natural += time.Duration(min(float64(bytes)/float64(rate), longest.Seconds()) * float64(time.Second))
	}
	return d.scale(natural)
}

func (d *DBS) scale(natural time.Duration) time.Duration {
	return time.Duration(min(float64(natural)/d.timeScale, float64(longest)))
}
