package plan_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

// rename plans one restore of one database, and returns its name at the
// destination or the first problem.
func rename(r schema.Rename, db string) (target, problem string) {
	m := simple("orders")
	m.Run = "2026-11-23T00:00Z"
	m.Vars = map[string]any{"suffix": "drill", "empty": "", "year": int64(2026), "share": 0.5, "gold": true}
	m.Restores[0].Databases = nil
	m.Restores[0].Rename = r
	draft, problems := plan.Expand(plan.Input{Manifest: m})
	if draft == nil {
		return "", problems[0].Summary
	}
	p, problems := draft.Resolve(plan.Facts{Answers: []plan.BackupPlan{{
		Site: plan.Site{Region: "cn-hangzhou"}, ID: "dbs1a", Databases: []string{db}, Ranges: []plan.Range{{}},
	}}})
	if p == nil {
		return "", problems[0].Summary
	}
	return p.Items[0].Databases[0].Target, ""
}

func TestTemplates(t *testing.T) {
	for _, tt := range []struct{ template, want string }{
		{"{{ .db }}_{{ .vars.suffix }}", "Tenant_eu_drill"},
		{"{{ .db | lower }}", "tenant_eu"},
		{"{{ upper .db }}", "TENANT_EU"},
		{"{{ trim \"  x \" }}", "x"},
		{"{{ .db | trimPrefix \"Tenant_\" | trimSuffix \"u\" }}", "e"},
		{"{{ .db | replace \"_\" \"-\" }}", "Tenant-eu"},
		{"{{ trunc 3 .db }}|{{ trunc -2 .db }}|{{ trunc 99 .db }}|{{ trunc -99 .db }}", "Ten|eu|Tenant_eu|Tenant_eu"},
		{"{{ trunc 1 \"日本\" }}", "日"},
		{"{{ substr 0 3 .db }}|{{ substr 7 -1 .db }}|{{ substr 5 99 .db }}|{{ substr 9 3 .db }}", "Ten|eu|t_eu|"},
		{"{{ contains \"eu\" .db }}{{ hasPrefix \"T\" .db }}{{ hasSuffix \"T\" .db }}", "truetruefalse"},
		{"{{ index (splitList \"_\" .db) 1 }}", "eu"},
		{"{{ splitList \"_\" .db | join \".\" }}", "Tenant.eu"},
		{"{{ regexReplaceAll \"^(.*)_(.*)$\" .db \"${2}_${1}\" }}", "eu_Tenant"},
		{"x{{ sha256sum .db | trunc 8 }}", "x9afccd72"},
		{"{{ date \"20060102\" .run }}|{{ date \"06\" \"2026-01-02\" }}|{{ date \"15\" 3600 }}", "20261123|26|01"},
		{"{{ default \"none\" .vars.empty }}|{{ default \"none\" .vars.suffix }}", "none|drill"},
		{"{{ .vars.year }}_{{ .vars.share }}_{{ .vars.gold }}_{{ .name }}", "2026_0.5_true_orders"},
		{"{{ toString .vars.year | trunc -2 }}", "26"},
		{"{{ index .vars \"suffix\" }}", "drill"},
		{"{{ if and .vars.gold (gt .vars.year 2000) }}yes{{ else }}no{{ end }}", "yes"},
		{"{{ with $s := .vars.suffix }}{{ $s }}{{ end }}{{ len .db }}", "drill9"},
		{"{{- /* a comment */ -}} x ", "x "},

		{"{{ .vars.suffix.x }}", "the template fails for database \"Tenant_eu\": <.vars.suffix.x>: can't evaluate field x in type interface {}"},
		{"{{ index .vars \"nothing\" }}", "there is no key nothing"},
		{"{{ index \"text\" 1 }}", "only lists, .vars and .each have an index"},
		{"{{ trunc .db 3 }}", "expected int; got string"},
		{"{{ date \"2006\" .db }}", "Tenant_eu is not a date"},
		{"{{ regexReplaceAll \"(\" .db \"\" }}", "missing closing )"},
		{"{{ regexReplaceAll \"[a-z]{1000}[0-9]{1000}\" .db \"\" }}", "the regular expression is too large"},
		{"{{ regexReplaceAll \"[[:alpha:]_]{1,900}q\" .db \"\" }}", "the regular expression is too large (1802 steps, at most 500)"},
		{"{{ regexReplaceAll \"((ab){20}c?){20}\" .db \"\" }}", "the regular expression is too large"},
		{"{{ regexReplaceAll \"" + strings.Repeat("a|", 150) + "\" .db \"\" }}", "the regular expression is too large (300 bytes, at most 256)"},
		{"{{ regexReplaceAll \"^[A-Za-z].{1,128}_\" .db \"x\" }}", "xeu"},
		{"{{ $x := \"" + strings.Repeat("x", 1000) + "\" }}" + strings.Repeat("{{ $x = toString (splitList \"\" $x) }}", 20) + "{{ len $x }}", "the result is longer than 4096 bytes"},
		{"{{ $x := \"1\" }}" + strings.Repeat("{{ $x = date $x 27000000 }}", 20) + "{{ len $x }}", "the result is longer than 4096 bytes"}, // a November: each 1 becomes 11
		{"{{ call .db }}", "templates have no function \"call\""},
		{"{{ html .db }}", "templates have no function \"html\""},
		{"{{ block \"x\" . }}{{ end }}", "templates may not use {{template}}"},
		{"{{ break }}", "the template cannot be parsed: {{break}} outside {{range}}"},
		{strings.Repeat("x", 5000) + "{{ .db }}", "the template is longer than 4096 bytes"},
		{strings.Repeat("{{.db}}", 456), "the result is longer than 4096 bytes"},
		{"{{ $x := \"xxxxxxxxxxxxxxxx\" }}{{ $x = replace \"x\" $x $x }}{{ $x = replace \"x\" $x $x }}{{ $x = replace \"x\" $x $x }}{{ $x }}", "the result is longer than 4096 bytes"},
		{"{{ $x := splitList \"\" \"" + strings.Repeat("x", 2000) + "\" }}{{ join (join \"--\" $x) $x }}", "the result is longer than 4096 bytes"},
		{"{{ regexReplaceAll \"x\" \"" + strings.Repeat("x", 2000) + "\" \"" + strings.Repeat("y", 2000) + "\" }}", "the result is longer than 4096 bytes"},
	} {
		got, problem := rename(schema.Rename{Template: tt.template}, "Tenant_eu")
		if got != tt.want && (problem == "" || !strings.Contains(problem, tt.want)) {
			t.Errorf("%.80s: got %q, %q, want %q", tt.template, got, problem, tt.want)
		}
	}
}

