package plan_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/schema"
)

// simple is a manifest with one restore of each name.
func simple(names ...string) *schema.Manifest {
	m := &schema.Manifest{Name: "drill"}
	for _, name := range names {
		m.Restores = append(m.Restores, schema.Restore{
			Name: name, Region: "cn-hangzhou", BackupPlanID: "dbs1a", At: schema.At{Text: "latest"},
			Databases: []string{name}, Destination: schema.Destination{InstanceType: "Other", IP: "h", Port: "1"},
		})
	}
	return m
}

func TestRunKeys(t *testing.T) {
	now := moment(t, "2026-11-23T13:59:59Z")
	for _, tt := range []struct{ manifest, flag, want string }{
		{"", "", "default"},
		{"2026-q4", "", "2026-q4"},
		{"2026-q4", "again", "again"},
		{"{{ .vars.quarter }}-{{ .vars.year }}", "", "q4-2026"},
		{"", "{{ .vars.quarter }}", "q4"},
		{"slot:24h", "", "2026-11-23T00:00Z"},
		{"slot:1h", "", "2026-11-23T13:00Z"},
		{"slot:90m", "", "2026-11-23T13:30Z"},
		{"slot:168h", "", "2026-11-19T00:00Z"}, // weeks begin as the epoch did, on a Thursday
		{"slot:{{ .vars.hours }}h", "", "2026-11-23T12:00Z"},
		{"夜", "", "夜"},
		{"slot:30s", "", "its length must be whole minutes"},
		{"slot:90s", "", "its length must be whole minutes"},
		{"slot:day", "", "its length must be whole minutes"},
		{"slot:-24h", "", "its length must be whole minutes"},
		{strings.Repeat("x", 65), "", "longer than 64 characters"},
		{"night\x1b[2J", "", "holds U+001B"},
		{"{{ .run }}", "", "there is no .run here"},
	} {
		m := simple("orders")
		m.Run, m.Vars = tt.manifest, map[string]any{"quarter": "q4", "year": int64(2026), "hours": int64(6)}
		draft, problems := plan.Expand(plan.Input{Manifest: m, Run: tt.flag, Now: now})
		switch {
		case draft == nil && !strings.Contains(problems[0].Summary, tt.want):
			t.Errorf("run %q: got %v, want %q", tt.manifest, problems, tt.want)
		case draft != nil && draft.Run() != tt.want:
			t.Errorf("run %q --run %q: got %q, want %q", tt.manifest, tt.flag, draft.Run(), tt.want)
		}
	}
}

func TestSlotsHaveNoGaps(t *testing.T) {
	for _, now := range []string{"1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "2026-11-23T23:59:59Z", "2026-11-24T07:59:59+08:00"} {
		draft, _ := plan.Expand(plan.Input{Manifest: simple("orders"), Run: "slot:24h", Now: moment(t, now)})
		if want := moment(t, now).UTC().Format(time.DateOnly) + "T00:00Z"; draft.Run() != want {
			t.Errorf("at %s: got %s, want %s", now, draft.Run(), want)
		}
	}
}

func TestVarsKeepTheirType(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"text", "007", "007"},
		{"whole", "42", "42"},
		{"broken", "2.5", "2.5"},
		{"flag", "false", "no"},
		{"unheard", "of", "of"},
		{"whole", "4.2", "vars.whole is a whole number in the manifest"},
		{"broken", "NaN", "vars.broken is a number in the manifest"},
		{"flag", "yes", "vars.flag is true or false in the manifest"},
	} {
		m := simple("orders")
		m.Vars = map[string]any{"text": "x", "whole": int64(1), "broken": 1.5, "flag": true}
		m.Run = "{{ .vars." + tt.name + " }}"
		if tt.name == "flag" {
			m.Run = "{{ if .vars.flag }}yes{{ else }}no{{ end }}"
		}
		draft, problems := plan.Expand(plan.Input{Manifest: m, Vars: map[string]string{tt.name: tt.value}})
		switch {
		case draft == nil && !strings.Contains(problems[0].Summary, tt.want):
			t.Errorf("--var %s=%s: got %v, want %q", tt.name, tt.value, problems, tt.want)
		case draft != nil && draft.Run() != tt.want:
			t.Errorf("--var %s=%s: got %q, want %q", tt.name, tt.value, draft.Run(), tt.want)
		}
	}
}

func TestNeedsOfRowsFollowTheirTemplate(t *testing.T) {
	m := simple("shard", "follow")
	for i := range m.Restores {
		m.Restores[i].ForEach = &schema.ForEach{Values: []string{"a", "b"}}
		m.Restores[i].Databases = []string{m.Restores[i].Name + "_{{ .each }}"}
	}
	m.Restores[1].Needs = []string{"shard[{{ .each }}]"}
	p := offline(t, plan.Input{Manifest: m})
	for i, want := range []string{"", "", "shard[a]", "shard[b]"} {
		if got := p.Items[i].Needs; !slices.Equal(got, keys(want)) {
			t.Errorf("%s: got needs %v, want %s", p.Items[i].Key, got, want)
		}
	}
}

