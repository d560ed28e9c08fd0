package dbs

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// parseEndpoint reads Options.Endpoint; nil stands for "". Its errors never
// quote the text, which may hold a password before an "@".
func parseEndpoint(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("endpoint: not a URL: write it as https://HOST")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("endpoint: the scheme must be https, or http on loopback: write it as https://HOST")
	case u.User != nil:
		return nil, errors.New("endpoint: must not hold a user name or password: credentials come from the environment or a profile")
	case u.Hostname() == "":
		return nil, errors.New("endpoint: the host is missing: write it as https://HOST")
	case strings.ContainsFunc(u.Hostname(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, errors.New("endpoint: the host must be ASCII: write an international name in its xn-- form")
	case u.Path != "" && u.Path != "/", u.RawQuery != "" || u.ForceQuery, u.Fragment != "":
		return nil, fmt.Errorf("endpoint: only scheme, host and port are allowed: write it as %s://%s", u.Scheme, u.Host)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("endpoint: plain http would show passwords on the network: use https://%s", u.Host)
	}
	if strings.HasSuffix(u.Host, ":") || u.Port() != "" && !isPort(u.Port()) {
		return nil, errors.New("endpoint: the port must be 1 to 65535")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}, nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// regionHosts maps a region to the host that serves it. The SDK's own map is
// made on first use without a lock, hence the once; its guess for a region
// that it does not know ("dbs." instead of "dbs-api.") is never asked for.
var regionHosts = sync.OnceValue(func() map[string]string {
	hosts := maps.Clone(dbs.GetEndpointMap())
	// Source: dbs-api.md §6.1, where the vendor's newer metadata differs.
	for _, region := range []string{"cn-zhangjiakou", "cn-wulanchabu"} {
		hosts[region] = "dbs-api." + region + ".aliyuncs.com"
	}
	return hosts
})

// endpointOf returns the URL to send calls about a region to.
func (c *Client) endpointOf(region string) (*url.URL, error) {
	if c.endpoint != nil {
		return c.endpoint, nil
	}
	hosts := regionHosts()
	host, ok := hosts[region]
	if !ok {
		known := slices.Sorted(maps.Keys(hosts))
		hint := "give it with the endpoint option"
		if near := diag.Nearest(region, known); near != "" {
			hint = "did you mean " + near + "?"
		}
		return nil, fmt.Errorf("no DBS endpoint is known for region %q (known: %s): %s", region, strings.Join(known, ", "), hint)
	}
	return &url.URL{Scheme: "https", Host: host, Path: "/"}, nil
}
