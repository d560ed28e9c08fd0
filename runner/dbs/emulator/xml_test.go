package emulator_test

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
)

// raw makes a call in a format and returns the answer as it was sent.
func (c *caller) raw(format, action string, params map[string]string) (kind, body string) {
	c.t.Helper()
	c.calls++
	all := map[string]string{"Action": action, "Format": cmp.Or(format, "-")}
	for name, value := range params {
		all[name] = value
	}
	w := httptest.NewRecorder()
	c.to.ServeHTTP(w, httptest.NewRequest("POST", "/?"+sign("POST", all, "emulator", c.calls, time.Now()).Encode(), nil))
	return w.Header().Get("Content-Type"), w.Body.String()
}

const declaration = `<?xml version="1.0" encoding="UTF-8"?>`

func TestAnswersInXML(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	for _, tt := range []struct {
		name, action string
		params       map[string]string
		want         string // * stands for any text
	}{
		{"success", "DescribeNodeCidrList", map[string]string{"Region": "cn-hangzhou"},
			"<DescribeNodeCidrListResponse><HttpStatusCode>200</HttpStatusCode>" +
				"<InternetIPs><InternetIP>&#34;198.51.101.0/24&#34;</InternetIP></InternetIPs>" +
				"<IntranetIPs><IntranetIP>&#34;10.151.1.0/24&#34;</IntranetIP></IntranetIPs>" +
				"<RequestId>*</RequestId><Success>true</Success></DescribeNodeCidrListResponse>"},
		{"a list of no item", "DescribeBackupPlanList", map[string]string{"Region": "cn-beijing"},
			"<DescribeBackupPlanListResponse><HttpStatusCode>200</HttpStatusCode><Items/><PageNum>0</PageNum><PageSize>30</PageSize>" +
				"<RequestId>*</RequestId><Success>true</Success><TotalElements>0</TotalElements><TotalPages>0</TotalPages></DescribeBackupPlanListResponse>"},
		{"a list of one item", "DescribeBackupPlanList", map[string]string{"BackupPlanId": "dbs1demomysql01"},
			"*<Items><BackupPlanDetail><BackupPlanId>dbs1demomysql01</BackupPlanId><BackupPlanName>orders</BackupPlanName>*</BackupPlanDetail></Items>*"},
		{"a list of two items", "DescribeBackupPlanList", map[string]string{"Region": "cn-shanghai"},
			"*<Items><BackupPlanDetail><BackupPlanId>dbs1demomysql06</BackupPlanId>*</BackupPlanDetail>" +
				"<BackupPlanDetail><BackupPlanId>dbs1demopgsql04</BackupPlanId>*</BackupPlanDetail></Items>*"},
		{"an error of the gateway", "CreateRestoreTask", nil,
			"<Error><RequestId>*</RequestId><HostId>example.com</HostId><Code>MissingBackupPlanId</Code>" +
				"<Message>BackupPlanId is mandatory for this action.</Message>" +
				"<Recommend>https://error-center.aliyun.com/status/search?source=PopGw&amp;Keyword=MissingBackupPlanId</Recommend></Error>"},
		{"an error of DBS", "StartRestoreTask", map[string]string{"RestoreTaskId": "s1unknown"},
			"<StartRestoreTaskResponse><ErrCode>InvalidParameterValid</ErrCode><ErrMessage>The restore task does not exist.</ErrMessage>" +
				"<HttpStatusCode>400</HttpStatusCode><RequestId>*</RequestId><Success>false</Success></StartRestoreTaskResponse>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kind, body := c.raw("XML", tt.action, tt.params)
			if kind != "text/xml;charset=utf-8" || !like(body, declaration+tt.want) {
				t.Errorf("got %s %s, want %s", kind, body, tt.want)
			}
		})
	}
}

// like reports whether text is as a pattern says, in which * stands for any text.
func like(text, pattern string) bool {
	parts := strings.Split(pattern, "*")
	text, found := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		var rest string
		var has bool
		_, rest, has = strings.Cut(text, part)
		text, found = rest, found && has
	}
	return found && strings.HasSuffix(text, parts[len(parts)-1])
}

func TestTheFormatOfAnswers(t *testing.T) {
	c := &caller{t: t, to: open(t, emulator.Options{})}
	for _, tt := range []struct{ name, format, kind, begins string }{
		{"is XML when none is asked for", "", "text/xml", declaration + "<DescribeRegionsResponse>"},
		{"is XML when it is asked for", "xml", "text/xml", declaration + "<DescribeRegionsResponse>"},
		{"is JSON when it is asked for", "json", "application/json", "{"},
		{"is XML for a format that there is not", "CSV", "text/xml", declaration + "<Error>"},
	} {
		t.Run("the format "+tt.name, func(t *testing.T) {
			kind, body := c.raw(tt.format, "DescribeRegions", nil)
			if !strings.HasPrefix(kind, tt.kind) || !strings.HasPrefix(body, tt.begins) {
				t.Errorf("got %s %s, want %s %s", kind, body, tt.kind, tt.begins)
			}
		})
	}
}

