package emulator_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// faultCase is a rule with what a client sees of it, as a script of [visitor].
type faultCase struct {
	name   string
	rule   world.Fault
	script string
}

const (
	onCreate = "CreateRestoreTask"
	onStart  = "StartRestoreTask"
	onList   = "DescribeRestoreTaskList"
)

// faultCases are what the kinds of fault do. Their rules strike once unless
// they count otherwise. Those that wait are played in virtual time, the others
// on a network.
var faultCases = map[string][]faultCase{
	"throttle": {{"is refused, and not executed", world.Fault{Operation: onCreate}, `
		create a -> 400 Throttling.User
		made     -> 0 created, 0 started
		create a -> 200 ok`},
		{"is refused in other words", world.Fault{Operation: onCreate, Code: "Throttling", Status: 429}, `
		create a -> 429 Throttling`}},
	"refuse": {{"is refused, and not executed", world.Fault{Operation: onCreate}, `
		create a -> 503 ServiceUnavailable
		made     -> 0 created, 0 started`},
		{"is executed all the same", world.Fault{Operation: onCreate, Executed: true, Code: "InternalError", Status: 500}, `
		create a -> 500 InternalError
		made     -> 1 created, 0 started`},
		{"is a start that is executed all the same", world.Fault{Operation: onStart, Executed: true}, `
		create a -> 200 ok
		start 1  -> 503 ServiceUnavailable
		made     -> 1 created, 1 started`}},
	"fail": {{"fails in the dialect of DBS", world.Fault{Operation: onCreate}, `
		create a -> 200 InvalidParameter
		made     -> 0 created, 0 started`},
		{"fails in other words, executed", world.Fault{Operation: onCreate, Code: "Param.NotFound", Status: 400, Executed: true}, `
		create a -> 400 Param.NotFound
		made     -> 1 created, 0 started`}},
	"delay": {{"is executed for who waits", world.Fault{Operation: onCreate, For: 10 * time.Second}, `
		patience 11s ->
		create a     -> 200 ok
		made         -> 1 created, 0 started`},
		{"is not executed for who leaves", world.Fault{Operation: onCreate, For: 10 * time.Second}, `
		patience 9s  ->
		create a     -> no answer
		wait 1h      ->
		made         -> 0 created, 0 started`}},
	"delayAnswer": {{"is executed for who waits", world.Fault{Operation: onCreate, For: 10 * time.Second}, `
		patience 11s ->
		create a     -> 200 ok
		made         -> 1 created, 0 started`},
		{"is executed for who leaves, too", world.Fault{Operation: onCreate, For: 10 * time.Second}, `
		patience 9s  ->
		create a     -> no answer
		made         -> 1 created, 0 started`}},
	"cut": {{"is lost before it is executed", world.Fault{Operation: onCreate}, `
		create a -> no answer
		made     -> 0 created, 0 started
		create a -> 200 ok`},
		{"is lost after it was executed", world.Fault{Operation: onCreate, Executed: true}, `
		create a -> no answer
		made     -> 1 created, 0 started`},
		{"is a start that is lost after it was executed", world.Fault{Operation: onStart, Executed: true}, `
		create a -> 200 ok
		start 1  -> no answer
		start 1  -> 200 InvalidParameter
		made     -> 1 created, 1 started`}},
	"cutBody": {{"is executed, and half of its answer comes", world.Fault{Operation: onCreate}, `
		create a -> 200 cut short
		made     -> 1 created, 0 started`}},
	"html": {{"gets a page, and is not executed", world.Fault{Operation: onCreate}, `
		create a -> 502 in HTML
		made     -> 0 created, 0 started`},
		{"gets a page that says all is well, and is executed", world.Fault{Operation: onCreate, Status: 200, Executed: true}, `
		create a -> 200 in HTML
		made     -> 1 created, 0 started`}},
	"contentLength": {{"promises more than comes", world.Fault{Operation: onCreate}, `
		create a -> 200 cut short
		made     -> 1 created, 0 started`},
		{"says less than there is", world.Fault{Operation: onCreate, By: -3}, `
		create a -> 200 no JSON
		made     -> 1 created, 0 started`},
		{"says less than nothing", world.Fault{Operation: onCreate, By: -9999}, `
		create a -> 200 no JSON
		made     -> 1 created, 0 started`}},
	"redirect": {{"is sent elsewhere, and not executed", world.Fault{Operation: onCreate}, `
		create a -> 302 to https://dbs-api.example.invalid/
		made     -> 0 created, 0 started`},
		{"is sent to a place, for good", world.Fault{Operation: onCreate, Status: 308, Location: "http://elsewhere.example.com/"}, `
		create a -> 308 to http://elsewhere.example.com/`}},
	"endless": {{"does not end, and is executed", world.Fault{Operation: onCreate}, `
		create a -> 200 without end
		made     -> 1 created, 0 started
		create b -> 200 ok`}},

	"tokenForgotten": {{"makes another task of a token that was used", world.Fault{Operation: onCreate, Skip: 1}, `
		create a t -> 200 ok
		create a t -> 200 ok
		made       -> 2 created, 0 started
		create a t -> 200 ok
		made       -> 2 created, 0 started`},
		{"forgets those that are old enough", world.Fault{Operation: onCreate, Count: 9, For: time.Minute}, `
		create a t -> 200 ok
		wait 59s   ->
		create a t -> 200 ok
		made       -> 1 created, 0 started
		wait 1s    ->
		create a t -> 200 ok
		made       -> 2 created, 0 started`},
		{"refuses to start twice with a token", world.Fault{Operation: onStart, Skip: 1}, `
		create a  -> 200 ok
		start 1 t -> 200 ok
		start 1 t -> 200 InvalidParameter
		start 1 t -> 200 ok
		made      -> 1 created, 1 started`}},
	"tokenPoisoned": {{"fails, and fails for ever after", world.Fault{Operation: onCreate}, `
		create a t -> 500 InternalError
		create a t -> 409 IdempotentFailed
		create a t -> 409 IdempotentFailed
		create b u -> 200 ok
		made       -> 1 created, 0 started`},
		{"fails for a start as well, in another word", world.Fault{Operation: onStart, Code: "LastTokenFailed"}, `
		create a  -> 200 ok
		start 1 t -> 500 InternalError
		start 1 t -> 409 LastTokenFailed
		start 1 u -> 200 ok
		made      -> 1 created, 1 started`},
		{"poisons no call without a token", world.Fault{Operation: onCreate}, `
		create a -> 200 ok
		create a -> 200 ok`}},
	"tokenMismatch": {{"is refused, though nothing differs", world.Fault{Operation: onCreate, Skip: 1}, `
		create a t -> 200 ok
		create a t -> 400 IdempotentParameterMismatch
		create a t -> 200 ok
		made       -> 1 created, 0 started`},
		{"is refused in another word", world.Fault{Operation: onStart, Code: "Mismatch"}, `
		create a  -> 200 ok
		start 1 t -> 400 Mismatch
		made      -> 1 created, 0 started`}},
	"tokenProcessing": {{"is told to wait, and not executed", world.Fault{Operation: onCreate}, `
		create a t -> 403 LastTokenProcessing
		made       -> 0 created, 0 started
		create a t -> 200 ok
		made       -> 1 created, 0 started`},
		{"is told to wait, and executed meanwhile", world.Fault{Operation: onCreate, Executed: true}, `
		create a t -> 403 LastTokenProcessing
		made       -> 1 created, 0 started
		create a t -> 200 ok
		made       -> 1 created, 0 started`}},

	"listLag": {{"does not see the newest tasks", world.Fault{Count: 9, For: time.Minute}, `
		create a -> 200 ok
		wait 30s ->
		create b -> 200 ok
		list     -> nothing of 0
		wait 30s ->
		list     -> a of 1
		status 2 -> 200 ok, unknown
		wait 30s ->
		list     -> b a of 2`}},
	"listShift": {{"misses a task between two pages", world.Fault{Count: 9}, `
		create a -> 200 ok
		create b -> 200 ok
		create c -> 200 ok
		create d -> 200 ok
		list 0 2 -> d c of 4
		list 1 2 -> a of 4`},
		{"sees a task on two pages", world.Fault{Count: 9, By: -1}, `
		create a -> 200 ok
		create b -> 200 ok
		create c -> 200 ok
		list 0 2 -> c b of 3
		list 1 2 -> b a of 3`},
		{"does not go beyond the ends", world.Fault{Count: 9, By: -9999}, `
		create a -> 200 ok
		create b -> 200 ok
		list 1 1 -> b of 2
		list 9 1 -> nothing of 2`}},
	"listTotal": {{"tells too many", world.Fault{By: 5}, `
		create a -> 200 ok
		list     -> a of 6
		list     -> a of 1`},
		{"tells too few, but not fewer than none", world.Fault{By: -5}, `
		create a -> 200 ok
		list     -> a of 0`}},
	"nameCut": {{"sees 30 characters of a name", world.Fault{}, `
		create ä123456789a123456789a123456789b123456789 -> 200 ok
		list -> ä123456789a123456789a123456789 of 1
		list -> ä123456789a123456789a123456789b123456789 of 1`},
		{"sees as many as it is told", world.Fault{By: 2}, `
		create abc -> 200 ok
		create de  -> 200 ok
		list       -> de ab of 2`}},
	"statusUnknown": {{"sees a status that nobody knows", world.Fault{}, `
		create a -> 200 ok
		status 1 -> SUSPENDED
		status 1 -> init`},
		{"sees a status it is told", world.Fault{Word: "hibernating"}, `
		create a -> 200 ok
		status 1 -> hibernating`}},
	"taskChanged": {{"is started by somebody else when it is made", world.Fault{Operation: onCreate, Word: "start"}, `
		create a -> 200 ok
		status 1 -> running
		start 1  -> 200 InvalidParameter
		made     -> 1 created, 1 started`},
		{"is paused when it is started", world.Fault{Operation: onStart, Word: "pause"}, `
		create a -> 200 ok
		start 1  -> 200 ok
		wait 1h  ->
		status 1 -> pause`},
		{"goes on, as what runs cannot be resumed", world.Fault{Operation: onList, Word: "resume"}, `
		create a -> 200 ok
		start 1  -> 200 ok
		status 1 -> running
		status 1 -> running`},
		{"is stopped when it is started", world.Fault{Operation: onStart, Word: "stop"}, `
		create a -> 200 ok
		start 1  -> 200 ok
		status 1 -> stop`},
		{"is removed after it was looked at", world.Fault{Operation: onList, Word: "remove"}, `
		create a -> 200 ok
		status 1 -> init
		status 1 -> 200 ok, unknown
		start 1  -> 200 InvalidParameterValid
		list     -> nothing of 0
		made     -> 1 created, 0 started`},
		{"is removed as soon as it is made", world.Fault{Operation: onCreate, Word: "remove"}, `
		create a -> 200 ok
		start 1  -> 200 InvalidParameterValid`}},
}

