package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/cli"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// emulate serves the emulator of a world, and on loopback what looks into it.
func emulate(o cli.EmulatorOptions) (e cli.Emulator, err error) {
	options := emulator.Options{World: world.Demo(time.Now()), TimeScale: o.TimeScale, Dir: o.Dir, Log: o.Log}
	if o.World != nil {
		if options.World, err = world.Read(o.WorldFile, o.World, time.Now()); err != nil {
			return e, fmt.Errorf("%w: %w", cli.ErrWorld, err)
		}
	}
	var record io.Closer = io.NopCloser(nil)
	if o.Record != "" {
		file, err := os.OpenFile(o.Record, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return e, fmt.Errorf("record: %w; give --record a file in a directory that there is", err)
		}
		options.Record, record = file, file
	}
	service, err := emulator.New(options)
	if err != nil {
		return e, errors.Join(err, record.Close())
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return e, errors.Join(err, service.Close(), record.Close())
	}
	mux := http.NewServeMux()
	mux.Handle(emulator.AdminPath, onLoopback(service.Admin()))
	mux.Handle("/", service)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	go func() { _ = server.Serve(listener) }() // ends with Close
	e.Endpoint = "http://" + reachable(listener.Addr().String())
	e.Close = func() error { return errors.Join(server.Close(), service.Close(), record.Close()) }
	key := options.World.Accounts[0].AccessKeys[0]
	e.AccessKeyID, e.AccessKeySecret, e.SecurityToken = key.ID, key.Secret, key.SecurityToken
	return e, nil
}

// reachable returns the address at which this machine reaches a listener.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err == nil && net.ParseIP(host).IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// onLoopback serves only who is on this machine, and not a web page that was
// made to ask: its requests carry an Origin, or the name of a host of its own.
func onLoopback(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil || !net.ParseIP(host).IsLoopback() || r.Header.Get("Origin") != "" || !isLocal(r.Host) {
			http.Error(w, "this is served on the emulator's own machine only, under its address or localhost", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// isLocal reports whether a Host header names this machine.
func isLocal(header string) bool {
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = header
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// faultKinds describes the kinds of faults for the help.
func faultKinds() (list []cli.FaultKind) {
	for _, k := range world.Kinds {
		list = append(list, cli.FaultKind{Name: k.Name, About: k.About, Only: k.Only})
	}
	return list
}
