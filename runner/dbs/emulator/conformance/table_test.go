package conformance_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/conformance"
)

var update = flag.Bool("update", false, "rewrite what tests compare with")

// cell is all cases about one parameter of one operation.
func cell(operation, parameter string) (list []conformance.Case) {
	for _, c := range conformance.Cases() {
		if c.Operation == operation && c.Parameter == parameter {
			list = append(list, c)
		}
	}
	return list
}

// given reports whether some case succeeds with a parameter.
func given(operation, parameter string) bool {
	return slices.ContainsFunc(conformance.Cases(), func(c conformance.Case) bool {
		return c.Operation == operation && c.Give[parameter] != "" && c.Want.Code == ""
	})
}

func refused(list []conformance.Case, code string) bool {
	return slices.ContainsFunc(list, func(c conformance.Case) bool { return c.Want.Code == code })
}

func TestEveryParameterHasItsCases(t *testing.T) {
	for _, o := range emulator.Operations() {
		for _, p := range o.Parameters {
			name := o.Name + " " + p.Name
			list := cell(o.Name, p.Name)
			if len(list) == 0 {
				t.Errorf("%s: there is no case about it", name)
			}
			if !given(o.Name, p.Name) {
				t.Errorf("%s: no case succeeds with it", name)
			}
			if p.Required && !refused(list, "Missing"+p.Name) {
				t.Errorf("%s: no case leaves it out", name)
			}
			switch p.Type {
			case emulator.Integer, emulator.Millis, emulator.AnySize, emulator.FixedSize, emulator.Boolean:
				if !refused(list, "Invalid"+p.Name) {
					t.Errorf("%s: no case gives what is no %s", name, p.Type)
				}
			case emulator.Token:
				if !refused(list, "InvalidClientToken.ValueNotSupported") {
					t.Errorf("%s: no case gives one that is too long", name)
				}
			}
			if p.Name == "PageSize" && !refused(list, "InvalidParameterValid") {
				t.Errorf("%s: no case gives one that is out of range", name)
			}
		}
		for _, code := range []string{"Forbidden.RAM", "Request.Forbidden"} {
			if !refused(cell(o.Name, ""), code) {
				t.Errorf("%s: no case is refused as %s", o.Name, code)
			}
		}
	}
}

// commonParameters are those of every request. Source: dbs-api.md §4.1.
var commonParameters = strings.Fields(`Action Version Format AccessKeyId Signature SignatureMethod SignatureVersion SignatureType
	SignatureNonce Timestamp SecurityToken RegionId`)

func TestEveryCaseIsAboutSomethingThatIs(t *testing.T) {
	common := slices.Concat([]string{""}, commonParameters)
	seen := make(map[string]bool)
	for _, c := range conformance.Cases() {
		i := slices.IndexFunc(emulator.Operations(), func(o emulator.Operation) bool { return o.Name == c.Operation })
		if i < 0 {
			t.Errorf("%s: there is no such operation", c.Name())
			continue
		}
		isOne := func(p emulator.Parameter) bool { return p.Name == c.Parameter }
		if !slices.Contains(common, c.Parameter) && !slices.ContainsFunc(emulator.Operations()[i].Parameters, isOne) {
			t.Errorf("%s: the operation has no such parameter", c.Name())
		}
		if c.Because == "" || c.Source == "" || c.Want.Code != "" && c.Want.Dialect != "Code" && c.Want.Dialect != "ErrCode" {
			t.Errorf("%s: got %+v, want a reason, a source and a dialect", c.Name(), c)
		}
		key := fmt.Sprint(c.Name(), c.Give, c.Want, c.Fault)
		if seen[key] {
			t.Errorf("%s: it is there twice", c.Name())
		}
		seen[key] = true
	}
}

