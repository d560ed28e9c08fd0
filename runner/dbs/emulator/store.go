package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// format is the first line of the file. A file that starts otherwise is
// refused, never guessed at.
const format = `{"emulator":"dbs","version":1}`

// store keeps events as JSON Lines in one file. A nil store keeps nothing.
type store struct {
	file *os.File
	size int64 // of the events written whole
}

// openStore opens or makes the file in dir and hands every event in it to
// apply. A last line that was not written whole was never answered for, and is
// cut off; damage before it is an error.
func openStore(dir string, apply func(event) error) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make directory for tasks: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "tasks.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open tasks: %w", err)
	}
	s := &store{file: f}
	if err := s.replay(apply); err != nil {
		return nil, errors.Join(fmt.Errorf("read tasks: %s: %w", f.Name(), err), f.Close())
	}
	return s, nil
}

func (s *store) replay(apply func(event) error) error {
	data, err := os.ReadFile(s.file.Name())
	if err != nil {
		return err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	if len(whole) == 0 {
		if !bytes.HasPrefix([]byte(format), data) {
			return errors.New("it is not a file of an emulator; use another directory")
		}
		return s.write([]byte(format + "\n"))
	}
	n := 0
	for line := range bytes.Lines(whole) {
		n++
		line = bytes.TrimSuffix(line, []byte("\n"))
		if n == 1 {
			if string(line) != format {
				return fmt.Errorf("its first line is not %s; use another directory", format)
			}
			continue
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("line %d: %w; use another directory", n, err)
		}
		if err := apply(e); err != nil {
			return fmt.Errorf("line %d: %w; use another directory", n, err)
		}
	}
	s.size = int64(len(whole))
	return s.file.Truncate(s.size)
}

// append adds an event and returns when it is on the disk.
func (s *store) append(e event) error {
	if s == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("keep task: %w", err)
	}
	if err := s.write(append(line, '\n')); err != nil {
		return fmt.Errorf("keep task: %w", err)
	}
	return nil
}

// write adds bytes after the last whole line: what a failed write left there is
// written over.
func (s *store) write(line []byte) error {
	if _, err := s.file.WriteAt(line, s.size); err != nil {
		return errors.Join(err, s.file.Truncate(s.size))
	}
	if err := s.file.Sync(); err != nil {
		return errors.Join(err, s.file.Truncate(s.size))
	}
	s.size += int64(len(line))
	return nil
}

func (s *store) close() error {
	if s == nil {
		return nil
	}
	if err := s.file.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("emulator: %w", err)
	}
	return nil
}
