package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// MaxBody is the largest Body of an entry, in bytes.
const MaxBody = 1 << 20

// Entry is something that happened in a run.
type Entry struct {
	At   time.Time // kept to the nanosecond, in UTC
	Item string    // key of the item, "" for the run as a whole
	Kind string
	Body []byte // the caller's; at most MaxBody, never a secret; nil when empty
}

// Append adds entries to a run, all or none, and returns nil once they are on
// disk. One sync serves a whole call, so many entries cost little more than
// one. After an error it is not known whether they were kept: open the journal
// again and read.
func (j *Journal) Append(ctx context.Context, runID int64, entries []Entry) error {
	err := j.update(ctx, func(tx *sql.Tx) error {
		var sum []byte
		err := tx.StmtContext(ctx, j.last).QueryRowContext(ctx, runID).Scan(&sum)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		insert := tx.StmtContext(ctx, j.insert)
		for _, e := range entries {
			if len(e.Body) > MaxBody {
				return fmt.Errorf("entry %s of item %q has %d bytes, the most is %d", e.Kind, e.Item, len(e.Body), MaxBody)
			}
			at := stamp(e.At)
			sum = chain(sum, runID, at, e.Item, e.Kind, e.Body)
			if _, err := insert.ExecContext(ctx, runID, at, e.Item, e.Kind, blob(e.Body), sum); err != nil {
				return err
			}
		}
		return nil
	})
	return j.wrap(fmt.Sprintf("append to run %d in", runID), err)
}

// Entries returns the entries of a run in the order in which they were
// appended, none for a run that does not exist. An entry that is not as it was
// written, or that lacks its predecessor, gives [ErrDamaged].
func (j *Journal) Entries(ctx context.Context, runID int64) ([]Entry, error) {
	return j.Tail(runID).Next(ctx)
}

// Last calls f with the last entry of each item of a run, in the order in which they
// were appended. It is quick and takes little memory, and does not prove that the
// history is whole: not for what is done, but for what is estimated. F must not use
// the journal.
func (j *Journal) Last(ctx context.Context, runID int64, f func(Entry) error) (err error) {
	defer func() { err = j.wrap(fmt.Sprintf("read run %d from", runID), err) }()
	rows, err := j.db.QueryContext(ctx, `SELECT at, item, kind, body FROM entry
		WHERE id IN (SELECT max(id) FROM entry WHERE run = ? GROUP BY item) ORDER BY id`, runID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		if err := rows.Scan((*scanTime)(&e.At), &e.Item, &e.Kind, &e.Body); err != nil {
			return err
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Tail reads the entries of a run as they are appended, by whichever process.
type Tail struct {
	j     *Journal
	runID int64
	last  int64  // id of the last entry that was read
	sum   []byte // of that entry
	n     int    // how many were read
}

// Tail returns a Tail that begins with the first entry of a run.
func (j *Journal) Tail(runID int64) *Tail { return &Tail{j: j, runID: runID} }

// Next returns the entries that were appended since the call before, as [Journal.Entries]
// does.
func (t *Tail) Next(ctx context.Context) (_ []Entry, err error) {
	defer func() { err = t.j.wrap(fmt.Sprintf("read run %d from", t.runID), err) }()
	rows, err := t.j.db.QueryContext(ctx, "SELECT id, at, item, kind, body, sum FROM entry WHERE run = ? AND id > ? ORDER BY id", t.runID, t.last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []Entry
	for rows.Next() {
		var e Entry
		var id int64
		var at string
		var sum []byte
		if err := rows.Scan(&id, &at, &e.Item, &e.Kind, &e.Body, &sum); err != nil {
			return nil, err
		}
		t.n++
		if !bytes.Equal(sum, chain(t.sum, t.runID, at, e.Item, e.Kind, e.Body)) {
			return nil, fmt.Errorf("%w: the checksum of entry %d does not fit", ErrDamaged, t.n)
		}
		if err := (*scanTime)(&e.At).Scan(at); err != nil {
			return nil, err
		}
		entries = append(entries, e)
		t.last, t.sum = id, sum
	}
	return entries, rows.Err()
}

// chain returns the checksum of an entry: SHA-256 over the checksum of the
// entry before it in the run (none for the first), the run's id and the
// columns, each with its length. Part of the format: a change needs a
// migration.
func chain(before []byte, runID int64, at, item, kind string, body []byte) []byte {
	h := sha256.New()
	field := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	field(before)
	field(binary.BigEndian.AppendUint64(nil, uint64(runID)))
	field([]byte(at))
	field([]byte(item))
	field([]byte(kind))
	field(body)
	return h.Sum(nil)
}
