package emulator_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// FuzzRequest sends arbitrary queries and bodies, as they are and signed.
// Whatever comes is answered in one of the two dialects.
func FuzzRequest(f *testing.F) {
	good := sign("POST", orders("Action", "CreateRestoreTask"), "emulator", 1, time.Now()).Encode()
	f.Add("POST", good, "")
	f.Add("POST", "", good)
	f.Add("GET", "Action=DescribeRestoreTaskList&BackupPlanId=dbs1demomysql01&PageNum=99999999999", "PageSize=1")
	f.Add("GET", "Action=DescribePreCheckProgressList&RestoreTaskId=%2C%2C", "")
	f.Add("POST", "Action=DescribeRestoreRangeInfo&BackupPlanId=dbs1demomysql06", "BeginTimestampForRestore=-1&EndTimestampForRestore=1")
	f.Add("POST", "Action=DescribeFullBackupList&BackupPlanId=dbs1demomysql06&StartTimestamp=99999999999999999", "=&%00=%zz&;")
	f.Add("POST", "Action=CreateRestoreTask&RestoreObjects=[[[[", "RestoreTime=-9223372036854775808")
	f.Fuzz(func(t *testing.T, method, query, body string) {
		if method != "GET" && method != "POST" {
			return
		}
		d := open(t, emulator.Options{})
		check := func(a answer) {
			if a.RequestId == "" || a.Success == (a.code() != "") || (a.Code != "") != (a.Status >= 400) {
				t.Errorf("got %d %s, want success or an error", a.Status, a.Body)
			}
		}
		raw := httptest.NewRequest(method, "/", strings.NewReader(body))
		raw.URL.RawQuery = query
		check(do(t, d, raw))

		params := map[string]string{}
		for part := range strings.SplitSeq(query+"&"+body, "&") {
			k, v, _ := strings.Cut(part, "=")
			key, err := url.QueryUnescape(k)
			value, err2 := url.QueryUnescape(v)
			if err == nil && err2 == nil && key != "Signature" {
				params[key] = value
			}
		}
		for i := range 2 {
			params["SignatureNonce"] = "again-" + string(rune('0'+i))
			delete(params, "Timestamp")
			check(send(t, d, method, sign(method, params, "emulator", i, time.Now()).Encode(), ""))
		}
	})
}
