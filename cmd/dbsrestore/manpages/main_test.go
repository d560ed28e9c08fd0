package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// pages writes the manual and reads it again, without the escapes of roff.
func pages(t *testing.T) map[string]string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "man")
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = strings.NewReplacer(`\-`, "-", `\&`, "", `\\`, `\`, `\e`, `\`).Replace(string(text))
	}
	return all
}

func TestTheManualHasEveryVerbFlagAndTopic(t *testing.T) {
	all := pages(t)
	commands := below(tree())
	if len(all) != len(commands)+1 || len(all) < 20 {
		t.Errorf("got %d pages of %d commands", len(all), len(commands))
	}
	for _, c := range commands {
		name := strings.ReplaceAll(c.CommandPath(), " ", "-")
		if c.IsAdditionalHelpTopicCommand() {
			if !strings.Contains(all["dbsrestore.1"], name+"(7)") {
				t.Errorf("dbsrestore.1 does not name %s(7)", name)
			}
			for line := range strings.Lines(c.Long) {
				if page := all[name+".7"]; !strings.Contains(page, strings.TrimSpace(line)) {
					t.Errorf("%s.7 lacks the line %q", name, line)
				}
			}
			continue
		}
		page, ok := all[name+".1"]
		if !ok {
			t.Errorf("there is no %s.1", name)
		}
		check := func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(page, "--"+f.Name) {
				t.Errorf("%s.1 lacks --%s", name, f.Name)
			}
		}
		c.NonInheritedFlags().VisitAll(check)
		c.InheritedFlags().VisitAll(check)
		for line := range strings.Lines(c.Long) {
			if !strings.Contains(page, strings.TrimSpace(line)) {
				t.Errorf("%s.1 lacks the line %q", name, line)
			}
		}
	}
	for _, verb := range []string{"plan", "apply", "status", "init", "completion-zsh"} {
		if !strings.Contains(all["dbsrestore-"+verb+".1"], "SYNOPSIS") {
			t.Errorf("there is no page of %s", verb)
		}
	}
}

func TestTheManualIsTheSameOnEveryDay(t *testing.T) {
	first := pages(t)
	if diff := cmp.Diff(first, pages(t)); diff != "" {
		t.Errorf("twice, it differs:\n%s", diff)
	}
	heading := regexp.MustCompile(`(?m)^\.TH "[A-Z-]+" "[17]" "" "dbsrestore" "dbsrestore manual"$`)
	for name, page := range first {
		if !heading.MatchString(page) || strings.Contains(page, "Auto generated") {
			t.Errorf("%s has another heading, or a date:\n%.300s", name, page)
		}
	}
}
