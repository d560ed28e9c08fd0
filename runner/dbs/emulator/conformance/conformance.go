// Package conformance tells whether something that answers is DBS.
//
// Its cases say what the restore side of Alibaba Cloud Database Backup Service
// answers to which parameters, each with its reason and where that is written.
// Its questions find out what is written nowhere. Both are asked of an endpoint
// over HTTP, signed by a hand of its own: an emulator, or the service itself.
// The sections that sources name are those of dbs-api.md, this project's
// collection of what the vendor's documents and clients say.
package conformance

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Level is what a case or a question does to the account that is asked.
type Level int

// Levels, each with all below it.
const (
	Reads    Level = iota // nothing
	Creates               // makes restore tasks, which write no data until they are started
	Restores              // starts them
)

// Case is one call and what must come of it: a cell of the table of operations,
// parameters and errors.
type Case struct {
	Operation string
	Parameter string // the one that it is about, "" for the operation as a whole
	Give      map[string]string
	Want      Want
	Because   string
	Source    string
	Level     Level
	Key       string            // which key signs it, see [Target]; "" for the first
	Secret    string            // to sign with instead of the key's; "" for the key's
	Skew      time.Duration     // of the client's clock
	Twice     bool              // it is sent a second time with the same nonce, which is what counts
	Then      map[string]string // changes to the parameters of a second call, which is what counts; nil for one call
	Method    string            // "" for POST
	Form      bool              // everything is sent in the body
	Path      string            // "" for /
	Shows     map[string]string // what is at a path of the answer; * for anything
	Fault     map[string]any    // that the emulator is to have; only one of those can be asked
}

// Want is what a call must come to.
type Want struct {
	Code    string // "" for success
	Dialect string // Code for an error of the gateway, ErrCode for one of DBS, "" for success
	Status  int    // of HTTP; 0 for any
}

func (w Want) String() string {
	if w.Code == "" {
		return "success"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %s", w.Dialect, w.Code, map[bool]string{true: fmt.Sprint(w.Status)}[w.Status != 0]))
}

//go:embed cases.yaml
var casesFile []byte

// group is a set of cases of one operation in the file.
type group struct {
	Operations []string          `yaml:"operations"` // the cases are about each of them
	Source     string            `yaml:"source"`
	Level      string            `yaml:"level"` // reads (""), creates, restores
	Give       map[string]string `yaml:"give"`  // to every case
	Cases      []line            `yaml:"cases"`
}

// line is one case, or one for every parameter that it names.
type line struct {
	Parameter string            `yaml:"parameter"`
	Omit      []string          `yaml:"omit"` // a case for each, which lacks it
	Give      map[string]string `yaml:"give"` // besides the group's; "-" takes one away
	Want      string            `yaml:"want"` // "" for success, or "Code X 400", "ErrCode X"
	Because   string            `yaml:"because"`
	Key       string            `yaml:"key"`
	Secret    string            `yaml:"secret"`
	Skew      time.Duration     `yaml:"skew"`
	Twice     bool              `yaml:"twice"`
	Then      map[string]string `yaml:"then"`
	Method    string            `yaml:"method"`
	Form      bool              `yaml:"form"`
	Path      string            `yaml:"path"`
	Shows     map[string]string `yaml:"shows"`
	Fault     map[string]any    `yaml:"fault"`
}

// Cases returns all cases, in the order of the file.
func Cases() []Case {
	d := yaml.NewDecoder(strings.NewReader(string(casesFile)))
	d.KnownFields(true)
	var groups []group
	if err := d.Decode(&groups); err != nil {
		panic(fmt.Sprintf("conformance: %v", err)) // unreachable: the file is embedded, and a test reads it
	}
	var cases []Case
	for _, g := range groups {
		for _, operation := range g.Operations {
			for _, l := range g.Cases {
				cases = append(cases, g.cases(operation, l)...)
			}
		}
	}
	return cases
}

// cases returns what a line stands for.
func (g *group) cases(operation string, l line) []Case {
	c := Case{
		Operation: operation, Parameter: l.Parameter, Give: merged(g.Give, l.Give), Want: parseWant(l.Want),
		Because: l.Because, Source: g.Source, Key: l.Key, Secret: l.Secret, Skew: l.Skew, Twice: l.Twice, Then: l.Then,
		Method: l.Method, Form: l.Form, Path: l.Path, Shows: l.Shows, Fault: l.Fault,
		Level: map[string]Level{"": Reads, "creates": Creates, "restores": Restores}[g.Level],
	}
	if len(l.Omit) == 0 {
		return []Case{c}
	}
	list := make([]Case, 0, len(l.Omit))
	for _, name := range l.Omit {
		one := c
		one.Parameter, one.Give = name, merged(c.Give, map[string]string{name: "-"})
		one.Want.Code = strings.ReplaceAll(c.Want.Code, "{parameter}", name)
		list = append(list, one)
	}
	return list
}

// merged returns both, the second one's values first; "-" takes a key away.
func merged(a, b map[string]string) map[string]string {
	m := make(map[string]string)
	maps.Copy(m, a)
	maps.Copy(m, b)
	maps.DeleteFunc(m, func(_, value string) bool { return value == "-" })
	return m
}

func parseWant(s string) (w Want) {
	f := strings.Fields(s)
	if len(f) >= 2 {
		w.Dialect, w.Code = f[0], f[1]
	}
	if len(f) == 3 {
		_, _ = fmt.Sscan(f[2], &w.Status) // a test reads it
	}
	return w
}

// Name names a case among others.
func (c Case) Name() string {
	words := []string{c.Operation}
	if c.Parameter != "" {
		words = append(words, c.Parameter)
	}
	return strings.Join(append(words, c.Because), ": ")
}

// placeholders returns the names of what discovery has to fill in.
func (c Case) placeholders() (names []string) {
	for _, values := range []map[string]string{c.Give, c.Shows, c.Then} {
		for _, value := range values {
			for rest := value; ; {
				_, after, open := strings.Cut(rest, "{")
				name, tail, closed := strings.Cut(after, "}")
				if !open || !closed {
					break
				}
				if isName(name) {
					names = append(names, name)
				}
				rest = tail
				if !isName(name) {
					rest = after
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// isName reports whether s may be a placeholder; JSON has other braces.
func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') })
}
