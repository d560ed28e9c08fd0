package conformance

import (
	"context"
	"fmt"
)

// Question is something that no document settles.
type Question struct {
	Setting string // the field of a world's behaviour that says it
	About   string
	Source  string
	Level   Level

	// ask returns the setting's value, nil for the one that is the default.
	ask func(context.Context, *Session) (any, error)
}

// Finding is the answer to a question.
type Finding struct {
	Question
	Value any    // nil for the default
	Left  string // why it was not asked, "" if it was
}

// Questions are all of them. Not among them are how many requests a second the
// service bears, as to find out would disturb others; how long a ClientToken is
// remembered; and which name renamenew gives, as no operation tells it.
var Questions = []Question{
	{"failuresAsGatewayErrors", "do DBS's own errors come as Code, like those of the gateway", "§4.6", Reads, failuresAsGatewayErrors},
	{"failureStatus", "which HTTP status do DBS's own errors have", "§4.6", Reads, failureStatus},
	{"defaultFormat", "in which format are answers to requests without Format", "§4.1", Reads, defaultFormat},
	{"formParametersIgnored", "does DBS ignore parameters in the body", "§4.3", Reads, formParametersIgnored},
	{"fixedPageSizes", "does DescribeBackupPlanList take no PageSize but 30, 50 and 100", "§3.1", Reads, fixedPageSizes},
	{"maxIds", "how many ids may a comma-separated list have, up to 100", "§2.3", Reads, maxIDs},
	{"unknownIdsRefused", "does DescribeRestoreTaskList refuse unknown ids, instead of leaving them out", "§2.3", Reads, unknownIDsRefused},
	{"listTimestamps", "in which unit are StartTimestamp and EndTimestamp of backup lists", "§3.3", Reads, listTimestamps},
	{"showFlagsNeeded", "does DescribeBackupPlanList tell restorable times only when asked to", "§3.1", Reads, showFlagsNeeded},

	{"clientTokens", "does a ClientToken bring back the task that it made, a moment later", "§5", Creates, clientTokens},
	{"tokenMismatchCode", "what is said to a ClientToken with other parameters", "§5", Creates, tokenMismatchCode},
	{"momentOptional", "may RestoreTime and BackupSetId both be left out", "§1.3", Creates, accepts(map[string]string{"RestoreTime": "-"})},
	{"momentCheckedAtRun", "is a task made for a RestoreTime that cannot be restored", "§1.3", Creates, accepts(map[string]string{"RestoreTime": "1"})},
	{"pointTimesRefused", "is the time of a backup set refused as RestoreTime", "§3.2", Creates, pointTimesRefused},
	{"uniqueTaskNames", "must RestoreTaskName be unique in its backup plan", "§1.1", Creates, uniqueTaskNames},
	{"precheckAtCreate", "does the precheck follow Create", "§2.1", Creates, precheckAtCreate},
	{"listLag", "how long is a new task missing from DescribeRestoreTaskList", "failure model F43", Creates, listLag},
	{"needs", "what do the types dg, kvstore, polardb and drds need", "§1.2", Creates, needsOf},

	{"finishWord", "which status has a restore that ended well", "§2.2", Restores, finishWord},
	{"secondStartIsFine", "does StartRestoreTask of a started task succeed", "§2.1", Restores, secondStartIsFine},
	{"objectsAreRegexps", "is DBName in RestoreObjects a regular expression", "§1.4", Restores, objectsAreRegexps},
}

// Learn asks a question.
func (s *Session) Learn(ctx context.Context, q Question) (Finding, error) {
	f := Finding{Question: q}
	switch {
	case q.Level > s.level:
		f.Left = "it writes"
		return f, nil
	case s.known["plan"] == "":
		f.Left = "there is no backup plan of MySQL that can be restored"
		return f, nil
	case q.Level > Reads && s.known["instance"] == "":
		f.Left = "there is no destination"
		return f, nil
	}
	var err error
	if f.Value, err = q.ask(ctx, s); err != nil {
		return f, fmt.Errorf("%s: %w", q.Setting, err)
	}
	return f, nil
}

// Behaviour returns what was found as the behaviour of a world file.
func Behaviour(findings []Finding) map[string]any {
	m := make(map[string]any)
	for _, f := range findings {
		if f.Value != nil {
			m[f.Setting] = f.Value
		}
	}
	return m
}
