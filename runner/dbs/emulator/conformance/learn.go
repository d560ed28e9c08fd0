package conformance

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Question is something that no document settles.
type Question struct {
	Setting string // the field of a world's behaviour that says it
	About   string
	Source  string
	Level   Level

	// ask returns the setting's value, nil for the one that is the default.
	ask func(context.Context, *Session) (any, error)
}

// Finding is the answer to a question.
type Finding struct {
	Question
	Value any    // nil for the default
	Left  string // why it was not asked, "" if it was
}

// Questions are all of them. Not among them are how many requests a second the
// service bears, as to find out would disturb others; how long a ClientToken is
// remembered; and which name renamenew gives, as no operation tells it.
var Questions = []Question{
	{"failuresAsGatewayErrors", "do DBS's own errors come as Code, like those of the gateway", "§4.6", Reads, failuresAsGatewayErrors},
	{"failureStatus", "which HTTP status do DBS's own errors have", "§4.6", Reads, failureStatus},
	{"defaultFormat", "in which format are answers to requests without Format", "§4.1", Reads, defaultFormat},
	{"formParametersIgnored", "does DBS ignore parameters in the body", "§4.3", Reads, formParametersIgnored},
	{"fixedPageSizes", "does DescribeBackupPlanList take no PageSize but 30, 50 and 100", "§3.1", Reads, fixedPageSizes},
	{"maxIds", "how many ids may a comma-separated list have, up to 100", "§2.3", Reads, maxIDs},
	{"unknownIdsRefused", "does DescribeRestoreTaskList refuse unknown ids, instead of leaving them out", "§2.3", Reads, unknownIDsRefused},
	{"listTimestamps", "in which unit are StartTimestamp and EndTimestamp of backup lists", "§3.3", Reads, listTimestamps},
	{"showFlagsNeeded", "does DescribeBackupPlanList tell restorable times only when asked to", "§3.1", Reads, showFlagsNeeded},

	{"clientTokens", "does a ClientToken bring back the task that it made, a moment later", "§5", Creates, clientTokens},
	{"tokenMismatchCode", "what is said to a ClientToken with other parameters", "§5", Creates, tokenMismatchCode},
	{"momentOptional", "may RestoreTime and BackupSetId both be left out", "§1.3", Creates, accepts(map[string]string{"RestoreTime": "-"})},
	{"momentCheckedAtRun", "is a task made for a RestoreTime that cannot be restored", "§1.3", Creates, accepts(map[string]string{"RestoreTime": "1"})},
	{"pointTimesRefused", "is the time of a backup set refused as RestoreTime", "§3.2", Creates, pointTimesRefused},
	{"uniqueTaskNames", "must RestoreTaskName be unique in its backup plan", "§1.1", Creates, uniqueTaskNames},
	{"precheckAtCreate", "does the precheck follow Create", "§2.1", Creates, precheckAtCreate},
	{"listLag", "how long is a new task missing from DescribeRestoreTaskList", "failure model F43", Creates, listLag},
	{"needs", "what do the types dg, kvstore, polardb and drds need", "§1.2", Creates, needsOf},

	{"finishWord", "which status has a restore that ended well", "§2.2", Restores, finishWord},
	{"secondStartIsFine", "does StartRestoreTask of a started task succeed", "§2.1", Restores, secondStartIsFine},
	{"objectsAreRegexps", "is DBName in RestoreObjects a regular expression", "§1.4", Restores, objectsAreRegexps},
}

// Learn asks a question.
func (s *Session) Learn(ctx context.Context, q Question) (Finding, error) {
	f := Finding{Question: q}
	switch {
	case q.Level > s.level:
		f.Left = "it writes"
		return f, nil
	case s.known["plan"] == "":
		f.Left = "there is no backup plan of MySQL that can be restored"
		return f, nil
	case q.Level > Reads && s.known["instance"] == "":
		f.Left = "there is no destination"
		return f, nil
	}
	var err error
	if f.Value, err = q.ask(ctx, s); err != nil {
		return f, fmt.Errorf("%s: %w", q.Setting, err)
	}
	return f, nil
}

