package emulator

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// Checks of a precheck, in their order. The codes of DBS are unpublished but
// for two samples; these are their like.
const (
	checkGateway  = "CHECK_BACKUP_GATEWAY"
	checkConn     = "CHECK_DEST_CONN"
	checkRights   = "CHECK_DEST_PRIVILEGE"
	checkSource   = "CHECK_SRC_OBJECT"
	checkSameName = "CHECK_SAME_OBJ"
	checkSpace    = "CHECK_DEST_SPACE"
)

// checks are those of every precheck. Others come with what they look at.
var checks = []string{checkConn, checkSource, checkSameName}

// precheck is a precheck that has begun. Its checks are made one after the
// other in equal time, and the first that fails ends it.
type precheck struct {
	From    time.Time
	For     time.Duration
	Items   []string `json:",omitempty"` // the checks; none stands for those of every precheck
	Failed  string   `json:",omitempty"` // the check that fails, "" for none
	Caught  bool     `json:",omitempty"` // it fails with an exception
	Code    string   `json:",omitempty"` // why, for DescribeJobErrorCode
	Message string   `json:",omitempty"`
	Warned  string   `json:",omitempty"` // the check that warns, "" for none
	Warning string   `json:",omitempty"`
}

func (c *precheck) items() []string {
	if len(c.Items) == 0 {
		return checks
	}
	return c.Items
}

// span returns when the i-th check begins and ends.
func (c *precheck) span(i int) (from, to time.Time) {
	n := time.Duration(len(c.items()))
	return c.From.Add(c.For * time.Duration(i) / n), c.From.Add(c.For * time.Duration(i+1) / n)
}

// end is when the last check that is made ends.
func (c *precheck) end() time.Time {
	for i, name := range c.items() {
		if name == c.Failed {
			_, to := c.span(i)
			return to
		}
	}
	return c.From.Add(c.For)
}

func (c *precheck) fails(check, code, message string) {
	c.Failed, c.Code, c.Message = check, code, message
}

// precheck returns the precheck of t that begins now.
func (d *DBS) precheck(t *task, now time.Time) *precheck {
	dest, known := d.world.destinations[t.destination()]
	c := &precheck{From: now, For: d.scale(d.world.Speed.Precheck)}
	gate, byAgent := d.gatewayOf(t)
	if byAgent {
		c.Items = append(c.Items, checkGateway)
	}
	c.Items = append(c.Items, checkConn)
	if len(dest.Users) > 0 {
		c.Items = append(c.Items, checkRights)
	}
	c.Items = append(c.Items, checkSource, checkSameName)
	if dest.FreeSpace > 0 {
		c.Items = append(c.Items, checkSpace)
	}
	if len(c.Items) == len(checks) {
		c.Items = nil // so that they are kept once
	}
	taken, rights, lost := d.conflicts(t), d.rightsProblem(t, dest), d.lostObject(t)
	switch {
	case byAgent && gate.Status != "ONLINE":
		c.fails(checkGateway, codeGateway, fmt.Sprintf("java.net.ConnectException: the backup gateway %d is %s.", gate.ID, gate.Status))
		c.Caught = true
	case dest.Down || !known && d.world.Behaviour.OnlyKnownDestinations:
		c.fails(checkConn, codeConnection, "The destination cannot be connected: connect timed out.")
	case rights != "":
		c.fails(checkRights, codeRights, rights)
	case lost != "":
		c.fails(checkSource, codeSource, fmt.Sprintf("The database %s is not in the backup.", lost))
	case len(taken) > 0:
		c.fails(checkSameName, codeConflict, conflictMessage(taken))
	}
	if dest.FreeSpace > 0 && d.bytes(t) > dest.FreeSpace-d.tasks.used[t.destination()] {
		c.Warned, c.Warning = checkSpace, "The free space of the destination may not be enough."
	}
	return c
}

// gatewayOf returns the backup gateway that t goes through.
func (d *DBS) gatewayOf(t *task) (g world.Gateway, byAgent bool) {
	if !strings.EqualFold(t.Parameters["DestinationEndpointInstanceType"], "agent") {
		return g, false
	}
	id, _ := strconv.ParseInt(t.Parameters["BackupGatewayId"], 10, 64) // was checked
	g = d.world.gateways[id]
	g.ID, g.Status = id, cmp.Or(g.Status, "OFFLINE") // of another world, before a restart
	return g, true
}

