package world

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

//go:embed world.schema.json
var definition string

// JSON returns the JSON Schema of a world file.
func JSON() []byte { return []byte(definition) }

// maxBytes bounds a world file.
const maxBytes = 1 << 20

var compiled = sync.OnceValue(func() *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.AssertFormat = true
	maps.Copy(c.Formats, formats)
	c.LoadURL = func(url string) (io.ReadCloser, error) { return nil, fmt.Errorf("%s: nothing is loaded", url) }
	if err := c.AddResource("world.schema.json", strings.NewReader(definition)); err != nil {
		panic(err) // unreachable: the schema is embedded
	}
	return c.MustCompile("world.schema.json")
})

// Read reads a world from YAML. Times in it may be given as so long before the
// present day, in UTC, so that a world of one file is the same all day. Errors
// name the file, the line and what to do, all of them joined.
func Read(file string, src []byte, now time.Time) (World, error) {
	root, err := parse(file, src)
	if err != nil {
		return World{}, err
	}
	return decode[World](source{file, root}, compiled(), now, check)
}

// ReadFaults reads a list of rules, as under faults.rules of a world file.
func ReadFaults(file string, src []byte) ([]Fault, error) {
	root, err := parse(file, src)
	if err != nil {
		return nil, err
	}
	rules := compiled().Properties["faults"].Properties["rules"]
	return decode[[]Fault](source{file, root}, rules, time.Time{}, func(rules *[]Fault) problems {
		return checkRules("", *rules)
	})
}

// decode holds a document against a schema, reads it, and holds what was read
// against the rules that no schema can say.
func decode[T any](s source, schema *jsonschema.Schema, now time.Time, check func(*T) problems) (value T, err error) {
	var values any
	if err := s.root.Decode(&values); err != nil {
		return value, fmt.Errorf("%s:1:1: %w", s.file, err)
	}
	if err := schema.Validate(values); err != nil {
		failed, ok := errors.AsType[*jsonschema.ValidationError](err)
		if !ok {
			return value, fmt.Errorf("%s:1:1: %w", s.file, err)
		}
		return value, s.join(s.explain(failed))
	}
	resolve(s.root, now.UTC().Truncate(24*time.Hour))
	if err := s.root.Decode(&value); err != nil {
		return value, fmt.Errorf("%s:1:1: %w", s.file, err)
	}
	if err := s.join(check(&value)); err != nil {
		var nothing T
		return nothing, err
	}
	return value, nil
}

// parse reads one YAML document.
func parse(file string, src []byte) (*yaml.Node, error) {
	if len(src) > maxBytes {
		return nil, fmt.Errorf("%s:1:1: %d bytes are more than the %d that a world may have; write a smaller one", file, len(src), maxBytes)
	}
	if err := characters(file, src); err != nil {
		return nil, err
	}
	empty := fmt.Errorf("%s:1:1: it is empty; write something in it: a world begins with \"version: 1\"", file)
	d := yaml.NewDecoder(bytes.NewReader(src))
	var doc, second yaml.Node
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, empty
		}
		return nil, syntax(file, src, err)
	}
	switch err := d.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("%s:%d:%d: a second document begins; write a file for each", file, second.Line, second.Column)
	case !errors.Is(err, io.EOF):
		return nil, syntax(file, src, err)
	}
	root, list := plain(doc.Content[0])
	if root.Tag == "!!null" && list == nil {
		return nil, empty
	}
	return root, source{file, root}.join(list)
}
