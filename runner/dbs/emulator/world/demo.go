package world

import (
	"bytes"
	_ "embed"
	"time"
)

//go:embed demo.yaml
var demo []byte

// DemoFile returns the world of the demonstration as a file to begin with.
func DemoFile() []byte { return bytes.Clone(demo) }

// Demo returns the world of the demonstration as it is at now: a small company
// with backup plans dbs1demomysql01 to 06, dbs1demopgsql01 to 04,
// dbs1demomssql01 and dbs1demomongo01, and instances to restore to. A restore
// lasts one to four seconds. The access key is "emulator", with the secret
// "emulator". The worlds of one day, in UTC, are the same.
func Demo(now time.Time) World {
	w, err := Read("demo.yaml", demo, now)
	if err != nil {
		panic(err) // unreachable: the file is embedded, and a test reads it
	}
	return w
}
