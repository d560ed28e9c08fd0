package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// page is one page of a list, asked for by PageNum from 0 and PageSize.
type page struct {
	num, size int64
}

// readPage reads the page asked for. sizes are the sizes allowed when they are
// few; without any, 1 to 100 are. The default size is 30.
func (d *DBS) readPage(q parameters, sizes ...int64) (page, error) {
	num, err := q.integer("PageNum", 0)
	if err != nil {
		return page{}, err
	}
	size, err := q.integer("PageSize", 30)
	if err != nil {
		return page{}, err
	}
	if num < 0 {
		return page{}, d.fail(codeInvalid, "PageNum counts from 0.")
	}
	if size < 1 || size > 100 || len(sizes) > 0 && !slices.Contains(sizes, size) {
		return page{}, d.fail(codeInvalid, "The value of PageSize is not supported.")
	}
	return page{num, size}, nil
}

// bounds returns the indexes of the page in a list of n.
func (p page) bounds(n int) (from, to int) {
	if p.num > int64(n)/p.size {
		return n, n
	}
	from = int(p.num * p.size)
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

func (d *DBS) describeRestoreTaskList(q parameters, now time.Time) (reply, error) {
	p, err := d.readPage(q)
	if err != nil {
		return nil, err
	}
	from, err := q.integer("StartTimestamp", 0)
	if err != nil {
		return nil, err
	}
	to, err := q.integer("EndTimestamp", math.MaxInt64)
	if err != nil {
		return nil, err
	}
	plan, ids := q["BackupPlanId"], q["RestoreTaskId"]
	if (plan == "") == (ids == "") {
		return nil, d.fail(codeInvalid, "Exactly one of BackupPlanId and RestoreTaskId must be specified.")
	}
	if plan != "" && d.world.plans[plan] == nil {
		return nil, d.fail(codeInvalid, "The backup plan does not exist.")
	}
	found := d.tasks.byPlan[plan]
	if ids != "" {
		found = d.tasks.pick(ids)
	}
	if d.world.ListLag > 0 {
		to = min(to, now.Add(-d.world.ListLag).UnixMilli())
	}
	found = within(found, from, to)
	first, last := p.bounds(len(found))
	items := make([]restoreTaskDetail, 0, last-first)
	for i := first; i < last; i++ {
		t := found[len(found)-1-i] // the newest first
		items = append(items, d.detail(t, t.state(now, d.world.FinishWord)))
	}
	return p.reply(len(found), "RestoreTaskDetail", items), nil
}

// pick returns the tasks with the ids of a comma-separated list, oldest first.
// Unknown ids are left out; what DBS does about them is not documented.
func (ts *tasks) pick(ids string) (found []*task) {
	for id := range strings.SplitSeq(ids, ",") {
		if t := ts.byID[strings.TrimSpace(id)]; t != nil {
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