// documented are the error codes that the collection of the vendor's documents
// lists. Source: dbs-api.md §4.5, §4.6.
var documented = strings.Fields(`
	SignatureNonceUsed SignatureDoesNotMatch IncompleteSignature InvalidSignatureMethod IllegalTimestamp InvalidTimeStamp.Format
	InvalidTimeStamp.Expired InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive MissingSecurityToken InvalidSecurityToken.Expired
	InvalidSecurityToken.Malformed InvalidSecurityToken.MismatchWithAccessKey MissingParameter MissingAccessKeyId MissingBackupPlanId
	InvalidParameter InvalidParameter.Format InvalidVersion NoSuchVersion InvalidAction.NotFound InvalidApi.NotFound
	InvalidProduct.NotFound InvalidProtocol.NeedSsl UnsupportedHTTPMethod Throttling Throttling.User Throttling.Api Rejected.Throttling
	ServiceUnavailable InternalError Forbidden.RAM Forbidden NoPermission Forbidden.NotSupportRAM Forbidden.RiskControl ActionUnauthorized
	Request.Forbidden IdempotentParameterMismatch IdempotenceParamNotMatch InvalidIdempotenceParameter.Mismatch LastTokenProcessing
	OperationFailed.LastTokenProcessing InvalidClientToken.ValueNotSupported InvalidParameterValid InvalidJobId Param.NotFound`)

// documentedParameters are those that the collection of the vendor's documents
// lists, by operation. Source: dbs-api.md §1.1, §2.3, §2.5, §3.
var documentedParameters = map[string]string{
	"CreateRestoreTask": `BackupPlanId DestinationEndpointInstanceType RestoreTaskName DestinationEndpointRegion
		DestinationEndpointInstanceID DestinationEndpointIP DestinationEndpointPort DestinationEndpointDatabaseName
		DestinationEndpointUserName DestinationEndpointPassword BackupGatewayId RestoreObjects RestoreTime BackupSetId
		DestinationEndpointOracleSID RestoreDir RestoreHome DuplicateConflict CrossAliyunId CrossRoleName ClientToken OwnerId`,
	"StartRestoreTask":             `RestoreTaskId ClientToken`,
	"DescribeRestoreTaskList":      `BackupPlanId RestoreTaskId PageSize PageNum StartTimestamp EndTimestamp ClientToken`,
	"DescribePreCheckProgressList": `BackupPlanId RestoreTaskId ClientToken`,
	"DescribeBackupPlanList": `BackupPlanId BackupPlanName BackupPlanStatus Region ResourceGroupId PageNum PageSize ClientToken
		BackupMethod ShowBackupStrategyInfo ShowRecoverTimeRange ShowStorageStrategyInfo`,
	"DescribeRestoreRangeInfo": `BackupPlanId BeginTimestampForRestore EndTimestampForRestore RecentlyRestore ClientToken`,
	"DescribeFullBackupList": `BackupPlanId BackupSetId StartTimestamp EndTimestamp ShowStorageType PageSize PageNum ClientToken
		BackupSetStatus ShowProgress`,
	"DescribeIncrementBackupList": `BackupPlanId StartTimestamp EndTimestamp ShowStorageType PageSize PageNum`,
	"DescribeBackupGatewayList":   `Region Identifier PageSize PageNum`,
	"DescribeRegions":             `ClientToken`,
	"DescribeJobErrorCode":        `TaskId Language ClientToken`,
	"DescribeNodeCidrList":        `Region`,
}

func TestEveryDocumentedParameterHasACase(t *testing.T) {
	for operation, names := range documentedParameters {
		for name := range strings.FieldsSeq(names) {
			if len(cell(operation, name)) == 0 || !given(operation, name) {
				t.Errorf("%s %s: no case is about it, or none succeeds with it", operation, name)
			}
		}
	}
	if len(documentedParameters) != len(emulator.Operations()) {
		t.Errorf("got %d operations, want the %d that are documented", len(emulator.Operations()), len(documentedParameters))
	}
}

func TestEveryDocumentedErrorHasACase(t *testing.T) {
	for _, code := range documented {
		if !refused(conformance.Cases(), code) {
			t.Errorf("no case comes to %s", code)
		}
	}
}

