package dbs

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
	"github.com/dbsrestore/dbsrestore/schema"
)

var taskID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// isTaskID reports whether a text looks like an id of a restore task, to be
// believed.
func isTaskID(s string) bool { return len(s) <= 64 && taskID.MatchString(s) }

// CreateRestoreTask asks for a task and returns its id. It does not run until
// it is started. The password is read for this call, and remembered only to mask
// it in what the service says later; nil for none. The caller takes a
// [Client.Turn] before.
func (c *Client) CreateRestoreTask(ctx context.Context, site plan.Site, a plan.Attempt, p plan.Parameters, password *schema.SecretRef) (string, error) {
	k := &call{site: site, write: true, request: func() requests.AcsRequest { return createRequest(a, p) }}
	if password != nil {
		var err error
		if k.secret, err = c.options.Password(*password); err != nil {
			return "", &restore.Failure{Class: restore.Refused, Action: "CreateRestoreTask", Code: codeSecret, Message: clean(err.Error(), maxMessage)}
		}
		c.remember(k.secret)
	}
	r, err := c.do(ctx, k)
	if err != nil {
		return "", err
	}
	id := r.quoted("RestoreTaskId")
	if !isTaskID(id) {
		return "", k.malformed(r, "Success, but the RestoreTaskId is missing or malformed")
	}
	return id, nil
}

func createRequest(a plan.Attempt, p plan.Parameters) requests.AcsRequest {
	r := dbs.CreateCreateRestoreTaskRequest()
	r.ClientToken = string(a.ClientToken)
	r.RestoreTaskName = a.RestoreTaskName
	r.BackupPlanId = p.BackupPlanId
	r.DestinationEndpointInstanceType = p.DestinationEndpointInstanceType
	r.DestinationEndpointRegion = p.DestinationEndpointRegion
	r.DestinationEndpointInstanceID = p.DestinationEndpointInstanceID
	r.DestinationEndpointIP = p.DestinationEndpointIP
	r.DestinationEndpointPort = integer(int64(p.DestinationEndpointPort))
	r.DestinationEndpointDatabaseName = p.DestinationEndpointDatabaseName
	r.DestinationEndpointUserName = p.DestinationEndpointUserName
	r.BackupGatewayId = integer(p.BackupGatewayId)
	r.RestoreObjects = p.RestoreObjects
	r.RestoreTime = integer(p.RestoreTime)
	r.BackupSetId = p.BackupSetId
	r.DestinationEndpointOracleSID = p.DestinationEndpointOracleSID
	r.RestoreDir = p.RestoreDir
	r.RestoreHome = p.RestoreHome
	r.DuplicateConflict = p.DuplicateConflict
	r.CrossAliyunId = p.CrossAliyunId
	r.CrossRoleName = p.CrossRoleName
	r.OwnerId = p.OwnerId
	return r
}

// integer returns a number as a parameter, and 0 as one that is not sent.
func integer(n int64) requests.Integer {
	if n == 0 {
		return ""
	}
	return requests.NewInteger64(n)
}

// StartRestoreTask starts a task. Starting is what writes data. The caller takes
// a [Client.Turn] before.
func (c *Client) StartRestoreTask(ctx context.Context, site plan.Site, id string, token plan.Token) error {
	k := &call{site: site, write: true, request: func() requests.AcsRequest {
		r := dbs.CreateStartRestoreTaskRequest()
		r.RestoreTaskId = id
		r.ClientToken = string(token)
		return r
	}}
	r, err := c.do(ctx, k)
	if err != nil {
		return err
	}
	if echo := r.text("RestoreTaskId"); echo != "" && echo != id {
		return k.malformed(r, "Success, but for another task")
	}
	return nil
}

// malformed is the failure of a call whose reply says yes to something else.
func (k *call) malformed(r reply, message string) *restore.Failure {
	return &restore.Failure{Class: restore.Lost, Action: k.action, Code: codeMalformed, Message: message, RequestID: r.word("RequestId")}
}

