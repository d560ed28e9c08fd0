package journal

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
)

// applicationID marks a SQLite file as a journal: "dbsr" in ASCII.
const applicationID = 0x64627372

// migrations lead from each format to the next; the format of a file is its
// user_version. A migration that was released never changes.
var migrations = []string{`
CREATE TABLE run (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	target      TEXT NOT NULL,
	manifest    TEXT NOT NULL,
	key         TEXT NOT NULL,
	plan_digest TEXT NOT NULL,
	plan        BLOB NOT NULL,
	started     TEXT NOT NULL, -- times are RFC 3339 in UTC with nanoseconds
	ended       TEXT,          -- NULL while unfinished
	outcome     TEXT NOT NULL,
	UNIQUE (target, manifest, key)
) STRICT;
CREATE TABLE entry (
	id   INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of appending
	run  INTEGER NOT NULL REFERENCES run (id),
	at   TEXT NOT NULL,
	item TEXT NOT NULL,
	kind TEXT NOT NULL,
	body BLOB NOT NULL,
	sum  BLOB NOT NULL          -- see func chain
) STRICT;
CREATE INDEX entry_run ON entry (run);
`,
	// The plan of a run is stored compressed from here on, see func packed. What was
	// stored before stays as it is.
	"SELECT 1",
}

// setUp makes an opened file ready for writing.
func (j *Journal) setUp(ctx context.Context) error {
	if _, err := format(ctx, j.db); err != nil { // before the first change to the file
		return err
	}
	if err := j.checkWhole(ctx); err != nil {
		return err
	}
	if err := j.enterWAL(ctx); err != nil {
		return err
	}
	// This writes even when there is nothing to migrate: it proves that the
	// journal can be written and synced.
	if err := j.update(ctx, func(tx *sql.Tx) error { return migrate(ctx, tx) }); err != nil {
		return fmt.Errorf("write to it: %w", err)
	}
	return j.prepare(ctx)
}

// prepare compiles the statements that run for each entry.
func (j *Journal) prepare(ctx context.Context) (err error) {
	if j.last, err = j.db.PrepareContext(ctx, "SELECT sum FROM entry WHERE run = ? ORDER BY id DESC LIMIT 1"); err != nil {
		return err
	}
	j.insert, err = j.db.PrepareContext(ctx, "INSERT INTO entry (run, at, item, kind, body, sum) VALUES (?, ?, ?, ?, ?, ?)")
	return err
}

// checkReadable accepts a file that holds a format which can be read as it is: all
// so far.
func (j *Journal) checkReadable(ctx context.Context) error {
	found, err := format(ctx, j.db)
	if err == nil && found == 0 {
		err = fmt.Errorf("no run has written to it yet: %w", fs.ErrNotExist)
	}
	return err
}

// format returns the format of a file, 0 for one that is empty.
func format(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (int, error) {
	var id, found, tables int
	err := db.QueryRowContext(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`).Scan(&id, &found, &tables)
	switch {
	case err != nil:
		return 0, err
	case id == 0 && found == 0 && tables == 0:
		return 0, nil
	case id != applicationID:
		return 0, fmt.Errorf("%w: its application id is %#x, not %#x", ErrForeign, id, applicationID)
	case found > len(migrations):
		return 0, fmt.Errorf("%w: it has format %d, this one reads up to %d", ErrNewer, found, len(migrations))
	}
	return found, nil
}

// checkWhole reads the whole file.
func (j *Journal) checkWhole(ctx context.Context) error {
	var finding string
	if err := j.db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&finding); err != nil {
		return err
	}
	if finding != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, finding)
	}
	return nil
}

func (j *Journal) enterWAL(ctx context.Context) error {
	var mode string
	if err := j.db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return fmt.Errorf("enter WAL mode: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("enter WAL mode: it stayed in mode %s; the state directory must be on a local disk", mode)
	}
	return nil
}

// migrate brings a file to the present format. Another process may have done
// so since it was opened, or gone further.
func migrate(ctx context.Context, tx *sql.Tx) error {
	found, err := format(ctx, tx)
	if err != nil {
		return err
	}
	for _, m := range migrations[found:] {
		if _, err := tx.ExecContext(ctx, m); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(migrations)))
	return err
}
