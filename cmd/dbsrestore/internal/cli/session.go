package cli

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// session is a service to talk to, under the name that the journal knows it by.
type session struct {
	Service
	target   string       // endpoint and account; what one target did is never taken for another's
	emulator func() error // stops it; nil for none
	empty    runner.Lists // what it listed when the plan was made, see [runner.Options.Empty]
}

// accountMark stands in a target between the endpoint and the accounts.
const accountMark = " as "

// Close ends the session.
func (s *session) Close() error {
	if s.emulator == nil {
		return nil
	}
	return s.emulator()
}

// connect opens the service that the flags and the environment name.
func (a *app) connect(ctx context.Context, rate float64, sites []plan.Site) (*session, error) {
	if a.flags.emulator {
		return a.emulate(rate)
	}
	endpoint := strings.TrimRight(cmp.Or(a.flags.endpoint, a.env.Getenv("DBSRESTORE_ENDPOINT")), "/")
	svc, err := a.env.Connect(Target{Endpoint: endpoint, RequestsPerSecond: rate})
	if err != nil {
		return nil, fail(exitUsage, err, "")
	}
	accounts, err := accountsOf(ctx, svc, sites)
	if err != nil {
		return nil, serviceError(err)
	}
	where := cmp.Or(endpoint, "the service")
	return &session{Service: svc, target: where + accountMark + strings.Join(accounts, ",")}, nil
}

// connectFor opens the service for a saved plan, whose limits the flags override.
func (a *app) connectFor(ctx context.Context, p *plan.Plan) (*session, error) {
	if a.flags.inFlight > 0 {
		p.Limits.InFlight = a.flags.inFlight
	}
	if a.flags.rate > 0 {
		p.Limits.RequestsPerSecond = a.flags.rate
	}
	return a.connect(ctx, p.Limits.RequestsPerSecond, p.Sites())
}

// emulate starts an emulator whose tasks live in the state directory, where one
// process at a time may use them.
func (a *app) emulate(rate float64) (*session, error) {
	if a.flags.endpoint != "" {
		return nil, usageError("give one of them", "--emulator and --endpoint exclude each other")
	}
	dir, err := a.stateDir()
	if err != nil {
		return nil, err
	}
	em, err := a.startEmulator(EmulatorOptions{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "emulator"), TimeScale: a.flags.timeScale})
	if err != nil {
		return nil, err
	}
	svc, err := a.env.Connect(Target{em.Endpoint, em.AccessKeyID, em.AccessKeySecret, rate, true})
	if err != nil {
		return nil, errors.Join(err, em.Close())
	}
	return &session{Service: svc, target: "emulator", emulator: em.Close}, nil
}

// accountsOf names the accounts of all profiles in use, sorted. Where there are
// several it says which profile is whose: exchanged, they are another target. The
// profiles of one account are no more than its keys.
func accountsOf(ctx context.Context, svc Service, sites []plan.Site) ([]string, error) {
	ids := map[string]string{} // by profile
	for _, site := range sites {
		if ids[site.Profile] != "" {
			continue
		}
		id, err := svc.Account(ctx, site)
		if err != nil {
			return nil, err
		}
		ids[site.Profile] = id
	}
	accounts := slices.Compact(slices.Sorted(maps.Values(ids)))
	if len(accounts) < 2 {
		return accounts, nil
	}
	accounts = accounts[:0]
	for _, profile := range slices.Sorted(maps.Keys(ids)) {
		accounts = append(accounts, strings.TrimPrefix(profile+"="+ids[profile], "="))
	}
	return accounts, nil
}

// serviceError gives the error of a call the exit status of its cause: what
// concerns every call is mostly the fault of credentials or permissions.
func serviceError(err error) error {
	f, ok := errors.AsType[*restore.Failure](err)
	if !ok || !f.Fatal && !f.Wait || f.Code == "TLS" || f.Code == "Redirect" {
		return fail(exitUnavailable, err, "")
	}
	return fail(exitCredentials, err, "")
}

// resolve makes the plan by what the journal knows of the run, what the
// service's lists tell of it, and what else the service answers.
func (a *app) resolve(ctx context.Context, l *loaded, d *plan.Draft, s *session, now time.Time) (*plan.Plan, error) {
	facts := plan.Facts{Now: now, Offline: s == nil}
	if s != nil {
		known, err := a.history(ctx, s.target, l.manifest.Name, d.Run())
		if err != nil {
			return nil, err
		}
		if facts, s.empty, err = runner.ReadFacts(ctx, s, d, d.Bare(), known, now); err != nil {
			return nil, serviceError(err)
		}
		facts.Target = s.target
	}
	p, problems := d.Resolve(facts)
	if err := a.report(problems, l.sources); err != nil {
		return nil, err
	}
	return p, nil
}

// history returns what the journal knows of a run, nothing when there is none.
func (a *app) history(ctx context.Context, target, manifest, key string) (map[plan.Key]plan.Known, error) {
	_, past, err := a.past(ctx, target, manifest, key)
	return past.Known(), err
}

// past reads a run from the journal; it is zero when the journal has none.
func (a *app) past(ctx context.Context, target, manifest, key string) (journal.Run, runner.Past, error) {
	j, err := a.readJournal()
	if j == nil {
		return journal.Run{}, nil, err
	}
	defer j.Close()
	run, ok, err := j.Find(ctx, target, manifest, key)
	if err != nil || !ok {
		return journal.Run{}, nil, stateError(err)
	}
	past, err := runner.ReadPast(ctx, j, run)
	return run, past, stateError(err)
}
