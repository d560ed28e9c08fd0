package plan_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

// FuzzCSV plans a restore for each row of a file. A file that is taken has a
// header and rows as long as it, one item each, with keys that differ; each
// cell reaches its item as the writer of the file meant it.
func FuzzCSV(f *testing.F) {
	for _, file := range []string{
		"key,v\na,1\nb,2\n", "\ufeffkey,v\r\na,1\r\n", "key,v\n\"a, b\",\"1\n2\"\n", "key,v\n\n\na,\"\"\"\"\n",
		"key\na\na\n", "key,key\na,b\n", "key,v\na\n", "key,v\na,\xff\n", "key,v\n\"a,1\n", "", "key", "v\n1\n", "key,v\na,\x00\n", "key,v\n[a],1\n",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m := simple("rows")
		m.Restores[0].ForEach = &schema.ForEach{CSV: "t.csv", Key: "key"}
		m.Restores[0].Rename.Template = "x{{ .each.key | sha256sum | trunc 16 }}" // one for each key
		m.Restores[0].Labels = map[string]string{"v": "{{ .each.v }}"}
		draft, problems := plan.Expand(plan.Input{Manifest: m, Files: map[string][]byte{"t.csv": file}})
		if (draft == nil) != problems.HasErrors() {
			t.Fatalf("got draft %v with %v", draft, problems)
		}
		for _, p := range problems {
			if !utf8.ValidString(p.Summary) || len(p.Summary) > 2000 || strings.Contains(p.Summary, "\n") {
				t.Errorf("got the summary %q", p.Summary)
			}
		}
		if draft == nil {
			return
		}
		p, problems := draft.Resolve(plan.Facts{Offline: true})
		if p == nil {
			t.Fatal(problems)
		}
		records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff")))).ReadAll()
		if err != nil || len(records) != len(p.Items)+1 {
			t.Fatalf("got %d items of %d records (%v)", len(p.Items), len(records), err)
		}
		seen := map[plan.Key]bool{}
		for i, item := range p.Items {
			key, v := "", ""
			for c, column := range records[0] {
				switch column {
				case "key":
					key = records[i+1][c]
				case "v":
					v = records[i+1][c]
				}
			}
			if item.Key != plan.Key("rows["+key+"]") || item.Labels["v"] != v || seen[item.Key] {
				t.Errorf("row %q, %q became %s with %q", key, v, item.Key, item.Labels["v"])
			}
			seen[item.Key] = true
		}
	})
}
