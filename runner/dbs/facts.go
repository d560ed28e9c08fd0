package dbs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"
	"golang.org/x/sync/errgroup"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

const (
	planBatch = 30 // ids in one question about backup plans
	questions = 16 // under way at a time
)

// BackupPlans answers the questions that asked returns, one answer per question in
// their order. They are among those that may come up: what backup plans these are
// about is read while asked, which is called once, finds out. Nil is for all of them.
// What concerns one backup plan only is told in its Missing and Problem; the error, a
// *restore.Failure or that of asked, is for what concerns them all. The number of
// calls is proportional to that of the questions.
func (c *Client) BackupPlans(ctx context.Context, may []plan.Question, asked func() ([]plan.Question, error)) ([]plan.BackupPlan, error) {
	known, failed := c.describe(ctx, may)
	qs := may
	if asked != nil {
		var before error
		if qs, before = asked(); before != nil {
			return nil, before
		}
	}
	for _, q := range qs {
		if err := failed[q.Site]; err != nil {
			return nil, err
		}
	}
	answers := make([]plan.BackupPlan, len(qs))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(questions)
	for i, q := range qs {
		g.Go(func() (err error) {
			answers[i], err = c.answer(gctx, q, known[plan.Subject{Site: q.Site, BackupPlanID: q.BackupPlanID}])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return answers, nil
}

// describe reads which backup plans questions are about, and says of which sites it
// could not.
func (c *Client) describe(ctx context.Context, qs []plan.Question) (map[plan.Subject]backupPlan, map[plan.Site]error) {
	var sites []plan.Site
	ids := make(map[plan.Site][]string)
	for _, q := range qs {
		if _, ok := ids[q.Site]; !ok {
			sites = append(sites, q.Site)
		}
		if !slices.Contains(ids[q.Site], q.BackupPlanID) {
			ids[q.Site] = append(ids[q.Site], q.BackupPlanID)
		}
	}
	known, failed := make(map[plan.Subject]backupPlan), make(map[plan.Site]error)
	for _, site := range sites {
		plans, err := c.describePlans(ctx, site, ids[site])
		if err != nil {
			failed[site] = err
		}
		for id, p := range plans {
			known[plan.Subject{Site: site, BackupPlanID: id}] = p
		}
	}
	return known, failed
}

// backupPlan is a backup plan and the window to ask its ranges for, in Unix
// milliseconds.
type backupPlan struct {
	plan.BackupPlan
	begin, end int64
}

// describePlans asks about backup plans of one site, by id.
func (c *Client) describePlans(ctx context.Context, site plan.Site, ids []string) (map[string]backupPlan, error) {
	known := make(map[string]backupPlan)
	for _, id := range ids {
		known[id] = backupPlan{BackupPlan: plan.BackupPlan{Site: site, ID: id, Missing: true}}
	}
	for batch := range slices.Chunk(ids, planBatch) {
		err := isolate(batch, func(ids []string) error {
			details, err := c.planDetails(ctx, site, ids)
			for _, d := range details {
				if slices.Contains(ids, d.BackupPlanId) {
					known[d.BackupPlanId] = planOf(site, d)
				}
			}
			return err
		}, func(id string, f *restore.Failure) error {
			if !isUnknown(f) {
				known[id] = backupPlan{BackupPlan: plan.BackupPlan{Site: site, ID: id, Problem: f.WithoutRequestID()}}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

func (c *Client) planDetails(ctx context.Context, site plan.Site, ids []string) ([]dbs.BackupPlanDetail, error) {
	k := &call{site: site, request: func() requests.AcsRequest {
		r := dbs.CreateDescribeBackupPlanListRequest()
		r.BackupPlanId = strings.Join(ids, ",")
		r.PageNum = requests.NewInteger(0)
		r.PageSize = requests.NewInteger(pageSize)
		return r
	}}
	response := dbs.CreateDescribeBackupPlanListResponse()
	if err := c.ask(ctx, k, response); err != nil {
		return nil, err
	}
	return response.Items.BackupPlanDetail, nil
}

func planOf(site plan.Site, d dbs.BackupPlanDetail) backupPlan {
	return backupPlan{
		BackupPlan: plan.BackupPlan{
			Site:         site,
			ID:           d.BackupPlanId,
			Name:         clean(d.BackupPlanName, 256),
			Status:       clean(d.BackupPlanStatus, 64),
			DatabaseType: clean(d.DatabaseType, 64),
			Databases:    databasesOf(d.BackupObjects),
			Source:       plan.Source{InstanceType: d.SourceEndpointInstanceType, InstanceID: d.SourceEndpointInstanceID, IPPort: d.SourceEndpointIpPort},
		},
		// Newer service versions may leave the window out unless asked in ways
		// that are not documented; then every moment so far is in question.
		begin: cmp.Or(d.BeginTimestampForRestore, d.BackupPlanCreateTime),
		end:   cmp.Or(d.EndTimestampForRestore, time.Now().UnixMilli()),
	}
}

// databasesOf reads BackupObjects, a JSON array in which a database may come
// once per schema. It is nil when the service names none, or has a pattern among
// them, which says nothing of which databases there are. Source: dbs-api.md §1.4.
func databasesOf(objects string) []string {
	var list []struct{ DBName string }
	if json.Unmarshal([]byte(objects), &list) != nil {
		return nil
	}
	var names []string
	for _, o := range list {
		if strings.ContainsAny(o.DBName, "*?[") {
			return nil
		}
		if o.DBName != "" && !slices.Contains(names, o.DBName) {
			names = append(names, o.DBName)
		}
	}
	return names
}

// answer completes what is known of a backup plan by what the question asks.
func (c *Client) answer(ctx context.Context, q plan.Question, known backupPlan) (plan.BackupPlan, error) {
	b := known.BackupPlan
	if b.Missing || b.Problem != "" {
		return b, nil
	}
	var err error
	if q.Ranges || q.Latest {
		b.Ranges, b.Points, err = c.ranges(ctx, known)
	}
	if err == nil && (q.BackupSets || q.Latest && len(b.Ranges) == 0) {
		b.BackupSets, err = c.backupSets(ctx, known)
	}
	if f, ok := errors.AsType[*restore.Failure](err); ok && f.Class == restore.Refused && !f.Fatal {
		b.Problem, err = f.WithoutRequestID(), nil
	}
	return b, err
}

// ranges reads the continuous windows, and the full backup sets that stand
// between them as points. Source: dbs-api.md §3.2.
func (c *Client) ranges(ctx context.Context, b backupPlan) (ranges []plan.Range, points []plan.BackupSet, err error) {
	k := &call{site: b.Site, request: func() requests.AcsRequest {
		r := dbs.CreateDescribeRestoreRangeInfoRequest()
		r.BackupPlanId = b.ID
		r.BeginTimestampForRestore = requests.NewInteger64(b.begin)
		r.EndTimestampForRestore = requests.NewInteger64(b.end)
		return r
	}}
	response := dbs.CreateDescribeRestoreRangeInfoResponse()
	if err := c.ask(ctx, k, response); err != nil {
		return nil, nil, err
	}
	for _, w := range response.Items.DBSRecoverRange {
		if !strings.EqualFold(w.RangeType, "range") {
			points = append(points, pointsOf(w)...)
			continue
		}
		r := plan.Range{From: moment(w.BeginTimestampForRestore), To: moment(w.EndTimestampForRestore)}
		if !r.From.IsZero() && !r.To.Before(r.From) {
			ranges = append(ranges, r)
		}
	}
	slices.SortFunc(ranges, func(a, b plan.Range) int { return a.From.Compare(b.From) })
	slices.SortFunc(points, bySetAge)
	return ranges, points, nil
}

// pointsOf returns the finished backup sets of a point. One without a list has a
// set too, whose id it does not tell.
func pointsOf(w dbs.DBSRecoverRange) (points []plan.BackupSet) {
	sets := w.FullBackupList.FullBackupDetail
	if end := moment(w.EndTimestampForRestore); len(sets) == 0 && !end.IsZero() {
		return []plan.BackupSet{{From: moment(w.BeginTimestampForRestore), To: end}}
	}
	for _, s := range sets {
		if s.BackupSetId != "" && s.EndTime > 0 {
			points = append(points, plan.BackupSet{ID: clean(s.BackupSetId, 128), From: moment(s.StartTime), To: moment(s.EndTime)})
		}
	}
	return points
}

// bySetAge orders backup sets, oldest first.
func bySetAge(a, b plan.BackupSet) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID))
}

// backupSets reads the full backup sets that are finished and not expired.
func (c *Client) backupSets(ctx context.Context, b backupPlan) ([]plan.BackupSet, error) {
	files, err := whole("DescribeFullBackupList", func(num int) ([]dbs.FullBackupFile, int, error) {
		k := &call{site: b.Site, request: func() requests.AcsRequest {
			r := dbs.CreateDescribeFullBackupListRequest()
			r.BackupPlanId = b.ID
			r.PageNum = requests.NewInteger(num)
			r.PageSize = requests.NewInteger(pageSize)
			return r
		}}
		response := dbs.CreateDescribeFullBackupListResponse()
		err := c.ask(ctx, k, response)
		return response.Items.FullBackupFile, response.TotalElements, err
	}, func(f dbs.FullBackupFile) string { return f.BackupSetId })
	if err != nil {
		return nil, err
	}
	now := time.Now()
	var sets []plan.BackupSet
	for _, f := range files {
		expires := moment(f.BackupSetExpiredTime)
		if f.BackupSetId != "" && isSuccess(f.BackupStatus) && (expires.IsZero() || expires.After(now)) {
			sets = append(sets, plan.BackupSet{ID: f.BackupSetId, From: moment(f.StartTime), To: moment(f.EndTime)})
		}
	}
	slices.SortFunc(sets, bySetAge)
	return sets, nil
}
