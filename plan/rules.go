package plan

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema"
)

var instanceTypes = []string{"RDS", "ECS", "DDS", "Express", "Agent", "Other", "dg"}

// destinationFields says, for each of instanceTypes in their order, whether a
// field of the destination is required "!", may be given "?", or has no
// effect "-". Nothing documents what dg takes. Source: dbs-api.md §1.2.
var destinationFields = []struct {
	name  string
	types string
	of    func(*schema.Destination) *string
}{
	{"region", "!!!!!??", func(d *schema.Destination) *string { return &d.Region }},
	{"instanceId", "!!!!--?", func(d *schema.Destination) *string { return &d.InstanceID }},
	{"ip", "---!!!?", func(d *schema.Destination) *string { return &d.IP }},
	{"port", "-!-!!!?", func(d *schema.Destination) *string { return &d.Port }},
	{"backupGatewayId", "----!-?", func(d *schema.Destination) *string { return &d.BackupGatewayID }},
	{"restoreDir", "----?-?", func(d *schema.Destination) *string { return &d.RestoreDir }},
	{"userName", "??!????", func(d *schema.Destination) *string { return &d.UserName }},
}

// fieldHints say what to write for a field that is missing.
var fieldHints = map[string]string{
	"region":          "the region of the destination, such as cn-hangzhou",
	"instanceId":      "the id of the destination instance, such as rm-bp1drill00001",
	"ip":              "the address or host name of the destination",
	"port":            "the port of the destination, such as 3306",
	"backupGatewayId": "the number of the backup gateway that reaches the destination",
	"restoreDir":      "the directory on the gateway's host to restore into",
	"userName":        "the database user at the destination",
	"password":        "where the password is read, such as {env: DRILL_PASSWORD}",
	"databaseName":    "the database to connect to, such as postgres or admin; not the one to restore",
	"oracleSid":       "the SID of the destination, such as ORCL",
}

func passwordSource(p *schema.SecretRef) string {
	if p == nil {
		return ""
	}
	return p.Env + p.File
}

// checkRestore checks an expanded restore by the rules that need no facts.
func checkRestore(r *schema.Restore) []*problem {
	var found []*problem
	for _, p := range []*problem{
		identifier("/region", r.Region, true),
		identifier("/backupPlanId", r.BackupPlanID, true),
		identifier("/destination/region", r.Destination.Region, false),
		identifier("/destination/instanceId", r.Destination.InstanceID, false),
		identifier("/at/backupSetId", r.At.BackupSetID, false),
		host("/destination/ip", r.Destination.IP),
		number("/destination/port", r.Destination.Port, 65535),
		number("/destination/backupGatewayId", r.Destination.BackupGatewayID, 1<<63-1),
		duplicateConflict(r.DuplicateConflict),
		crossAccount(r.CrossAccount),
		account(r.Destination),
	} {
		if p != nil {
			found = append(found, p)
		}
	}
	found = append(found, checkGlobs(r)...)
	return append(found, checkDestination(&r.Destination)...)
}

func checkDestination(d *schema.Destination) []*problem {
	t := slices.Index(instanceTypes, d.InstanceType)
	if t < 0 {
		const field = "/destination/instanceType"
		all := "the types are " + strings.Join(instanceTypes, ", ")
		if d.InstanceType == "" {
			return []*problem{problemf(CodeRequired, field, "destination.instanceType is missing").withHint("%s", all)}
		}
		return []*problem{problemf(CodeValue, field, "there is no instanceType %.80q", d.InstanceType).
			withHint("%s", didYouMean(d.InstanceType, instanceTypes, all))}
	}
	var found []*problem
	for _, f := range destinationFields {
		given := *f.of(d) != ""
		switch {
		case f.types[t] == '!' && !given:
			found = append(found, problemf(CodeRequired, "/destination/"+f.name, "destination.%s is required for instanceType %s", f.name, d.InstanceType).
				withHint("%s", fieldHints[f.name]))
		case f.types[t] == '-' && given:
			found = append(found, problemf(CodeNoEffect, "/destination/"+f.name, "destination.%s has no effect for instanceType %s; remove it", f.name, d.InstanceType))
		}
	}
	return found
}

const maxHost = 253 // characters

// A bound within the expression would take two milliseconds of every start to
// compile; so it is elsewhere.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9:][A-Za-z0-9.:-]*$`)

// identifier checks an id or a region.
func identifier(field, value string, required bool) *problem {
	switch {
	case value == "" && required:
		return problemf(CodeRequired, field, "%s is missing", nameOf(field))
	case value == "" || isID(value):
		return nil
	}
	return problemf(CodeValue, field, "%s %+.80q is not an id", nameOf(field), value).
		withHint("ids hold letters, digits, dots, - and _")
}

