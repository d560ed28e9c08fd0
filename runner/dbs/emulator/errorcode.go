package emulator

import (
	"cmp"
	"strings"
)

// Codes by which a task can fail, for DescribeJobErrorCode. Those of DBS are
// unpublished; these are its like.
const (
	codeGateway    = "DBS.BackupGatewayNotAvailable"
	codeConnection = "DBS.DestinationConnectFailed"
	codeRights     = "DBS.DestinationPrivilegeLack"
	codeSource     = "DBS.SourceObjectNotExist"
	codeConflict   = "DBS.DestinationObjectExist"
	codeSpace      = "DBS.DestinationNoSpace"
	codeMoment     = "DBS.RestoreTimeNotAvailable"
	codeStopped    = "DBS.JobStopped"
)

// standard are the messages of the codes, which say the same for every task.
var standard = map[string]struct{ en, cn string }{
	codeGateway:    {"The backup gateway is not available. Check that it is online.", "备份网关不可用，请检查网关是否在线。"},
	codeConnection: {"The destination cannot be connected. Check its address and its whitelist.", "无法连接目标实例，请检查地址和白名单。"},
	codeRights:     {"The account of the destination lacks privileges.", "目标账号权限不足。"},
	codeSource:     {"An object to restore is not in the backup.", "备份中不存在待恢复对象。"},
	codeConflict:   {"The destination has an object of the same name.", "目标实例存在同名对象。"},
	codeSpace:      {"The destination has not enough space.", "目标实例磁盘空间不足。"},
	codeMoment:     {"The moment cannot be restored.", "该时间点不可恢复。"},
	codeStopped:    {"The job was stopped.", "任务已被停止。"},
}

// jobError is the Item of DescribeJobErrorCode. Only JobId and Language are
// there when there is no error. Source: dbs-api.md §3.8.
type jobError struct {
	JobId        string
	JobState     string `json:",omitempty"`
	JobType      string `json:",omitempty"`
	ErrorCode    string `json:",omitempty"`
	ErrorMessage string `json:",omitempty"`
	Language     string
}

// describeJobErrorCode explains why a restore task failed. Of a full backup
// there is nothing to explain; that its job has the id of its set is a guess.
func (d *DBS) describeJobErrorCode(c *call) (reply, error) {
	language := strings.ToLower(cmp.Or(c.q["Language"], "en"))
	if language != "en" && language != "cn" {
		return nil, d.fail(codeInvalid, "The value of Language is not supported.")
	}
	t := d.tasks.find(c.q["TaskId"], c.account)
	if t == nil && d.world.hasSet(c.account, c.q["TaskId"]) {
		return reply{"Item": jobError{JobId: c.q["TaskId"], Language: language}}, nil
	}
	if t == nil {
		return nil, d.fail(codeInvalid, "The job does not exist.")
	}
	item := jobError{JobId: t.ID, Language: language}
	st := t.state(c.now, d.world.Behaviour.FinishWord)
	switch {
	case st.Status == "stop":
		item.ErrorCode = t.run.Code
	case t.run == nil && t.Precheck != nil && t.Precheck.Failed != "" && !c.now.Before(t.Precheck.end()):
		item.ErrorCode = t.Precheck.Code
	}
	if item.ErrorCode != "" {
		item.JobState, item.JobType = st.Status, "restore"
		item.ErrorMessage = standard[item.ErrorCode].en
		if language == "cn" {
			item.ErrorMessage = standard[item.ErrorCode].cn
		}
	}
	return reply{"Item": item}, nil
}
