package torture_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/journal"
	"github.com/dbsrestore/dbsrestore/runner/torture"
)

// noon is when hand-made evidence begins.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// goodRecord is one restore that goes well: looked, created, looked, started,
// polled. An entry is made in the second of its number.
const goodRecord = `
DescribeRestoreTaskList {"BackupPlanId":"dbs1"}
CreateRestoreTask {"BackupPlanId":"dbs1","RestoreTime":"1760000000000","RestoreTaskName":"drill-a1","ClientToken":"a1"} [{"create":"s1"}]
DescribeRestoreTaskList {"BackupPlanId":"dbs1"}
StartRestoreTask {"RestoreTaskId":"s1","ClientToken":"a1"} [{"start":"s1"}]
DescribeRestoreTaskList {"RestoreTaskId":"s1"}
`

// goodJournal is what the journal says of it; each line begins with its second.
const goodJournal = `
2 a intended {"event":{"effect":"create","attempt":1,"intent":{"parameters":{"BackupPlanId":"dbs1","RestoreTime":1760000000000}}},"state":{"phase":"creating","attempt":1}}
3 a created {"event":{"taskId":"s1"},"state":{"phase":"created","attempt":1,"taskId":"s1"}}
4 a intended {"event":{"effect":"start","attempt":1},"state":{"phase":"starting","attempt":1,"taskId":"s1"}}
5 a started {"event":{},"state":{"phase":"running","attempt":1,"taskId":"s1"}}
9 a polled {"event":{},"state":{"phase":"succeeded","attempt":1,"taskId":"s1"}}
`

// again are a second create of the item, under the same identity, and a list.
const again = `
CreateRestoreTask {"BackupPlanId":"dbs1","RestoreTime":"1760000000000","RestoreTaskName":"drill-a1","ClientToken":"a1"} [{"create":"s2"}]
DescribeRestoreTaskList {"BackupPlanId":"dbs1"}
`

// second is a task of the second attempt.
const second = `
CreateRestoreTask {"BackupPlanId":"dbs1","RestoreTime":"1760000000000","RestoreTaskName":"drill-a2","ClientToken":"a2"} [{"create":"s2"}]
`

// evidence is hand-made: texts as above.
type evidence struct {
	record, journal string
	ended           bool
	finished        string // "s1 finish 8": how a task stands, and since which second
	outcomes        []torture.Outcome
	secret          string
}

func good() evidence {
	return evidence{record: goodRecord, journal: goodJournal, ended: true, finished: "s1 finish 8",
		outcomes: []torture.Outcome{{Key: "a", Phase: "succeeded", TaskID: "s1"}}}
}

func (e evidence) build(t *testing.T) torture.Evidence {
	t.Helper()
	built := torture.Evidence{
		Items: []torture.Item{{Key: "a", Attempts: []plan.Attempt{
			{ClientToken: "a1", RestoreTaskName: "drill-a1"}, {ClientToken: "a2", RestoreTaskName: "drill-a2"},
		}}},
		Calls:    record(t, e.record),
		Journals: []torture.Journal{{Entries: entries(t, e.journal), Outcomes: e.outcomes, Ended: e.ended}},
	}
	if e.secret != "" {
		built.Secrets = []string{e.secret}
	}
	for line := range strings.Lines(e.finished) {
		var task emulator.Task
		var second int
		if _, err := fmt.Sscan(line, &task.ID, &task.Status, &second); err != nil {
			t.Fatal(err)
		}
		task.Finished = at(second)
		built.Tasks = append(built.Tasks, task)
	}
	return built
}

func at(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }

// record reads lines of operation, parameters and effects.
func record(t *testing.T, text string) []emulator.Entry {
	t.Helper()
	var calls []emulator.Entry
	for _, line := range lines(text) {
		n := len(calls) + 1
		fields := strings.Split(line, " ")
		call := emulator.Entry{Number: uint64(n), At: at(n), Operation: fields[0], Account: "1000", AccessKeyID: "id", Nonce: fmt.Sprint("nonce", n), Status: 200}
		decode(t, fields[1], &call.Parameters)
		if len(fields) > 2 {
			decode(t, fields[2], &call.Effects)
		}
		calls = append(calls, call)
	}
	return calls
}

