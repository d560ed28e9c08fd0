//go:build !race

// Nothing here is concurrent, and the race detector makes it ten times slower:
// make test runs this package without it.

package explore

import (
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// What comes of equal worlds is followed once: the counts must be those of
// following each history by itself.
func TestConvergingKeepsTheCounts(t *testing.T) {
	for _, s := range []Setup{
		{TokenIgnored, Bounds{Crashes: 1, Losses: 1, Holds: 1}},
		{TokenIgnored | Journal, Bounds{Crashes: 1, Losses: 1, Holds: 1}},
		{TokenForgotten | Lag, Bounds{Crashes: 1, Losses: 1}},
		{FreshToken | NoList, Bounds{Losses: 2}},
		{0, Bounds{Crashes: 1, Losses: 1, Failures: 1, Attempts: 2}},
		{TokenIgnored | Lock | NoList, Bounds{}},
	} {
		t.Run(s.Off.String(), func(t *testing.T) {
			got, err := Explore(s)
			if err != nil {
				t.Fatal(err)
			}
			x := newExplorer(s)
			x.plain = true
			began := time.Now()
			want, err := x.explore()
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d histories, %.0f per second", want.Histories, float64(want.Histories)/time.Since(began).Seconds())
			want.Worlds = got.Worlds // counted only where worlds are remembered
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-each by itself +converging):\n%s", diff)
			}
		})
	}
}

func TestTheSameBoundsGiveTheSameResult(t *testing.T) {
	s := Row{Off: TokenIgnored | Journal}.Quick()
	first, err := Explore(s)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Explore(s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}

// A seed leads to a history that shows what it was found for.
func TestSeedsReplay(t *testing.T) {
	for _, row := range planted {
		r, err := Explore(row.Quick())
		if err != nil {
			t.Fatal(err)
		}
		for c, seed := range r.First {
			if seed == "" {
				continue
			}
			v, err := Replay(io.Discard, seed)
			if err != nil || !v[c] {
				t.Errorf("%s: seed %s gives %v, %v, want %s", row.Off, seed, v, err, Column(c))
			}
		}
	}
}

func TestBadSeedsAreRefused(t *testing.T) {
	for _, seed := range []Seed{"", "nothing", "0/0.0.0.0.0.0/z", "0/0.0.0.0.0.0/!", "0/2.2.1.2.0.0/09"} {
		if v, err := Replay(io.Discard, seed); err == nil {
			t.Errorf("seed %q gives %v, want an error", seed, v)
		}
	}
}

// Whatever a world or a state holds is in its key: otherwise worlds with
// different futures would be taken for one.
func TestKeysTellEveryField(t *testing.T) {
	t.Run("of worlds", func(t *testing.T) {
		n := &node{id: 1}
		w := world{procs: [2]process{{node: n}, {node: n}}, journals: [2]journal{{last: n}, {last: n}}}
		w.tasks[0].attempt, w.late[0].attempt = 1, 1
		everyField(t, reflect.ValueOf(&w).Elem(), "world", func() string { return string(w.appendKey(nil)) })
	})
	t.Run("of snapshots", func(t *testing.T) {
		s := restore.Snapshot{Failure: &restore.Failure{}, Last: restore.Task{Parameters: &plan.Parameters{}}}
		everyField(t, reflect.ValueOf(&s).Elem(), "snapshot", func() string { return string(appendKey(nil, reflect.ValueOf(s))) })
	})
}

// everyField changes each field below v in turn and compares keys. Of arrays
// the first element is tried, since the last ones are empty.
func everyField(t *testing.T, v reflect.Value, path string, key func() string) {
	t.Helper()
	v = reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem() // also those that are not exported
	before, old := key(), reflect.New(v.Type()).Elem()
	old.Set(v)
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(epoch))
			break
		}
		for i := range v.NumField() {
			everyField(t, v.Field(i), path+"."+v.Type().Field(i).Name, key)
		}
		return
	case reflect.Array:
		everyField(t, v.Index(0), path+"[0]", key)
		return
	case reflect.Pointer:
		if _, ok := v.Interface().(*node); !ok && v.Type() != specType && !v.IsNil() {
			everyField(t, v.Elem(), path, key)
		}
		v.SetZero()
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Uint16:
		v.SetUint(v.Uint() + 1)
	default:
		v.SetInt(v.Int() + 1)
	}
	if key() == before {
		t.Errorf("%s does not change the key", path)
	}
	v.Set(old)
}
