package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// jsonFile is a file of JSON Lines. A write that fails stops nothing: close tells.
type jsonFile struct {
	file *os.File
	err  error // the first
}

// beginsAsLines is how JSON Lines of this program begin.
var beginsAsLines = []byte(`{"type":"version"`)

// createJSON opens a file for JSON Lines, nil for the path "". It replaces nothing
// but such a file.
func createJSON(path string) (*jsonFile, error) {
	if path == "" {
		return nil, nil
	}
	const hint = "name a file that is not there yet, or one that --json-into has written; nothing was done"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, fail(exitUnavailable, fmt.Errorf("--json-into: %w", err), hint)
	}
	head := make([]byte, len(beginsAsLines))
	n, _ := io.ReadFull(f, head) // what is not there is not of this program
	info, statErr := f.Stat()
	switch {
	case statErr != nil:
		err = statErr
	case !info.Mode().IsRegular():
		err = errors.New("it is not a regular file")
	case n > 0 && !bytes.Equal(head, beginsAsLines):
		err = errors.New("there is something else")
	default:
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			err = f.Truncate(0)
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, fail(exitUsage, fmt.Errorf("--json-into %s: %w", path, err), hint)
	}
	return &jsonFile{file: f}, nil
}

// Write writes to the file, and after an error nowhere.
func (j *jsonFile) Write(p []byte) (int, error) {
	if j.err != nil {
		return 0, j.err
	}
	n, err := j.file.Write(p)
	j.err = err
	return n, err
}

// close closes the file, of which nil is none, and returns what went wrong.
func (j *jsonFile) close() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.err, j.file.Close())
}