func TestLongVariablesAreRefused(t *testing.T) {
	for _, template := range []string{"lower .vars.long", "toString .vars.long", "default .vars.long 1", "len (splitList \"\" .vars.long)", "hasPrefix \"x\" .vars.long", "sha256sum .vars.long"} {
		m := simple("orders")
		m.Run = "{{ " + template + " }}"
		_, problems := plan.Expand(plan.Input{Manifest: m, Vars: map[string]string{"long": strings.Repeat("x", 5000)}})
		if len(problems) != 1 || !strings.Contains(problems[0].Summary, "an argument is longer than 4096 bytes") {
			t.Errorf("%s: got %v, want that it is too long", template, problems)
		}
	}
}

// The bound here only tells apart what compiles the same expression, or keeps
// another one, for every row.
func TestRegularExpressionsOverManyRows(t *testing.T) {
	for name, pattern := range map[string]string{
		"one that all rows share":   `"[[:alpha:]_]{1,240}q"`,
		"one that every row brings": `(toString .each.tenant)`,
	} {
		t.Run(name, func(t *testing.T) {
			in := tenants(10_000)
			in.Manifest.Restores[0].Labels = map[string]string{"short": "{{ regexReplaceAll " + pattern + ` .each.tenant "" }}`}
			start := time.Now()
			if _, problems := plan.Expand(in); problems != nil {
				t.Fatal(problems)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s, want some seconds", took)
			}
		})
	}
}

func FuzzRename(f *testing.F) {
	f.Add("{{ .db }}_{{ .vars.suffix }}", "^(.*)_prod$", "${1}_{{ .run }}", "orders_prod")
	f.Add("{{ with $x := .db }}{{ replace \"o\" $x $x }}{{ end }}", "(", "${9}", "o$1")
	f.Add("{{ range 1000000000 }}{{ end }}", "(x+x+)+y", "{{ define \"x\" }}", strings.Repeat("x", 100))
	f.Add("{{ .db }}", "(.)", "{{ .db }}\x00x\x00", "\x009\x00")
	f.Add("{{ date .run .db }}", "", "${0}", "")
	f.Add("{{ regexReplaceAll .db .db .db }}", "a|b", "\x001\x00", "[")
	f.Add("{{ index (splitList \"\" .db) -1 }}{{ substr -1 -9 .db }}{{ trunc -9223372036854775808 .db }}", ".", "$$", "é\xff")
	f.Fuzz(func(t *testing.T, template, match, to, db string) {
		for _, r := range []schema.Rename{{Template: template}, {Rules: []schema.RenameRule{{Match: match, To: to}}}} {
			start := time.Now()
			got, _ := rename(r, db)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("renaming took %v", took)
			}
			if len(got) > 4*128 || strings.ContainsRune(got, 0) || !utf8.ValidString(got) {
				t.Errorf("got the name %q", got)
			}
			if again, _ := rename(r, db); again != got {
				t.Errorf("got %q, and %q from the same rename of the same name", got, again)
			}
		}
	})
}
