package dbs

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"sync"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sts"

	"github.com/dbsrestore/dbsrestore/plan"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// accountID is what the id of an account looks like. Today's have 16 digits.
var accountID = regexp.MustCompile(`^[0-9]{1,20}$`)

// Account returns the id of the account whose credentials calls about a site
// are signed with, in digits. Keys come and go, and a planner has another than a
// runner: the account stays. It asks the Security Token Service, which needs no
// permission for it. The error wraps a *restore.Failure.
func (c *Client) Account(ctx context.Context, site plan.Site) (string, error) {
	if _, err := c.account(site.Profile).credentials(ctx); err != nil {
		return "", err // there is nothing to ask with
	}
	k := &call{site: site, sts: true, request: func() requests.AcsRequest { return sts.CreateGetCallerIdentityRequest() }}
	r, err := c.do(ctx, k)
	id := r.text("AccountId")
	if err == nil && !accountID.MatchString(id) {
		err = k.malformed(r, "the AccountId is missing or not a number")
	}
	if err != nil {
		return "", fmt.Errorf("cannot learn which account this is: STS %w%s", err, k.wayToSTS(err))
	}
	return id, nil
}

// wayToSTS says what to do when nobody answered, or somebody else: who reaches
// DBS through an endpoint of its own may have no way to the Security Token
// Service.
func (k *call) wayToSTS(err error) string {
	f, ok := errors.AsType[*restore.Failure](err)
	if !ok || k.endpoint == nil || isLoopback(k.endpoint.Hostname()) {
		return ""
	}
	switch f.Code {
	case codeConnect, codeTimeout, codeBroken, codeNotJSON:
		return fmt.Sprintf(": let this machine reach https://%s, directly or through HTTPS_PROXY", k.endpoint.Host)
	}
	return ""
}

// stsHosts maps the regions that have no host of the usual name to the one that
// serves them. The SDK makes its map on first use without a lock.
var stsHosts = sync.OnceValue(sts.GetEndpointMap)

// stsEndpointOf returns the URL of the Security Token Service for a region. On
// loopback there is no service but the one that is given, an emulator, which
// answers this too. A region that nobody knows never becomes a part of a name
// that credentials are sent to.
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
