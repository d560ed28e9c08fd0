package emulator_test

import (
	"encoding/json"
	"strings"
)

// errorCode returns what DescribeJobErrorCode says about a task: its code, the
// task's state, the kind of job and the message. Without an error it is "".
func (c *caller) errorCode(id, language string) string {
	c.t.Helper()
	a := c.call("DescribeJobErrorCode", map[string]string{"TaskId": id, "Language": language})
	var body struct {
		Item struct{ JobId, JobState, JobType, ErrorCode, ErrorMessage, Language string }
	}
	if err := json.Unmarshal([]byte(a.Body), &body); err != nil || !a.Success {
		c.t.Fatalf("got %s, %v", a.Body, err)
	}
	i := body.Item
	if i.JobId != id || i.Language != language {
		c.t.Errorf("got %+v, want it about %s in %s", i, id, language)
	}
	text := strings.TrimSpace(strings.Join([]string{i.ErrorCode, i.JobState, i.JobType}, " ")) + ": " + i.ErrorMessage
	return strings.TrimPrefix(text, ": ")
}
