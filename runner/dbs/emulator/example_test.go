package emulator_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// The vendor's own client is pointed at an emulator.
func Example() {
	d, err := emulator.New(emulator.Options{World: world.Demo(time.Now())})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(d)
	defer server.Close()

	client, err := dbs.NewClientWithAccessKey("cn-hangzhou", "emulator", "emulator")
	if err != nil {
		fmt.Println(err)
		return
	}
	request := dbs.CreateDescribeBackupPlanListRequest()
	request.Domain = strings.TrimPrefix(server.URL, "http://")
	request.BackupPlanName = "tenants"
	response, err := client.DescribeBackupPlanList(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, plan := range response.Items.BackupPlanDetail {
		fmt.Println(plan.BackupPlanId, plan.DatabaseType, plan.SourceEndpointInstanceID)
	}
	// Output: dbs1demomysql03 MySQL rm-demosource03
}