// RestoreTasks lists every task of a backup plan that was created at or after
// since (zero: ever), oldest first. The list is whole, or the error is not nil.
//
// The service filters by StartTimestamp, which its documents call a backup time
// and its SDK's change log a creation time: a caller that misses its task in a
// filtered list asks for all of it before it believes that. A service that
// refuses the filter is asked without.
func (c *Client) RestoreTasks(ctx context.Context, site plan.Site, backupPlanID string, since time.Time) ([]restore.Task, error) {
	tasks, err := c.restoreTasksOf(ctx, site, backupPlanID, since)
	if f, ok := errors.AsType[*restore.Failure](err); ok && f.Class == restore.Refused && !f.Fatal && !since.IsZero() {
		tasks, err = c.restoreTasksOf(ctx, site, backupPlanID, time.Time{})
	}
	if err != nil {
		return nil, err
	}
	since = since.Truncate(time.Millisecond) // the service's times are in milliseconds
	tasks = slices.DeleteFunc(tasks, func(t restore.Task) bool {
		return !t.Created.IsZero() && t.Created.Before(since)
	})
	slices.SortStableFunc(tasks, func(a, b restore.Task) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return tasks, nil
}

func (c *Client) restoreTasksOf(ctx context.Context, site plan.Site, backupPlanID string, since time.Time) ([]restore.Task, error) {
	return whole("DescribeRestoreTaskList", func(num int) ([]restore.Task, int, error) {
		return c.restoreTasks(ctx, site, func(r *dbs.DescribeRestoreTaskListRequest) {
			r.BackupPlanId = backupPlanID
			r.PageNum = requests.NewInteger(num)
			if !since.IsZero() {
				r.StartTimestamp = requests.NewInteger64(since.UnixMilli())
			}
		})
	}, func(t restore.Task) string { return t.ID })
}

// RestoreTasksByID asks about up to 100 tasks in one call. Ids that the service
// does not know, or refuses for another reason of theirs, are left out of the
// answer.
func (c *Client) RestoreTasksByID(ctx context.Context, site plan.Site, ids []string) ([]restore.Task, error) {
	var tasks []restore.Task
	for batch := range slices.Chunk(ids, pageSize) {
		err := isolate(batch, func(ids []string) error {
			some, _, err := c.restoreTasks(ctx, site, func(r *dbs.DescribeRestoreTaskListRequest) {
				r.RestoreTaskId = strings.Join(ids, ",")
				r.PageNum = requests.NewInteger(0)
			})
			for _, t := range some {
				if slices.Contains(ids, t.ID) {
					tasks = append(tasks, t)
				}
			}
			return err
		}, func(_ string, f *restore.Failure) error {
			if f.Code == codeEndpoint { // nobody was asked
				return f
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// restoreTasks reads one page of tasks and the total that the service claims.
func (c *Client) restoreTasks(ctx context.Context, site plan.Site, set func(*dbs.DescribeRestoreTaskListRequest)) ([]restore.Task, int, error) {
	k := &call{site: site, request: func() requests.AcsRequest {
		r := dbs.CreateDescribeRestoreTaskListRequest()
		r.PageSize = requests.NewInteger(pageSize)
		set(r)
		return r
	}}
	response := dbs.CreateDescribeRestoreTaskListResponse()
	if err := c.ask(ctx, k, response); err != nil {
		return nil, 0, err
	}
	var tasks []restore.Task
	for _, d := range response.Items.RestoreTaskDetail {
		if !isTaskID(d.RestoreTaskId) {
			return nil, 0, k.malformed(k.reply, "a task of the list has no id, or a malformed one")
		}
		tasks = append(tasks, k.taskOf(d))
	}
	return tasks, response.TotalElements, nil
}

// Precheck says how the precheck of a started task stands.
func (c *Client) Precheck(ctx context.Context, site plan.Site, id string) (restore.Precheck, error) {
	k := &call{site: site, request: func() requests.AcsRequest {
		r := dbs.CreateDescribePreCheckProgressListRequest()
		r.RestoreTaskId = id
		return r
	}}
	response := dbs.CreateDescribePreCheckProgressListResponse()
	if err := c.ask(ctx, k, response); err != nil {
		return restore.Precheck{}, err
	}
	p := restore.Precheck{
		Status: clean(strings.ToLower(k.mask(response.Status)), 64),
		Failed: strings.EqualFold(response.Status, "failed"),
	}
	checks := response.Items.PreCheckProgressDetail
	begun := func(c dbs.PreCheckProgressDetail) bool { return !strings.EqualFold(c.State, "init") }
	if p.Status == "running" && response.Progress == 0 && len(checks) > 0 && !slices.ContainsFunc(checks, begun) {
		p.Status = "init" // so does a task look that was never started
	}
	for _, item := range checks {
		switch strings.ToLower(item.State) {
		case "failed", "catched": // "catched" is an exception
			p.Failed = true
			p.Reasons = append(p.Reasons, joined(clean(k.mask(item.Item), 256), k.message(item.ErrMsg)))
		}
	}
	why := k.message(response.ErrMessage)
	told := func(reason string) bool { return strings.HasSuffix(reason, why) } // by the item that it is about
	if p.Failed && why != "" && !slices.ContainsFunc(p.Reasons, told) {
		p.Reasons = append(p.Reasons, why)
	}
	if p.Failed {
		if why := c.jobError(ctx, site, id); why != "" && !slices.ContainsFunc(p.Reasons, func(r string) bool { return strings.Contains(r, why) }) {
			p.Reasons = append(p.Reasons, why)
		}
	}
	return p, nil
}

// jobError returns the standardised reason for which a task failed, "" when the
// service has none or does not tell: nothing is decided by it.
// Source: dbs-api.md §3.8.
func (c *Client) jobError(ctx context.Context, site plan.Site, id string) string {
	k := &call{site: site, request: func() requests.AcsRequest {
		r := dbs.CreateDescribeJobErrorCodeRequest()
		r.TaskId, r.Language = id, "en"
		return r
	}}
	response := dbs.CreateDescribeJobErrorCodeResponse()
	if err := c.ask(ctx, k, response); err != nil {
		return ""
	}
	return joined(clean(k.mask(response.Item.ErrorCode), 128), k.message(response.Item.ErrorMessage))
}

// taskOf translates what the service says of a task.
func (k *call) taskOf(d dbs.RestoreTaskDetail) restore.Task {
	ip, port := splitIPPort(d.DestinationEndpointIpPort)
	status, raw := statusOf(d.RestoreStatus), d.RestoreStatus
	if status == restore.StatusUnrecognized {
		raw = k.mask(raw)
	}
	return restore.Task{
		ID:        d.RestoreTaskId,
		Name:      clean(d.RestoreTaskName, 256),
		Status:    status,
		RawStatus: clean(raw, 64),
		Created:   moment(d.RestoreTaskCreateTime),
		Finished:  moment(d.RestoreTaskFinishTime),
		Message:   k.message(d.ErrMessage),
		Progress: restore.Progress{
			Structure: percent(d.FullStruforeRestoreProgress),
			Data:      percent(d.FullDataRestoreProgress),
			After:     percent(d.FullStruAfterRestoreProgress),
			Log:       percent(d.ContinuousRestoreProgress),
		},
		Parameters: &plan.Parameters{
			BackupPlanId:                    d.BackupPlanId,
			DestinationEndpointInstanceType: strings.ToLower(d.DestinationEndpointInstanceType),
			DestinationEndpointRegion:       d.DestinationEndpointRegion,
			DestinationEndpointInstanceID:   d.DestinationEndpointInstanceID,
			DestinationEndpointIP:           ip,
			DestinationEndpointPort:         port,
			DestinationEndpointDatabaseName: d.DestinationEndpointDatabaseName,
			DestinationEndpointUserName:     d.DestinationEndpointUserName,
			BackupGatewayId:                 d.BackupGatewayId,
			RestoreObjects:                  d.RestoreObjects,
			RestoreTime:                     d.RestoreTime,
			BackupSetId:                     d.BackupSetId,
			DestinationEndpointOracleSID:    d.DestinationEndpointOracleSID,
			RestoreDir:                      d.RestoreDir,
			CrossAliyunId:                   d.CrossAliyunId,
			CrossRoleName:                   d.CrossRoleName,
		},
	}
}

func statusOf(word string) restore.Status {
	switch s := restore.Status(strings.ToLower(strings.TrimSpace(word))); s {
	case restore.StatusInit, restore.StatusCheckPass, restore.StatusRunning, restore.StatusPause, restore.StatusFailed:
		return s
	}
	if isSuccess(word) {
		return restore.StatusSucceeded
	}
	return restore.StatusUnrecognized
}

// isSuccess reports whether a status is a word for success. None is documented
// for restore tasks; "finish" is that of their siblings.
func isSuccess(word string) bool {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "finish", "finished", "complete", "completed", "success", "succeed", "succeeded":
		return true
	}
	return false
}

// moment reads Unix milliseconds; 0 and less stand for none.
func moment(ms int64) time.Time {
	if ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func percent(n int) int {
	if n < 0 || n > 100 {
		return -1
	}
	return n
}

// message returns a message, masked, "" for the service's "NULL".
func (k *call) message(text string) string {
	if strings.EqualFold(strings.TrimSpace(text), "null") {
		return ""
	}
	return clean(k.mask(text), maxMessage)
}

// splitIPPort takes "host:port" apart; what is no port belongs to the host.
func splitIPPort(text string) (string, int) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return text, 0
	}
	port, err := strconv.ParseUint(text[i+1:], 10, 16)
	if err != nil {
		return text, 0
	}
	return strings.Trim(text[:i], "[]"), int(port)
}