// entries reads lines of second, item, kind and body.
func entries(t *testing.T, text string) []journal.Entry {
	t.Helper()
	var kept []journal.Entry
	for _, line := range lines(text) {
		fields := strings.SplitN(line, " ", 4)
		var second int
		decode(t, fields[0], &second)
		kept = append(kept, journal.Entry{At: at(second), Item: fields[1], Kind: fields[2], Body: []byte(fields[3])})
	}
	return kept
}

// lines returns the lines of a text that are not empty.
func lines(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return line == "" })
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestNothingIsWrongWithARestoreThatGoesWell(t *testing.T) {
	if got := torture.Check(good().build(t)); got != nil {
		t.Errorf("got %v, want nothing", got)
	}
}

// Each case takes the good restore and does one thing to it. The checker must
// name what is then broken, and nothing else.
func TestEveryBrokenInvariantIsSeen(t *testing.T) {
	replace := func(text *string, old, new string) {
		if !strings.Contains(*text, old) {
			panic(old + " is not there")
		}
		*text = strings.Replace(*text, old, new, 1)
	}
	// What the journal says of a second create of the first attempt, and of one
	// of the second.
	const intentAgain = `
3 a intended {"event":{"effect":"create","attempt":1,"intent":{"parameters":{"BackupPlanId":"dbs1","RestoreTime":1760000000000}}},"state":{"phase":"creating","attempt":1,"surplus":["s2"]}}`
	const intentSecond = `
6 a intended {"event":{"effect":"create","attempt":2,"intent":{"parameters":{"BackupPlanId":"dbs1","RestoreTime":1760000000000}}},"state":{"phase":"creating","attempt":2,"surplus":["s2"]}}
9 a polled {"event":{},"state":{"phase":"succeeded","attempt":1,"taskId":"s1"}}`
	for _, test := range []struct {
		name string
		do   func(*evidence)
		want string // the invariants, with a space between
	}{
		{"two tasks of one attempt", func(e *evidence) {
			replace(&e.record, "\nStart", again+"Start")
			replace(&e.journal, "\n3 a created", intentAgain+"\n3 a created")
			replace(&e.journal, "4 a intended", "6 a intended")
			replace(&e.journal, "5 a started", "7 a started")
		}, "I1"},
		{"two starts of one attempt", func(e *evidence) {
			replace(&e.record, "\nStart", again+"Start")
			e.record += `StartRestoreTask {"RestoreTaskId":"s2","ClientToken":"a1-other"} [{"start":"s2"}]`
			replace(&e.journal, "\n3 a created", intentAgain+"\n3 a created")
			replace(&e.journal, "5 a started", `5 a intended {"event":{"effect":"start","attempt":1},"state":{"phase":"starting","attempt":1,"taskId":"s2"}}
5 a started`)
		}, "I1 I1s I12"},
		{"a second attempt before the first had failed", func(e *evidence) {
			e.record += second
			e.journal += strings.TrimSpace(intentSecond)
		}, "I1g"},
		{"a second attempt while the first had not ended", func(e *evidence) {
			e.record += second
			e.journal = strings.TrimSpace(strings.Replace(e.journal, "\n9 a polled", "\n9 b polled", 1)) + strings.Split(intentSecond, "\n9")[0]
			replace(&e.journal, `"succeeded"`, `"running"`)
			e.finished, e.outcomes = "s1 stop 8", nil
		}, "I1g"},
		{"a task that no journal knows", func(e *evidence) {
			replace(&e.record, "\nStart", again+"Start")
			replace(&e.journal, "\n3 a created", strings.Replace(intentAgain, `,"surplus":["s2"]`, "", 1)+"\n3 a created")
		}, "I1 I2"},
		{"a task that the journal knows as one of an earlier attempt", func(e *evidence) {
			replace(&e.record, "\nStart", again+"Start")
			replace(&e.journal, "\n3 a created", strings.Replace(intentAgain, "surplus", "earlier", 1)+"\n3 a created")
		}, "I1"},
		{"a secret in the journal", func(e *evidence) {
			e.secret = `pä"ss`
			replace(&e.journal, `"event":{}`, `"event":{"note":"it is pä\"ss"}`)
		}, "I3"},
		{"a secret on the record", func(e *evidence) {
			e.secret = "hush"
			replace(&e.record, `"ClientToken":"a1"`, `"ClientToken":"a1","OwnerId":"hush"`)
			replace(&e.journal, `"BackupPlanId":"dbs1"`, `"BackupPlanId":"dbs1","OwnerId":"hush"`)
		}, "I3"},
		{"a create without an intent", func(e *evidence) { replace(&e.journal, "2 a intended", "2 a looked") }, "I4"},
		{"a create before its intent", func(e *evidence) { replace(&e.journal, "2 a intended", "3 a intended") }, "I4"},
		{"a start without an intent", func(e *evidence) { replace(&e.journal, "4 a intended", "4 a looked") }, "I4"},
		{"a start intended of another task", func(e *evidence) {
			replace(&e.journal, `"phase":"starting","attempt":1,"taskId":"s1"`, `"phase":"starting","attempt":1,"taskId":"s2"`)
		}, "I4"},
		{"one intent for two creates", func(e *evidence) {
			replace(&e.record, "\nStart", strings.Replace(again, `"create"`, `"again"`, 1)+"Start")
			replace(&e.journal, "4 a intended", "6 a intended")
		}, "I4"},
		{"a journal that cannot be read", func(e *evidence) { replace(&e.journal, `"event":{"taskId"`, `"event":["taskId"`) }, "I4"},
		{"a token with two requests", func(e *evidence) {
			e.record += strings.Replace(strings.Replace(second, `"a2"`, `"a1"`, 1), `[{"create":"s2"}]`, "", 1)
			e.record = strings.Replace(strings.TrimSpace(e.record), `1760000000000","RestoreTaskName":"drill-a2"`, `1770000000000","RestoreTaskName":"drill-a1"`, 1)
			e.journal += strings.TrimSpace(strings.Replace(strings.ReplaceAll(intentSecond, `"attempt":2`, `"attempt":1`), "1760000000000", "1770000000000", 1))
		}, "I5"},
		{"a request that was not intended", func(e *evidence) { replace(&e.record, "1760000000000", "1760000000001") }, "I5"},
		{"a task outside of the plan", func(e *evidence) {
			e.record += strings.Replace(second, "drill-a2", "drill-z1", 1)
		}, "I5"},
		{"a token of another attempt", func(e *evidence) { replace(&e.record, `"ClientToken":"a1"`, `"ClientToken":"a2"`) }, "I5"},
		{"success of a task that stopped", func(e *evidence) { e.finished = "s1 stop 8" }, "I6"},
		{"success before the end", func(e *evidence) { e.finished = "s1 finish 10" }, "I6"},
		{"success of a task that was not started", func(e *evidence) {
			e.finished = ""
			replace(&e.record, ` [{"start":"s1"}]`, "")
		}, "I6"},
		{"success reported of another task", func(e *evidence) { e.outcomes[0].TaskID = "s9" }, "I6"},
		{"a failure reported that the journal does not know", func(e *evidence) { e.outcomes[0].Phase = "failed" }, "I6"},
		{"a report without the item", func(e *evidence) { e.outcomes = []torture.Outcome{} }, "I6"},
		{"the start of a task of nobody", func(e *evidence) {
			e.record += `StartRestoreTask {"RestoreTaskId":"s9","ClientToken":"z"}`
		}, "I12"},
		{"a start that no list went before", func(e *evidence) {
			replace(&e.record, "\nDescribeRestoreTaskList {\"BackupPlanId\":\"dbs1\"}\nStart", "\nDescribeRestoreTaskList {\"BackupPlanId\":\"dbs2\"}\nStart")
		}, "I12"},
		{"the start of the later of two", func(e *evidence) {
			replace(&e.record, "\nStart", again+"Start")
			replace(&e.record, `"RestoreTaskId":"s1","ClientToken":"a1"} [{"start":"s1"}]`, `"RestoreTaskId":"s2","ClientToken":"a1"} [{"start":"s2"}]`)
			replace(&e.journal, "\n3 a created", intentAgain+"\n3 a created")
			e.journal = strings.ReplaceAll(e.journal, `"taskId":"s1"`, `"taskId":"s2"`)
			e.journal = strings.Replace(e.journal, `"surplus":["s2"]`, `"surplus":["s1"]`, 1)
			e.finished, e.outcomes[0].TaskID = "s2 finish 8", "s2"
		}, "I1 I12"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := good()
			test.do(&e)
			built := e.build(t)
			violations := torture.Check(built)
			got := invariants(violations)
			if diff := cmp.Diff(strings.Fields(test.want), words(got)); diff != "" {
				t.Fatalf("invariants broken (-want +got):\n%s%v", diff, violations)
			}
			if left := torture.Check(built, got...); left != nil && test.name != "a journal that cannot be read" {
				t.Errorf("with these accepted, got %v, want nothing", left)
			}
		})
	}
}