// rightsProblem says why the user of t may not restore to dest, "" when he may.
func (d *DBS) rightsProblem(t *task, dest world.Destination) string {
	if len(dest.Users) > 0 && t.LoginFails { // or else it was made in another world
		return "Access denied for the user of the destination: check its name and password."
	}
	for _, u := range dest.Users {
		if u.Name != t.Parameters["DestinationEndpointUserName"] {
			continue
		}
		switch u.Rights {
		case world.RightsRead:
			return "The user of the destination may not write."
		case world.RightsDatabases:
			return "The user of the destination may not create databases."
		}
	}
	return ""
}

// lostObject returns a database that t asks for and its backup has not.
func (d *DBS) lostObject(t *task) string {
	plan := d.plan(t)
	for _, o := range t.objects() {
		if len(d.pick(plan, o)) == 0 {
			return o.DBName
		}
	}
	return ""
}

// bytes is what t restores.
func (d *DBS) bytes(t *task) (n int64) {
	for _, target := range d.targets(t) {
		n += target.size
	}
	return n
}

// preCheckProgressDetail is one check as it is listed. Source: dbs-api.md §2.5.
type preCheckProgressDetail struct {
	JobId, Item, Names, OrderNum string
	State                        string // init, running, warning, catched, failed or finish
	BootTime                     int64  `json:",omitempty"`
	FinishTime                   int64  `json:",omitempty"`
	ErrMsg                       string `json:",omitempty"`
}

// describePreCheckProgressList answers about a restore task, or about a backup
// plan, whose precheck is long over. Success says nothing about the precheck
// itself.
func (d *DBS) describePreCheckProgressList(c *call) (reply, error) {
	plan, id := c.q["BackupPlanId"], c.q["RestoreTaskId"]
	if (plan == "") == (id == "") {
		return nil, d.fail(codeInvalid, "Exactly one of BackupPlanId and RestoreTaskId must be specified.")
	}
	if plan != "" {
		if d.world.plan(c.account, plan) == nil {
			return nil, d.fail(codeInvalid, "The backup plan does not exist.")
		}
		items := reply{"PreCheckProgressDetail": []preCheckProgressDetail{}}
		return reply{"Status": "finish", "Progress": 100, "Items": items}, nil
	}
	t := d.tasks.find(id, c.account)
	if t == nil {
		return nil, d.fail(codeInvalid, "The restore task does not exist.")
	}
	if t.Precheck == nil {
		return d.precheck(t, c.now).reply(t.ID, time.Time{}), nil // it has not begun
	}
	return t.Precheck.reply(t.ID, c.now), nil
}

// reply tells how a precheck stands at now, which is zero for one that has not
// begun.
func (c *precheck) reply(job string, now time.Time) reply {
	answer := reply{"Status": "running", "Progress": 0}
	names := c.items()
	items := make([]preCheckProgressDetail, len(names))
	over := now.IsZero()
	for i, name := range names {
		item := &items[i]
		*item = preCheckProgressDetail{
			JobId: job, Item: name, Names: name + "_DETAIL", OrderNum: strconv.Itoa(10 * (i + 1)), State: "init",
		}
		from, to := c.span(i)
		if over || now.Before(from) {
			continue
		}
		item.State, item.BootTime = "running", from.UnixMilli()
		if now.Before(to) {
			continue
		}
		item.State, item.FinishTime = "finish", to.UnixMilli()
		switch name {
		case c.Failed:
			over = true
			item.State, item.ErrMsg = "failed", c.Message
			if c.Caught {
				item.State = "catched"
			}
			answer["Status"], answer["ErrMessage"] = "failed", c.Message
			continue
		case c.Warned:
			item.State, item.ErrMsg = "warning", c.Warning
		}
		answer["Progress"] = 100 * (i + 1) / len(names)
		if i == len(names)-1 {
			answer["Status"] = "finish"
		}
	}
	answer["Items"] = reply{"PreCheckProgressDetail": items}
	return answer
}
