package world_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// fields returns the YAML keys of a type, from the top as in [properties].
func fields(at string, typ reflect.Type, all map[string]bool) {
	for typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || reflect.PointerTo(typ).Implements(reflect.TypeFor[yaml.Unmarshaler]()) {
		return
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if options == "inline" {
			fields(at, f.Type, all)
			continue
		}
		all[at+"/"+name] = true
		fields(at+"/"+name, f.Type, all)
	}
}

func TestSchemaHasThePropertiesOfTheTypes(t *testing.T) {
	want := map[string]bool{"/version": true} // of the format, and in no type
	fields("", reflect.TypeFor[world.World](), want)
	got := slices.Sorted(maps.Keys(properties(t)))
	if d := cmp.Diff(slices.Sorted(maps.Keys(want)), got); d != "" {
		t.Errorf("properties (-types +schema):\n%s", d)
	}
}

func TestSchemaKnowsTheFaults(t *testing.T) {
	all := properties(t)
	t.Run("it lists every kind", func(t *testing.T) {
		var want []any
		for _, k := range world.Kinds {
			want = append(want, k.Name)
		}
		if d := cmp.Diff(want, all["/faults/rules/fault"]["enum"]); d != "" {
			t.Errorf("kinds (-Kinds +schema):\n%s", d)
		}
	})
	for _, k := range world.Kinds {
		t.Run("it has the arguments of "+k.Name, func(t *testing.T) {
			for _, name := range k.Takes {
				if all["/faults/rules/"+name] == nil {
					t.Errorf("got no property %s, want one", name)
				}
			}
			if got, known := world.KindOf(k.Name); !known || got.About != k.About {
				t.Errorf("got %v, %v of KindOf, want the kind itself", got, known)
			}
		})
	}
	t.Run("KindOf knows no other", func(t *testing.T) {
		if got, known := world.KindOf("explode"); known {
			t.Errorf("got %v, want none", got)
		}
	})
}

func TestEveryPropertyIsDescribed(t *testing.T) {
	for at, rule := range properties(t) {
		if d, _ := rule["description"].(string); !strings.HasSuffix(d, ".") {
			t.Errorf("got %q as the description of %s, want a sentence", d, at)
		}
		for _, form := range []string{"pattern", "format"} {
			if examples, _ := rule["examples"].([]any); rule[form] != nil && len(examples) == 0 {
				t.Errorf("got a %s of %s without examples, want some to tell in errors", form, at)
			}
		}
		if rule["type"] == "integer" && (rule["minimum"] == nil || rule["maximum"] == nil) {
			t.Errorf("got no bounds of %s, want a least and a most that fit the Go type", at)
		}
	}
}

// TestSchemaUsesOnlyKeywordsThatErrorsExplain keeps from users what nobody
// translated into words for them.
func TestSchemaUsesOnlyKeywordsThatErrorsExplain(t *testing.T) {
	known := strings.Fields(`$schema $id $ref $defs title description examples default properties items propertyNames
		additionalProperties required type enum const pattern format minimum maximum minLength maxLength minItems`)
	var walk func(at string, rule map[string]any)
	walk = func(at string, rule map[string]any) {
		for keyword, v := range rule {
			if !slices.Contains(known, keyword) {
				t.Errorf("got %s at %s, want a keyword that has a message", keyword, at)
			}
			child, isRule := v.(map[string]any)
			switch {
			case keyword == "properties" || keyword == "$defs":
				for name, property := range child {
					walk(at+"/"+name, property.(map[string]any))
				}
			case isRule:
				walk(at+"/"+keyword, child)
			}
		}
	}
	var doc map[string]any
	if err := json.Unmarshal(world.JSON(), &doc); err != nil {
		t.Fatal(err)
	}
	walk("", doc)
}

// Examples and defaults are tried in the place of what full.yaml has there.
func TestExamplesAndDefaultsAreValid(t *testing.T) {
	for at, rule := range properties(t) {
		tries, _ := rule["examples"].([]any)
		if rule["type"] == "array" || at == "/version" {
			continue
		}
		if d, ok := rule["default"]; ok {
			tries = append(tries, d)
		}
		for _, v := range tries {
			t.Run(at+" may be "+words(t, v), func(t *testing.T) {
				src := minimal(at, words(t, v))
				_, err := world.Read("w.yaml", []byte(src), noon)
				if err != nil && !strings.Contains(err.Error(), "takes no") && !strings.Contains(err.Error(), "ends before") {
					t.Errorf("got %v of\n%s\nwant none", err, src)
				}
			})
		}
	}
}