func TestANonceSentTwiceIsSeen(t *testing.T) {
	e := good().build(t)
	e.Calls[4].Nonce = e.Calls[1].Nonce
	want := []torture.Violation{{Invariant: torture.FreshNonce, Text: "records 2 and 5 carry one nonce"}}
	if diff := cmp.Diff(want, torture.Check(e)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

// What excuses: a run that has not ended need not know all, an item that ended
// as unknown was announced, a journal that is lost still holds intents.
func TestWhatIsNoViolation(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(*torture.Evidence)
	}{
		{"a run that was killed knows less", func(e *torture.Evidence) {
			e.Journals[0] = torture.Journal{Entries: e.Journals[0].Entries[:1]}
			e.Calls = e.Calls[:3]
		}},
		{"an item that ended as unknown", func(e *torture.Evidence) {
			e.Journals[0].Entries = append(e.Journals[0].Entries[:1:1], entries(t, `4 a looked {"event":{},"state":{"phase":"unknown","attempt":1}}`)...)
			e.Journals[0].Outcomes[0] = torture.Outcome{Key: "a", Phase: "unknown"}
			e.Calls = e.Calls[:3]
		}},
		{"a journal that was lost after the create", func(e *torture.Evidence) {
			all := e.Journals[0]
			lost := torture.Journal{Entries: all.Entries[:1], Lost: true}
			all.Entries = all.Entries[1:]
			e.Journals = []torture.Journal{lost, all}
		}},
		{"a second attempt after the first failed", func(e *torture.Evidence) {
			e.Journals[0].Entries = append(e.Journals[0].Entries[:4:4], entries(t, `
6 a polled {"event":{},"state":{"phase":"failed","attempt":1,"taskId":"s1"}}
6 a intended {"event":{"effect":"create","attempt":2,"intent":{"parameters":{"BackupPlanId":"dbs1","RestoreTime":1760000000000}}},"state":{"phase":"creating","attempt":2}}
7 a created {"event":{"taskId":"s2"},"state":{"phase":"created","attempt":2,"taskId":"s2"}}`)...)
			e.Journals[0].Outcomes = nil
			e.Calls = append(e.Calls, record(t, goodRecord+second)[5])
			e.Tasks[0].Status, e.Tasks[0].Finished = "stop", at(5)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := good().build(t)
			test.do(&e)
			if got := torture.Check(e); got != nil {
				t.Errorf("got %v, want nothing", got)
			}
		})
	}
}

// invariants returns those that are broken, each once, in the order judged.
func invariants(violations []torture.Violation) []torture.Invariant {
	var list []torture.Invariant
	for _, v := range violations {
		if !slices.Contains(list, v.Invariant) {
			list = append(list, v.Invariant)
		}
	}
	return list
}

func words(list []torture.Invariant) []string {
	var text []string
	for _, i := range list {
		text = append(text, string(i))
	}
	return text
}
