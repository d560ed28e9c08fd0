package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/journal"
)

// children are the parts of the tests that run in processes of their own, to
// be killed, limited or deprived. They get the state directory.
var children = map[string]func(dir string) error{
	"append until killed": func(dir string) error { return appendNumbered(dir, "default", 1<<30) },
	"append 300 to a run of its own": func(dir string) error {
		return appendNumbered(dir, strconv.Itoa(os.Getpid()), 300)
	},
	"append while files are limited to 200 KiB": func(dir string) error {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 200 << 10, Max: 200 << 10}); err != nil {
			return err
		}
		return appendNumbered(dir, "default", 1<<30)
	},
	"open under umask 0":    func(dir string) error { syscall.Umask(0); return openAndLeave(dir) },
	"open under umask 0777": func(dir string) error { syscall.Umask(0o777); return openAndLeave(dir) },
	"open unprivileged": func(dir string) error {
		if os.Geteuid() == 0 { // whom permissions do not bind
			if err := syscall.Setuid(nobody); err != nil {
				return err
			}
		}
		_, err := journal.Open(dir)
		return err
	},
	"hold the lock": func(dir string) error {
		if _, err := journal.Lock(dir, "drill"); err != nil {
			return err
		}
		fmt.Println("held")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	},
}

const nobody = 65534

func TestMain(m *testing.M) {
	part := children[os.Getenv("JOURNAL_TEST_CHILD")]
	if part == nil {
		os.Exit(m.Run())
	}
	if err := part(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child returns a process that will run the named one of the children.
func child(t *testing.T, name, dir string) *exec.Cmd {
	t.Helper()
	if children[name] == nil {
		t.Fatalf("there is no child %q", name)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], dir)
	cmd.Env = append(os.Environ(), "JOURNAL_TEST_CHILD="+name)
	return cmd
}

// start starts a process and returns what it prints.
func start(t *testing.T, cmd *exec.Cmd) *bufio.Scanner {
	t.Helper()
	cmd.Stderr = t.Output()
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return bufio.NewScanner(out)
}

// batch is how many entries appendNumbered appends at once.
const batch = 3

// appendNumbered goes on from what the run holds until it holds most entries,
// and prints how many it holds each time that an Append was acknowledged.
func appendNumbered(dir, key string, most int) error {
	ctx := context.Background()
	j, err := journal.Open(dir)
	if err != nil {
		return err
	}
	run, err := j.Begin(ctx, journal.Run{Target: "t", Manifest: "m", Key: key, Started: t0}, nil)
	if err != nil {
		return err
	}
	entries, err := j.Entries(ctx, run.ID)
	if err != nil {
		return err
	}
	for n := len(entries); n < most; n += batch {
		if err := j.Append(ctx, run.ID, numbered(n, batch)); err != nil {
			return err
		}
		fmt.Println(n + batch)
	}
	return j.Close()
}

// openAndLeave does not close what it opens, so that all files stay.
func openAndLeave(dir string) error {
	j, err := journal.Open(dir)
	if err != nil {
		return err
	}
	if _, err := j.Begin(context.Background(), journal.Run{Started: t0}, nil); err != nil {
		return err
	}
	_, err = journal.Lock(dir, "drill")
	return err
}

var t0 = time.Date(2026, 11, 20, 3, 0, 0, 123456789, time.UTC)

// numbered returns n entries, the first of them with the number from.
func numbered(from, n int) []journal.Entry {
	var entries []journal.Entry
	for i := range n {
		entries = append(entries, journal.Entry{
			At:   t0.Add(time.Duration(from + i)),
			Item: fmt.Sprintf("item[%d]", (from+i)%7),
			Kind: "created",
			Body: fmt.Appendf(nil, `{"number":%d}`, from+i),
		})
	}
	return entries
}

func open(t *testing.T, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func begin(t *testing.T, j *journal.Journal) journal.Run {
	t.Helper()
	run, err := j.Begin(t.Context(), journal.Run{Target: "t", Manifest: "m", Key: "default", Started: t0}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return run
}
