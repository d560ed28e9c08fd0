package emulator_test

import (
	"maps"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/conformance"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// keysOfEveryKind is a world in which one of two accounts has a key of every kind,
// and whatever DBS is asked is struck by a fault.
func keysOfEveryKind() world.World {
	return world.World{
		Accounts: []world.Account{
			{ID: "1000000000000001", AccessKeys: []world.AccessKey{
				{ID: "one", Secret: "s"}, {ID: "inactive", Secret: "s", Inactive: true},
				{ID: "denied", Secret: "s", Permission: world.Permission{Allow: []string{"dbs:Nothing"}}},
				{ID: "temporary", Secret: "s", SecurityToken: "token"},
			}},
			{ID: "2000000000000002", AccessKeys: []world.AccessKey{{ID: "two", Secret: "s"}}},
		},
		Faults: world.Faults{Rules: []world.Fault{{Kind: "html"}}},
	}
}

func TestAKeyLearnsItsAccount(t *testing.T) {
	d := open(t, emulator.Options{World: keysOfEveryKind()})
	const first = `{"AccountId":"1000000000000001","Arn":"acs:ram::1000000000000001:root","IdentityType":"Account",` +
		`"PrincipalId":"1000000000000001","RequestId":"*","UserId":"1000000000000001"}`
	for i, tt := range []struct {
		name   string
		key    conformance.Key
		params map[string]string
		want   string // * stands for any text
	}{
		{"of the first account", conformance.Key{ID: "one", Secret: "s"}, nil, first},
		{"without any permission", conformance.Key{ID: "denied", Secret: "s"}, nil, first},
		{"temporarily", conformance.Key{ID: "temporary", Secret: "s", SecurityToken: "token"}, nil, first},
		{"of the second account, in XML", conformance.Key{ID: "two", Secret: "s"}, map[string]string{"Format": "XML"},
			declaration + "<GetCallerIdentityResponse><AccountId>2000000000000002</AccountId><Arn>acs:ram::2000000000000002:root</Arn>" +
				"<IdentityType>Account</IdentityType><PrincipalId>2000000000000002</PrincipalId><RequestId>*</RequestId>" +
				"<UserId>2000000000000002</UserId></GetCallerIdentityResponse>"},
		{"but not with a wrong secret", conformance.Key{ID: "one", Secret: "t"}, nil, `*"Code":"SignatureDoesNotMatch"*`},
		{"nor without its token", conformance.Key{ID: "temporary", Secret: "s"}, nil, `*"Code":"MissingSecurityToken"*`},
		{"nor once it is disabled", conformance.Key{ID: "inactive", Secret: "s"}, nil, `*"Code":"InvalidAccessKeyId.Inactive"*`},
		{"nor as a part of DBS", conformance.Key{ID: "one", Secret: "s"}, map[string]string{"Version": "2019-03-06"}, `*"Code":"InvalidAction.NotFound"*`},
		{"nor anything else of the API", conformance.Key{ID: "one", Secret: "s"}, map[string]string{"Action": "AssumeRole"}, `*"Code":"InvalidVersion"*`},
		{"nor what is of DBS by that API", conformance.Key{ID: "one", Secret: "s"}, map[string]string{"Action": "DescribeRegions"}, `*"Code":"InvalidVersion"*`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := map[string]string{"Action": "GetCallerIdentity", "Version": "2015-04-01", "SignatureNonce": string(rune('a' + i))}
			maps.Copy(all, tt.params)
			a := send(t, d, "POST", conformance.Sign("POST", all, tt.key, time.Now()).Encode(), "")
			if !like(a.Body, tt.want) {
				t.Errorf("got %d %s, want %s", a.Status, a.Body, tt.want)
			}
		})
	}
	if calls := d.Summary().Calls; len(calls) != 0 {
		t.Errorf("got calls %v, want none of DBS", calls)
	}
}
