package journal

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Run is one carrying-out of a manifest. Target, Manifest and Key name it.
type Run struct {
	ID         int64
	Target     string // endpoint and account: what was done at one is not done at another
	Manifest   string // the manifest's name
	Key        string // the run key
	PlanDigest string
	Started    time.Time // UTC, as all times here
	Ended      time.Time // zero while unfinished
	Outcome    string    // "" while unfinished
}

// Begin inserts a run with its plan, or finds the one of the same target, manifest
// and key, opens it again and stores its new plan. It returns the run with its ID
// and, of one that was found, the moment it was first started.
func (j *Journal) Begin(ctx context.Context, r Run, plan []byte) (Run, error) {
	r.Ended, r.Outcome = time.Time{}, ""
	text, err := packed(plan)
	if err != nil {
		return Run{}, j.wrap("begin a run in", err)
	}
	err = j.update(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `
			INSERT INTO run (target, manifest, key, plan_digest, plan, started, outcome)
			VALUES (?, ?, ?, ?, ?, ?, '')
			ON CONFLICT (target, manifest, key) DO UPDATE
				SET plan_digest = excluded.plan_digest, plan = excluded.plan, ended = NULL, outcome = ''
			RETURNING id, started`,
			r.Target, r.Manifest, r.Key, r.PlanDigest, text, stamp(r.Started),
		).Scan(&r.ID, (*scanTime)(&r.Started))
	})
	if err != nil {
		return Run{}, j.wrap(fmt.Sprintf("begin run %q of %q in", r.Key, r.Manifest), err)
	}
	return r, nil
}

// End records that a run is finished, and how.
func (j *Journal) End(ctx context.Context, runID int64, at time.Time, outcome string) error {
	err := j.update(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE run SET ended = ?, outcome = ? WHERE id = ?", stamp(at), outcome, runID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return fmt.Errorf("there is no run with id %d", runID)
	})
	return j.wrap("end a run in", err)
}

// Find returns the run of a target, manifest and key, and whether there is one.
func (j *Journal) Find(ctx context.Context, target, manifest, key string) (Run, bool, error) {
	runs, err := j.runs(ctx, "target = ? AND manifest = ? AND key = ?", target, manifest, key)
	if err != nil || len(runs) == 0 {
		return Run{}, false, err
	}
	return runs[0], true, nil
}

// Unfinished returns the runs of a target and manifest that have not ended,
// newest first.
func (j *Journal) Unfinished(ctx context.Context, target, manifest string) ([]Run, error) {
	return j.runs(ctx, "target = ? AND manifest = ? AND ended IS NULL", target, manifest)
}

// Runs returns all runs, newest first.
func (j *Journal) Runs(ctx context.Context) ([]Run, error) {
	return j.runs(ctx, "TRUE")
}

// runs selects runs; where is SQL of this file, never a caller's.
func (j *Journal) runs(ctx context.Context, where string, args ...any) (_ []Run, err error) {
	defer func() { err = j.wrap("read runs from", err) }()
	rows, err := j.db.QueryContext(ctx, `SELECT id, target, manifest, key, plan_digest, started, ended, outcome
		FROM run WHERE `+where+` ORDER BY id DESC`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var runs []Run
	for rows.Next() {
		var r Run
		if err := rows.Scan(&r.ID, &r.Target, &r.Manifest, &r.Key, &r.PlanDigest,
			(*scanTime)(&r.Started), (*scanTime)(&r.Ended), &r.Outcome); err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, rows.Err()
}

// stamp is how a time is stored.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// scanTime reads what stamp wrote; NULL is the zero time.
type scanTime time.Time

func (t *scanTime) Scan(v any) error {
	if v == nil {
		*t = scanTime{}
		return nil
	}
	s, _ := v.(string)
	parsed, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	*t = scanTime(parsed)
	return nil
}

// blob keeps nil from becoming NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
