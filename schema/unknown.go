package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// setByFlag names keys, lower case and without separators, that other tools
// take in their files and this one does not.
var setByFlag = map[string]string{
	"endpoint": "--endpoint or DBSRESTORE_ENDPOINT", "endpointurl": "--endpoint or DBSRESTORE_ENDPOINT",
	"url": "--endpoint or DBSRESTORE_ENDPOINT", "baseurl": "--endpoint or DBSRESTORE_ENDPOINT",
	"apiendpoint": "--endpoint or DBSRESTORE_ENDPOINT", "dbsendpoint": "--endpoint or DBSRESTORE_ENDPOINT",
	"accesskey": "the vendor's credential chain", "accesskeyid": "the vendor's credential chain",
	"accesskeysecret": "the vendor's credential chain", "securitytoken": "the vendor's credential chain",
	"ststoken": "the vendor's credential chain", "statedir": "--state-dir",
}

// otherNames are what people call keys of the manifest, lower case.
var otherNames = map[string]string{
	"apiversion": "version", "items": "restores", "tasks": "restores", "jobs": "restores",
	"restoretime": "at", "backupsetid": "at", "time": "at", "host": "ip", "address": "ip", "user": "userName", "username": "userName",
	"passwd": "password", "pwd": "password", "pw": "password", "pass": "password", "passwordfrom": "password", "databasename": "databases", "dbs": "databases",
	"dependson": "needs", "concurrency": "inFlight", "parallelism": "inFlight", "foreach": "forEach", "matrix": "forEach",
	"retries": "attempts", "variables": "vars", "id": "name",
}

// unknownKeys reports the keys of a mapping that its schema does not have.
func (x explainer) unknownKeys(i instance, schema map[string]any) {
	known := properties(schema)
	for _, k := range i.node.keys {
		if slices.Contains(known, k.name) {
			continue
		}
		if x.full() {
			x.omitted++
			continue
		}
		folded := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(k.name))
		if where, ok := setByFlag[folded]; ok {
			x.key(k, CodeSetByFlag, "remove the key; it comes from "+where, "%q is set by flag or environment, not by the manifest", k.name)
			continue
		}
		x.key(k, CodeUnknownKey, x.suggest(i, known, k.name, folded), "unknown key %s in %s", quoted(k.name), i.label)
	}
}

// suggest says which key was meant: one of the same mapping, else where a key
// of that name belongs, else what there is.
func (x explainer) suggest(i instance, known []string, name, folded string) string {
	near := diag.Nearest(name, known)
	if other := otherNames[folded]; near == "" && slices.Contains(known, other) {
		near = other
	}
	if near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	for _, home := range []struct {
		name  string
		steps []string
	}{
		{"each restore", []string{"$defs", "restore"}},
		{"destination", []string{"$defs", "destination"}},
		{"limits", []string{"properties", "limits"}},
		{"failure", []string{"properties", "failure"}},
		{"the manifest", nil},
	} {
		for _, k := range properties(x.def.at(home.steps...)) {
			if home.name != i.label && strings.EqualFold(k, name) {
				return fmt.Sprintf("%q belongs to %s", k, home.name)
			}
		}
	}
	return "known keys are " + strings.Join(known, ", ")
}