func TestTheTableOfOperationsIsUpToDate(t *testing.T) {
	const file = "../OPERATIONS.md"
	want := table()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the cases say (%v); run make golden", file, err)
	}
}

// table writes the cases for people.
func table() []byte {
	var b bytes.Buffer
	b.WriteString(`# What the emulator serves

Written by ` + "`make golden`" + ` from the cases in conformance/cases.yaml, every one of which the tests ask of
the emulator: do not edit. An error of the gateway has ` + "`Code`" + ` and its HTTP status; one of DBS itself
has ` + "`ErrCode`" + ` and comes with HTTP status 200, unless the world's behaviour says otherwise. {words}
stand for what there is to ask about. Pages count from 0, and hold 30 unless PageSize says otherwise.
Sections (§) are those of dbs-api.md, the project's collection of what the vendor's documents, SDKs and
clients say; it is not in this repository.

`)
	cases := conformance.Cases()
	fmt.Fprintf(&b, "%d operations, %d cases.\n\n## Before any operation\n\n", len(emulator.Operations()), len(cases))
	rows(&b, common(cases))
	for _, o := range emulator.Operations() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", o.Name, o.Source)
		b.WriteString("| parameter | type | needed |\n|---|---|---|\n")
		for _, p := range o.Parameters {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.Name, p.Type, map[bool]string{true: "always"}[p.Required])
		}
		b.WriteByte('\n')
		var own []conformance.Case
		for _, c := range cases {
			if c.Operation == o.Name && !isCommon(c) {
				own = append(own, c)
			}
		}
		slices.SortStableFunc(own, func(x, y conformance.Case) int { return place(o, x.Parameter) - place(o, y.Parameter) })
		rows(&b, own)
	}
	b.WriteString("\n## What no document settles\n\nAsked by `make conformance`; a world's behaviour says it.\n\n| setting | question | source |\n|---|---|---|\n")
	for _, q := range conformance.Questions {
		fmt.Fprintf(&b, "| `%s` | %s? | %s |\n", q.Setting, q.About, q.Source)
	}
	return b.Bytes()
}

// isCommon reports whether a case is about what is before every operation.
func isCommon(c conformance.Case) bool {
	return strings.HasPrefix(c.Source, "§4")
}

func common(cases []conformance.Case) (list []conformance.Case) {
	for _, c := range cases {
		if isCommon(c) {
			list = append(list, c)
		}
	}
	return list
}

// place is where a parameter stands in its operation.
func place(o emulator.Operation, parameter string) int {
	return slices.IndexFunc(o.Parameters, func(p emulator.Parameter) bool { return p.Name == parameter })
}

func rows(b *bytes.Buffer, cases []conformance.Case) {
	b.WriteString("| about | sent | case | answer | source |\n|---|---|---|---|---|\n")
	for _, c := range cases {
		about := cmp.Or(c.Parameter, "the call")
		if c.Parameter != "" {
			about = "`" + c.Parameter + "`"
		}
		answer := c.Want.String()
		if c.Want.Code != "" {
			answer = fmt.Sprintf("%s `%s`", c.Want.Dialect, c.Want.Code)
			if c.Want.Status != 0 {
				answer += fmt.Sprintf(", %d", c.Want.Status)
			}
		}
		if c.Fault != nil {
			answer += ", by a fault"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", about, sent(c), c.Because, answer, c.Source)
	}
}

// sent is what a case sends of the parameter that it is about.
func sent(c conformance.Case) string {
	switch value := c.Give[c.Parameter]; {
	case c.Parameter == "":
		return ""
	case value == "none" || value == "" && !slices.Contains(commonParameters, c.Parameter):
		return "nothing"
	case value == "":
		return "as always"
	case c.Parameter == "DestinationEndpointPassword":
		return "a password"
	default:
		return "`" + value + "`"
	}
}
