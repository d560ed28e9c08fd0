package torture_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
	"github.com/dbsrestore/dbsrestore/runner/secret"
	"github.com/dbsrestore/dbsrestore/runner/torture"
	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// manifest has three restores of two backup plans, one of which needs another.
// The limits let two be under way, or one and two that are created ahead.
const manifest = `
version: 1
name: torture
limits: {inFlight: %d, createAhead: %d, perDestination: %d, perBackupPlan: 2, requestsPerSecond: 100, pollInterval: 30s}
failure: {attempts: %d, timeout: 40m}
defaults:
  region: cn-hangzhou
  at: latest
  databases: [app]
  destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-drill, userName: u, password: {env: P}}
restores:
  - {name: first, backupPlanId: dbs1plan0, rename: app_first}
  - {name: other, backupPlanId: dbs1plan1, rename: app_other}
  - {name: then, backupPlanId: dbs1plan0, rename: app_then, needs: [first]}
`

// password is what no journal and no record may hold.
const password = "canary p@ss\"word"

// history is what came of one plan whose runs died at some points.
type history struct {
	mode
	seed    uint64
	crashes []int // the point at which each process of the first host dies

	t       *testing.T
	service *emulator.DBS
	record  bytes.Buffer
	plan    *plan.Plan // as it was saved

	mu       sync.Mutex
	hosts    []*host
	problems []string // with the simulation, or what no service excuses
}

// live lets the history happen, in a bubble of virtual time.
func (h *history) live() {
	var err error
	if h.service, err = emulator.New(emulator.Options{World: h.world(), Record: &h.record}); err != nil {
		h.t.Fatal(err)
	}
	stranger := h.client(&process{service: h.service}, "stranger")
	h.plan = h.planned(stranger)
	for i := range h.strangers {
		first, name := h.plan.Items[0], fmt.Sprint("stranger-", i)
		identity := plan.Attempt{RestoreTaskName: name, ClientToken: plan.Token(name)}
		if _, err := stranger.CreateRestoreTask(h.t.Context(), first.Site, identity, first.Parameters, first.Password); err != nil {
			h.t.Fatal(err)
		}
	}
	h.service.SetFaults(h.faults)
	h.hosts = []*host{{history: h, crashes: h.crashes}}
	for i := range h.others {
		h.hosts = append(h.hosts, &host{history: h, number: i + 1})
	}
	var live sync.WaitGroup
	for _, host := range h.hosts {
		live.Go(host.live)
		time.Sleep(h.draw("apart", 0, 15*time.Millisecond, 2*time.Second, 20*time.Second))
	}
	live.Wait()
	time.Sleep(time.Hour) // what is still on its way arrives
}

// draw chooses one of some durations, the same whenever the history is lived
// again.
func (h *history) draw(what string, from ...time.Duration) time.Duration {
	sum := fnv.New64a()
	fmt.Fprint(sum, h.seed, h.crashes, what)
	return from[sum.Sum64()>>32%uint64(len(from))]
}

func (h *history) world() world.World {
	w := world.World{
		Accounts:     world.OneKey("ours", "secret"),
		Speed:        world.Speed{MinDuration: 4 * time.Second, Precheck: time.Second},
		Destinations: []world.Destination{{ID: "rm-drill", Flaky: h.flaky}},
		Behaviour:    h.behaviour,
		Faults:       world.Faults{Seed: h.seed},
	}
	w.Accounts[0].AccessKeys = append(w.Accounts[0].AccessKeys, world.AccessKey{ID: "stranger", Secret: "secret"})
	for i := range 2 {
		w.BackupPlans = append(w.BackupPlans, world.BackupPlan{
			ID: fmt.Sprint("dbs1plan", i), Region: "cn-hangzhou", DatabaseType: "MySQL", Source: world.Source{InstanceID: "rm-source"},
			Databases: []world.Database{{Name: "app", Size: 1 << 20}},
			Ranges:    []world.Range{{From: time.Now().Add(-48 * time.Hour)}},
		})
	}
	return w
}

// client returns a client that reaches the emulator through a process.
func (h *history) client(p *process, key string) *dbs.Client {
	c, err := dbs.New(dbs.Options{
		Endpoint: "http://127.0.0.1:1", AccessKeyID: key, AccessKeySecret: "secret", RequestsPerSecond: 1e9, Transport: p,
		Password: func(schema.SecretRef) (secret.Value, error) { return secret.New(password), nil },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// planned plans the manifest with what the service says now.
func (h *history) planned(c *dbs.Client) *plan.Plan {
	must := func(problems diag.List) {
		if problems.HasErrors() {
			h.t.Fatal(problems)
		}
	}
	inFlight, ahead := 2, 0
	if h.ahead {
		inFlight, ahead = 1, 2
	}
	m, problems := schema.Parse("torture.yaml", fmt.Appendf(nil, manifest, inFlight, ahead, inFlight+ahead, 1+min(1, h.flaky)))
	must(problems)
	d, problems := plan.Expand(plan.Input{Manifest: m, Now: time.Now()})
	must(problems)
	answers, err := c.BackupPlans(h.t.Context(), d.Questions(nil), nil)
	if err != nil {
		h.t.Fatal(err)
	}
	p, problems := d.Resolve(plan.Facts{Now: time.Now(), Answers: answers})
	must(problems)
	return p
}

// problem notes what must never be seen, whatever the service does.
func (h *history) problem(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.problems = append(h.problems, fmt.Sprintf(format, args...))
}

// evidence returns what is to be judged: of the record, what our key did.
func (h *history) evidence() torture.Evidence {
	const attempts = 10 // one whose token is spent is followed by another, beyond those that the plan allows
	e := torture.Evidence{Items: torture.Items(h.plan, attempts), Tasks: h.service.Summary().Tasks, Secrets: []string{password}}
	for dec := json.NewDecoder(&h.record); ; {
		var call emulator.Entry
		switch err := dec.Decode(&call); {
		case err == io.EOF:
			for _, host := range h.hosts {
				e.Journals = append(e.Journals, host.journals...)
			}
			return e
		case err != nil:
			h.t.Fatal(err)
		case call.AccessKeyID == "ours":
			e.Calls = append(e.Calls, call)
		}
	}
}
