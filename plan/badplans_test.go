package plan_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

// TestBadPlans decodes every file of testdata/badplans, NAME.json, and compares
// the error with NAME.out.
func TestBadPlans(t *testing.T) {
	files, err := filepath.Glob("testdata/badplans/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad plans: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".json")
		t.Run(filepath.Base(name), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.Decode(data)
			if _, ok := errors.AsType[*plan.FileError](err); !ok || p != nil {
				t.Fatalf("got %v, %v, want a *FileError", p, err)
			}
			got := err.Error() + "\n"
			if *update {
				if err := os.WriteFile(name+".out", []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name + ".out")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if strings.Contains(got, "canary") {
				t.Errorf("a secret is shown: %s", got)
			}
		})
	}
}

func TestAPlanCutAnywhereIsRefused(t *testing.T) {
	data := encoded(t, wholePlan(t))
	for n := range len(data) - 1 { // the last byte is the end of the line
		_, err := plan.Decode(data[:n])
		e, ok := errors.AsType[*plan.FileError](err)
		if !ok || e.Problem != plan.FileCut && (n > 0 || e.Problem != plan.FileEmpty) {
			t.Fatalf("cut at %d: got %v", n, err)
		}
	}
}

// TestAPlanWithAnyByteChangedIsRefused changes each byte in two ways: its lowest
// bit, and the bit that is the case of a letter.
func TestAPlanWithAnyByteChangedIsRefused(t *testing.T) {
	want := wholePlan(t)
	want.Items = want.Items[1:2]
	want.Items[0].Needs = nil
	data := encoded(t, want)
	for at, old := range data {
		for _, by := range []byte{old ^ 1, old ^ 0x20} {
			data[at] = by
			p, err := plan.Decode(data)
			if _, ok := errors.AsType[*plan.FileError](err); !ok && !cmp.Equal(want, p, cmp.FilterPath(isFileName, cmp.Ignore())) {
				t.Fatalf("%q instead of %q at %d: got another plan, %v", by, old, at, err)
			}
		}
		data[at] = old
	}
}

// isFileName is of the one field that the digest leaves out: how the path of the
// manifest was spelt.
func isFileName(p cmp.Path) bool { return p.GoString() == "{*plan.Plan}.Manifest.File" }

func TestDecodeRefusesPasswordsThatAreNoReferences(t *testing.T) {
	for _, r := range []schema.SecretRef{{}, {Env: "canary-9f3b"}, {Env: "9canary"}, {Env: "CANARY", File: "/canary"}} {
		p := wholePlan(t)
		p.Items[0].Password = &r
		_, err := plan.Decode(encoded(t, p)) // the digest is made right too
		if want := "the password of item orders is not {env: NAME} or {file: PATH}"; err == nil || !strings.Contains(err.Error(), want) ||
			strings.Contains(strings.ToLower(err.Error()), "canary") {
			t.Errorf("%+v: got %v, want %s", r, err, want)
		}
	}
	p := wholePlan(t)
	for _, r := range []schema.SecretRef{{Env: "_P1"}, {File: "/run/secrets/p"}} {
		p.Items[0].Password = &r
		if _, err := plan.Decode(encoded(t, p)); err != nil {
			t.Errorf("%+v: got %v", r, err)
		}
	}
}

func ExampleDecode_cut() {
	_, err := plan.Decode([]byte(`{"formatVersion": 1, "run"`))
	fmt.Println(err)
	// Output: plan file is cut short
}
