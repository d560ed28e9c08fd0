package schema

import (
	"bytes"
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed manifest.schema.json
var schemaJSON []byte

// JSON returns the JSON Schema of a manifest (draft 2020-12), indented. Beside
// the standard keywords it holds "x-rule", a rule in words, and "x-duration",
// the range of a duration.
func JSON() []byte { return bytes.Clone(schemaJSON) }

// definition is the JSON Schema as a document, to explain problems by.
type definition struct{ doc map[string]any }

// theDefinition reads the embedded schema once.
var theDefinition = sync.OnceValue(func() definition {
	var d definition
	dec := json.NewDecoder(bytes.NewReader(schemaJSON))
	dec.UseNumber()
	if err := dec.Decode(&d.doc); err != nil {
		panic(err) // unreachable: a test reads the embedded schema
	}
	return d
})

// theValidator compiles the embedded schema once, to find problems: only when the
// shape leaves a doubt, as it takes longer than all else that is done with a manifest
// of a few hundred restores. The loader refuses everything, so that no reference can
// reach a file or the network.
var theValidator = sync.OnceValue(func() *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.LoadURL = func(s string) (io.ReadCloser, error) { return nil, fmt.Errorf("load %s: not allowed", s) }
	c.RegisterExtension("x-duration", nil, durationCompiler{})
	id := theDefinition().doc["$id"].(string)
	if err := c.AddResource(id, bytes.NewReader(schemaJSON)); err != nil {
		panic(err) // unreachable: a test reads the embedded schema
	}
	return c.MustCompile(id)
})

// keyword returns the schema that holds the keyword at a location that the
// validator gave, and the keyword.
func (d definition) keyword(location string) (map[string]any, string) {
	_, pointer, _ := strings.Cut(location, "#")
	steps := splitPointer(pointer)
	var at any = d.doc
	for _, s := range steps[:len(steps)-1] {
		switch v := at.(type) {
		case map[string]any:
			at = v[s]
		case []any:
			i, err := strconv.Atoi(s)
			if err != nil {
				panic(err) // unreachable: the validator walked the same schema
			}
			at = v[i]
		}
	}
	m, _ := at.(map[string]any)
	return m, steps[len(steps)-1]
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// splitPointer returns the steps of a JSON pointer in a URL's fragment.
func splitPointer(p string) []string {
	steps := strings.Split(strings.TrimPrefix(p, "/"), "/")
	if !strings.ContainsAny(p, "~%") {
		return steps
	}
	for i, s := range steps {
		if u, err := url.PathUnescape(s); err == nil {
			s = u
		}
		steps[i] = unescape.Replace(s)
	}
	return steps
}

// at returns the schema at the given steps below the root.
func (d definition) at(steps ...string) map[string]any {
	m := d.doc
	for _, s := range steps {
		m, _ = m[s].(map[string]any)
	}
	return m
}

// resolve follows a schema's $ref.
func (d definition) resolve(s map[string]any) map[string]any {
	if ref, ok := s["$ref"].(string); ok {
		return d.at(splitPointer(strings.TrimPrefix(ref, "#"))...)
	}
	return s
}

// properties returns the names of a schema's properties, sorted.
func properties(s map[string]any) []string {
	m, _ := s["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(m))
}

// words returns a keyword's list of strings.
func words(s map[string]any, keyword string) []string {
	var ws []string
	switch v := s[keyword].(type) {
	case string:
		ws = append(ws, v)
	case []any:
		for _, w := range v {
			ws = append(ws, fmt.Sprint(w))
		}
	}
	return ws
}

// durationCompiler gives the validator the keyword "x-duration": a duration
// within a range.
type durationCompiler struct{}

type durationRange struct{ minimum, maximum time.Duration }

func (durationCompiler) Compile(_ jsonschema.CompilerContext, m map[string]any) (jsonschema.ExtSchema, error) {
	r, ok := m["x-duration"].(map[string]any)
	if !ok {
		return nil, nil
	}
	return rangeOf(r)
}

func rangeOf(r map[string]any) (durationRange, error) {
	var d durationRange
	for name, to := range map[string]*time.Duration{"minimum": &d.minimum, "maximum": &d.maximum} {
		text, _ := r[name].(string)
		v, err := parseDuration(text)
		if err != nil {
			return d, fmt.Errorf("x-duration %s: %w", name, err)
		}
		*to = v
	}
	return d, nil
}

func (r durationRange) Validate(ctx jsonschema.ValidationContext, v any) error {
	s, ok := v.(string)
	if !ok {
		return nil
	}
	if d, err := parseDuration(s); err != nil || d < r.minimum || d > r.maximum {
		return ctx.Error("x-duration", "not a duration from %s to %s", r.minimum, r.maximum)
	}
	return nil
}
