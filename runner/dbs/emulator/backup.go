package emulator

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"
)

// backupPlanDetail is a backup plan as it is listed. Source: dbs-api.md §3.1.
type backupPlanDetail struct {
	BackupPlanId, BackupPlanName, BackupPlanStatus string
	BackupPlanRegion                               string
	BackupPlanCreateTime                           int64 `json:",omitempty"`
	DatabaseType, BackupMethod, BackupObjects      string
	BackupPeriod, BackupStartTime                  string
	BackupRetentionPeriod                          int // days
	EnableBackupLog                                bool
	BeginTimestampForRestore                       int64 `json:",omitempty"`
	EndTimestampForRestore                         int64 `json:",omitempty"`
	SourceEndpointInstanceType                     string
	SourceEndpointRegion                           string
	SourceEndpointInstanceID                       string `json:",omitempty"`
	SourceEndpointIpPort                           string `json:",omitempty"`
	BackupGatewayId                                int64  // 0 for none
	InstanceClass                                  string
	ErrMessage                                     string
}

// describeBackupPlanList lists backup plans. RegionId does not narrow the list:
// many regions share one host, and Region is the parameter for it.
func (d *DBS) describeBackupPlanList(q parameters, now time.Time) (reply, error) {
	p, err := d.readPage(q)
	if err != nil {
		return nil, err
	}
	plans := d.world.all
	if q["BackupPlanId"] != "" {
		plans = nil
		for id := range strings.SplitSeq(q["BackupPlanId"], ",") {
			plan := d.world.plans[strings.TrimSpace(id)]
			if plan == nil {
				return nil, d.fail(codeInvalid, "The backup plan does not exist.")
			}
			plans = append(plans, plan)
		}
	}
	var found []*BackupPlan
	for _, plan := range plans {
		if matches(q, plan) {
			found = append(found, plan)
		}
	}
	from, to := p.bounds(len(found))
	items := make([]backupPlanDetail, 0, to-from)
	for _, plan := range found[from:to] {
		items = append(items, plan.detail(now))
	}
	return p.reply(len(found), "BackupPlanDetail", items), nil
}

// matches reports whether a plan passes the filters of a request.
func matches(q parameters, p *BackupPlan) bool {
	for name, value := range map[string]string{
		"BackupPlanName": p.Name, "BackupPlanStatus": p.Status, "Region": p.Region,
	} {
		if q[name] != "" && q[name] != value {
			return false
		}
	}
	return true
}