func words(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// minimal writes a world with one property, and what must be beside it.
func minimal(at, value string) string {
	account := map[string]string{"id": `"1"`, "accessKeys": `[{id: k, secret: s}]`}
	key := map[string]string{"id": "k", "secret": "s"}
	plan := map[string]string{"id": "dbs1a", "region": "r", "databaseType": "MySQL", "databases": "[]"}
	set := map[string]string{"id": "s", "from": "-2d", "to": "-1d"}
	beside := map[string]map[string]string{
		"/accounts": account, "/accounts/accessKeys": key, "/backupPlans": plan, "/backupPlans/backupSets": set,
		"/backupPlans/databases": {"name": "d"}, "/backupPlans/ranges": {"from": "-30d"}, "/backupPlans/schedule": {"days": "1"},
		"/gateways": {"id": "1", "region": "r"}, "/destinations": {"id": "d"}, "/destinations/users": {"name": "u"},
		"/faults/rules": {"fault": "cut"}, "": {"version": "1", "accounts": `[{id: "1", accessKeys: [{id: k, secret: s}]}]`},
	}
	lists := []string{"/accounts", "/accounts/accessKeys", "/backupPlans", "/backupPlans/databases", "/backupPlans/ranges",
		"/backupPlans/backupSets", "/gateways", "/destinations", "/destinations/users", "/faults/rules"}
	for at != "" {
		cut := strings.LastIndexByte(at, '/')
		above, name := at[:cut], at[cut+1:]
		keys := maps.Clone(beside[above])
		if keys == nil {
			keys = map[string]string{}
		}
		keys[name] = value
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			parts = append(parts, k+": "+keys[k])
		}
		value, at = "{"+strings.Join(parts, ", ")+"}", above
		if slices.Contains(lists, at) {
			value = "[" + value + "]"
		}
	}
	return value
}

// The types say in Go what the zero value stands for, the schema as default.
func TestDefaultsAreThoseOfTheZeroValue(t *testing.T) {
	all := properties(t)
	for at, rule := range all {
		if rule["type"] == "boolean" && rule["default"] != nil && rule["default"] != false {
			t.Errorf("got %v as the default of %s, want false", rule["default"], at)
		}
	}
	var defaults world.ClientTokens
	if err := yaml.Unmarshal([]byte(all["/behaviour/clientTokens"]["default"].(string)), &defaults); err != nil || defaults != (world.ClientTokens{}) {
		t.Errorf("got %v, %v for the default of clientTokens, want the zero value", defaults, err)
	}
	schedule := all["/backupPlans/schedule/at"]["default"].(string)
	keep := strconv.FormatFloat(all["/backupPlans/schedule/keep"]["default"].(float64), 'f', 0, 64)
	days, err := strconv.Atoi(keep)
	if err != nil {
		t.Fatal(err)
	}
	silent := world.BackupPlan{ID: "dbs1a", Schedule: world.Schedule{Days: 3}}
	said := world.BackupPlan{ID: "dbs1a", Schedule: world.Schedule{Days: 3, At: schedule, Keep: days}}
	if d := cmp.Diff(said.Sets(noon), silent.Sets(noon)); d != "" {
		t.Errorf("backup sets (-defaults of the schema +nothing said):\n%s", d)
	}
	for at, want := range map[string]any{
		"/accounts/denial": world.DenialByGateway, "/accounts/accessKeys/denial": world.DenialByGateway,
		"/destinations/users/rights": world.RightsAll, "/backupPlans/status": "running", "/backupPlans/backupMethod": "logical",
		"/backupPlans/backupSets/status": "finish", "/gateways/status": "ONLINE", "/behaviour/defaultFormat": "XML", "/behaviour/failureStatus": 200.0,
	} {
		if got := all[at]["default"]; got != want {
			t.Errorf("got %v as the default of %s, want %v", got, at, want)
		}
	}
}

func TestJSONAndDemoFileAreCopies(t *testing.T) {
	for name, get := range map[string]func() []byte{"JSON": world.JSON, "DemoFile": world.DemoFile} {
		first := get()[0]
		get()[0] = 'x'
		if got := get()[0]; got != first {
			t.Errorf("got %q at the start of %s after a caller wrote to it, want %q", got, name, first)
		}
	}
}
