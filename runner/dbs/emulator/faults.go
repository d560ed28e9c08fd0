package emulator

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// faults are the rules in force, with what they saw and did.
type faults struct {
	seed  uint64
	rules []*rule
}

// rule is a fault that counts.
type rule struct {
	world.Fault
	seen   int // calls that it is about
	struck int
}

func newFaults(w world.Faults) *faults {
	f := &faults{seed: w.Seed}
	f.set(w.Rules)
	return f
}

// set replaces all rules; they begin to count anew.
func (f *faults) set(rules []world.Fault) {
	f.rules = nil
	for _, r := range rules {
		f.rules = append(f.rules, &rule{Fault: r})
	}
}

// strikes are the faults that one call meets.
type strikes struct {
	names          []string
	instead        error        // the answer; nil for that of DBS
	executed       bool         // the call has its effect, whatever the answer
	mangle         *world.Fault // what happens to the answer on its way
	before, behind time.Duration

	poison    string         // code that the ClientToken fails with from now on
	forgotten *time.Duration // age from which a ClientToken is not remembered
	lag       time.Duration
	shift     int
	total     int
	name      int // characters left of task names; 0 for all
	status    string
	changes   []string // that somebody else does to the call's tasks
}

// strike returns what a call meets. Each rule that is about it counts it; of
// those that answer in place of DBS the first has its way.
func (f *faults) strike(operation string, q gateway.Parameters) (s strikes) {
	for i, r := range f.rules {
		if !r.Strikes(operation) || !r.finds(q) || !kindStrikes(r.Kind, operation) ||
			strings.HasPrefix(r.Kind, "token") && q["ClientToken"] == "" {
			continue
		}
		n := r.seen
		r.seen++
		if n < r.Skip || r.Count > 0 && r.struck >= r.Count || !f.draws(i, n, r.Probability) {
			continue
		}
		if s.add(r.Fault) {
			r.struck++
			s.names = append(s.names, r.Kind)
		}
	}
	return s
}

// finds reports whether a request has the parameters that a rule asks for.
func (r *rule) finds(q gateway.Parameters) bool {
	for name, pattern := range r.Where {
		if ok, err := path.Match(flat.Replace(pattern), flat.Replace(q[name])); !ok || err != nil {
			return false
		}
	}
	return true
}

// flat hides what a path has and a parameter has not: its * stands for any text.
var flat = strings.NewReplacer("/", "\x00")

func kindStrikes(kind, operation string) bool {
	k, known := world.KindOf(kind)
	return known && (len(k.Only) == 0 || slices.Contains(k.Only, operation))
}

// draws reports whether the n-th call of the i-th rule is struck: the same for
// the same seed, whatever other rules see.
func (f *faults) draws(i, n int, probability float64) bool {
	if probability == 0 || probability == 1 {
		return true
	}
	h := fnv.New64a()
	var b [24]byte
	binary.LittleEndian.PutUint64(b[0:], f.seed)
	binary.LittleEndian.PutUint64(b[8:], uint64(i))
	binary.LittleEndian.PutUint64(b[16:], uint64(n))
	h.Write(b[:])
	x := h.Sum64() // FNV leaves the high bits poor; mix them
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11)/(1<<53) < probability
}

// text names the faults for the log, "" for none.
func (s *strikes) text() string {
	if len(s.names) == 0 {
		return ""
	}
	return " faults=" + strings.Join(s.names, ",")
}

// add makes a fault part of what a call meets, and reports whether it is.
func (s *strikes) add(f world.Fault) bool {
	switch f.Kind {
	case "delay":
		s.before += f.For
	case "delayAnswer":
		s.behind += f.For
	case "tokenForgotten":
		s.forgotten = &f.For
	case "listLag":
		s.lag = max(s.lag, f.For)
	case "listShift":
		s.shift += cmp.Or(f.By, 1)
	case "listTotal":
		s.total += cmp.Or(f.By, 1)
	case "nameCut":
		s.name = cmp.Or(f.By, 30)
	case "statusUnknown":
		s.status = cmp.Or(f.Word, "SUSPENDED")
	case "taskChanged":
		s.changes = append(s.changes, f.Word)
	default:
		if s.instead != nil || s.mangle != nil {
			return false
		}
		s.replace(f)
	}
	return true
}

// replace sets what is answered in place of DBS, or what happens to its answer.
func (s *strikes) replace(f world.Fault) {
	s.executed = f.Executed
	refuse := func(status int, code, message string) error {
		return gateway.Refuse(cmp.Or(f.Status, status), cmp.Or(f.Code, code), cmp.Or(f.Message, message))
	}
	switch f.Kind {
	case "throttle":
		s.instead = refuse(http.StatusBadRequest, "Throttling.User", "Request was denied due to user flow control.")
	case "refuse":
		s.instead = refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
	case "fail":
		s.instead = &failure{cmp.Or(f.Status, http.StatusOK), cmp.Or(f.Code, codeWrongNow),
			cmp.Or(f.Message, "The request cannot be served."), http.StatusBadRequest}
	case "tokenPoisoned":
		s.poison = cmp.Or(f.Code, "IdempotentFailed")
		s.instead = gateway.Refuse(http.StatusInternalServerError, "InternalError", "The request processing has failed due to some unknown error.")
	case "tokenMismatch":
		s.instead = refuse(http.StatusBadRequest, "IdempotentParameterMismatch", mismatchMessage)
	case "tokenProcessing":
		s.instead = refuse(http.StatusForbidden, "LastTokenProcessing", "The last request with this client token is being processed.")
	case "cut", "html", "redirect":
		s.mangle = &f
		s.instead = gateway.Refuse(cmp.Or(f.Status, mangledStatus[f.Kind]), f.Kind, "") // mangled, so never seen
	default: // cutBody, contentLength, endless
		s.mangle = &f
		s.executed = true
	}
}

var mangledStatus = map[string]int{"cut": 0, "html": http.StatusBadGateway, "redirect": http.StatusFound}

// pause waits as long as the faults say before the call is executed.
func (s *strikes) pause(ctx context.Context) error { return wait(ctx, s.before) }

// pauseAfter waits before the answer is sent.
func (s *strikes) pauseAfter(ctx context.Context) error { return wait(ctx, s.behind) }

func wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// remembers reports whether the ClientToken of a call still counts that was
// used at a moment.
func (d *DBS) remembers(c *call, used time.Time) bool {
	if age := c.struck.forgotten; age != nil && c.now.Sub(used) >= *age {
		return false
	}
	return d.world.Behaviour.ClientTokens.Remember(used, c.now)
}

// poisonedBy returns the error of a ClientToken that fails for good.
func (d *DBS) poisonedBy(c *call) error {
	if code, poisoned := d.poisoned[owned{c.account, c.q["ClientToken"]}]; poisoned {
		return gateway.Refuse(http.StatusConflict, code, "The request with this client token has failed.")
	}
	return nil
}

// disturb does what faults do behind the call's back.
func (d *DBS) disturb(c *call) {
	for _, change := range c.struck.changes {
		for _, t := range d.tasksOf(c) {
			if err := d.change(c, t, change, "Somebody else did it."); err != nil {
				continue // it cannot be done to the task as it stands
			}
		}
	}
}

// tasksOf returns the tasks that a call made, that it names, or that it was shown
// of a backup plan.
func (d *DBS) tasksOf(c *call) []*task {
	ids := c.q["RestoreTaskId"]
	for _, e := range c.effects {
		ids = cmp.Or(e.Create, e.Again, ids)
	}
	return append(d.tasks.pick(ids, c.account), c.listed...)
}