// orNil is a yes that is not the default.
func orNil(yes bool, err error) (any, error) {
	if !yes || err != nil {
		return nil, err
	}
	return true, nil
}

// fails makes a call and reports whether it fails.
func (s *Session) fails(ctx context.Context, operation string, params map[string]string) (bool, error) {
	for name, value := range params {
		params[name] = s.fill(value)
	}
	reply, err := s.call(ctx, operation, params)
	return err == nil && reply.Want() != (Want{}), err
}

func unknownPlan(ctx context.Context, s *Session) (*Reply, error) {
	return s.call(ctx, "DescribeBackupPlanList", map[string]string{"BackupPlanId": "dbs1nosuch"})
}

func failuresAsGatewayErrors(ctx context.Context, s *Session) (any, error) {
	reply, err := unknownPlan(ctx, s)
	return orNil(err == nil && reply.Code != "", err)
}

func failureStatus(ctx context.Context, s *Session) (any, error) {
	reply, err := unknownPlan(ctx, s)
	if err != nil || reply.Code != "" || reply.Status == 200 {
		return nil, err
	}
	return reply.Status, nil
}

func defaultFormat(ctx context.Context, s *Session) (any, error) {
	v := Sign("POST", map[string]string{"Action": "DescribeRegions", "Format": "-"}, s.target.Keys[""], time.Now())
	reply, err := s.target.send(ctx, "POST", "/", v, true)
	if err != nil || reply.fields == nil {
		return nil, err
	}
	return "JSON", nil
}

func formParametersIgnored(ctx context.Context, s *Session) (any, error) {
	v := Sign("POST", map[string]string{"Action": "DescribeNodeCidrList", "Region": s.known["region"]}, s.target.Keys[""], time.Now())
	reply, err := s.target.send(ctx, "POST", "/", v, true)
	return orNil(err == nil && reply.Want() != (Want{}), err)
}

func fixedPageSizes(ctx context.Context, s *Session) (any, error) {
	return orNil(s.fails(ctx, "DescribeBackupPlanList", map[string]string{"PageSize": "31"}))
}

