package bugtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module is a Go module that bugs are planted into.
type module struct{ root string }

// this is the module of this package.
var this = module{"../.."}

// bug is a mistake, as a change to a file of a module.
type bug struct {
	name string // unique
	why  string // what goes wrong, and where it did
	file string // within the module
	old  string // whole lines that are in the file exactly once
	new  string
	in   string // the package of the test
	test string // the test that must fail, or a subtest of it
	says string // part of what its failure says
}

// readBank reads the bugs of every file in a directory.
func readBank(dir string) ([]bug, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var bugs []bug
	names := make(map[string]bool)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for _, b := range parse(string(data)) {
			if b.incomplete() || names[b.name] {
				return nil, fmt.Errorf("%s: %q lacks a part, changes nothing, or has the name of another: %+v", file, b.name, b)
			}
			names[b.name] = true
			bugs = append(bugs, b)
		}
	}
	if len(bugs) == 0 {
		return nil, fmt.Errorf("%s holds no bugs", dir)
	}
	return bugs, nil
}

// parse reads bugs in this form. What precedes the first is a comment.
//
//	== NAME
//	what goes wrong, and where it did
//	--- FILE
//	 a line that stays
//	-a line that goes
//	+a line that comes
//	caught by PACKAGE TEST
//	saying part of what its failure says
func parse(text string) []bug {
	var bugs []bug
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "== "); ok {
			bugs = append(bugs, bug{name: strings.TrimSpace(name)})
		} else if len(bugs) > 0 {
			bugs[len(bugs)-1].add(line)
		}
	}
	return bugs
}

func (b *bug) add(line string) {
	value := func(prefix string) string { return strings.TrimSpace(strings.TrimPrefix(line, prefix)) }
	switch {
	case strings.HasPrefix(line, "--- "):
		b.file = value("--- ")
	case strings.HasPrefix(line, "caught by "):
		b.in, b.test, _ = strings.Cut(value("caught by "), " ")
	case strings.HasPrefix(line, "saying "):
		b.says = value("saying ")
	case line[0] == ' ':
		b.old += line[1:]
		b.new += line[1:]
	case line[0] == '-':
		b.old += line[1:]
	case line[0] == '+':
		b.new += line[1:]
	default:
		b.why = strings.TrimSpace(b.why + " " + strings.TrimSpace(line))
	}
}

// incomplete reports whether a part is missing; new may be, as lines may only
// go.
func (b bug) incomplete() bool {
	for _, part := range []string{b.name, b.why, b.file, b.old, b.in, b.test, b.says} {
		if part == "" {
			return true
		}
	}
	return b.old == b.new
}

var errMoved = errors.New("the code has moved on: mend the bug")

// planted returns the bug's file with the bug in it.
func (m module) planted(b bug) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(m.root, b.file))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errMoved, err)
	}
	text := "\n" + string(data) // so that every line follows a newline
	if n := strings.Count(text, "\n"+b.old); n != 1 {
		return nil, fmt.Errorf("%w: its old text is %d times in %s, want once:\n%s", errMoved, n, b.file, b.old)
	}
	return []byte(strings.Replace(text, "\n"+b.old, "\n"+b.new, 1)[1:]), nil
}

// bank returns the bugs of this module.
func bank(t *testing.T) []bug {
	t.Helper()
	bugs, err := readBank("testdata/bugs")
	if err != nil {
		t.Fatal(err)
	}
	return bugs
}

func TestEveryBugStillFitsTheCode(t *testing.T) {
	for _, b := range bank(t) {
		if _, err := this.planted(b); err != nil {
			t.Errorf("%s: %v", b.name, err)
		}
	}
}
