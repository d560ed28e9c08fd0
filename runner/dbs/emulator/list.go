package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// page is one page of a list, asked for by PageNum from 0 and PageSize.
type page struct {
	num, size int64
	shift     int // by a fault
}

// readPage reads the page asked for. The default size is 30.
func (d *DBS) readPage(c *call) (page, error) {
	p := page{c.integer("PageNum", 0), c.integer("PageSize", 30), 0}
	fixed := d.world.Behaviour.FixedPageSizes || slices.Contains(c.op.Parameters, Parameter{"PageSize", FixedSize, false})
	switch {
	case p.num < 0:
		return p, d.fail(codeInvalid, "PageNum counts from 0.")
	case p.size < 1 || p.size > 100 || fixed && p.size != 30 && p.size != 50 && p.size != 100:
		return p, d.fail(codeInvalid, "The value of PageSize is not supported.")
	}
	if p.num > 0 {
		p.shift = c.struck.shift
	}
	return p, nil
}

// bounds returns the indexes of the page in a list of n.
func (p page) bounds(n int) (from, to int) {
	if p.num > int64(n)/p.size {
		return n, n
	}
	from = min(n, max(0, int(p.num*p.size)+p.shift))
	return from, min(from+int(p.size), n)
}

// reply returns the answer that holds items, the page's of a list of n.
func (p page) reply(n int, name string, items any) reply {
	return reply{
		"PageNum": p.num, "PageSize": p.size,
		"TotalElements": n, "TotalPages": (int64(n) + p.size - 1) / p.size,
		"Items": reply{name: items},
	}
}

// restoreTaskDetail is a task as it is listed. Source: dbs-api.md §2.4.
type restoreTaskDetail struct {
	RestoreTaskId, RestoreTaskName, BackupPlanId string
	BackupSetId                                  string `json:",omitempty"`
	RestoreStatus                                string
	RestoreObjects                               string `json:",omitempty"`
	RestoreTime                                  int64  `json:",omitempty"`
	RestoreTaskCreateTime                        int64
	RestoreTaskFinishTime                        int64 `json:",omitempty"`
	ErrMessage                                   string
	FullStruforeRestoreProgress                  int
	FullDataRestoreProgress                      int
	FullStruAfterRestoreProgress                 int
	ContinuousRestoreProgress                    int
	DestinationEndpointInstanceType              string
	DestinationEndpointRegion                    string `json:",omitempty"`
	DestinationEndpointInstanceID                string `json:",omitempty"`
	DestinationEndpointIpPort                    string `json:",omitempty"`
	DestinationEndpointUserName                  string `json:",omitempty"`
	DestinationEndpointDatabaseName              string `json:",omitempty"`
	DestinationEndpointOracleSID                 string `json:",omitempty"`
	RestoreDir                                   string `json:",omitempty"`
	BackupGatewayId                              int64
	CrossAliyunId, CrossRoleName                 string `json:",omitempty"`
}

func (d *DBS) describeRestoreTaskList(c *call) (reply, error) {
	p, err := d.readPage(c)
	if err != nil {
		return nil, err
	}
	plan, ids := c.q["BackupPlanId"], c.q["RestoreTaskId"]
	if (plan == "") == (ids == "") {
		return nil, d.fail(codeInvalid, "Exactly one of BackupPlanId and RestoreTaskId must be specified.")
	}
	if plan != "" && d.world.plan(c.account, plan) == nil {
		return nil, d.fail(codeInvalid, "The backup plan does not exist.")
	}
	found := d.tasks.byPlan[plan]
	if ids != "" {
		if found, err = d.named(c, ids); err != nil {
			return nil, err
		}
	}
	from, to := c.integer("StartTimestamp", 0), c.integer("EndTimestamp", math.MaxInt64)
	if lag := max(d.world.Behaviour.ListLag, c.struck.lag); lag > 0 {
		to = min(to, c.now.Add(-lag).UnixMilli())
	}
	found = within(found, from, to)
	first, last := p.bounds(len(found))
	items := make([]restoreTaskDetail, 0, last-first)
	for i := first; i < last; i++ {
		t := found[len(found)-1-i] // the newest first
		if plan != "" {
			c.listed = append(c.listed, t)
		}
		items = append(items, d.seen(c, d.detail(t, t.state(c.now, d.world.Behaviour.FinishWord))))
	}
	return p.reply(max(0, len(found)+c.struck.total), "RestoreTaskDetail", items), nil
}

// seen returns a task as a call sees it that faults struck.
func (d *DBS) seen(c *call, item restoreTaskDetail) restoreTaskDetail {
	if n := c.struck.name; n > 0 {
		if name := []rune(item.RestoreTaskName); len(name) > n {
			item.RestoreTaskName = string(name[:n])
		}
	}
	item.RestoreStatus = cmp.Or(c.struck.status, item.RestoreStatus)
	return item
}

