package dbs

import (
	"context"
	"maps"
	"slices"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"

	"github.com/dbsrestore/dbsrestore/plan"
)

// Regions returns the regions that DBS is known to serve, sorted.
func (c *Client) Regions() []string { return slices.Sorted(maps.Keys(regionHosts())) }

// AccountPlans lists every backup plan of a site, without what can be restored
// from it. The list is whole, or the error, a *restore.Failure, is not nil.
func (c *Client) AccountPlans(ctx context.Context, site plan.Site) ([]plan.BackupPlan, error) {
	details, err := whole("DescribeBackupPlanList", func(num int) ([]dbs.BackupPlanDetail, int, error) {
		k := &call{site: site, request: func() requests.AcsRequest {
			r := dbs.CreateDescribeBackupPlanListRequest()
			r.Region = site.Region
			r.PageNum = requests.NewInteger(num)
			r.PageSize = requests.NewInteger(pageSize)
			return r
		}}
		response := dbs.CreateDescribeBackupPlanListResponse()
		err := c.ask(ctx, k, response)
		return response.Items.BackupPlanDetail, response.TotalElements, err
	}, func(d dbs.BackupPlanDetail) string { return d.BackupPlanId })
	if err != nil {
		return nil, err
	}
	plans := make([]plan.BackupPlan, 0, len(details))
	for _, d := range details {
		plans = append(plans, planOf(site, d).BackupPlan)
	}
	return plans, nil
}
