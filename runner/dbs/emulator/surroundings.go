package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// surroundings are a world with its defaults filled in and its indexes made.
type surroundings struct {
	world.World
	keys         map[string]key
	all          []*backupPlan // in order
	plans        map[string]*backupPlan
	destinations map[string]world.Destination
	gateways     map[int64]world.Gateway
	opened       time.Time
}

// key is an access key with the account it belongs to.
type key struct {
	world.AccessKey
	account string
	may     world.Permission
}

// backupPlan is a backup plan with its sets, as they were on the day when the
// emulator was opened.
type backupPlan struct {
	world.BackupPlan
	sets    []world.BackupSet // oldest first
	objects string            // BackupObjects
}

func survey(w world.World, now time.Time) (*surroundings, error) {
	if err := w.Check(); err != nil {
		return nil, err
	}
	b := &w.Behaviour
	b.FinishWord = cmp.Or(b.FinishWord, "finish")
	b.FailureStatus = cmp.Or(b.FailureStatus, http.StatusOK)
	if b.FailuresAsGatewayErrors && b.FailureStatus == http.StatusOK {
		b.FailureStatus = http.StatusBadRequest
	}
	b.DefaultFormat = cmp.Or(b.DefaultFormat, gateway.XML)
	b.TokenMismatchCode = cmp.Or(b.TokenMismatchCode, "IdempotentParameterMismatch")
	b.RenamedName = cmp.Or(b.RenamedName, "{name}_{task}")
	s := &surroundings{
		World:        w,
		keys:         make(map[string]key),
		plans:        make(map[string]*backupPlan),
		destinations: make(map[string]world.Destination),
		gateways:     make(map[int64]world.Gateway),
		opened:       now,
	}
	for _, a := range w.Accounts {
		for _, k := range a.AccessKeys {
			may := a.Permission
			if len(k.Allow) > 0 {
				may.Allow = k.Allow
			}
			may.Denial = cmp.Or(k.Denial, a.Denial, world.DenialByGateway)
			s.keys[k.ID] = key{k, a.ID, may}
		}
	}
	first := w.Accounts[0].ID
	for _, p := range w.BackupPlans {
		p.Account = cmp.Or(p.Account, first)
		p.Status = cmp.Or(p.Status, "running")
		p.BackupMethod = cmp.Or(p.BackupMethod, "logical")
		p.Source.InstanceType = cmp.Or(p.Source.InstanceType, "rds")
		plan := &backupPlan{p, p.Sets(now), backupObjects(p.Databases)}
		s.all = append(s.all, plan)
		s.plans[p.ID] = plan
	}
	for _, dest := range w.Destinations {
		s.destinations[dest.ID] = dest
	}
	s.Gateways = slices.Clone(w.Gateways)
	for i := range s.Gateways {
		g := &s.Gateways[i]
		g.Account = cmp.Or(g.Account, first)
		g.Status = cmp.Or(g.Status, "ONLINE")
		g.Identifier = cmp.Or(g.Identifier, "gw-"+strconv.FormatInt(g.ID, 10))
		s.gateways[g.ID] = *g
	}
	return s, nil
}

// plan returns a backup plan that an account can see, nil if there is none.
func (s *surroundings) plan(account, id string) *backupPlan {
	if p := s.plans[id]; p != nil && p.Account == account {
		return p
	}
	return nil
}

// hasSet reports whether an account has a full backup set of an id.
func (s *surroundings) hasSet(account, id string) bool {
	return slices.ContainsFunc(s.all, func(p *backupPlan) bool {
		return p.Account == account && slices.ContainsFunc(p.sets, func(b world.BackupSet) bool { return b.ID == id })
	})
}

// end returns the last moment of a range.
func end(r world.Range, now time.Time) time.Time {
	if r.To.IsZero() {
		return now.Truncate(time.Hour)
	}
	return r.To
}

func holds(r world.Range, t, now time.Time) bool {
	return !t.Before(r.From) && !t.After(end(r, now))
}

// restorable reports whether a set can be restored: finished and unexpired.
func restorable(s world.BackupSet, now time.Time) bool {
	return (s.Status == "" || s.Status == "finish") && (s.Expires.IsZero() || now.Before(s.Expires))
}

// canRestoreTo reports whether a plan can be restored to a moment: one inside a
// range or, unless points are refused, the start or end of a backup set. (That
// DBS accepts the latter is not documented.)
func (p *backupPlan) canRestoreTo(t, now time.Time, points bool) bool {
	for _, r := range p.Ranges {
		if holds(r, t, now) {
			return true
		}
	}
	for _, s := range p.sets {
		if points && restorable(s, now) && (t.Equal(s.From) || t.Equal(s.To)) {
			return true
		}
	}
	return false
}

func (p *backupPlan) canRestore(backupSet string, now time.Time) bool {
	for _, s := range p.sets {
		if s.ID == backupSet {
			return restorable(s, now)
		}
	}
	return false
}
