package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadInputsAreListed holds that every row of the reference's tables has its
// case or its reason in testdata/bad-inputs.txt, and that each case is there.
func TestBadInputsAreListed(t *testing.T) {
	listed := map[string]bool{}
	for row, where := range badInputs(t) {
		listed[row] = true
		for _, w := range where {
			file, text, _ := strings.Cut(w, ": ")
			if file == "not ours" {
				continue
			}
			data, err := os.ReadFile(filepath.Join("../..", file))
			if err != nil || !strings.Contains(string(data), text) {
				t.Errorf("%s: %s has no %q (%v)", row, file, text, err)
			}
		}
	}
	for _, table := range []struct {
		form string
		rows int
	}{{"M%02d", 63}, {"P%02d", 16}, {"F-%02d", 18}} {
		for i := range table.rows {
			if row := fmt.Sprintf(table.form, i+1); !listed[row] {
				t.Errorf("%s is not listed", row)
			}
		}
	}
}

// badInputs reads the list: for each row, its files and reasons.
func badInputs(t *testing.T) map[string][]string {
	t.Helper()
	data, err := os.ReadFile("../../testdata/bad-inputs.txt")
	if err != nil {
		t.Fatal(err)
	}
	list := map[string][]string{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		row, where, _ := strings.Cut(line, " ")
		list[row] = append(list[row], where)
	}
	return list
}