func TestFaultsDoWhatTheirKindsSay(t *testing.T) {
	for _, kind := range world.Kinds {
		if len(faultCases[kind.Name]) == 0 {
			t.Errorf("the fault %s has no case", kind.Name)
		}
		for _, tt := range faultCases[kind.Name] {
			t.Run("a call with "+kind.Name+" "+tt.name, func(t *testing.T) {
				rule := tt.rule
				rule.Kind, rule.Count = kind.Name, max(1, rule.Count)
				if err := rule.Check(); err != nil {
					t.Fatal(err)
				}
				play(t, []world.Fault{rule}, tt.script)
			})
		}
	}
	for name := range faultCases {
		if _, known := world.KindOf(name); !known {
			t.Errorf("there is no fault %s", name)
		}
	}
	for _, word := range world.Changes {
		if !slices.ContainsFunc(faultCases["taskChanged"], func(c faultCase) bool { return c.rule.Word == word }) {
			t.Errorf("the change %s has no case", word)
		}
	}
}

// play runs a script against an emulator with rules, whose restores begin when
// they are started and last 100 s.
func play(t *testing.T, rules []world.Fault, script string) {
	t.Helper()
	options := func() emulator.Options {
		w := world.Demo(time.Now())
		w.Speed = world.Speed{MinDuration: 100 * time.Second}
		w.Faults.Rules = rules
		return emulator.Options{World: w}
	}
	if strings.Contains(script, "wait ") || strings.Contains(script, "patience ") {
		synctest.Test(t, func(t *testing.T) { visitInBubble(t, open(t, options())).script(script) })
		return
	}
	visit(t, open(t, options())).script(script)
}

