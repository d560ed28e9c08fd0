package emulator

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
)

// apiVersion is the one version of the API that is served.
const apiVersion = "2019-03-06"

// Operation is an operation that is served, and the parameters that it looks
// at. Others are ignored, as in life.
type Operation struct {
	Name       string
	Parameters []Parameter
	Source     string // where it is described

	run func(*DBS, *call) (reply, error)
}

// Parameter is a parameter of an operation.
type Parameter struct {
	Name     string
	Type     Type
	Required bool // it is refused as Missing{Name} when it is not there
}

// Type is what a parameter's value must be. What cannot be read is refused as
// Invalid{Name}.
type Type string

// Types of parameters. Those that end in "size" differ in what is allowed.
const (
	Text      Type = "string"
	Integer   Type = "integer"
	Boolean   Type = "boolean"
	Objects   Type = "JSON array"
	IDs       Type = "comma-separated ids"
	Millis    Type = "Unix time in ms"
	AnySize   Type = "1 to 100"
	FixedSize Type = "30, 50 or 100"
	Token     Type = "up to 64 ASCII characters"
)

// integral reports whether a value must be a whole number.
func (t Type) integral() bool {
	return t == Integer || t == Millis || t == AnySize || t == FixedSize
}

var (
	clientToken = Parameter{"ClientToken", Token, false}
	ownerID     = Parameter{"OwnerId", Text, false}
	backupPlan1 = Parameter{"BackupPlanId", Text, true}
	pageNum     = Parameter{"PageNum", Integer, false}
	anyPage     = []Parameter{pageNum, {"PageSize", AnySize, false}}
	fixedPage   = []Parameter{pageNum, {"PageSize", FixedSize, false}}
	since       = []Parameter{{"StartTimestamp", Millis, false}, {"EndTimestamp", Millis, false}}
)

// operations are all operations, in the order in which a restore tool meets
// them.
var operations = []Operation{
	{"CreateRestoreTask", []Parameter{
		backupPlan1,
		{"DestinationEndpointInstanceType", Text, true},
		{"RestoreTaskName", Text, true},
		{"DestinationEndpointRegion", Text, false},
		{"DestinationEndpointInstanceID", Text, false},
		{"DestinationEndpointIP", Text, false},
		{"DestinationEndpointPort", Integer, false},
		{"DestinationEndpointDatabaseName", Text, false},
		{"DestinationEndpointUserName", Text, false},
		{"DestinationEndpointPassword", Text, false},
		{"BackupGatewayId", Integer, false},
		{"RestoreObjects", Objects, false},
		{"RestoreTime", Millis, false},
		{"BackupSetId", Text, false},
		{"DestinationEndpointOracleSID", Text, false},
		{"RestoreDir", Text, false},
		{"RestoreHome", Text, false},
		{"DuplicateConflict", Text, false},
		{"CrossAliyunId", Text, false},
		{"CrossRoleName", Text, false},
		clientToken, ownerID,
	}, "§1", (*DBS).createRestoreTask},
	{"StartRestoreTask", []Parameter{{"RestoreTaskId", Text, true}, clientToken, ownerID}, "§2.1", (*DBS).startRestoreTask},
	{"DescribeRestoreTaskList", slices.Concat([]Parameter{{"BackupPlanId", Text, false}, {"RestoreTaskId", IDs, false}},
		anyPage, since, []Parameter{clientToken, ownerID}), "§2.3", (*DBS).describeRestoreTaskList},
	{"DescribePreCheckProgressList", []Parameter{{"BackupPlanId", Text, false}, {"RestoreTaskId", Text, false}, clientToken, ownerID},
		"§2.5", (*DBS).describePreCheckProgressList},
	{"DescribeJobErrorCode", []Parameter{{"TaskId", Text, true}, {"Language", Text, false}, clientToken, ownerID},
		"§3.8", (*DBS).describeJobErrorCode},

	{"DescribeBackupPlanList", slices.Concat([]Parameter{{"BackupPlanId", IDs, false}, {"BackupPlanName", Text, false},
		{"BackupPlanStatus", Text, false}, {"Region", Text, false}, {"ResourceGroupId", Text, false}, {"BackupMethod", Text, false}},
		anyPage, []Parameter{{"ShowBackupStrategyInfo", Boolean, false}, {"ShowRecoverTimeRange", Boolean, false},
			{"ShowStorageStrategyInfo", Boolean, false}, clientToken, ownerID}), "§3.1", (*DBS).describeBackupPlanList},
	{"DescribeRestoreRangeInfo", []Parameter{backupPlan1, {"BeginTimestampForRestore", Millis, true}, {"EndTimestampForRestore", Millis, true},
		{"RecentlyRestore", Boolean, false}, clientToken, ownerID}, "§3.2", (*DBS).describeRestoreRangeInfo},
	{"DescribeFullBackupList", slices.Concat([]Parameter{backupPlan1, {"BackupSetId", Text, false}, {"BackupSetStatus", Text, false}},
		since, []Parameter{{"ShowStorageType", Boolean, false}, {"ShowProgress", Boolean, false}}, fixedPage, []Parameter{clientToken, ownerID}),
		"§3.3", (*DBS).describeFullBackupList},
	{"DescribeIncrementBackupList", slices.Concat([]Parameter{backupPlan1}, since, []Parameter{{"ShowStorageType", Boolean, false}},
		fixedPage, []Parameter{clientToken, ownerID}), "§3.4", (*DBS).describeIncrementBackupList},
	{"DescribeBackupGatewayList", slices.Concat([]Parameter{{"Region", Text, true}, {"Identifier", IDs, false}}, fixedPage,
		[]Parameter{clientToken, ownerID}), "§3.5", (*DBS).describeBackupGatewayList},

	{"DescribeRegions", []Parameter{clientToken, ownerID}, "§3.6", (*DBS).describeRegions},
	{"DescribeNodeCidrList", []Parameter{{"Region", Text, true}, clientToken, ownerID}, "§3.9", (*DBS).describeNodeCidrList},
}

var byName = func() map[string]*Operation {
	m := make(map[string]*Operation)
	for i := range operations {
		m[operations[i].Name] = &operations[i]
	}
	return m
}()

// Operations returns the operations that are served.
func Operations() []Operation { return slices.Clone(operations) }

// check holds a request against the types of the operation's parameters.
func (o *Operation) check(q gateway.Parameters) error {
	for _, p := range o.Parameters {
		switch value := q[p.Name]; {
		case value == "" && p.Required:
			return gateway.Missing(p.Name)
		case value == "":
		case p.Type.integral():
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return gateway.Invalid(p.Name)
			}
		case p.Type == Boolean:
			if value = strings.ToLower(value); value != "true" && value != "false" {
				return gateway.Invalid(p.Name)
			}
		}
	}
	return nil
}
