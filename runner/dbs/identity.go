package dbs

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"sync"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// accountID is what the id of an account must look like to be believed: the
// service's have 16 digits.
var accountID = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)

// Account returns the id of the account whose credentials calls about a site
// are signed with. Keys come and go, and a planner has another than a runner:
// the account stays. It asks the Security Token Service, which needs no
// permission for it. The error is a *restore.Failure.
func (c *Client) Account(ctx context.Context, site plan.Site) (string, error) {
	k := &call{site: site, sts: true, request: func() requests.AcsRequest { return sts.CreateGetCallerIdentityRequest() }}
	r, err := c.do(ctx, k)
	if f, ok := errors.AsType[*restore.Failure](err); ok {
		told := *f
		told.Message = joined("cannot learn which account this is", f.Message)
		return "", &told
	}
	id := r.text("AccountId")
	if !accountID.MatchString(id) {
		return "", k.malformed(r, "the AccountId is missing or malformed")
	}
	return id, nil
}

// stsHosts maps the regions that have no host of their own to the one that
// serves them. The SDK makes its map on first use without a lock.
var stsHosts = sync.OnceValue(sts.GetEndpointMap)

// stsEndpointOf returns the URL of the Security Token Service for a region. On
// loopback there is no service but the one that is given, an emulator, which
// answers this too.
func (c *Client) stsEndpointOf(region string) (*url.URL, error) {
	if c.endpoint != nil && isLoopback(c.endpoint.Hostname()) {
		return c.endpoint, nil
	}
	host, ok := stsHosts()[region]
	switch _, known := regionHosts()[region]; {
	case ok:
	case known:
		host = "sts." + region + ".aliyuncs.com"
	default: // of a region that is new, or misspelt, which its own calls will tell
		host = "sts.aliyuncs.com"
	}
	return &url.URL{Scheme: "https", Host: host, Path: "/"}, nil
}
