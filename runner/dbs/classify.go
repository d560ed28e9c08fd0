package dbs

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/dbs"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// Our own codes, of failures that are not the service's to name.
const (
	codeCanceled    = "Canceled"       // the context ended before anything was sent
	codeCredentials = "Credentials"    // there are none
	codeEndpoint    = "Endpoint"       // the region has none
	codeSecret      = "Secret"         // the password cannot be read
	codeRequest     = "Request"        // the request cannot be made
	codeConnect     = "Connect"        // no connection, so nothing was sent
	codeTLS         = "TLS"            // the server could not prove who it is
	codeBroken      = "Broken"         // the exchange broke off
	codeTimeout     = "Timeout"        // no whole reply in time
	codeRedirect    = "Redirect"       // refused
	codeNotJSON     = "NotJSON"        // a proxy or portal answered
	codeMalformed   = "MalformedReply" // JSON, but not what the API promises
	codeTooLarge    = "ReplyTooLarge"  // over maxReply
	codeIncomplete  = "IncompleteList" // the pages and the total do not agree
)

// The service's codes that more than one place knows.
const (
	codeExpiredToken  = "InvalidSecurityToken.Expired"
	codeUnknownObject = "InvalidParameterValid" // an id that the service does not know
	codeInvalidJob    = "InvalidJobId"          // a released backup plan
)

// meaning is what a code of the service says about the call.
type meaning struct {
	class restore.Class
	fate  restore.Fate
	wait  bool   // it may once the credentials are renewed
	fatal bool   // no call can succeed until somebody mends it
	own   string // replaces the service's message, which may quote the signed string
	hint  string // follows the message; {permission} and {skew} are filled in
}

// forbidden is what to do about a call that is not permitted.
const forbidden = "grant {permission} in RAM"

// codes is the closed list of replies that say no, and of those that look like
// a no but prove that a copy of the request arrived. A code that is not in it
// leaves the outcome unknown. A key that ends in "*" is a prefix; the longest
// key that fits wins. Source: dbs-api.md §4.5, §4.6.
var codes = map[string]meaning{
	"Throttling*":          {class: restore.Throttled},
	"Rejected.Throttling*": {class: restore.Throttled},
	codeExpiredToken:       {class: restore.Throttled, wait: true},

	"SignatureNonceUsed":                   {class: restore.Lost},
	"IdempotentParameterMismatch":          {class: restore.Lost, fate: restore.Taken},
	"IdempotenceParamNotMatch":             {class: restore.Lost, fate: restore.Taken},
	"InvalidIdempotenceParameter.Mismatch": {class: restore.Lost, fate: restore.Taken},
	"IdempotentProcessing":                 {class: restore.Lost},
	"IdempotentFailed":                     {class: restore.Lost, fate: restore.Spent},
	"LastTokenProcessing":                  {class: restore.Lost},
	"OperationFailed.LastTokenProcessing":  {class: restore.Lost},
	"ServiceUnavailable":                   {class: restore.Lost},
	"InternalError":                        {class: restore.Lost},

	"SignatureDoesNotMatch":  {class: restore.Refused, fatal: true, own: "the signature is wrong: check the access key secret"},
	"IncompleteSignature":    {class: restore.Refused, fatal: true, own: "the signature is incomplete: check the access key"},
	"InvalidSignatureMethod": {class: restore.Refused, fatal: true, own: "the signature method is not accepted"},
	"InvalidAccessKeyId*":    {class: restore.Refused, fatal: true, hint: "check the access key id, and that it is active"},
	"MissingAccessKeyId":     {class: restore.Refused, fatal: true},
	"MissingSecurityToken":   {class: restore.Refused, fatal: true, hint: "the access key is temporary: give its security token too"},
	"InvalidSecurityToken*":  {class: restore.Refused, fatal: true, hint: "get new temporary credentials"},
	"IllegalTimestamp":       {class: restore.Refused, fatal: true, hint: "{skew}"},
	"InvalidTimeStamp*":      {class: restore.Refused, fatal: true, hint: "{skew}"},

	"Forbidden*":         {class: restore.Refused, fatal: true, hint: forbidden},
	"Request.Forbidden":  {class: restore.Refused, fatal: true, hint: forbidden},
	"NoPermission*":      {class: restore.Refused, fatal: true, hint: forbidden},
	"ActionUnauthorized": {class: restore.Refused, fatal: true, hint: forbidden},

	"InvalidVersion*":         {class: restore.Refused, fatal: true, hint: "check the endpoint"},
	"NoSuchVersion":           {class: restore.Refused, fatal: true, hint: "check the endpoint"},
	"InvalidAction.NotFound":  {class: restore.Refused, fatal: true, hint: "check the endpoint and the region"},
	"InvalidApi.NotFound":     {class: restore.Refused, fatal: true, hint: "check the endpoint and the region"},
	"InvalidProduct.NotFound": {class: restore.Refused, fatal: true, hint: "check the endpoint and the region"},
	"InvalidProtocol.NeedSsl": {class: restore.Refused, fatal: true, hint: "use an https endpoint"},
	"UnsupportedHTTPMethod":   {class: restore.Refused, fatal: true, hint: "check the endpoint"},

	"MissingParameter*":                    {class: restore.Refused},
	"InvalidParameter*":                    {class: restore.Refused},
	"Param.NotFound":                       {class: restore.Refused},
	codeInvalidJob:                         {class: restore.Refused},
	"InvalidClientToken.ValueNotSupported": {class: restore.Refused},
}

// isForbidden reports whether somebody may not call an action, and may call
// others.
func isForbidden(f *restore.Failure) bool {
	m, ok := lookup(f.Code)
	return ok && m.hint == forbidden
}

// parameters are the names of the parameters of CreateRestoreTask and
// StartRestoreTask.
var parameters = func() map[string]bool {
	names := map[string]bool{"RestoreTaskId": true}
	for field := range reflect.TypeFor[dbs.CreateRestoreTaskRequest]().Fields() {
		if name := field.Tag.Get("name"); name != "" { // not the base of all requests
			names[name] = true
		}
	}
	return names
}()

// classify says what a code means in a reply with an HTTP status. A 5xx proves
// nothing but throttling, as the request may have gone on behind it.
func classify(status int, code string) meaning {
	m, ok := lookup(code)
	switch {
	case status == http.StatusTooManyRequests:
		return meaning{class: restore.Throttled}
	case status >= 500 && m.class != restore.Throttled:
		return meaning{class: restore.Lost}
	case ok:
		return m
	case status >= 400 && names(code):
		return meaning{class: restore.Refused}
	}
	return meaning{class: restore.Lost}
}

func lookup(code string) (meaning, bool) {
	if m, ok := codes[code]; ok {
		return m, true
	}
	for n := len(code); n > 0; n-- {
		if m, ok := codes[code[:n]+"*"]; ok {
			return m, true
		}
	}
	return meaning{}, false
}

// names reports whether a code is of the gateway's families Missing{Parameter}
// and Invalid{Parameter}, such as MissingBackupPlanId or
// InvalidBackupPlanId.NotFound.
func names(code string) bool {
	for _, family := range []string{"Missing", "Invalid"} {
		if rest, ok := strings.CutPrefix(code, family); ok {
			parameter, _, _ := strings.Cut(rest, ".")
			return parameters[parameter]
		}
	}
	return false
}
