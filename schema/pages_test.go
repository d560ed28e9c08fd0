package schema_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/schema"
	"github.com/dbsrestore/dbsrestore/schema/diag/diagtest"
)

// made are the examples that are too large for a page, or cannot be printed.
var made = map[string]string{
	schema.CodeTooLarge: strings.Repeat("#", 32<<20+1),
	schema.CodeEncoding: "name: caf\xe9\n",
	schema.CodeTooLong:  "vars: {suffix: " + strings.Repeat("x", 5000) + "}\n",
	schema.CodeTooMany:  "limits: [" + strings.Repeat("!x a,", 1100) + "]\n",
}

func TestEveryCodeHasAPageWhoseExampleProvokesIt(t *testing.T) {
	text, err := os.ReadFile("codes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, p := range schema.Pages() {
		explained = append(explained, p.Code)
		example := p.Block("Example") + made[p.Code]
		if example == "" {
			t.Errorf("%s has no example", p.Code)
		}
		_, problems := schema.Parse("m.yaml", []byte(whole(example)))
		got := diagtest.Message(problems, p.Code)
		if got == "" {
			t.Errorf("%s: its example does not provoke it: %v", p.Code, problems)
		}
		if *update {
			text = diagtest.SetMessage(text, p.Code, got)
		} else if d := cmp.Diff(got, p.Block("Message")); d != "" {
			t.Errorf("%s: the message (-got +page):\n%s", p.Code, d)
		}
		if p.Title == "" || !strings.Contains(p.Text, "\nFix: ") {
			t.Errorf("%s: the page has no title, or does not say how to mend it", p.Code)
		}
	}
	if d := cmp.Diff(constants(t), explained); d != "" {
		t.Errorf("codes.go against codes.txt:\n%s", d)
	}
	if *update {
		if err := os.WriteFile("codes.txt", text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// whole adds to an example the keys of a manifest that it lacks.
func whole(example string) string {
	if strings.HasPrefix(example, "#") || strings.HasPrefix(example, "version:") {
		return example
	}
	head := "version: 1\n"
	for _, part := range []struct{ key, text string }{
		{"name:", "name: drill\n"},
		{"defaults:", "defaults: {region: cn-hangzhou, at: latest, destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-bp1drill00001, userName: drill, password: {env: P}}}\n"},
		{"restores:", "restores: [{name: orders, backupPlanId: dbs1hvb0wwexample}]\n"},
	} {
		if !strings.HasPrefix(example, part.key) {
			head += part.text
		}
	}
	return head + example
}

// constants are the codes of codes.go.
func constants(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("codes.go")
	if err != nil {
		t.Fatal(err)
	}
	return diagtest.Codes(source)
}
