package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/dbsrestore/dbsrestore/schema"
)

func document(t *testing.T) map[string]any {
	t.Helper()
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader(schema.JSON()))
	dec.UseNumber()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestJSONIsACopy(t *testing.T) {
	schema.JSON()[0] = 'x'
	if got := schema.JSON()[0]; got != '{' {
		t.Errorf("got %q as the first byte after a caller wrote to it, want {", got)
	}
}

// TestEveryPropertyIsDocumented walks the schema: each property has a
// description, and examples and a default that are valid themselves.
func TestEveryPropertyIsDocumented(t *testing.T) {
	doc := document(t)
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.LoadURL = func(s string) (io.ReadCloser, error) { return nil, fmt.Errorf("%s is not embedded", s) }
	id := doc["$id"].(string)
	if err := c.AddResource(id, bytes.NewReader(schema.JSON())); err != nil {
		t.Fatal(err)
	}
	count := 0
	var walk func(pointer string, v any)
	walk = func(pointer string, v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		properties, _ := m["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			at := pointer + "/properties/" + name
			if strings.Contains(at, "/complete/") { // only says what is required
				continue
			}
			count++
			p := resolve(doc, properties[name].(map[string]any))
			if d, _ := p["description"].(string); len(d) < 20 || !strings.HasSuffix(d, ".") {
				t.Errorf("%s: no description in sentences: %q", at, d)
			}
			examples, _ := p["examples"].([]any)
			if len(examples) == 0 {
				t.Errorf("%s: no examples", at)
			}
			if d, ok := p["default"]; ok {
				examples = append(examples, d)
			}
			s, err := c.Compile(id + "#" + at)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range examples {
				if err := s.Validate(e); err != nil {
					t.Errorf("%s: the example %v is not valid: %v", at, e, err)
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if name != "examples" {
				walk(pointer+"/"+name, m[name])
			}
		}
	}
	walk("", doc)
	if count < 60 {
		t.Errorf("only %d properties were found", count)
	}
}

func resolve(doc, s map[string]any) map[string]any {
	ref, ok := s["$ref"].(string)
	if !ok {
		return s
	}
	m := doc
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		m = m[step].(map[string]any)
	}
	m = maps.Clone(m)
	maps.Copy(m, s)
	return m
}

// TestEveryMappingIsClosed proves that no unknown key is let through.
func TestEveryMappingIsClosed(t *testing.T) {
	var walk func(pointer string, v any)
	walk = func(pointer string, v any) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if _, has := m["properties"]; has && m["type"] != nil && m["additionalProperties"] != false {
			t.Errorf("%s lets unknown keys through", pointer)
		}
		for k, c := range m {
			walk(pointer+"/"+k, c)
		}
	}
	walk("", document(t))
}

// TestSchemaAndStructsAgree compares the keys of the schema with the fields of
// the structs, both ways. At, Rename and ForEach have another shape in YAML;
// that they are read is what TestEveryFieldIsRead shows.
func TestSchemaAndStructsAgree(t *testing.T) {
	doc := document(t)
	at := func(steps ...string) []string {
		m := doc
		for _, s := range steps {
			m = resolve(doc, m[s].(map[string]any))
		}
		return slices.Sorted(maps.Keys(m["properties"].(map[string]any)))
	}
	without := func(keys []string, drop ...string) []string {
		return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return slices.Contains(drop, k) })
	}
	restore := at("$defs", "restore")
	for name, c := range map[string]struct {
		value any
		keys  []string
	}{
		"manifest":     {schema.Manifest{}, without(at(), "defaults")},
		"limits":       {schema.Limits{}, at("properties", "limits")},
		"failure":      {schema.Failure{}, at("properties", "failure")},
		"restore":      {schema.Restore{}, restore},
		"destination":  {schema.Destination{}, at("$defs", "destination")},
		"password":     {schema.SecretRef{}, at("$defs", "destination", "properties", "password")},
		"crossAccount": {schema.CrossAccount{}, at("$defs", "crossAccount")},
		"objective":    {schema.Objective{}, at("$defs", "objective")},
		"rename rule":  {schema.RenameRule{}, at("$defs", "rename", "items")},
	} {
		if d := cmp.Diff(jsonFields(c.value), c.keys); d != "" {
			t.Errorf("%s (-struct +schema):\n%s", name, d)
		}
	}
	if d := cmp.Diff(without(restore, "name", "forEach", "needs"), at("properties", "defaults")); d != "" {
		t.Errorf("keys of defaults (-of a restore, but name, forEach and needs +of the defaults):\n%s", d)
	}
}

func jsonFields(v any) []string {
	var names []string
	for f := range reflect.TypeOf(v).Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestDefaultsOfTheSchemaAreApplied compares the schema's default values with
// what Parse fills in.
func TestDefaultsOfTheSchemaAreApplied(t *testing.T) {
	m := mustParse(t, small)
	b, err := json.Marshal(map[string]any{"limits": m.Limits, "failure": m.Failure})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	for _, group := range []string{"limits", "failure"} {
		properties := document(t)["properties"].(map[string]any)[group].(map[string]any)["properties"].(map[string]any)
		for name, p := range properties {
			if want := p.(map[string]any)["default"]; got[group][name] != want {
				t.Errorf("%s.%s: got %v, want the schema's default %v", group, name, got[group][name], want)
			}
		}
	}
}
