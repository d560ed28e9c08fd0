package conformance

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

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