func keys(text string) (list []plan.Key) {
	for _, k := range strings.Fields(text) {
		list = append(list, plan.Key(k))
	}
	return list
}

func TestCirclesAreNamedInFull(t *testing.T) {
	for _, tt := range []struct{ needs, want string }{
		{"a:a", "a -> a"},
		{"a:b b:a", "a -> b -> a"},
		{"a:b b:c c:d d:b", "b -> c -> d -> b"},
		{"a:b,c b:d c:d", ""},
	} {
		m := simple("a", "b", "c", "d")
		for _, pair := range strings.Fields(tt.needs) {
			m.Restores[pair[0]-'a'].Needs = strings.Split(pair[2:], ",")
		}
		_, problems := plan.Expand(plan.Input{Manifest: m})
		got := ""
		if problems != nil {
			_, got, _ = strings.Cut(problems[0].Summary, "circle: ")
		}
		if got != tt.want {
			t.Errorf("needs %s: got %q, want %q", tt.needs, got, tt.want)
		}
	}
}

func TestChosenItemsBringWhatTheyNeed(t *testing.T) {
	m := simple("a", "b", "c", "d")
	m.Restores[0].Labels = map[string]string{"tier": "gold"}
	m.Restores[1].Labels = map[string]string{"tier": "gold", "team": "dba"}
	m.Restores[1].Needs = []string{"d"}
	m.Restores[3].Needs = []string{"c"}
	for _, tt := range []struct {
		only     string
		selector map[string]string
		want     string
	}{
		{"", nil, "a b c d"},
		{"a", nil, "a"},
		{"b", nil, "b c d"},
		{"c a", nil, "a c"},
		{"", map[string]string{"tier": "gold"}, "a b c d"},
		{"", map[string]string{"tier": "gold", "team": "dba"}, "b c d"},
		{"a c", map[string]string{"tier": "gold"}, "a"},
	} {
		p := offline(t, plan.Input{Manifest: m, Only: keys(tt.only), Selector: tt.selector})
		var got []plan.Key
		for _, item := range p.Items {
			got = append(got, item.Key)
		}
		if !slices.Equal(got, keys(tt.want)) {
			t.Errorf("only %q selector %v: got %v, want %s", tt.only, tt.selector, got, tt.want)
		}
	}
}

func numbers(n int) (list []string) {
	for i := range n {
		list = append(list, strconv.Itoa(i))
	}
	return list
}

func TestDatabasesAreBounded(t *testing.T) {
	m := simple("all")
	m.Restores[0].Databases = nil
	m.Restores[0].ForEach = &schema.ForEach{Values: numbers(60)}
	m.Restores[0].Destination.InstanceType, m.Restores[0].Destination.IP = "Express", "{{ .each }}"
	m.Restores[0].Destination.Region, m.Restores[0].Destination.InstanceID = "cn-hangzhou", "vpc-1"
	draft, problems := plan.Expand(plan.Input{Manifest: m})
	if draft == nil {
		t.Fatal(problems)
	}
	facts := plan.Facts{Answers: []plan.BackupPlan{{
		Site: plan.Site{Region: "cn-hangzhou"}, ID: "dbs1a", DatabaseType: "Redis", Databases: numbers(plan.MaxDatabases / 50), Ranges: []plan.Range{{}},
	}}}
	_, problems = draft.Resolve(facts)
	if want := "the items have more than 250000 databases together"; len(problems) != 1 || problems[0].Summary != want {
		t.Errorf("got %v, want only: %s", problems, want)
	}
}

func TestPlansAreBounded(t *testing.T) {
	many := tenants(plan.MaxItems + 1)
	full := simple("one", "full")
	full.Restores[1].ForEach = &schema.ForEach{Values: numbers(plan.MaxItems)}
	dense := simple("a", "b")
	dense.Restores[0].ForEach = &schema.ForEach{Values: numbers(1001)}
	dense.Restores[1].ForEach = dense.Restores[0].ForEach
	dense.Restores[1].Needs = []string{"a"}
	listed := simple("listed")
	listed.Restores[0].ForEach = full.Restores[1].ForEach
	listed.Restores[0].Databases, listed.Restores[0].Exclude = numbers(8), numbers(3)
	for want, in := range map[string]plan.Input{
		"the items list more than 1000000 names together under databases, exclude and needs": {Manifest: listed},
		"this forEach has more than 100000 rows":                                             many,
		"the manifest has more than 100000 items":                                            {Manifest: full},
		"the items of the manifest have more than 1000000 needs together":                    {Manifest: dense},
	} {
		if _, problems := plan.Expand(in); len(problems) != 1 || problems[0].Summary != want {
			t.Errorf("got %v, want only: %s", problems, want)
		}
	}
}
