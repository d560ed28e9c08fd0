package emulator

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// backupPlanDetail is a backup plan as it is listed. Source: dbs-api.md §3.1.
type backupPlanDetail struct {
	BackupPlanId, BackupPlanName, BackupPlanStatus string
	BackupPlanRegion                               string
	BackupPlanCreateTime                           int64 `json:",omitempty"`
	DatabaseType, BackupMethod, BackupObjects      string
	BackupPeriod                                   string // in capitals, though Monday is accepted
	BackupStartTime                                string // HH:mm, UTC
	BackupRetentionPeriod                          int    // days
	BackupStorageType                              string
	EnableBackupLog                                bool
	BeginTimestampForRestore                       int64  `json:",omitempty"`
	EndTimestampForRestore                         int64  `json:",omitempty"`
	SourceEndpointInstanceType                     string // in lower case
	SourceEndpointRegion                           string
	SourceEndpointInstanceID                       string `json:",omitempty"`
	SourceEndpointIpPort                           string `json:",omitempty"`
	SourceEndpointUserName                         string `json:",omitempty"`
	BackupGatewayId                                int64  // 0 for none
	InstanceClass                                  string
	OSSBucketName, ResourceGroupId                 string `json:",omitempty"`
	ErrMessage                                     string
}

// describeBackupPlanList lists backup plans. RegionId does not narrow the list:
// many regions share one host, and Region is the parameter for it.
func (d *DBS) describeBackupPlanList(c *call) (reply, error) {
	p, err := d.readPage(c)
	if err != nil {
		return nil, err
	}
	plans := d.world.all
	if ids := c.q["BackupPlanId"]; ids != "" {
		plans = nil
		list := strings.Split(ids, ",")
		if n := d.world.Behaviour.MaxIDs; n > 0 && len(list) > n {
			return nil, d.fail(codeInvalid, "A list may have at most %d ids.", n)
		}
		for _, id := range list {
			plan := d.world.plan(c.account, strings.TrimSpace(id))
			if plan == nil {
				return nil, d.fail(codeInvalid, "The backup plan does not exist.")
			}
			if !slices.Contains(plans, plan) {
				plans = append(plans, plan)
			}
		}
	}
	var found []*backupPlan
	for _, plan := range plans {
		if plan.Account == c.account && plan.passes(c) {
			found = append(found, plan)
		}
	}
	from, to := p.bounds(len(found))
	items := make([]backupPlanDetail, 0, to-from)
	for _, plan := range found[from:to] {
		item := plan.detail(c.now)
		if d.world.Behaviour.ShowFlagsNeeded {
			item = item.only(c)
		}
		items = append(items, item)
	}
	return p.reply(len(found), "BackupPlanDetail", items), nil
}

// passes reports whether a plan passes the filters of a request.
func (p *backupPlan) passes(c *call) bool {
	for name, value := range map[string]string{
		"BackupPlanName": p.Name, "BackupPlanStatus": p.Status, "Region": p.Region,
		"BackupMethod": p.BackupMethod, "ResourceGroupId": resourceGroup,
	} {
		if c.q[name] != "" && c.q[name] != value {
			return false
		}
	}
	return true
}

// resourceGroup is the one that every backup plan is in.
const resourceGroup = "rg-default"

// only leaves out what a request has not asked to be shown.
func (item backupPlanDetail) only(c *call) backupPlanDetail {
	if !c.is("ShowRecoverTimeRange") {
		item.BeginTimestampForRestore, item.EndTimestampForRestore = 0, 0
	}
	if !c.is("ShowBackupStrategyInfo") {
		item.BackupPeriod, item.BackupStartTime = "", ""
	}
	if !c.is("ShowStorageStrategyInfo") {
		item.BackupStorageType, item.OSSBucketName = "", ""
	}
	return item
}

