package emulator

import (
	"strconv"
	"time"
)

// preCheckProgressDetail is one check as it is listed. Source: dbs-api.md §2.5.
type preCheckProgressDetail struct {
	JobId, Item, Names, OrderNum string
	State                        string // init, running, failed or finish
	BootTime                     int64  `json:",omitempty"`
	FinishTime                   int64  `json:",omitempty"`
	ErrMsg                       string `json:",omitempty"`
}

// describePreCheckProgressList answers about a restore task, or about a backup
// plan, whose precheck is long over. Success says nothing about the precheck
// itself.
func (d *DBS) describePreCheckProgressList(q parameters, now time.Time) (reply, error) {
	plan, id := q["BackupPlanId"], q["RestoreTaskId"]
	if (plan == "") == (id == "") {
		return nil, d.fail(codeInvalid, "Exactly one of BackupPlanId and RestoreTaskId must be specified.")
	}
	if plan != "" {
		if d.world.plans[plan] == nil {
			return nil, d.fail(codeInvalid, "The backup plan does not exist.")
		}
		items := reply{"PreCheckProgressDetail": []preCheckProgressDetail{}}
		return reply{"Status": "finish", "Progress": 100, "Items": items}, nil
	}
	t := d.tasks.byID[id]
	if t == nil {
		return nil, d.fail(codeInvalid, "The restore task does not exist.")
	}
	return t.Precheck.reply(t.ID, now), nil
}

// reply tells how a precheck stands; nil is one that has not begun.
func (c *precheck) reply(job string, now time.Time) reply {
	answer := reply{"Status": "running", "Progress": 0}
	failed := false
	items := make([]preCheckProgressDetail, len(checks))
	for i, name := range checks {
		items[i] = preCheckProgressDetail{
			JobId: job, Item: name, Names: name + "_DETAIL", OrderNum: strconv.Itoa(10 * (i + 1)), State: "init",
		}
		if c == nil || failed {
			continue
		}
		from, to := c.span(i)
		if now.Before(from) {
			continue
		}
		items[i].State, items[i].BootTime = "running", from.UnixMilli()
		if now.Before(to) {
			continue
		}
		items[i].State, items[i].FinishTime = "finish", to.UnixMilli()
		if name == c.Failed {
			failed = true
			items[i].State, items[i].ErrMsg = "failed", c.Message
			answer["Status"], answer["ErrMessage"] = "failed", c.Message
			continue
		}
		answer["Progress"] = 100 * (i + 1) / len(checks)
		if i == len(checks)-1 {
			answer["Status"] = "finish"
		}
	}
	answer["Items"] = reply{"PreCheckProgressDetail": items}
	return answer
}