func (p *BackupPlan) detail(now time.Time) backupPlanDetail {
	item := backupPlanDetail{
		BackupPlanId:               p.ID,
		BackupPlanName:             p.Name,
		BackupPlanStatus:           p.Status,
		BackupPlanRegion:           p.Region,
		DatabaseType:               p.DatabaseType,
		BackupMethod:               p.BackupMethod,
		BackupObjects:              p.objects(),
		BackupPeriod:               "MONDAY,TUESDAY,WEDNESDAY,THURSDAY,FRIDAY,SATURDAY,SUNDAY",
		BackupStartTime:            "18:00",
		BackupRetentionPeriod:      30,
		EnableBackupLog:            len(p.Ranges) > 0,
		SourceEndpointInstanceType: strings.ToLower(p.SourceInstanceType),
		SourceEndpointRegion:       p.Region,
		SourceEndpointInstanceID:   p.SourceInstanceID,
		SourceEndpointIpPort:       p.SourceIPPort,
		InstanceClass:              "medium",
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

// objects returns the plan's BackupObjects.
func (p *BackupPlan) objects() string {
	list := make([]object, len(p.Databases))
	for i, db := range p.Databases {
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
func (p *BackupPlan) windows(now time.Time) (list []recoverRange) {
	window := func(kind string, from, to time.Time) recoverRange {
		w := recoverRange{
			RangeType:                  kind,
			BeginTimestampForRestore:   from.UnixMilli(),
			EndTimestampForRestore:     to.UnixMilli(),
			SourceEndpointInstanceID:   p.SourceInstanceID,
			SourceEndpointInstanceType: strings.ToLower(p.SourceInstanceType),
		}
		w.FullBackupList.FullBackupDetail = []fullBackupDetail{}
		return w
	}
	points := window("point", time.Time{}, time.Time{})
	details := &points.FullBackupList.FullBackupDetail
	for _, s := range p.BackupSets {
		inside := func(r Range) bool { return r.holds(s.To, now) }
		if s.restorable(now) && !slices.ContainsFunc(p.Ranges, inside) {
			*details = append(*details, fullBackupDetail{s.ID, s.From.UnixMilli(), s.To.UnixMilli()})
		}
	}
	if n := len(*details); n > 0 {
		points.BeginTimestampForRestore, points.EndTimestampForRestore = (*details)[0].StartTime, (*details)[n-1].EndTime
		list = append(list, points)
	}
	for _, r := range p.Ranges {
		if end := r.end(now); !end.Before(r.From) { // not when it began within this hour
			list = append(list, window("range", r.From, end))
		}
	}
	return list
}

// describeRestoreRangeInfo lists the windows that overlap the time asked about,
// whole; with RecentlyRestore, only the last of them.
func (d *DBS) describeRestoreRangeInfo(q parameters, now time.Time) (reply, error) {
	if err := q.require("BackupPlanId", "BeginTimestampForRestore", "EndTimestampForRestore"); err != nil {
		return nil, err
	}
	begin, err := q.integer("BeginTimestampForRestore", 0)
	if err != nil {
		return nil, err
	}
	end, err := q.integer("EndTimestampForRestore", 0)
	if err != nil {
		return nil, err
	}
	plan := d.world.plans[q["BackupPlanId"]]
	if plan == nil {
		return nil, d.fail(codeInvalid, "The backup plan does not exist.")
	}
	windows := slices.DeleteFunc(plan.windows(now), func(w recoverRange) bool {
		return w.EndTimestampForRestore < begin || w.BeginTimestampForRestore > end
	})
	if strings.EqualFold(q["RecentlyRestore"], "true") && len(windows) > 0 {
		windows = windows[len(windows)-1:]
	}
	if windows == nil {
		windows = []recoverRange{}
	}
	return reply{"Items": reply{"DBSRecoverRange": windows}}, nil
}

// fullBackupFile is a full backup set as it is listed. Source: dbs-api.md §3.3.
type fullBackupFile struct {
	BackupSetId, BackupStatus string
	StartTime, EndTime        int64 // of the backup
	CreateTime, FinishTime    int64 // of the job
	BackupSetExpiredTime      int64 `json:",omitempty"`
	StorageMethod             string
	BackupSize                int64
	BackupObjects             string
	SourceEndpointIpPort      string `json:",omitempty"`
	ErrMessage                string
}

// describeFullBackupList lists backup sets, the newest first.
func (d *DBS) describeFullBackupList(q parameters, now time.Time) (reply, error) {
	if err := q.require("BackupPlanId"); err != nil {
		return nil, err
	}
	p, err := d.readPage(q, 30, 50, 100)
	if err != nil {
		return nil, err
	}
	from, err := q.moment("StartTimestamp", 0)
	if err != nil {
		return nil, err
	}
	to, err := q.moment("EndTimestamp", math.MaxInt64)
	if err != nil {
		return nil, err
	}
	plan := d.world.plans[q["BackupPlanId"]]
	if plan == nil {
		return nil, d.fail(codeInvalid, "The backup plan does not exist.")
	}
	var found []BackupSet
	for _, s := range slices.Backward(plan.BackupSets) {
		if ms := s.From.UnixMilli(); from <= ms && ms <= to && (q["BackupSetId"] == "" || q["BackupSetId"] == s.ID) {
			found = append(found, s)
		}
	}
	first, last := p.bounds(len(found))
	items := make([]fullBackupFile, 0, last-first)
	for _, s := range found[first:last] {
		items = append(items, plan.file(s))
	}
	return p.reply(len(found), "FullBackupFile", items), nil
}

// moment returns a time parameter in milliseconds. Whether DBS takes seconds or
// milliseconds here is not known: what must be seconds is taken as such.
func (q parameters) moment(name string, fallback int64) (int64, error) {
	n, err := q.integer(name, fallback)
	const seconds = 100_000_000_000 // in milliseconds the year 1973, in seconds far off
	if err == nil && 0 < n && n < seconds {
		n *= 1000
	}
	return n, err
}

func (p *BackupPlan) file(s BackupSet) fullBackupFile {
	f := fullBackupFile{
		BackupSetId:          s.ID,
		BackupStatus:         cmp.Or(s.Status, "finish"),
		StartTime:            s.From.UnixMilli(),
		EndTime:              s.To.UnixMilli(),
		CreateTime:           s.From.UnixMilli(),
		FinishTime:           s.To.UnixMilli(),
		StorageMethod:        "Standard",
		BackupSize:           s.Size,
		BackupObjects:        p.objects(),
		SourceEndpointIpPort: p.SourceIPPort,
	}
	if !s.Expires.IsZero() {
		f.BackupSetExpiredTime = s.Expires.UnixMilli()
	}
	return f
}
