package plan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag"
)

const (
	// MaxItems bounds the items of a plan, and so the rows of a forEach.
	MaxItems = 100_000

	// MaxDatabases bounds the databases of all items of a plan together. With
	// names of 60 characters such a plan takes less than 1 GB of memory, and its
	// file a third of MaxFile.
	MaxDatabases = 250_000

	maxListed = 1_000_000 // names and globs under databases, exclude and needs, of all items together

	maxColumns    = 256 // of a CSV file
	maxColumnName = 256 // bytes
)

// A row is what one item of a forEach is made from.
type row struct {
	key  string
	each any // .each: a string, a map[string]string or a *record
	line int // in the CSV file; 0 elsewhere
}

// A record is a row of a CSV file. It takes a third of the memory of a map.
type record struct {
	columns, cells []string
}

func (r *record) cell(column string) (string, bool) {
	i := slices.Index(r.columns, column)
	if i < 0 {
		return "", false
	}
	return r.cells[i], true
}

func (r *record) asMap() map[string]string {
	m := make(map[string]string, len(r.columns))
	for i, c := range r.columns {
		m[c] = r.cells[i]
	}
	return m
}

// plainEach returns a value as packages template and json take it.
func plainEach(each any) any {
	if r, ok := each.(*record); ok {
		return r.asMap()
	}
	return each
}

// table is the rows of a forEach, and their columns when they have any.
type table struct {
	rows    []row
	columns []string
}

// rows returns the rows of a restore's forEach that have a usable key.
func (x *expansion) rows(i int, r *schema.Restore) table {
	var t table
	switch f := r.ForEach; {
	case f.CSV != "":
		t = x.csvRows(i, f)
	case f.Rows != nil:
		t = x.mapRows(i, f)
	default:
		for _, v := range f.Values {
			t.rows = append(t.rows, row{key: v, each: v})
		}
	}
	if len(t.rows) > MaxItems {
		x.problems.addf(CodeTooMany, restorePointer(i)+"/forEach", "split the manifest",
			"this forEach has more than %d rows", MaxItems)
		t.rows = nil
	}
	t.rows = x.keyed(i, r.ForEach, t.rows)
	return t
}

func (x *expansion) mapRows(i int, f *schema.ForEach) table {
	columns := map[string]bool{}
	rows := make([]row, 0, len(f.Rows))
	for _, m := range f.Rows {
		for c := range m {
			columns[c] = true
		}
		rows = append(rows, row{key: m[f.Key], each: m})
	}
	t := table{rows, slices.Sorted(maps.Keys(columns))}
	if !x.keyColumn(i, f, t.columns) {
		return table{}
	}
	return t
}

func (x *expansion) keyColumn(i int, f *schema.ForEach, columns []string) bool {
	pointer, all := restorePointer(i)+"/forEach/key", "the rows have the columns: "+few(columns)
	switch {
	case f.Key == "":
		x.problems.addf(CodeForEach, pointer, all, "forEach needs key: the column that names each row")
	case !slices.Contains(columns, f.Key):
		x.problems.addf(CodeForEach, pointer, didYouMean(f.Key, columns, all),
			"no row has a column %q to be the key", f.Key)
	default:
		return true
	}
	return false
}

// keyed returns the rows whose key can be part of an item's, and reports the
// others.
func (x *expansion) keyed(i int, f *schema.ForEach, rows []row) []row {
	seen := make(map[string]int, len(rows))
	kept := make([]row, 0, len(rows))
	where := func(n int) string {
		if line := rows[n].line; line > 0 {
			return fmt.Sprintf("%s line %d", f.CSV, line)
		}
		return fmt.Sprintf("row %d", n+1)
	}
	var bad []string
	for n, r := range rows {
		first, twice := seen[r.key]
		switch {
		case r.key == "":
			bad = append(bad, where(n)+" has an empty key")
		case twice:
			bad = append(bad, fmt.Sprintf("%s has the key %.80q, as has %s", where(n), r.key, where(first)))
		case !usableKey(r.key):
			bad = append(bad, fmt.Sprintf("%s has the key %.80q, which an item cannot have", where(n), r.key))
		default:
			seen[r.key] = n
			kept = append(kept, r)
		}
	}
	x.some(CodeRowKey, restorePointer(i)+"/forEach",
		fmt.Sprintf("keys are different texts of 1 to %d printable characters without [ and ]", schema.MaxRowKey), bad)
	return kept
}

