// Command dbsrestore restores many databases from Alibaba Cloud Database
// Backup Service as one reviewed act.
package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/cli"
	"github.com/dbsrestore/dbsrestore/runner/dbs"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
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
		Getenv:      os.Getenv,
		Now:         time.Now,
		Signals:     signals,
		Connect:     connect,
		Emulate:     emulate,
	})
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

// emulate serves the emulator's demonstration.
func emulate(o cli.EmulatorOptions) (cli.Emulator, error) {
	world := emulator.Demo(time.Now())
	service, err := emulator.New(emulator.Options{World: world, TimeScale: o.TimeScale, Dir: o.Dir, Log: o.Log})
	if err != nil {
		return cli.Emulator{}, err
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return cli.Emulator{}, err
	}
	server := &http.Server{Handler: service, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close
	e := cli.Emulator{
		Endpoint: "http://" + listener.Addr().String(),
		Close: func() error {
			return errors.Join(server.Close(), service.Close())
		},
	}
	for id, secret := range world.Keys {
		e.AccessKeyID, e.AccessKeySecret = id, secret
	}
	return e, nil
}