func (p *backupPlan) detail(now time.Time) backupPlanDetail {
	item := backupPlanDetail{
		BackupPlanId:               p.ID,
		BackupPlanName:             p.Name,
		BackupPlanStatus:           p.Status,
		BackupPlanRegion:           p.Region,
		DatabaseType:               p.DatabaseType,
		BackupMethod:               p.BackupMethod,
		BackupObjects:              p.objects,
		BackupPeriod:               "MONDAY,TUESDAY,WEDNESDAY,THURSDAY,FRIDAY,SATURDAY,SUNDAY",
		BackupStartTime:            "18:00",
		BackupRetentionPeriod:      30,
		BackupStorageType:          "system",
		EnableBackupLog:            len(p.Ranges) > 0,
		SourceEndpointInstanceType: strings.ToLower(p.Source.InstanceType),
		SourceEndpointRegion:       p.Region,
		SourceEndpointInstanceID:   p.Source.InstanceID,
		SourceEndpointIpPort:       p.Source.IPPort,
		SourceEndpointUserName:     p.Source.UserName,
		BackupGatewayId:            p.Source.GatewayID,
		InstanceClass:              "medium",
		ResourceGroupId:            resourceGroup,
	}
	if !p.Created.IsZero() {
		item.BackupPlanCreateTime = p.Created.UnixMilli()
	}
	if windows := p.windows(now); len(windows) > 0 {
		begin, end := windows[0].BeginTimestampForRestore, windows[0].EndTimestampForRestore
		for _, w := range windows {
			begin, end = min(begin, w.BeginTimestampForRestore), max(end, w.EndTimestampForRestore)
		}
		item.BeginTimestampForRestore, item.EndTimestampForRestore = begin, end
	}
	return item
}

// backupObjects returns what a plan stores as BackupObjects.
func backupObjects(databases []world.Database) string {
	list := make([]object, len(databases))
	for i, db := range databases {
		list[i].DBName = db.Name
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // unreachable: names are strings
	}
	return string(b)
}

// recoverRange is a window of DescribeRestoreRangeInfo. Source: dbs-api.md §3.2.
type recoverRange struct {
	RangeType                string // range or point
	BeginTimestampForRestore int64
	EndTimestampForRestore   int64
	SourceEndpointInstanceID string `json:",omitempty"`

	SourceEndpointInstanceType string
	FullBackupList             struct{ FullBackupDetail []fullBackupDetail }
}

type fullBackupDetail struct {
	BackupSetId        string
	StartTime, EndTime int64
}

// windows returns what a plan can be restored to: its ranges, and one window of
// points for the backup sets that end outside of them.
func (p *backupPlan) windows(now time.Time) (list []recoverRange) {
	window := func(kind string, from, to time.Time) recoverRange {
		w := recoverRange{
			RangeType:                  kind,
			BeginTimestampForRestore:   from.UnixMilli(),
			EndTimestampForRestore:     to.UnixMilli(),
			SourceEndpointInstanceID:   p.Source.InstanceID,
			SourceEndpointInstanceType: strings.ToLower(p.Source.InstanceType),
		}
		w.FullBackupList.FullBackupDetail = []fullBackupDetail{}
		return w
	}
	points := window("point", time.Time{}, time.Time{})
	details := &points.FullBackupList.FullBackupDetail
	for _, s := range p.sets {
		inside := func(r world.Range) bool { return holds(r, s.To, now) }
		if restorable(s, now) && !slices.ContainsFunc(p.Ranges, inside) {
			*details = append(*details, fullBackupDetail{s.ID, s.From.UnixMilli(), s.To.UnixMilli()})
		}
	}
	if n := len(*details); n > 0 {
		points.BeginTimestampForRestore, points.EndTimestampForRestore = (*details)[0].StartTime, (*details)[n-1].EndTime
		list = append(list, points)
	}
	for _, r := range p.Ranges {
		if end := end(r, now); !end.Before(r.From) { // not when it began within this hour
			list = append(list, window("range", r.From, end))
		}
	}
	return list
}

// describeRestoreRangeInfo lists the windows that overlap the time asked about,
// whole; with RecentlyRestore, only the last of them.
func (d *DBS) describeRestoreRangeInfo(c *call) (reply, error) {
	plan := d.world.plan(c.account, c.q["BackupPlanId"])
	if plan == nil {
		return nil, d.fail(codeInvalid, "The backup plan does not exist.")
	}
	begin, end := c.integer("BeginTimestampForRestore", 0), c.integer("EndTimestampForRestore", 0)
	windows := slices.DeleteFunc(plan.windows(c.now), func(w recoverRange) bool {
		return w.EndTimestampForRestore < begin || w.BeginTimestampForRestore > end
	})
	if c.is("RecentlyRestore") && len(windows) > 0 {
		windows = windows[len(windows)-1:]
	}
	if windows == nil {
		windows = []recoverRange{}
	}
	return reply{"Items": reply{"DBSRecoverRange": windows}}, nil
}
