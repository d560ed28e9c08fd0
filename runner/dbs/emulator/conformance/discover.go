package conformance

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// discover finds a backup plan of each engine, what it can be restored to, a
// gateway and, where level allows it, makes a restore task.
func (s *Session) discover(ctx context.Context) error {
	for page := 0; ; page++ {
		reply, err := s.read(ctx, "DescribeBackupPlanList", map[string]string{
			"PageNum": strconv.Itoa(page), "PageSize": "100", "ShowRecoverTimeRange": "true",
		})
		if err != nil {
			return err
		}
		n := reply.Len("Items.BackupPlanDetail")
		for i := range n {
			if err := s.learnPlan(ctx, reply, fmt.Sprintf("Items.BackupPlanDetail.%d.", i)); err != nil {
				return err
			}
		}
		if n < 100 {
			break
		}
	}
	if s.known["region"] != "" {
		gateways, err := s.read(ctx, "DescribeBackupGatewayList", map[string]string{"Region": s.known["region"]})
		if err != nil {
			return err
		}
		s.note("gateway", gateways.At("Items.BackupGateway.0.BackupGatewayId"))
		s.note("identifier", gateways.At("Items.BackupGateway.0.Identifier"))
	}
	s.noteDestination()
	return s.discoverTask(ctx)
}

// read makes a call that must succeed.
func (s *Session) read(ctx context.Context, operation string, params map[string]string) (*Reply, error) {
	reply, err := s.call(ctx, operation, params)
	if err == nil && reply.Want() != (Want{}) {
		err = fmt.Errorf("%s: %s: %s%s", operation, reply.Want(), reply.Message, reply.ErrMessage)
	}
	return reply, err
}

// note keeps the first value of a placeholder.
func (s *Session) note(name, value string) {
	if value != "" && s.known[name] == "" {
		s.known[name] = value
	}
}

// learnPlan takes what a listed backup plan has to show.
func (s *Session) learnPlan(ctx context.Context, list *Reply, at string) error {
	id, engine := list.At(at+"BackupPlanId"), strings.ToLower(list.At(at+"DatabaseType"))
	end := list.At(at + "EndTimestampForRestore")
	if end == "" || end == "0" {
		return nil // nothing of it can be restored
	}
	logged := list.At(at+"EnableBackupLog") == "true"
	if !logged {
		if s.known["pointPlan"] != "" {
			return nil
		}
		s.note("pointPlan", id)
	} else if _, seen := s.known[engine]; seen {
		return nil
	}
	windows, err := s.read(ctx, "DescribeRestoreRangeInfo", map[string]string{
		"BackupPlanId": id, "BeginTimestampForRestore": list.At(at + "BeginTimestampForRestore"), "EndTimestampForRestore": end,
	})
	if err != nil {
		return err
	}
	for i := range windows.Len("Items.DBSRecoverRange") {
		w := fmt.Sprintf("Items.DBSRecoverRange.%d.", i)
		if logged && windows.At(w+"RangeType") == "range" {
			s.note(engine, id)
			s.note(engine+"Time", windows.At(w+"EndTimestampForRestore"))
		}
		if !logged {
			s.note("pointTime", windows.At(w+"FullBackupList.FullBackupDetail.0.StartTime"))
		}
	}
	if engine != "mysql" || !logged {
		return nil
	}
	s.note("plan", id)
	s.note("planName", list.At(at+"BackupPlanName"))
	s.note("region", list.At(at+"BackupPlanRegion"))
	s.note("status", list.At(at+"BackupPlanStatus"))
	s.note("method", list.At(at+"BackupMethod"))
	s.note("group", list.At(at+"ResourceGroupId"))
	s.note("begin", list.At(at+"BeginTimestampForRestore"))
	s.note("end", end)
	s.note("time", s.known["mysqlTime"])
	s.note("db", databaseOf(list.At(at+"BackupObjects")))
	sets, err := s.read(ctx, "DescribeFullBackupList", map[string]string{"BackupPlanId": id})
	if err != nil {
		return err
	}
	s.note("set", sets.At("Items.FullBackupFile.0.BackupSetId"))
	s.note("setStart", sets.At("Items.FullBackupFile.0.StartTime"))
	return nil
}

// databaseOf returns the first database of BackupObjects.
func databaseOf(objects string) string {
	_, rest, _ := strings.Cut(objects, `"DBName":"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

func (s *Session) noteDestination() {
	for name, value := range s.target.Destination {
		s.note(map[string]string{
			"DestinationEndpointInstanceID": "instance", "DestinationEndpointUserName": "user", "DestinationEndpointPassword": "password",
			"DestinationEndpointRegion": "destinationRegion",
		}[name], value)
	}
}

// discoverTask finds a restore task, or makes one.
func (s *Session) discoverTask(ctx context.Context) error {
	if s.known["plan"] == "" {
		return nil
	}
	reply, err := s.read(ctx, "DescribeRestoreTaskList", map[string]string{"BackupPlanId": s.known["plan"]})
	if err != nil {
		return err
	}
	s.note("task", reply.At("Items.RestoreTaskDetail.0.RestoreTaskId"))
	if s.known["task"] != "" || s.level < Creates || s.known["instance"] == "" {
		return nil
	}
	for _, name := range []string{"task", "second"} {
		reply, err := s.tryCreate(ctx, nil)
		if err != nil {
			return err
		}
		s.note(name, reply.RestoreTaskId) // none if it was refused: what needs it is left out
	}
	return nil
}

// create makes a restore task; extra parameters may replace its own.
func (s *Session) create(ctx context.Context, extra map[string]string) (id string, err error) {
	reply, err := s.tryCreate(ctx, extra)
	if err == nil && reply.Want() != (Want{}) {
		err = fmt.Errorf("CreateRestoreTask: %s: %s%s", reply.Want(), reply.Message, reply.ErrMessage)
	}
	if err != nil {
		return "", err
	}
	return reply.RestoreTaskId, nil
}

func (s *Session) tryCreate(ctx context.Context, extra map[string]string) (*Reply, error) {
	s.unique++
	params := map[string]string{
		"BackupPlanId": "{plan}", "RestoreTaskName": "{unique}", "DestinationEndpointInstanceType": "RDS",
		"RestoreObjects": `[{"DBName":"{db}","NewDBName":"{unique}"}]`, "RestoreTime": "{time}",
	}
	maps.Copy(params, s.target.Destination)
	params = merged(params, extra)
	for name, value := range params {
		params[name] = s.fill(value)
	}
	return s.call(ctx, "CreateRestoreTask", params)
}
