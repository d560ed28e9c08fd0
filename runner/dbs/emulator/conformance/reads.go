package conformance

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

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
