package world

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
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
const maxBytes = 8 << 20

var compiled = sync.OnceValue(func() *jsonschema.Schema {
	c := jsonschema.NewCompiler()
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
	var plain any
	if err := s.root.Decode(&plain); err != nil {
		return value, s.syntax(err)
	}
	if err := schema.Validate(plain); err != nil {
		failed, ok := errors.AsType[*jsonschema.ValidationError](err)
		if !ok {
			return value, fmt.Errorf("%s: %w", s.file, err)
		}
		return value, s.join(explain(failed))
	}
	if err := resolve(s.root, now.UTC().Truncate(24*time.Hour)); err != nil {
		return value, s.syntax(err)
	}
	if err := s.root.Decode(&value); err != nil {
		return value, s.syntax(err)
	}
	return value, s.join(check(&value))
}

// parse reads one YAML document.
func parse(file string, src []byte) (*yaml.Node, error) {
	if len(src) > maxBytes {
		return nil, fmt.Errorf("%s: %d bytes are more than the %d that a world may have", file, len(src), maxBytes)
	}
	d := yaml.NewDecoder(strings.NewReader(string(src)))
	var doc yaml.Node
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: it is empty; begin with \"version: 1\"", file)
		}
		return nil, source{file: file}.syntax(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: it has more than one document; write a file for each", file)
	}
	asText(&doc)
	return doc.Content[0], nil
}

// asText makes text of times and of keys, which YAML would make something else
// of and JSON cannot.
func asText(n *yaml.Node) {
	for i, child := range n.Content {
		if child.Kind == yaml.ScalarNode && (child.Tag == "!!timestamp" || n.Kind == yaml.MappingNode && i%2 == 0 && child.Tag != "!!merge") {
			child.Tag = "!!str"
		}
		asText(child)
	}
}

// syntax names the file in an error of the YAML library, which begins with the
// line.
func (s source) syntax(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.ReplaceAll(strings.TrimPrefix(text, "unmarshal errors:\n"), "\n", "; ")
	line, rest, found := strings.Cut(strings.TrimSpace(text), ": ")
	if number, ok := strings.CutPrefix(line, "line "); ok && found {
		return fmt.Errorf("%s:%s: %s", s.file, number, rest)
	}
	return fmt.Errorf("%s: %s", s.file, text)
}
