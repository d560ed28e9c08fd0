package plan

import (
	"strings"
	"testing"
)

// A plain template gives what package template gives, or leaves it to it.
func TestPlainTemplatesAreExpandedAsPackageTemplateDoes(t *testing.T) {
	each := &record{columns: []string{"tenant", "empty"}, cells: []string{"acme", ""}}
	for template, plain := range map[string]bool{
		`a`: true, `{{ .name }}`: true, `{{ .db }}_{{ .each.tenant }}{{ .each.empty }}`: true, `{{ .name | replace "-" "_" }}!`: true,
		`{{ .name | upper | trimPrefix "ST" }}`: true, `{{ .each.tenant | sha256sum | lower }}`: true, `{{- .run -}} x`: true,
		`{{ .name | regexReplaceAll "a(.)" "b" }}`: true, `{{ .vars.text }}`: true,
		`{{ .vars.number }}`: false, `{{ .each }}`: false, `{{ .name | trunc 3 }}`: false, `{{ upper .name }}`: false, `{{ .name | len }}`: false,
		`{{ .each.none }}`: false, `{{ .name | replace "-" }}`: false, `{{ .vars.none }}`: false, `{{ if true }}a{{ end }}`: false,
		`{{ $x := .name }}{{ $x }}`: false, `{{ .vars.long }}{{ .vars.long }}`: false, `{{ .vars.long | replace "x" "yy" }}`: false,
		`{{ .name | contains "-" }}`: false, `{{ .name | splitList "-" }}`: false, `{{ .name | upper "x" }}`: false, `{{ .name | upper }}{{ .vars.long | upper | default "a" }}`: false,
	} {
		ts := newTemplates()
		d := &data{names: inRename, db: "orders", name: "staging-1", run: "first", each: each,
			vars: map[string]any{"text": "t", "number": 7, "long": strings.Repeat("x", 3000)}}
		text := ts.parse(template)
		if text.problem != nil {
			t.Fatalf("%s: %s", template, text.problem.summary)
		}
		got, ok := joined(text.parts, d)
		if ok != plain {
			t.Errorf("%s: got plain %t, want %t", template, ok, plain)
		}
		text.parts = nil
		want, err := text.execute(d)
		if ok && (err != nil || got != want) {
			t.Errorf("%s: got %q, want %q, %v", template, got, want, err)
		}
	}
}
