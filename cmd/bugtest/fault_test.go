package bugtest

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The tests of this file try each way in which a bug is not caught on a small
// module, to show that it is told.

var small = map[string]string{
	"go.mod":     "module small\n\ngo 1.26\n",
	"add/add.go": "package add\n\nfunc Add(a, b int) int {\n\treturn a + b\n}\n",
	"add/two.go": "package add\n\nfunc One() int {\n\treturn 1\n}\n\nfunc Also() int {\n\treturn 1\n}\n",
	"add/x_test.go": `package add

import "testing"

func TestAdd(t *testing.T) {
	if got := Add(2, 0); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
	t.Run("more of it", func(t *testing.T) {
		if got := Add(2, 2); got != 4 {
			t.Errorf("got %d, want 4", got)
		}
	})
}
`}

// plant writes the small module.
func plant(t *testing.T) module {
	t.Helper()
	m := module{t.TempDir()}
	for name, text := range small {
		path := filepath.Join(m.root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func TestABugThatIsNotCaughtIsTold(t *testing.T) {
	m := plant(t)
	const sum = "\treturn a + b\n"
	for name, c := range map[string]struct {
		bug  bug
		want error
	}{
		"caught":                         {bug{new: "\treturn a - b\n", test: "TestAdd/more_of_it", says: "got 0, want 4"}, nil},
		"caught by the whole test":       {bug{new: "\treturn 2 * b\n", test: "TestAdd", says: "got 0, want 2"}, nil},
		"nobody notices":                 {bug{new: "\treturn a * max(b, 1)\n", test: "TestAdd", says: "want"}, errEscaped},
		"another test notices":           {bug{new: "\treturn 4 + 0*b\n", test: "TestAdd/more_of_it", says: "want 4"}, errEscaped},
		"it says something else":         {bug{new: "\treturn 7\n", test: "TestAdd", says: "got 8"}, errOther},
		"it ends the process":            {bug{new: "\tgo panic(a)\n\tselect {}\n", test: "TestAdd", says: "panic"}, errOther},
		"it hangs":                       {bug{new: "\tselect {}\n", test: "TestAdd", says: "want 2"}, errHangs},
		"it does not compile":            {bug{new: "\treturn c\n", test: "TestAdd", says: "want 2"}, errBuild},
		"there is no such test":          {bug{new: "\treturn a - b\n", test: "TestAd", says: "want"}, errMissing},
		"there is no such subtest":       {bug{new: "\treturn a - b\n", test: "TestAdd/more", says: "want"}, errMissing},
		"the old text is not there":      {bug{old: "\treturn a+b\n", new: "\n", test: "TestAdd", says: "want"}, errMoved},
		"the old text is part of a line": {bug{old: "return a + b\n", new: "\n", test: "TestAdd", says: "want"}, errMoved},
		"the old text is there twice":    {bug{file: "add/two.go", old: "\treturn 1\n", new: "\n", test: "TestAdd", says: "want"}, errMoved},
		"the file is gone":               {bug{file: "add/three.go", new: "\n", test: "TestAdd", says: "want"}, errMoved},
	} {
		t.Run(name, func(t *testing.T) {
			b := c.bug
			b.name, b.in = name, "add"
			if b.file == "" {
				b.file = "add/add.go"
			}
			if b.old == "" {
				b.old = sum
			}
			if err := m.catch(t.Context(), b, t.TempDir(), 2*time.Second); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	for name, want := range small {
		if got, err := os.ReadFile(filepath.Join(m.root, name)); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want it untouched", name, got, err)
		}
	}
}

const listed = `# A comment.

== one
It goes
wrong.
--- a/b.go
 	stays
-	goes
+	comes
+	comes too
caught by a TestA/some,_of_it
saying got 1, want 2
`

func TestABankIsReadAsItIsWritten(t *testing.T) {
	want := []bug{{name: "one", why: "It goes wrong.", file: "a/b.go", old: "\tstays\n\tgoes\n", new: "\tstays\n\tcomes\n\tcomes too\n",
		in: "a", test: "TestA/some,_of_it", says: "got 1, want 2"}}
	if diff := cmp.Diff(want, parse(listed), cmp.AllowUnexported(bug{})); diff != "" {
		t.Errorf("bugs differ (-want +got):\n%s", diff)
	}
}

func TestABankThatIsNotWholeIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty":              "",
		"no bugs":            "# A comment.\n",
		"a name twice":       listed + listed,
		"no name":            strings.Replace(listed, "== one", "== ", 1),
		"nothing goes wrong": strings.Replace(listed, "It goes\nwrong.\n", "", 1),
		"no file":            strings.Replace(listed, "--- a/b.go\n", "", 1),
		"nothing changes":    strings.NewReplacer("-\tgoes\n", "", "+\tcomes\n", "", "+\tcomes too\n", "").Replace(listed),
		"no test":            strings.Replace(listed, " TestA/some,_of_it", "", 1),
		"nothing said":       strings.Replace(listed, "saying got 1, want 2\n", "", 1),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if bugs, err := readBank(dir); err == nil {
			t.Errorf("%s: got %+v, want an error", name, bugs)
		}
	}
}

func TestEveryBugHasItsTurn(t *testing.T) {
	for _, n := range []int{1, 8, 9, 60} {
		bugs := make([]bug, n)
		for i := range bugs {
			bugs[i].name = strconv.Itoa(i)
		}
		seen := make(map[string]bool)
		for turn := range (n + sampleSize - 1) / sampleSize {
			for _, b := range sample(bugs, 20000*n+turn) {
				seen[b.name] = true
			}
		}
		if len(seen) != n {
			t.Errorf("got %d of %d bugs", len(seen), n)
		}
	}
}
