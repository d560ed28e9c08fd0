package plan_test

import (
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

func TestCSVFilesAreReadWithCare(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, tt := range []struct{ name, file, want string }{
		{"byte order mark and Windows line ends", "\ufeffwho,at\r\na,1\r\nb,2\r\n", "rows[a] rows[b]"},
		{"a quoted comma and line end", "who,at\n\"a, b\",\"1\n2\"\n", "rows[a, b]"},
		{"no line end at the end", "who,at\na,1", "rows[a]"},
		{"empty lines", "who,at\n\n\na,1\n\n", "rows[a]"},
		{"only a byte order mark", "\ufeff", "t.csv is empty"},
		{"bytes that are no text", "who,at\na,\xff\n", "t.csv line 2: column at is not UTF-8"},
		{"a column that is no text", "who,\xe8\na,1\n", "t.csv line 1: the header has a name for column 2 that is not UTF-8"},
		{"a cell too long", "who,at\na," + long + "\n", "t.csv line 2: column at is longer than 4096 bytes"},
		{"a column without a name", "who,\na,1\n", "t.csv line 1: the header has no name for column 2"},
		{"too many columns", strings.Repeat("who,", 256) + "at\n", "t.csv line 1: the header has 257 columns, at most 256 are allowed"},
		{"a name of a column too long", "who," + strings.Repeat("x", 257) + "\n", "t.csv line 1: the header has a name of 257 bytes for column 2, at most 256 are allowed"},
		{"a header of a megabyte", strings.Repeat("who,", 1<<18) + "at\n", "at most 256 are allowed"},
		{"a quote that does not end", "who,at\n\"a,1\n", "t.csv line 2: column 6: extraneous or missing \" in quoted-field"},
		{"a key too long", "who,at\n" + strings.Repeat("x", 201) + ",1\n", "which an item cannot have"},
		{"a key that cannot be seen", "who,at\na\u200b,1\n", `t.csv line 2 has the key "a\u200b", which an item cannot have`},
		{"a key twice behind a bad one", "who,at\n,1\na,1\nb,1\na,1\n", `t.csv line 5 has the key "a", as has t.csv line 3`},
		{"many bad rows", "who,at\n1\n2\n3\n4\n5\n", "t.csv line 4: 1 fields, the header has 2 (and 2 more)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := simple("rows")
			m.Restores[0].ForEach = &schema.ForEach{CSV: "t.csv", Key: "who"}
			m.Restores[0].Databases = []string{"{{ .each.who | sha256sum | trunc 8 }}"}
			draft, problems := plan.Expand(plan.Input{Manifest: m, Files: map[string][]byte{"t.csv": []byte(tt.file)}})
			if draft == nil {
				var got []string
				for _, p := range problems {
					got = append(got, p.Summary)
				}
				if !strings.Contains(strings.Join(got, "\n"), tt.want) {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				return
			}
			p, _ := draft.Resolve(plan.Facts{Offline: true})
			var got []string
			for _, item := range p.Items {
				got = append(got, string(item.Key))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got items %q, want %s", got, tt.want)
			}
		})
	}
}

func TestOfManyColumnsAFewAreNamed(t *testing.T) {
	header := strings.Repeat("é", 41) + ",b\u202e,3,4,5,6,7,8,9,10"
	m := simple("rows")
	m.Restores[0].ForEach = &schema.ForEach{CSV: "t.csv", Key: "who"}
	_, problems := plan.Expand(plan.Input{Manifest: m, Files: map[string][]byte{"t.csv": []byte(header + "\n")}})
	want := "the rows have the columns: " + strings.Repeat("é", 40) + `…, "b\u202e", 3, 4, 5, 6, 7, 8 and 2 more`
	if len(problems) != 1 || problems[0].Hint != want {
		t.Errorf("got %+v, want the hint %s", problems, want)
	}
}

func TestWhatTemplatesGiveIsChecked(t *testing.T) {
	rows := func(maps ...map[string]string) *schema.ForEach { return &schema.ForEach{Rows: maps, Key: "who"} }
	for _, tt := range []struct {
		name   string
		change func(*schema.Restore)
		want   string
	}{
		{"no backup plan", func(r *schema.Restore) { r.BackupPlanID = `{{ "" }}` }, "backupPlanId is missing"},
		{"a default conflict", func(r *schema.Restore) { r.DuplicateConflict = "failure" }, "duplicateConflict failure is what happens without it; remove it"},
		{"another conflict", func(r *schema.Restore) { r.DuplicateConflict = "overwrite" }, `there is no duplicateConflict "overwrite"`},
		{"half an account", func(r *schema.Restore) { r.CrossAccount = &schema.CrossAccount{AliyunID: "1"} }, "crossAccount needs aliyunId and roleName"},
		{"a port with a sign", func(r *schema.Restore) { r.Destination.Port = "+1" }, `port "+1" is not a number from 1 to 65535`},
		{"a port with a zero", func(r *schema.Restore) { r.Destination.Port = "0777" }, `port "0777" is not a number`},
		{"a port too high", func(r *schema.Restore) { r.Destination.Port = "65536" }, `port "65536" is not a number`},
		{"a gateway beyond all", func(r *schema.Restore) {
			r.Destination = schema.Destination{InstanceType: "dg", BackupGatewayID: "9223372036854775808"}
		}, `backupGatewayId "9223372036854775808" is not a number`},
		{"an escape sequence", func(r *schema.Restore) { r.OwnerID = `{{ "\x1b[2J" }}` }, `the value "\x1b[2J" holds U+001B, which cannot be seen`},
		{"a broken byte", func(r *schema.Restore) { r.OwnerID = `{{ "\xff" }}` }, `the value "\xff" holds U+00FF, which cannot be seen`},
		{"a definition", func(r *schema.Restore) { r.OwnerID = `{{ define "x" }}x{{ end }}` }, "templates may not use {{define}}"},
		{"rows without a key column", func(r *schema.Restore) { r.ForEach = &schema.ForEach{Rows: []map[string]string{{"who": "a"}}} },
			"forEach needs key: the column that names each row"},
		{"rows with another key column", func(r *schema.Restore) { r.ForEach = rows(map[string]string{"name": "a"}) },
			`no row has a column "who" to be the key`},
		{"a row twice", func(r *schema.Restore) {
			r.ForEach = rows(map[string]string{"who": "a"}, map[string]string{"who": "a"})
		},
			`row 2 has the key "a", as has row 1`},
		{"a column that one row lacks", func(r *schema.Restore) {
			r.ForEach = rows(map[string]string{"who": "a", "port": "1"}, map[string]string{"who": "b"})
			r.Destination.Port = "{{ .each.port }}"
		}, `orders[b]: the template fails: <.each.port>: map has no entry for key "port"`},
		{"a need of nothing", func(r *schema.Restore) { r.Needs = []string{"ordres"} }, `needs "ordres": there is no such restore or item`},
		{"a text as a row", func(r *schema.Restore) {
			r.ForEach = &schema.ForEach{Values: []string{"a"}}
			r.Destination.IP = "{{ .each.ip }}"
		}, "there is no .each.ip here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := simple("orders")
			tt.change(&m.Restores[0])
			draft, problems := plan.Expand(plan.Input{Manifest: m})
			if draft != nil || len(problems) != 1 || !strings.Contains(problems[0].Summary, tt.want) {
				t.Errorf("got %v, want only %q", problems, tt.want)
			}
		})
	}
}

func TestHostileNamesOfTheServiceAreShownQuoted(t *testing.T) {
	m := simple("orders")
	m.Restores[0].Databases = []string{"x*"}
	draft, problems := plan.Expand(plan.Input{Manifest: m})
	if draft == nil {
		t.Fatal(problems)
	}
	_, problems = draft.Resolve(plan.Facts{Answers: []plan.BackupPlan{{
		Site: plan.Site{Region: "cn-hangzhou"}, ID: "dbs1a", Databases: []string{"a\x1b[2J", "1", "2", "3", "4", "5", "6", "7", "8"},
		Ranges: []plan.Range{{}},
	}}})
	want := `it has "a\x1b[2J", 1, 2, 3, 4, 5, 6, 7 and 1 more; system databases are left out`
	if len(problems) != 1 || problems[0].Hint != want {
		t.Errorf("got %v, want the hint %s", problems, want)
	}
}