// named returns the tasks with the ids of a list, oldest first. Unknown ids are
// left out unless the world says otherwise; what DBS does about them is not
// documented.
func (d *DBS) named(c *call, ids string) ([]*task, error) {
	list := strings.Split(ids, ",")
	if n := d.world.Behaviour.MaxIDs; n > 0 && len(list) > n {
		return nil, d.fail(codeInvalid, "A list may have at most %d ids.", n)
	}
	for _, id := range list {
		if d.world.Behaviour.UnknownIDsRefused && d.tasks.find(strings.TrimSpace(id), c.account) == nil {
			return nil, d.fail(codeInvalid, "A restore task does not exist.")
		}
	}
	return d.tasks.pick(ids, c.account), nil
}

// pick returns the tasks of an account with the ids of a comma-separated list,
// oldest first.
func (ts *tasks) pick(ids, account string) (found []*task) {
	for id := range strings.SplitSeq(ids, ",") {
		if t := ts.find(strings.TrimSpace(id), account); t != nil {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b *task) int { return a.number - b.number })
	return slices.Compact(found)
}

// within cuts a list in order of creation down to the tasks created from one
// millisecond to another, both included.
func within(list []*task, from, to int64) []*task {
	i := sort.Search(len(list), func(i int) bool { return list[i].Created.UnixMilli() >= from })
	j := sort.Search(len(list), func(j int) bool { return list[j].Created.UnixMilli() > to })
	return list[i:max(i, j)]
}

func (d *DBS) detail(t *task, st state) restoreTaskDetail {
	get := t.Parameters
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(get[name], 10, 64) // was checked, or is absent
		return n
	}
	item := restoreTaskDetail{
		RestoreTaskId:                   t.ID,
		RestoreTaskName:                 get["RestoreTaskName"],
		BackupPlanId:                    get["BackupPlanId"],
		BackupSetId:                     get["BackupSetId"],
		RestoreStatus:                   st.Status,
		RestoreObjects:                  spaced(get["RestoreObjects"]),
		RestoreTime:                     number("RestoreTime"),
		RestoreTaskCreateTime:           t.Created.UnixMilli(),
		ErrMessage:                      "NULL",
		FullStruforeRestoreProgress:     st.Progress[0],
		FullDataRestoreProgress:         st.Progress[1],
		FullStruAfterRestoreProgress:    st.Progress[2],
		ContinuousRestoreProgress:       st.Progress[3],
		DestinationEndpointInstanceType: strings.ToLower(get["DestinationEndpointInstanceType"]),
		DestinationEndpointRegion:       get["DestinationEndpointRegion"],
		DestinationEndpointInstanceID:   get["DestinationEndpointInstanceID"],
		DestinationEndpointIpPort:       t.address(d.plan(t).DatabaseType),
		DestinationEndpointUserName:     get["DestinationEndpointUserName"],
		DestinationEndpointDatabaseName: get["DestinationEndpointDatabaseName"],
		DestinationEndpointOracleSID:    get["DestinationEndpointOracleSID"],
		RestoreDir:                      get["RestoreDir"],
		BackupGatewayId:                 number("BackupGatewayId"),
		CrossAliyunId:                   get["CrossAliyunId"],
		CrossRoleName:                   get["CrossRoleName"],
	}
	if !st.Finished.IsZero() {
		item.RestoreTaskFinishTime = st.Finished.UnixMilli()
	}
	if st.Message != "" {
		item.ErrMessage = st.Message
	}
	return item
}

// spaced returns JSON with the odd white space in which DBS gives it back.
// Source: dbs-api.md §1.4.
func spaced(objects string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(objects), "", "     ") != nil {
		return objects // absent
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}

// ports are those that instances of an engine listen on.
var ports = map[string]string{
	"mysql": "3306", "mariadb": "3306", "drds": "3306", "postgresql": "5432", "ppas": "5432",
	"mssql": "1433", "oracle": "1521", "mongodb": "3717", "redis": "6379",
}

// address returns the host:port of t's destination: what was given, or for an
// instance what DBS finds out about it.
func (t *task) address(engine string) string {
	host, port := t.Parameters["DestinationEndpointIP"], t.Parameters["DestinationEndpointPort"]
	id := t.Parameters["DestinationEndpointInstanceID"]
	if host == "" && id != "" {
		h := fnv.New32a()
		h.Write([]byte(id))
		n := h.Sum32()
		host = fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)
	}
	if port == "" {
		port = ports[strings.ToLower(engine)]
	}
	if host == "" || port == "" {
		return ""
	}
	return net.JoinHostPort(host, port)
}