func maxIDs(ctx context.Context, s *Session) (any, error) {
	takes := func(n int) (bool, error) {
		no, err := s.fails(ctx, "DescribeBackupPlanList", map[string]string{
			"BackupPlanId": strings.TrimSuffix(strings.Repeat("{plan},", n), ","),
		})
		return !no, err
	}
	low, high := 1, 101 // low is taken; high is not, or is too far
	if all, err := takes(100); all || err != nil {
		return nil, err
	}
	for low+1 < high {
		middle := (low + high) / 2
		yes, err := takes(middle)
		if err != nil {
			return nil, err
		}
		if yes {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

func unknownIDsRefused(ctx context.Context, s *Session) (any, error) {
	return orNil(s.fails(ctx, "DescribeRestoreTaskList", map[string]string{"RestoreTaskId": "s1nosuch"}))
}

func listTimestamps(ctx context.Context, s *Session) (any, error) {
	start, err := strconv.ParseInt(s.known["setStart"], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("there is no backup set to look for: %w", err)
	}
	finds := func(at int64) bool {
		var reply *Reply
		if err == nil {
			reply, err = s.read(ctx, "DescribeFullBackupList", map[string]string{
				"BackupPlanId": s.known["plan"], "StartTimestamp": strconv.FormatInt(at, 10), "EndTimestamp": strconv.FormatInt(at, 10),
			})
		}
		return err == nil && reply.Len("Items.FullBackupFile") > 0
	}
	switch inSeconds, inMillis := finds(start/1000), finds(start); {
	case inSeconds && !inMillis:
		return "seconds", err
	case inMillis && !inSeconds:
		return "milliseconds", err
	}
	return nil, err
}

func showFlagsNeeded(ctx context.Context, s *Session) (any, error) {
	reply, err := s.read(ctx, "DescribeBackupPlanList", map[string]string{"BackupPlanId": s.known["plan"]})
	if err != nil {
		return nil, err
	}
	end := reply.At("Items.BackupPlanDetail.0.EndTimestampForRestore")
	return orNil(end == "" || end == "0", nil)
}

func clientTokens(ctx context.Context, s *Session) (any, error) {
	name := s.fill("{unique}") + "-token"
	same := map[string]string{"ClientToken": name, "RestoreTaskName": name, "RestoreObjects": `[{"DBName":"{db}","NewDBName":"t"}]`}
	first, err := s.create(ctx, same)
	if err != nil {
		return nil, err
	}
	second, err := s.tryCreate(ctx, same)
	if err != nil || second.RestoreTaskId == first {
		return nil, err
	}
	return "ignored", nil
}

func tokenMismatchCode(ctx context.Context, s *Session) (any, error) {
	token := s.fill("{unique}") + "-mismatch"
	if _, err := s.create(ctx, map[string]string{"ClientToken": token}); err != nil {
		return nil, err
	}
	reply, err := s.tryCreate(ctx, map[string]string{"ClientToken": token}) // another name
	if err != nil || reply.Code == "" || reply.Code == "IdempotentParameterMismatch" {
		return nil, err
	}
	return reply.Code, nil
}

// accepts asks whether a task is made.
func accepts(params map[string]string) func(context.Context, *Session) (any, error) {
	return func(ctx context.Context, s *Session) (any, error) {
		reply, err := s.tryCreate(ctx, params)
		return orNil(err == nil && reply.Want() == (Want{}), err)
	}
}

func pointTimesRefused(ctx context.Context, s *Session) (any, error) {
	if s.known["pointPlan"] == "" {
		return nil, nil
	}
	reply, err := s.tryCreate(ctx, map[string]string{"BackupPlanId": "{pointPlan}", "RestoreTime": "{pointTime}"})
	return orNil(err == nil && reply.Want() != (Want{}), err)
}

func uniqueTaskNames(ctx context.Context, s *Session) (any, error) {
	name := s.fill("{unique}") + "-name"
	if _, err := s.create(ctx, map[string]string{"RestoreTaskName": name}); err != nil {
		return nil, err
	}
	reply, err := s.tryCreate(ctx, map[string]string{"RestoreTaskName": name})
	return orNil(err == nil && reply.Want() != (Want{}), err)
}

// eventually asks until an answer suits, for so long at most, and returns the
// time that it took.
func (s *Session) eventually(ctx context.Context, most time.Duration, operation string, params map[string]string, suits func(*Reply) bool) (time.Duration, bool, error) {
	from := time.Now()
	for {
		reply, err := s.read(ctx, operation, params)
		if err != nil {
			return 0, false, err
		}
		took := time.Since(from)
		if suits(reply) || took > most {
			return took, suits(reply), nil
		}
		select {
		case <-ctx.Done():
			return took, false, context.Cause(ctx)
		case <-time.After(min(time.Second, most/50)):
		}
	}
}

// patience is how long a task may take to show what it does by itself.
func (s *Session) patience() time.Duration { return cmp.Or(s.target.Patience, time.Minute) }

func precheckAtCreate(ctx context.Context, s *Session) (any, error) {
	id, err := s.create(ctx, nil)
	if err != nil {
		return nil, err
	}
	_, begun, err := s.eventually(ctx, s.patience(), "DescribePreCheckProgressList", map[string]string{"RestoreTaskId": id}, func(r *Reply) bool {
		return r.Len("Items.PreCheckProgressDetail") > 0 && r.At("Items.PreCheckProgressDetail.0.State") != "init"
	})
	return orNil(begun, err)
}

func listLag(ctx context.Context, s *Session) (any, error) {
	id, err := s.create(ctx, nil)
	if err != nil {
		return nil, err
	}
	took, _, err := s.eventually(ctx, s.patience(), "DescribeRestoreTaskList", map[string]string{"RestoreTaskId": id}, func(r *Reply) bool {
		return r.Len("Items.RestoreTaskDetail") > 0
	})
	if err != nil || took < 100*time.Millisecond {
		return nil, err
	}
	return took.Round(time.Millisecond).String(), nil
}

// needsOf asks for a task without what other types of destination need, and
// adds what is said to be missing.
func needsOf(ctx context.Context, s *Session) (any, error) {
	found := make(map[string]any)
	for _, kind := range []string{"dg", "kvstore", "polardb", "drds"} {
		params := map[string]string{"DestinationEndpointInstanceType": kind}
		addable := map[string]string{
			"DestinationEndpointInstanceID": "{instance}", "DestinationEndpointRegion": "{destinationRegion}",
			"DestinationEndpointIP": "10.0.0.8", "DestinationEndpointPort": "3306", "BackupGatewayId": "{gateway}",
		}
		for name := range addable {
			params[name] = "-"
		}
		var needed []string
		for len(addable) > 0 {
			reply, err := s.tryCreate(ctx, params)
			if err != nil {
				return nil, err
			}
			text := reply.Code + reply.Message + reply.ErrMessage
			names := slices.DeleteFunc(slices.Sorted(maps.Keys(addable)), func(name string) bool { return !strings.Contains(text, name) })
			if reply.Want() == (Want{}) || len(names) == 0 {
				break
			}
			params[names[0]] = addable[names[0]]
			delete(addable, names[0])
			needed = append(needed, names[0])
		}
		if len(needed) > 0 {
			slices.Sort(needed)
			found[kind] = needed
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found, nil
}

// restore makes and starts a task and returns its id.
func (s *Session) restore(ctx context.Context, extra map[string]string) (string, error) {
	id, err := s.create(ctx, extra)
	if err == nil {
		_, err = s.read(ctx, "StartRestoreTask", map[string]string{"RestoreTaskId": id})
	}
	return id, err
}

// goesOn are the statuses of a restore that is not over.
var goesOn = []string{"init", "check_pass", "running", "pause", ""}

// follow waits for a task to be over, and returns its status: init if its
// precheck failed.
func (s *Session) follow(ctx context.Context, id string) (status string, err error) {
	_, _, err = s.eventually(ctx, 100*s.patience(), "DescribeRestoreTaskList", map[string]string{"RestoreTaskId": id}, func(r *Reply) bool {
		status = r.At("Items.RestoreTaskDetail.0.RestoreStatus")
		return !slices.Contains(goesOn, status)
	})
	return status, err
}

func finishWord(ctx context.Context, s *Session) (any, error) {
	id, err := s.restore(ctx, nil)
	if err != nil {
		return nil, err
	}
	status, err := s.follow(ctx, id)
	if err == nil && (slices.Contains(goesOn, status) || status == "stop") {
		err = fmt.Errorf("the restore did not end well: its status is %q", status)
	}
	if err != nil || status == "finish" {
		return nil, err
	}
	return status, nil
}

func secondStartIsFine(ctx context.Context, s *Session) (any, error) {
	id, err := s.restore(ctx, nil)
	if err != nil {
		return nil, err
	}
	no, err := s.fails(ctx, "StartRestoreTask", map[string]string{"RestoreTaskId": id})
	return orNil(!no, err)
}

func objectsAreRegexps(ctx context.Context, s *Session) (any, error) {
	name := s.known["db"]
	pattern := name[:len(name)-1] + "[" + name[len(name)-1:] + "]"
	id, err := s.restore(ctx, map[string]string{"RestoreObjects": fmt.Sprintf(`[{"DBName":%q,"NewDBName":"{unique}"}]`, pattern)})
	if err != nil {
		return nil, err
	}
	failed := false
	_, _, err = s.eventually(ctx, s.patience(), "DescribePreCheckProgressList", map[string]string{"RestoreTaskId": id}, func(r *Reply) bool {
		failed = r.At("Status") == "failed"
		return failed || r.At("Status") == "finish"
	})
	return orNil(!failed, err)
}

// Behaviour returns what was found as the behaviour of a world file.
func Behaviour(findings []Finding) map[string]any {
	m := make(map[string]any)
	for _, f := range findings {
		if f.Value != nil {
			m[f.Setting] = f.Value
		}
	}
	return m
}
