package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/schema"
)

// described finds the properties of the schema in another way than the code: it
// looks at all of the document, wherever a mapping of properties stands.
func described(t *testing.T, v any, into map[string]bool) {
	t.Helper()
	m, ok := v.(map[string]any)
	if !ok {
		if list, ok := v.([]any); ok {
			for _, e := range list {
				described(t, e, into)
			}
		}
		return
	}
	properties, _ := m["properties"].(map[string]any)
	for name := range properties {
		into[name] = true
	}
	for _, below := range m {
		described(t, below, into)
	}
}

func TestEveryFieldOfTheSchemaIsExplained(t *testing.T) {
	var doc any
	if err := json.Unmarshal(schema.JSON(), &doc); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	described(t, doc, names)
	if len(names) < 50 {
		t.Fatalf("the schema has %d properties, want at least 50", len(names))
	}
	fields := schema.Fields()
	paths := map[string]bool{}
	for _, f := range fields {
		paths[f.Path] = true
		delete(names, f.Name())
	}
	for name := range names {
		t.Errorf("no field is named %s", name)
	}
	for _, f := range fields {
		if f.Description == "" || len(f.Types) == 0 || len(f.Examples) == 0 {
			t.Errorf("%s has no description, type or example: %+v", f.Path, f)
		}
		if f.Parent() != "" && !paths[f.Parent()] {
			t.Errorf("%s stands in %s, which is no field", f.Path, f.Parent())
		}
		for _, c := range f.Children {
			if !paths[f.Path+"."+c] {
				t.Errorf("%s has a field %s, which is not explained", f.Path, c)
			}
		}
		for _, e := range f.Examples {
			var value map[string]any
			if err := yaml.Unmarshal([]byte(e), &value); err != nil || value[f.Name()] == nil {
				t.Errorf("%s: the example %q is no YAML of it: %v", f.Path, e, err)
			}
		}
		if found, _, ok := schema.FindField(f.Path); !ok || found.Path != f.Path && !strings.HasSuffix(found.Path, "."+f.Path) {
			t.Errorf("%s is not found by its path: got %q", f.Path, found.Path)
		}
	}
}

func TestAFieldIsFoundByWhatAPersonWrites(t *testing.T) {
	for word, want := range map[string]string{
		"at":                           "restores.at",
		"name":                         "name",
		"restores[].name":              "restores.name",
		"destination.region":           "restores.destination.region",
		"region":                       "restores.region",
		"inFlight":                     "limits.inFlight",
		"defaults.at":                  "defaults.at",
		"/restores/*/rename/*/match":   "restores.rename.match",
		"password.env":                 "restores.destination.password.env",
		"restores.forEach.list":        "restores.forEach.list",
		"restores.destination.nothing": "",
		"":                             "",
	} {
		if f, _, ok := schema.FindField(word); f.Path != want || ok != (want != "") {
			t.Errorf("%q: got %q, want %q", word, f.Path, want)
		}
	}
	for word, want := range map[string]string{"inflght": "inFlight", "restores.destination.prot": "restores.destination.port", "xyzzy": ""} {
		if _, near, ok := schema.FindField(word); ok || near != want {
			t.Errorf("%q: got near %q, want %q", word, near, want)
		}
	}
}

func TestAFieldIsRequiredWhereTheSchemaSaysSo(t *testing.T) {
	for path, want := range map[string]bool{
		"version": true, "run": false, "restores.name": true, "restores.region": true, "defaults.region": false,
		"restores.destination.instanceType": true, "defaults.destination.instanceType": false,
		"restores.forEach.key": true, "restores.rename.to": true,
	} {
		if f, _, _ := schema.FindField(path); f.Path != path || f.Required != want {
			t.Errorf("%s: got %s, required %v, want %v", path, f.Path, f.Required, want)
		}
	}
}