func TestXMLIsEscaped(t *testing.T) {
	const name = `<b>&amp; "it's"]]> ä 漢 ` + "\t\n\r"
	c := &caller{t: t, to: open(t, emulator.Options{})}
	id := c.create("RestoreTaskName", name)
	_, body := c.raw("XML", "DescribeRestoreTaskList", map[string]string{"RestoreTaskId": id})
	if strings.Contains(body, "<b>") {
		t.Errorf("got %s, want no element of the name's", body)
	}
	var got struct {
		Name string `xml:"Items>RestoreTaskDetail>RestoreTaskName"`
	}
	if err := xml.Unmarshal([]byte(body), &got); err != nil || got.Name != name {
		t.Errorf("got %q, %v, want %q", got.Name, err, name)
	}
}

// leavesOfXML returns "path=text" of every element without others.
func leavesOfXML(t *testing.T, body string) (leaves []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(body))
	var path []string
	var text strings.Builder
	var inner bool // the element that ends had others
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			slices.Sort(leaves)
			return leaves
		}
		if err != nil {
			t.Fatalf("got %s, want XML: %v", body, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			path = append(path, token.Name.Local)
			text.Reset()
			inner = false
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			if !inner {
				leaves = append(leaves, strings.Join(path[1:], "/")+"="+text.String())
			}
			path = path[:len(path)-1]
			inner = true
		}
	}
}

// leavesOfJSON returns "path=text" of every value. A list is its items, and what
// holds nothing is empty.
func leavesOfJSON(t *testing.T, body string) (leaves []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	var value map[string]any
	if err := d.Decode(&value); err != nil {
		t.Fatalf("got %s, want JSON: %v", body, err)
	}
	var walk func(path string, value any) (any bool)
	walk = func(path string, value any) bool {
		switch value := value.(type) {
		case map[string]any:
			some := false
			for name, inner := range value {
				some = walk(strings.TrimPrefix(path+"/"+name, "/"), inner) || some
			}
			if !some {
				leaves = append(leaves, path+"=")
			}
			return true
		case []any:
			for _, item := range value {
				walk(path, item)
			}
			return len(value) > 0
		}
		leaves = append(leaves, fmt.Sprintf("%s=%v", path, value))
		return true
	}
	walk("", value)
	slices.Sort(leaves)
	return leaves
}

func TestXMLAndJSONHoldTheSame(t *testing.T) {
	const seed = 1
	random := rand.New(rand.NewPCG(seed, 0))
	word := func() string {
		pool := []rune("ab<>&\"' ]\t\n\r;#äß漢\U0001F600-\uFFFD")
		name := make([]rune, 1+random.IntN(12))
		for i := range name {
			name[i] = pool[random.IntN(len(pool))]
		}
		return string(name)
	}
	synctest.Test(t, func(t *testing.T) { // so that both are asked at one time
		c := &caller{t: t, to: open(t, emulator.Options{World: slow()})}
		var ids []string
		for range 30 {
			id := c.create("RestoreTaskName", word(), "DestinationEndpointUserName", word(), "RestoreDir", word(),
				"RestoreObjects", `[{"DBName":"orders","NewDBName":"`+fmt.Sprintf("o%d", len(ids))+`"}]`)
			if ids = append(ids, id); len(ids)%3 == 0 {
				c.start(id)
			}
			time.Sleep(10 * time.Second)
		}
		plan := map[string]string{"BackupPlanId": "dbs1demomysql01"}
		calls := map[string][]map[string]string{
			"StartRestoreTask":             {nil, {"RestoreTaskId": "s1" + word()}},
			"CreateRestoreTask":            {nil, orders("ClientToken", "t"), orders("BackupPlanId", word()), orders("ClientToken", word())},
			"DescribeRestoreTaskList":      {plan, {"RestoreTaskId": ids[0]}, {"RestoreTaskId": ids[0] + "," + ids[1]}, {"RestoreTaskId": "s1unknown"}},
			"DescribePreCheckProgressList": {plan, {"RestoreTaskId": ids[0]}, {"RestoreTaskId": ids[29]}},
			"DescribeJobErrorCode":         {{"TaskId": ids[0]}, {"TaskId": ids[2], "Language": "cn"}},
			"DescribeBackupPlanList":       {nil, {"Region": "cn-shanghai"}, {"Region": "cn-beijing"}},
			"DescribeRestoreRangeInfo":     {{"BackupPlanId": "dbs1demomysql06", "BeginTimestampForRestore": "0", "EndTimestampForRestore": millis(time.Now())}},
			"DescribeFullBackupList":       {plan}, "DescribeIncrementBackupList": {plan},
			"DescribeBackupGatewayList": {{"Region": "cn-hangzhou"}, {"Region": "cn-beijing"}},
			"DescribeRegions":           {nil}, "DescribeNodeCidrList": {{"Region": "cn-hangzhou"}},
			word(): {nil},
		}
		for _, op := range emulator.Operations() {
			if len(calls[op.Name]) == 0 {
				t.Errorf("the operation %s has no case", op.Name)
			}
		}
		noID := func(leaf string) bool { return strings.HasPrefix(leaf, "RequestId=") } // each answer has its own
		for action, list := range calls {
			for _, params := range list {
				_, asJSON := c.raw("JSON", action, params)
				_, asXML := c.raw("XML", action, params)
				got, want := leavesOfXML(t, asXML), leavesOfJSON(t, asJSON)
				if !slices.ContainsFunc(got, noID) {
					t.Errorf("%s: got %s, want a RequestId", action, asXML)
				}
				if got, want := slices.DeleteFunc(got, noID), slices.DeleteFunc(want, noID); !slices.Equal(got, want) {
					t.Errorf("%s of %q:\ngot  %q\nwant %q", action, params, got, want)
				}
			}
		}
	})
}
