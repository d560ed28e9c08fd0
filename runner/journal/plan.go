package journal

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
)

// A plan is stored compressed: its items differ in little, and the text of a
// large one would be the greater part of the file. What does not begin as gzip
// does is of format 1, and stands for itself.
var gzipMagic = []byte{0x1f, 0x8b}

// Plan returns the plan of a run, which must exist, as it was carried out last. It may
// be large, so the run itself does not hold it.
func (j *Journal) Plan(ctx context.Context, runID int64) (text []byte, err error) {
	err = j.db.QueryRowContext(ctx, "SELECT plan FROM run WHERE id = ?", runID).Scan((*scanText)(&text))
	return text, j.wrap(fmt.Sprintf("read the plan of run %d from", runID), err)
}

// packed is how a plan is stored.
func packed(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// scanText reads what packed made.
type scanText []byte

func (t *scanText) Scan(v any) error {
	stored, _ := v.([]byte)
	if !bytes.HasPrefix(stored, gzipMagic) {
		*t = bytes.Clone(stored)
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(stored))
	if err != nil {
		return fmt.Errorf("%w: plan: %w", ErrDamaged, err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("%w: plan: %w", ErrDamaged, err)
	}
	*t = text
	return nil
}
