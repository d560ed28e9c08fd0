//go:build unix

package secret_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/dbsrestore/dbsrestore/runner/secret"
	"github.com/dbsrestore/dbsrestore/schema"
)

func environment(name string) string {
	return map[string]string{"DRILL": canary, "BROKEN": canary + "\n", "LONG": strings.Repeat("x", 4097)}[name]
}

func TestASecretComesFromTheEnvironment(t *testing.T) {
	v, err := secret.Read(schema.SecretRef{Env: "DRILL"}, environment)
	if err != nil || v.Reveal() != canary {
		t.Errorf("got %q, %v, want %q", v.Reveal(), err, canary)
	}
}

func TestASecretComesFromAFile(t *testing.T) {
	for content, want := range map[string]string{
		canary:                           canary,
		canary + "\n":                    canary,
		canary + "\r\n":                  canary,
		" " + canary + " ":               " " + canary + " ",
		"pässwörd":                       "pässwörd",
		strings.Repeat("x", 4096) + "\n": strings.Repeat("x", 4096),
	} {
		path := write(t, content, 0o600)
		link := path + ".link"
		if err := os.Symlink(path, link); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{path, link} {
			v, err := secret.Read(schema.SecretRef{File: name}, environment)
			if err != nil || v.Reveal() != want {
				t.Errorf("%q: got %q, %v, want %q", content, v.Reveal(), err, want)
			}
		}
	}
}

func TestWhatCannotBeASecretIsRefused(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	file := func(content string, mode os.FileMode) schema.SecretRef {
		return schema.SecretRef{File: write(t, content, mode)}
	}
	for name, c := range map[string]struct {
		ref  schema.SecretRef
		want string
	}{
		"nothing named":     {schema.SecretRef{}, "neither env nor file is given"},
		"both named":        {schema.SecretRef{Env: "DRILL", File: "x"}, "both env and file are given"},
		"unset variable":    {schema.SecretRef{Env: "NOWHERE"}, "environment variable NOWHERE is not set or empty"},
		"variable, break":   {schema.SecretRef{Env: "BROKEN"}, "environment variable BROKEN has a line break"},
		"variable, long":    {schema.SecretRef{Env: "LONG"}, "environment variable LONG is longer than 4096 bytes"},
		"no file":           {schema.SecretRef{File: "/nowhere/secret"}, `file "/nowhere/secret" cannot be read: no such file`},
		"directory":         {schema.SecretRef{File: t.TempDir()}, "is not a regular file but a directory"},
		"pipe":              {schema.SecretRef{File: pipe}, "is not a regular file but a named pipe"},
		"device":            {schema.SecretRef{File: "/dev/zero"}, "is not a regular file but a device"},
		"empty":             {file("", 0o600), "is empty"},
		"only a break":      {file("\n", 0o600), "is empty"},
		"two lines":         {file(canary+"\nmore\n", 0o600), "has a line break inside"},
		"two breaks":        {file(canary+"\n\n", 0o600), "has a line break inside"},
		"NUL":               {file(canary+"\x00", 0o600), "has a control character"},
		"C1":                {file(canary+"\u0085x", 0o600), "has a control character"},
		"not UTF-8":         {file(canary+"\xff", 0o600), "is not UTF-8"},
		"too long":          {file(strings.Repeat("x", 4097), 0o600), "is longer than 4096 bytes"},
		"open to everybody": {file(canary, 0o602), "may be written by everybody"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := secret.Read(c.ref, environment)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if strings.Contains(err.Error(), "canary") || v.Reveal() != "" {
				t.Errorf("got %q and %q, want no secret", err, v.Reveal())
			}
		})
	}
}

// write makes a file with exactly these permissions.
func write(t *testing.T, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func ExampleRead() {
	getenv := func(string) string { return "correct horse" }
	password, err := secret.Read(schema.SecretRef{Env: "DRILL_PASSWORD"}, getenv)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(password)
	fmt.Println(len(password.Reveal()))
	// Output:
	// REDACTED
	// 13
}
