package emulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// regions are those of the service. Source: dbs-api.md §6.1.
var regions = []string{
	"cn-hangzhou", "cn-shanghai", "cn-shenzhen", "cn-beijing", "cn-qingdao", "cn-hongkong", "cn-zhangjiakou", "cn-wulanchabu",
	"cn-chengdu", "cn-huhehaote", "cn-hangzhou-finance", "cn-shanghai-finance-1", "cn-shenzhen-finance-1", "us-west-1", "us-east-1",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-5", "ap-south-1", "ap-northeast-1", "eu-central-1",
	"eu-west-1", "me-east-1",
}

// regionOf returns a region by the name of its endpoint: parameters spell two of
// them without the "-1".
func regionOf(name string) string {
	if name == "cn-shanghai-finance" || name == "cn-shenzhen-finance" {
		return name + "-1"
	}
	return name
}

// knownRegion fails for a Region that there is not.
func (d *DBS) knownRegion(c *call) error {
	if slices.Contains(regions, regionOf(c.q["Region"])) {
		return nil
	}
	return d.fail(codeInvalid, "The value of Region is not supported.")
}

func (d *DBS) describeRegions(*call) (reply, error) {
	return reply{"Regions": reply{"RegionCode": regions}}, nil
}

// describeNodeCidrList tells from where the service connects to databases, in
// the quotes of the official sample. Source: dbs-api.md §3.9.
func (d *DBS) describeNodeCidrList(c *call) (reply, error) {
	if err := d.knownRegion(c); err != nil {
		return nil, err
	}
	n := slices.Index(regions, regionOf(c.q["Region"])) + 1
	intranet, internet := fmt.Sprintf(`"10.151.%d.0/24"`, n), fmt.Sprintf(`"198.51.%d.0/24"`, 100+n)
	return reply{
		"IntranetIPs": reply{"IntranetIP": []string{intranet}},
		"InternetIPs": reply{"InternetIP": []string{internet}},
	}, nil
}

// backupGateway is a backup gateway as it is listed. Source: dbs-api.md §3.5.
type backupGateway struct {
	BackupGatewayId          string // a number in CreateRestoreTask
	Identifier, DisplayName  string
	Region                   string
	BackupGatewayStatus      string
	BackupGatewayCreateTime  int64 `json:",omitempty"`
	LastHeartbeatTime        int64
	SourceEndpointHostname   string `json:",omitempty"`
	SourceEndpointInternetIP string `json:",omitempty"`
	SourceEndpointIntranetIP string `json:",omitempty"`
}

// silence is for how long a gateway has not been heard of.
func silence(g world.Gateway) time.Duration {
	if g.Status == "ONLINE" {
		return 10 * time.Second
	}
	return 24 * time.Hour
}

func (d *DBS) describeBackupGatewayList(c *call) (reply, error) {
	p, err := d.readPage(c)
	if err != nil {
		return nil, err
	}
	if err := d.knownRegion(c); err != nil {
		return nil, err
	}
	items := []backupGateway{}
	for _, g := range d.world.Gateways {
		if g.Account != c.account || regionOf(g.Region) != regionOf(c.q["Region"]) ||
			c.q["Identifier"] != "" && !slices.Contains(strings.Split(c.q["Identifier"], ","), g.Identifier) {
			continue
		}
		item := backupGateway{
			BackupGatewayId: strconv.FormatInt(g.ID, 10), Identifier: g.Identifier, DisplayName: g.Name, Region: g.Region,
			BackupGatewayStatus: g.Status, LastHeartbeatTime: c.now.Add(-silence(g)).UnixMilli(),
			SourceEndpointHostname: g.Host, SourceEndpointInternetIP: g.InternetIP, SourceEndpointIntranetIP: g.IntranetIP,
		}
		if !g.Created.IsZero() {
			item.BackupGatewayCreateTime = g.Created.UnixMilli()
		}
		items = append(items, item)
	}
	from, to := p.bounds(len(items))
	return p.reply(len(items), "BackupGateway", items[from:to]), nil
}