func TestTwoFaultsMeetOneCall(t *testing.T) {
	for _, tt := range []struct {
		name   string
		rules  []world.Fault
		script string
	}{
		{"a task that was paused is resumed", []world.Fault{
			{Kind: "taskChanged", Operation: onStart, Word: "pause"},
			{Kind: "taskChanged", Operation: onList, Word: "resume", Skip: 1},
		}, `
			create a -> 200 ok
			start 1  -> 200 ok
			status 1 -> pause
			status 1 -> pause
			status 1 -> running`},
		{"a call that is lost changes its task", []world.Fault{
			{Kind: "cut", Executed: true, Operation: onCreate}, {Kind: "taskChanged", Operation: onCreate, Word: "start"},
		}, `
			create a -> no answer
			status 1 -> running`},
		{"a call that is not executed changes nothing", []world.Fault{
			{Kind: "cut", Operation: onStart}, {Kind: "taskChanged", Operation: onStart, Word: "stop"},
		}, `
			create a -> 200 ok
			start 1  -> no answer
			made     -> 1 created, 0 started`},
		{"delays add up", []world.Fault{
			{Kind: "delay", For: 2 * time.Second}, {Kind: "delay", For: 2 * time.Second}, {Kind: "delayAnswer", For: 2 * time.Second},
		}, `
			patience 5s ->
			create a    -> no answer
			patience 7s ->
			create b    -> 200 ok
			made        -> 2 created, 0 started`},
	} {
		t.Run(tt.name, func(t *testing.T) { play(t, tt.rules, tt.script) })
	}
}
