package emulator

import "github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"

// stsVersion is the version of the Security Token Service's API. One operation
// of it is served, by which clients ask whose key they have. It is none of
// DBS's: no permission is needed, no fault strikes it, and it is not counted or
// recorded.
const stsVersion = "2015-04-01"

var callerIdentity = Operation{Name: "GetCallerIdentity", run: (*DBS).getCallerIdentity}

// operationOf returns the operation that a request is for, nil if it is not known.
func operationOf(q *gateway.Request) *Operation {
	if q.Version != stsVersion {
		return byName[q.Operation]
	}
	if q.Operation == callerIdentity.Name {
		return &callerIdentity
	}
	return nil
}

// isForeign reports whether a call is none of DBS's.
func (c *call) isForeign() bool { return c.op == &callerIdentity }

// getCallerIdentity tells whose key signed the call. Source: the reply of the
// Security Token Service as the vendor's SDK reads it.
func (d *DBS) getCallerIdentity(c *call) (reply, error) {
	return reply{
		"IdentityType": "Account", "AccountId": c.account, "UserId": c.account, "PrincipalId": c.account,
		"Arn": "acs:ram::" + c.account + ":root",
	}, nil
}