// isID reports whether s is 1 to 128 letters, digits, dots, - and _, the first a
// letter or digit. Ids travel in lists with commas, so they hold none.
func isID(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !alphanumeric && (i == 0 || c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return 0 < len(s) && len(s) <= 128
}

func host(field, value string) *problem {
	if value == "" || len(value) <= maxHost && hostForm.MatchString(value) {
		return nil
	}
	return problemf(CodeValue, field, "%+.80q is neither an address nor a host name", value).
		withHint("write it without a scheme or a path; the port has its own key")
}

// nameOf returns the last name of a pointer.
func nameOf(field string) string { return field[strings.LastIndexByte(field, '/')+1:] }

// number checks decimal digits from 1 up to most.
func number(field, value string, most int64) *problem {
	if value == "" {
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 || n > most || value[0] == '+' || value[0] == '0' {
		return problemf(CodeNumber, field, "%s %.80q is not a number from 1 to %d", nameOf(field), value, most)
	}
	return nil
}

func duplicateConflict(value string) *problem {
	const field = "/duplicateConflict"
	switch value {
	case "", "renamenew":
		return nil
	case "failure":
		return problemf(CodeValue, field, "duplicateConflict failure is what happens without it; remove it")
	}
	return problemf(CodeValue, field, "there is no duplicateConflict %.80q", value).
		withHint("renamenew lets the service choose another name; without it the task fails when the name is taken")
}

func crossAccount(c *schema.CrossAccount) *problem {
	if c == nil || c.AliyunID != "" && c.RoleName != "" {
		return nil
	}
	return problemf(CodeRequired, "/crossAccount", "crossAccount needs aliyunId and roleName")
}

func account(d schema.Destination) *problem {
	switch hasUser, hasPassword := d.UserName != "", passwordSource(d.Password) != ""; {
	case d.InstanceType == "dg":
	case d.InstanceType == "DDS" && !hasPassword:
		return problemf(CodeRequired, "/destination/password", "destination.password is required for instanceType DDS").
			withHint("%s", fieldHints["password"])
	case hasUser && !hasPassword:
		return problemf(CodeRequired, "/destination/password", "destination.userName is given without a password").
			withHint("%s", fieldHints["password"])
	case hasPassword && !hasUser && d.InstanceType != "DDS":
		return problemf(CodeRequired, "/destination/userName", "destination.password is given without a userName").
			withHint("%s", fieldHints["userName"])
	}
	return nil
}

// checkEngine checks a destination by the rules that depend on the database
// type of the backup plan. Needless names the fields that have no effect: they
// often come from the defaults, and do no harm.
func checkEngine(d schema.Destination, databaseType string) (found []*problem, needless []string) {
	if d.InstanceType == "dg" || databaseType == "" {
		return nil, nil
	}
	engine, agent := strings.ToLower(databaseType), d.InstanceType == "Agent"
	noAccount := engine == "redis" || engine == "mssql" && agent
	for _, f := range []struct {
		name     string
		value    string
		required bool
		needless bool
	}{
		{"databaseName", d.DatabaseName, engine == "postgresql" || engine == "mongodb", false},
		{"oracleSid", d.OracleSID, engine == "oracle", engine != "oracle"},
		{"restoreDir", d.RestoreDir, agent && engine == "mysql", false},
		{"userName", d.UserName, !noAccount, noAccount},
		{"password", passwordSource(d.Password), !noAccount, noAccount},
	} {
		switch {
		case f.required && f.value == "":
			found = append(found, problemf(CodeRequired, "/destination/"+f.name,
				"destination.%s is required for instanceType %s and a backup plan of type %s", f.name, d.InstanceType, databaseType).
				withHint("%s", fieldHints[f.name]))
		case f.needless && f.value != "":
			needless = append(needless, f.name)
		}
	}
	return found, needless
}

// destinationName returns what people know a destination by, and what its
// limit counts: the instance, with its port where it holds several servers, or
// else ip:port. It is empty for a dg destination that names neither.
func destinationName(p *Parameters) string {
	port := strconv.Itoa(p.DestinationEndpointPort)
	switch {
	case p.DestinationEndpointInstanceType == "ECS":
		return p.DestinationEndpointInstanceID + ":" + port
	case isInstance(p.DestinationEndpointInstanceType), p.DestinationEndpointIP == "":
		return p.DestinationEndpointInstanceID
	}
	if strings.Contains(p.DestinationEndpointIP, ":") {
		return "[" + p.DestinationEndpointIP + "]:" + port // IPv6
	}
	return p.DestinationEndpointIP + ":" + port
}

// isInstance reports whether destinations of a type are known by their
// instance alone.
func isInstance(instanceType string) bool { return instanceType == "RDS" || instanceType == "DDS" }

// dropInherited leaves out what the defaults give and what has no effect for
// the instance type, which must be expanded: defaults serve restores of several
// types. What the restore sets itself stays, and is an error.
func dropInherited(d *schema.Destination, inherited func(field string) bool) {
	t := slices.Index(instanceTypes, d.InstanceType)
	if t < 0 {
		return
	}
	for _, f := range destinationFields {
		if v := f.of(d); f.types[t] == '-' && *v != "" && inherited("/destination/"+f.name) {
			*v = ""
		}
	}
}
