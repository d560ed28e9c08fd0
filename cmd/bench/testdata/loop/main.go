// Command loop is what one writes in an afternoon: it creates, starts and polls
// each restore in a goroutine by the vendor's client. It keeps nothing, retries
// nothing, and would restore twice when it is run again.
//
//	loop ENDPOINT NUMBER IN-FLIGHT POLL-INTERVAL
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"
	"golang.org/x/sync/errgroup"
)

func main() {
	if err := loop(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "loop:", err)
		os.Exit(1)
	}
}

func loop(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("want an endpoint, a number of restores, how many at a time and the poll interval, got %q", args)
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	inFlight, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	interval, err := time.ParseDuration(args[3])
	if err != nil {
		return err
	}
	clients := make(chan *dbs.Client, inFlight) // one serves one goroutine at a time
	for range inFlight {
		config := sdk.NewConfig().WithScheme("HTTP").WithTimeout(30 * time.Second)
		c, err := dbs.NewClientWithOptions("cn-hangzhou", config, credentials.NewAccessKeyCredential("runner", "made-up"))
		if err != nil {
			return err
		}
		clients <- c
	}
	domain := strings.TrimPrefix(args[0], "http://")
	at := time.Now().Add(-time.Hour)
	var g errgroup.Group
	g.SetLimit(inFlight)
	for i := range n {
		g.Go(func() error {
			c := <-clients
			defer func() { clients <- c }()
			return restore(c, domain, i, at, interval)
		})
	}
	return g.Wait()
}

func restore(c *dbs.Client, domain string, i int, at time.Time, interval time.Duration) error {
	create := dbs.CreateCreateRestoreTaskRequest()
	create.Domain, create.Method = domain, "POST"
	create.BackupPlanId = fmt.Sprintf("dbs1bench%02d", i%10)
	create.RestoreTaskName = "bench-" + strconv.Itoa(i)
	create.DestinationEndpointInstanceType, create.DestinationEndpointRegion = "RDS", "cn-hangzhou"
	create.DestinationEndpointInstanceID = fmt.Sprintf("rm-bench%02d", i%20)
	create.DestinationEndpointUserName, create.DestinationEndpointPassword = "drill", "made-up"
	create.RestoreObjects = fmt.Sprintf(`[{"DBName":"shop","NewDBName":"shop_%d"}]`, i)
	create.RestoreTime = requests.NewInteger64(at.UnixMilli())
	created, err := c.CreateRestoreTask(create)
	if err != nil {
		return err
	}
	start := dbs.CreateStartRestoreTaskRequest()
	start.Domain, start.Method, start.RestoreTaskId = domain, "POST", created.RestoreTaskId
	if _, err := c.StartRestoreTask(start); err != nil {
		return err
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for range tick.C {
		list := dbs.CreateDescribeRestoreTaskListRequest()
		list.Domain, list.Method, list.RestoreTaskId = domain, "POST", created.RestoreTaskId
		got, err := c.DescribeRestoreTaskList(list)
		if err != nil {
			return err
		}
		for _, task := range got.Items.RestoreTaskDetail {
			switch task.RestoreStatus {
			case "finish":
				return nil
			case "init", "running":
			default:
				return fmt.Errorf("restore %d: %s", i, task.RestoreStatus)
			}
		}
	}
	return nil
}