func usableKey(key string) bool {
	_, bad := unprintable(key)
	return !bad && !strings.ContainsAny(key, "[]") && utf8.RuneCountInString(key) <= schema.MaxRowKey
}

// some reports the first few of many findings at one place.
func (x *expansion) some(code, pointer, hint string, found []string) {
	for n, summary := range found {
		if n == samples-1 && len(found) > samples {
			x.problems.addf(code, pointer, hint, "%s (and %d more)", summary, len(found)-samples)
			return
		}
		x.problems.addf(code, pointer, hint, "%s", summary)
	}
}

// csvRows reads the CSV file of a forEach: a header, then rows as long as it.
func (x *expansion) csvRows(i int, f *schema.ForEach) table {
	pointer := restorePointer(i) + "/forEach/csv"
	data, ok := x.files[f.CSV]
	if !ok {
		x.problems.addf(CodeCSV, pointer, "paths are relative to the manifest", "%s was not read", f.CSV)
		return table{}
	}
	t, found := readCSV(data, f)
	if len(t.columns) > 0 && !x.keyColumn(i, f, t.columns) {
		return table{}
	}
	x.some(CodeCSV, pointer, "a file has a header line and rows of as many fields, in UTF-8, quoted by \"\" where need be", found)
	if len(found) == 0 && len(t.rows) == 0 {
		x.problems.list = append(x.problems.list, diag.Diagnostic{
			Severity: diag.Warning, Code: CodeNoItems, Pos: x.manifest.Pos(pointer),
			Summary: f.CSV + " has a header and no rows, so this restore has no items",
		})
	}
	return t
}

func readCSV(data []byte, f *schema.ForEach) (t table, found []string) {
	fail := func(line int, format string, args ...any) {
		found = append(found, fmt.Sprintf("%s line %d: ", f.CSV, line)+fmt.Sprintf(format, args...))
	}
	key := -1 // the column
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) && !errors.Is(err, csv.ErrFieldCount) {
			fail(bad.Line, "column %d: %v", bad.Column, bad.Err)
			break
		}
		line, _ := r.FieldPos(0)
		switch {
		case t.columns == nil:
			if c := badColumn(cells); c != "" {
				fail(line, "the header has %s", c)
				return t, found
			}
			t.columns, key = cells, slices.Index(cells, f.Key)
		case err != nil:
			fail(line, "%d fields, the header has %d", len(cells), len(t.columns))
		case len(t.rows) > MaxItems:
			return t, found
		default:
			if problem := badCells(t.columns, cells); problem != "" {
				fail(line, "%s", problem)
			}
			r := row{each: &record{t.columns, cells}, line: line}
			if key >= 0 {
				r.key = cells[key]
			}
			t.rows = append(t.rows, r)
		}
	}
	if t.columns == nil && found == nil {
		found = []string{f.CSV + " is empty"}
	}
	return t, found
}

// badColumn says what is wrong with a header, or "".
func badColumn(header []string) string {
	if len(header) > maxColumns {
		return fmt.Sprintf("%d columns, at most %d are allowed", len(header), maxColumns)
	}
	seen := make(map[string]bool, len(header))
	for i, c := range header {
		switch {
		case c == "":
			return fmt.Sprintf("no name for column %d", i+1)
		case !utf8.ValidString(c):
			return fmt.Sprintf("a name for column %d that is not UTF-8", i+1)
		case len(c) > maxColumnName:
			return fmt.Sprintf("a name of %d bytes for column %d, at most %d are allowed", len(c), i+1, maxColumnName)
		case seen[c]:
			return fmt.Sprintf("the column %q twice", c)
		}
		seen[c] = true
	}
	return ""
}

// badCells says what is wrong with a row, or "".
func badCells(columns, cells []string) (problem string) {
	for i, v := range cells {
		if !utf8.ValidString(v) {
			problem = fmt.Sprintf("column %s is not UTF-8", visible(columns[i]))
		}
		if len(v) > maxText {
			problem = fmt.Sprintf("column %s is longer than %d bytes", columns[i], maxText)
		}
	}
	return problem
}
