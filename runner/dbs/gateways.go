package dbs

import (
	"context"
	"errors"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Gateways lists the backup gateways of sites, one answer per site in their
// order. What concerns one site only is told in its Problem: a planner may lack
// the permission, and not every region has gateways. The error, a
// *restore.Failure, is for what concerns every call.
func (c *Client) Gateways(ctx context.Context, sites []plan.Site) ([]plan.GatewayList, error) {
	lists := make([]plan.GatewayList, 0, len(sites))
	for _, site := range sites {
		list := plan.GatewayList{Site: site}
		gateways, err := c.gateways(ctx, site)
		f, ok := errors.AsType[*restore.Failure](err)
		switch {
		case ok && f.Class == restore.Refused && (!f.Fatal || isForbidden(f)):
			list.Problem = f.WithoutRequestID()
		case err != nil:
			return nil, err
		}
		for _, g := range gateways {
			list.Gateways = append(list.Gateways, plan.Gateway{
				ID: clean(g.BackupGatewayId, 32), Name: clean(g.DisplayName, 128), Status: clean(g.BackupGatewayStatus, 32),
			})
		}
		lists = append(lists, list)
	}
	return lists, nil
}

func (c *Client) gateways(ctx context.Context, site plan.Site) ([]dbs.BackupGateway, error) {
	return whole("DescribeBackupGatewayList", func(num int) ([]dbs.BackupGateway, int, error) {
		k := &call{site: site, request: func() requests.AcsRequest {
			r := dbs.CreateDescribeBackupGatewayListRequest()
			r.Region = site.Region
			r.PageNum = requests.NewInteger(num)
			r.PageSize = requests.NewInteger(pageSize)
			return r
		}}
		response := dbs.CreateDescribeBackupGatewayListResponse()
		err := c.ask(ctx, k, response)
		return response.Items.BackupGateway, response.TotalElements, err
	}, func(g dbs.BackupGateway) string { return g.BackupGatewayId })
}
