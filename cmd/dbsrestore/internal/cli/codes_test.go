package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

func TestEveryCodeHasAPageWhoseExampleProvokesIt(t *testing.T) {
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, p := range diag.Pages(pagesText) {
		explained = append(explained, p.Code)
		file := filepath.Join(t.TempDir(), "m.yaml")
		manifest := "version: 1\nname: drill\ndefaults: {region: cn-hangzhou, at: latest, destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-1}}\n" + p.Block("Example")
		if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		Main(t.Context(), []string{"validate", file}, Env{
			Stdout: new(bytes.Buffer), Stderr: &stderr, Now: time.Now, Getenv: func(string) string { return "" },
		})
		for line := range strings.Lines(p.Block("Message")) {
			if !strings.Contains(stderr.String(), line) {
				t.Errorf("%s: got %s, want in it %s", p.Code, stderr.String(), line)
			}
		}
	}
	if want := regexp.MustCompile(`DBSR\d{4}`).FindAllString(string(source), -1); !slices.Equal(explained, want) {
		t.Errorf("codes.txt explains %q, codes.go has %q", explained, want)
	}
}

func TestNoCodeIsUsedTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range pages() {
		if seen[p.Code] || !regexp.MustCompile(`^DBSR\d{4}$`).MatchString(p.Code) {
			t.Errorf("%s is there twice, or is no code", p.Code)
		}
		seen[p.Code] = true
	}
}
