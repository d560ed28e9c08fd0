package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/plan"
)

// world is a set of facts, and what the journal knows.
type world struct {
	facts plan.Facts
	known map[plan.Key]journaled
}

// journaled is a Known whose declaration is the item's own, unless it changed.
type journaled struct {
	plan.Known
	changed bool
}

// newWorld reads facts, one a line; the indented ones belong to the plan above.
//
//	now TIME
//	plan REGION/ID TYPE DATABASE…
//	    source INSTANCE IP:PORT [TYPE]
//	    range TIME TIME
//	    set ID TIME
//	    point ID TIME
//	    missing | locked | status WORD | problem TEXT
//	gateways REGION [PROBLEM]
//	    gateway ID STATUS NAME
//	destination INSTANCE IP:PORT [TYPE]
//	known KEY [changed] [task=ID] [ended] [succeeded] [set=ID] [state=WORD] [surplus=ID,…] [before=ID] [conflict=WORD]
func newWorld(t *testing.T, text string) world {
	t.Helper()
	w := world{known: map[plan.Key]journaled{}}
	w.facts.Now = moment(t, "2026-11-23T12:00:00Z")
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		b := &plan.BackupPlan{}
		if n := len(w.facts.Answers); n > 0 {
			b = &w.facts.Answers[n-1]
		}
		switch f[0] {
		case "now":
			w.facts.Now = moment(t, f[1])
		case "plan":
			region, id, _ := strings.Cut(f[1], "/")
			b := plan.BackupPlan{Site: plan.Site{Region: region}, ID: id, Status: "running"}
			if len(f) > 2 {
				b.DatabaseType, b.Databases = strings.TrimPrefix(f[2], "-"), f[3:]
			}
			w.facts.Answers = append(w.facts.Answers, b)
		case "source":
			b.Source = newSource(f[1:])
		case "destination":
			w.facts.Destinations = append(w.facts.Destinations, newSource(f[1:]))
		case "range":
			b.Ranges = append(b.Ranges, plan.Range{From: moment(t, f[1]), To: moment(t, f[2])})
		case "set":
			end := moment(t, f[2])
			b.BackupSets = append(b.BackupSets, plan.BackupSet{ID: f[1], From: end.Add(-time.Hour), To: end})
		case "point":
			end := moment(t, f[2])
			b.Points = append(b.Points, plan.BackupSet{ID: strings.TrimPrefix(f[1], "-"), From: end.Add(-time.Hour), To: end})
		case "status":
			b.Status = f[1]
		case "gateways":
			region, problem := f[1], strings.Join(f[2:], " ")
			w.facts.Gateways = append(w.facts.Gateways, plan.GatewayList{Site: plan.Site{Region: region}, Problem: problem})
		case "gateway":
			l := &w.facts.Gateways[len(w.facts.Gateways)-1]
			l.Gateways = append(l.Gateways, plan.Gateway{ID: f[1], Status: f[2], Name: f[3]})
		case "missing":
			b.Missing = true
		case "locked":
			b.Status = "locked"
		case "problem":
			b.Problem = strings.Join(f[1:], " ")
		case "known":
			w.known[plan.Key(f[1])] = newJournaled(t, f[1], f[2:])
		default:
			t.Fatalf("no fact %q", f[0])
		}
	}
	return w
}

// newSource reads INSTANCE IP:PORT [TYPE]; an INSTANCE of - is none.
func newSource(words []string) plan.Source {
	s := plan.Source{InstanceType: "rds", InstanceID: strings.TrimPrefix(words[0], "-"), IPPort: words[1]}
	if len(words) > 2 {
		s.InstanceType = words[2]
	}
	return s
}

func newJournaled(t *testing.T, key string, words []string) (j journaled) {
	t.Helper()
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "changed":
			j.changed = true
		case "task":
			j.TaskID = value
		case "ended":
			j.Ended = true
		case "succeeded":
			j.Succeeded = true
		case "set":
			j.Parameters.BackupSetId = value
			j.Databases = []plan.Database{{Source: "as", Target: "sent_" + key}}
		case "surplus":
			j.Surplus = strings.Split(value, ",")
		case "before":
			j.FailedTaskID = value
		case "conflict":
			j.Conflict = value
		case "state":
			j.State = value
		default:
			t.Fatalf("nothing known as %q", name)
		}
	}
	return j
}

// answer returns the facts, with the declarations of the draft in the history.
func (w world) answer(d *plan.Draft) plan.Facts {
	if len(w.known) == 0 {
		return w.facts
	}
	facts := w.facts
	facts.History = map[plan.Key]plan.Known{}
	blank, _ := d.Resolve(plan.Facts{Offline: true})
	for _, item := range blank.Items {
		if j, ok := w.known[item.Key]; ok {
			j.Declared = item.Declared
			set := j.Parameters.BackupSetId
			j.Parameters = item.Parameters
			j.Parameters.BackupSetId, j.Parameters.RestoreObjects = set, objects(j.Databases)
			if j.changed {
				j.Declared = "sha256:of-something-else"
			}
			facts.History[item.Key] = j.Known
		}
	}
	return facts
}

// objects is RestoreObjects of names that JSON need not escape.
func objects(databases []plan.Database) string {
	var list []string
	for _, db := range databases {
		list = append(list, fmt.Sprintf(`{"DBName":%q,"NewDBName":%q}`, db.Source, db.Target))
	}
	if list == nil {
		return ""
	}
	return "[" + strings.Join(list, ",") + "]"
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
