package diag_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

func TestPosIsWrittenAsFarAsKnown(t *testing.T) {
	for want, p := range map[string]diag.Pos{
		"":           {},
		"m.yaml":     {File: "m.yaml"},
		"m.yaml:3":   {File: "m.yaml", Line: 3},
		"m.yaml:3:9": {File: "m.yaml", Line: 3, Col: 9},
	} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got := p.IsValid(); got != (p.Line > 0) {
			t.Errorf("%v: got valid %t", p, got)
		}
	}
}

func TestError(t *testing.T) {
	d := diag.Diagnostic{Severity: diag.Warning, Code: "DBSR1042", Pos: diag.Pos{File: "m.yaml", Line: 3}, Summary: "$X is not expanded"}
	if got, want := d.Error(), "m.yaml:3: warning[DBSR1042]: $X is not expanded"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	d = diag.Diagnostic{Code: "DBSR1003", Summary: "the file is empty"}
	if got, want := d.Error(), "error[DBSR1003]: the file is empty"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSortOrdersByPlaceAndDropsRepetitions(t *testing.T) {
	at := func(file string, line, col int, code, summary string) diag.Diagnostic {
		return diag.Diagnostic{Pos: diag.Pos{File: file, Line: line, Col: col}, Code: code, Summary: summary}
	}
	l := diag.List{
		at("b", 1, 1, "1", "x"), at("a", 2, 1, "1", "x"), at("a", 1, 9, "1", "x"), at("a", 1, 2, "2", "x"),
		at("a", 1, 2, "1", "y"), at("a", 1, 2, "1", "x"), at("a", 1, 9, "1", "x"),
	}
	want := diag.List{
		at("a", 1, 2, "1", "x"), at("a", 1, 2, "1", "y"), at("a", 1, 2, "2", "x"), at("a", 1, 9, "1", "x"),
		at("a", 2, 1, "1", "x"), at("b", 1, 1, "1", "x"),
	}
	if d := cmp.Diff(want, l.Sort()); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if l[0].Pos.File != "b" {
		t.Errorf("Sort changed its receiver")
	}
}

func TestOnlyErrorsStop(t *testing.T) {
	warning := diag.Diagnostic{Severity: diag.Warning}
	for _, c := range []struct {
		list diag.List
		want int
	}{
		{nil, 0}, {diag.List{warning}, 0}, {diag.List{warning, {}, {}}, 2},
	} {
		if got := c.list.Errors(); got != c.want || c.list.HasErrors() != (c.want > 0) {
			t.Errorf("got %d errors, want %d", got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"name", "databases", "destination", "inFlight", "at", "needs", "ip"}
	for word, want := range map[string]string{
		"databses":    "databases",
		"DATABASES":   "databases",
		"inflight":    "inFlight",
		"naem":        "name",
		"desination":  "destination",
		"destinatoin": "destination",
		"neds":        "needs",
		"IP":          "ip",
		"x":           "",
		"frobnicate":  "",
		"":            "",
	} {
		if got := diag.Nearest(word, keys); got != want {
			t.Errorf("Nearest(%q): got %q, want %q", word, got, want)
		}
	}
	if got := diag.Nearest("ordres", []string{"order", "orders"}); got != "orders" {
		t.Errorf("got %q, want the nearest, orders", got)
	}
}

func TestPages(t *testing.T) {
	pages := diag.Pages("# DBSR1 one thing\n\nWhy.\n\nExample:\n    a:\n      - b\n\nFix: it.\n\n# DBSR2 another\n\nText.\n")
	want := []diag.Page{
		{Code: "DBSR1", Title: "one thing", Text: "Why.\n\nExample:\n    a:\n      - b\n\nFix: it.\n"},
		{Code: "DBSR2", Title: "another", Text: "Text.\n"},
	}
	if d := cmp.Diff(want, pages); d != "" {
		t.Fatalf("-want +got:\n%s", d)
	}
	if got, want := pages[0].Block("Example"), "a:\n  - b\n"; got != want {
		t.Errorf("got the example %q, want %q", got, want)
	}
	if got := pages[1].Block("Example"); got != "" {
		t.Errorf("got the example %q, want none", got)
	}
}

func TestFieldOf(t *testing.T) {
	for pointer, want := range map[string]string{
		"": "", "/run": "/run", "/restores/3/destination/port": "/restores/*/destination/port", "/restores/0/databases/12": "/restores/*/databases/*",
	} {
		if got := diag.FieldOf(pointer); got != want {
			t.Errorf("%q: got %q, want %q", pointer, got, want)
		}
	}
}
