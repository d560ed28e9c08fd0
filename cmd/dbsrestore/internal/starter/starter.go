// Package starter writes manifests to begin with.
//
// What the service says, such as the name of a backup plan, stands in them as
// inert comments of one line and as YAML scalars: it can forge neither a field nor
// a line.
package starter

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

//go:embed blank.yaml.tmpl
var blankText string

//go:embed account.yaml.tmpl
var accountText string

// Blank returns a commented manifest that shows what there is.
func Blank() []byte { return execute(blankText, nil) }

// Restore is a backup plan as a restore.
type Restore struct {
	Name   string // legal and unique
	Plan   plan.BackupPlan
	Reason string // why nothing can be restored from it, "" when it can
}

// Restores names a restore for each backup plan.
func Restores(plans []plan.BackupPlan) []Restore {
	taken := map[string]bool{}
	restores := make([]Restore, 0, len(plans))
	for _, p := range plans {
		r := Restore{Name: unique(taken, cmp.Or(slug(p.Name), slug(p.ID), "restore")), Plan: p}
		if len(p.ID) > 64 || !legalID.MatchString(p.ID) {
			r.Reason = "a manifest cannot hold its id"
		}
		restores = append(restores, r)
	}
	return restores
}

// Manifest returns a manifest of restores. Those with a reason are in a comment.
func Manifest(restores []Restore) []byte { return execute(accountText, restores) }

// Usable returns the restores without a reason.
func Usable(restores []Restore) []Restore { return usable(restores, true) }

func usable(restores []Restore, want bool) (some []Restore) {
	for _, r := range restores {
		if (r.Reason == "") == want {
			some = append(some, r)
		}
	}
	return some
}

func execute(text string, data any) []byte {
	t := template.Must(template.New("").Delims("<<", ">>").Funcs(template.FuncMap{
		"about":       func(field string) string { return about("", field) },
		"aboutIn":     about,
		"usable":      Usable,
		"unusable":    func(restores []Restore) []Restore { return usable(restores, false) },
		"scalar":      scalar,
		"comment":     comment,
		"destination": destination,
	}).Parse(text))
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		panic(err) // unreachable: a test executes both
	}
	return append(bytes.TrimRight(b.Bytes(), "\n"), '\n')
}

// columns is where comments are broken.
const columns = 100

// about writes the description of a field as a comment.
func about(indent, field string) string {
	f, _, ok := schema.FindField(field)
	if !ok {
		panic("no field " + field) // unreachable: a test executes the templates
	}
	var lines []string
	line := indent + "#"
	for _, word := range strings.Fields(f.Description) {
		if len(line)+1+len(word) > columns {
			lines, line = append(lines, line), indent+"#"
		}
		line += " " + word
	}
	return strings.Join(append(lines, line), "\n")
}

const (
	mostNames = 8  // databases that a comment names
	mostRunes = 60 // of each, and of the name of a backup plan
)

// About describes the backup plan in a comment.
func (r Restore) About() string {
	var names []string
	for _, n := range r.Plan.Databases[:min(len(r.Plan.Databases), mostNames)] {
		names = append(names, cut(n))
	}
	databases := strings.Join(names, ", ")
	switch more := len(r.Plan.Databases) - mostNames; {
	case len(names) == 0:
		databases = "the service does not name its databases"
	case more > 0:
		databases += fmt.Sprintf(", and %d more", more)
	}
	return fmt.Sprintf("%s, %s (%s): %s", comment(cmp.Or(cut(r.Plan.Name), "without a name")), comment(cut(r.Plan.ID)),
		comment(cut(cmp.Or(r.Plan.DatabaseType, "unknown type"))), comment(databases))
}

// comment makes text harmless in a comment of one line.
func comment(s string) string { return view.Inert(s) }

func cut(s string) string {
	if r := []rune(s); len(r) > mostRunes {
		return string(r[:mostRunes]) + "…"
	}
	return s
}

// destination is what a restore needs beside the defaults.
func destination(r Restore) string {
	extra := ""
	switch strings.ToLower(r.Plan.DatabaseType) {
	case "postgresql":
		extra = ", databaseName: postgres"
	case "mongodb":
		extra = ", instanceType: DDS, databaseName: admin"
	case "oracle":
		extra = ", oracleSid: ORCL"
	}
	return "{region: " + scalar(r.Plan.Site.Region) + extra + "}"
}

// scalar writes text as a YAML value on one line.
func scalar(s string) string {
	n := yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if strings.ContainsAny(s, "\n\r\u0085\u2028\u2029") {
		n.Style = yaml.DoubleQuotedStyle
	}
	text, err := yaml.Marshal(&n)
	if err != nil {
		panic(err) // unreachable: a scalar can be written
	}
	return strings.TrimSuffix(string(text), "\n")
}

var (
	legalID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`) // as the schema has it, and at most 64 characters
	notSlug = regexp.MustCompile(`[^a-z0-9]+`)
)

// maxName is the longest name of a restore.
const maxName = 63

// slug makes a name of a text: "" when nothing of it is left.
func slug(s string) string {
	s = strings.Trim(notSlug.ReplaceAllString(strings.ToLower(s), "-"), "-")
	if s != "" && s[0] <= '9' {
		s = "p-" + s
	}
	return strings.TrimRight(s[:min(len(s), maxName)], "-")
}

// unique returns the name with a number where it is taken.
func unique(taken map[string]bool, name string) string {
	free := name
	for n := 2; taken[free]; n++ {
		number := fmt.Sprintf("-%d", n)
		free = strings.TrimRight(name[:min(len(name), maxName-len(number))], "-") + number
	}
	taken[free] = true
	return free
}
