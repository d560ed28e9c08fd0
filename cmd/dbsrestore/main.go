// Command dbsrestore restores many databases from Alibaba Cloud Database
// Backup Service as one reviewed act.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/cli"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
	"github.com/dbsrestore/dbsrestore/runner/secret"
	"github.com/dbsrestore/dbsrestore/schema"
)

func main() { os.Exit(run()) }

func run() int {
	signal.Ignore(syscall.SIGPIPE) // a run goes on when nobody reads its output any more
	return cli.Main(context.Background(), os.Args[1:], cli.Env{
		Stdin:       os.Stdin,
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
		Interactive: isatty.IsTerminal(os.Stdin.Fd()) && isatty.IsTerminal(os.Stderr.Fd()),
		Color:       isatty.IsTerminal(os.Stdout.Fd()) && os.Getenv("TERM") != "dumb",
		Columns:     columns(os.Stdout),
		Screen:      isatty.IsTerminal(os.Stderr.Fd()),
		Environ:     os.Environ(),
		Getenv:      os.Getenv,
		Now:         time.Now,
		Signals:     signals,
		Connect:     connect,
		Emulate:     emulate,
		WorldSchema: world.JSON(),
		DemoWorld:   world.DemoFile(),
		FaultKinds:  faultKinds(),
	})
}

// columns returns the width of a terminal, 0 for what is none.
func columns(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

func signals() (<-chan os.Signal, func()) {
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	return c, func() { signal.Stop(c) }
}

func connect(t cli.Target) (cli.Service, error) {
	o := dbs.Options{
		Endpoint:          t.Endpoint,
		AccessKeyID:       t.AccessKeyID,
		AccessKeySecret:   t.AccessKeySecret,
		RequestsPerSecond: t.RequestsPerSecond,
	}
	if t.AnyPassword {
		o.Password = func(schema.SecretRef) (secret.Value, error) { return secret.New("any"), nil }
	}
	return dbs.New(o)
}
