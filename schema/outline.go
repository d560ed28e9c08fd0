package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Field is one field of a manifest, as the JSON Schema describes it.
type Field struct {
	Path        string // such as "restores.destination.port"; entries of lists have no step of their own
	Description string
	Types       []string // in words, such as "whole number"
	Required    bool     // under restores: there, or under defaults where it can stand
	Default     string   // as YAML; "" for none
	Limits      string   // such as "from 1 to 65535"; "" for none
	Choices     []string // when only these are allowed
	Rule        string   // its form in words; "" where the rest tells it
	Examples    []string // as YAML on one line, with the name of the field
	Children    []string // the names of the fields in it
	AlsoAt      []string // the paths of other fields of its name
}

// Name returns the last step of the path.
func (f Field) Name() string { return f.Path[strings.LastIndexByte(f.Path, '.')+1:] }

// Parent returns the path of the field that it stands in, "" for the manifest.
func (f Field) Parent() string { return f.Path[:max(0, strings.LastIndexByte(f.Path, '.'))] }

// Fields returns every field of a manifest, each before those in it, and those
// of one mapping by name.
func Fields() []Field {
	d := theDefinition()
	o := outline{def: d}
	o.below("", d.doc, nil)
	for i := range o.fields {
		for _, other := range o.fields {
			if other.Name() == o.fields[i].Name() && other.Path != o.fields[i].Path {
				o.fields[i].AlsoAt = append(o.fields[i].AlsoAt, other.Path)
			}
		}
	}
	return o.fields
}

// FindField returns the field that a person means: by its path, by the end of one,
// or as a diagnostic names it, "/restores/*/destination". Of fields with the same end
// it is the outermost, and of those that of a restore rather than of the defaults.
// When there is none it returns the nearest path, "" where none is near.
func FindField(word string) (_ Field, near string, ok bool) {
	word = strings.ReplaceAll(strings.Trim(word, "/."), "/", ".")
	word = strings.NewReplacer("[]", "", ".*", "").Replace(word)
	fields := Fields()
	rank := func(f Field) int {
		n := 2 * strings.Count(f.Path, ".")
		if strings.HasPrefix(f.Path, "defaults.") {
			n++
		}
		return n
	}
	slices.SortStableFunc(fields, func(a, b Field) int { return rank(a) - rank(b) })
	var known []string
	for _, f := range fields {
		if word != "" && strings.HasSuffix("."+f.Path, "."+word) {
			return f, "", true
		}
		known = append(known, f.Path, f.Name())
	}
	return Field{}, diag.Nearest(word, known), false
}

// outline walks the schema.
type outline struct {
	def    definition
	fields []Field
}

// below notes the fields of a mapping, or of the entries of a list. Complete is the
// schema of what must be there once the defaults are merged in.
func (o *outline) below(path string, s, complete map[string]any) {
	for mapping := range o.mappings(s) {
		required := append(words(mapping, "required"), words(complete, "required")...)
		for _, name := range properties(mapping) {
			p := o.merged(mapping["properties"].(map[string]any)[name])
			f := o.field(strings.TrimPrefix(path+"."+name, "."), name, p)
			f.Required = slices.Contains(required, name)
			o.fields = append(o.fields, f)
			o.below(f.Path, p, o.complete(f.Path, complete, name))
		}
	}
}

// complete returns what must be there of a field when all is merged.
func (o *outline) complete(path string, above map[string]any, name string) map[string]any {
	if path == "restores" {
		return o.def.at("$defs", "complete")
	}
	inner, _ := above["properties"].(map[string]any)
	s, _ := inner[name].(map[string]any)
	return s
}

// mappings yields the schemas of mappings that a value can be or be a list of.
func (o *outline) mappings(s map[string]any) func(func(map[string]any) bool) {
	return func(yield func(map[string]any) bool) {
		if s["properties"] != nil && !yield(s) {
			return
		}
		if items, ok := s["items"].(map[string]any); ok {
			if items = o.merged(items); items["properties"] != nil {
				yield(items)
			}
		}
	}
}

// merged returns a schema with what its $ref leads to; its own keywords go first.
func (o *outline) merged(v any) map[string]any {
	s, _ := v.(map[string]any)
	if s["$ref"] == nil {
		return s
	}
	all := map[string]any{}
	for _, from := range []map[string]any{o.def.resolve(s), s} {
		for k, v := range from {
			all[k] = v
		}
	}
	return all
}

func (o *outline) field(path, name string, s map[string]any) Field {
	f := Field{Path: path, Types: o.types(s), Limits: limits(s), Rule: rule(s), Choices: choices(s)}
	f.Description, _ = s["description"].(string)
	if s["default"] != nil {
		f.Default = onOneLine(s["default"])
	}
	examples, _ := s["examples"].([]any)
	for _, e := range examples {
		f.Examples = append(f.Examples, onOneLine(map[string]any{name: e}))
	}
	for mapping := range o.mappings(s) {
		f.Children = append(f.Children, properties(mapping)...)
	}
	return f
}

// types names the types of a value for people.
func (o *outline) types(s map[string]any) []string {
	var names []string
	for _, t := range words(s, "type") {
		switch {
		case t == "string" && s["pattern"] == template:
			names = append(names, "template")
		case t == "string" && s["x-duration"] != nil:
			names = append(names, "duration")
		case t == "integer":
			names = append(names, "whole number")
		case t == "array":
			items, _ := s["items"].(map[string]any)
			names = append(names, "list of "+plurals[words(o.merged(items), "type")[0]])
		case t == "string":
			names = append(names, "text")
		default:
			names = append(names, strings.TrimPrefix(typeNames[t], "a "))
		}
	}
	return names
}

var plurals = map[string]string{"object": "mappings", "string": "texts"}

// choices returns the values that are allowed, nil when it is no such list.
func choices(s map[string]any) []string {
	if s["const"] != nil {
		return []string{fmt.Sprint(s["const"])}
	}
	branches, _ := s["anyOf"].([]any)
	for _, b := range branches {
		if m, ok := b.(map[string]any); ok && m["enum"] != nil {
			return words(m, "enum")
		}
	}
	return words(s, "enum")
}

// limits says between which bounds a number, a duration or a count lies.
func limits(s map[string]any) string {
	span := func(low, high any, unit string) string {
		switch {
		case low != nil && high != nil:
			return fmt.Sprintf("%v to %v%s", low, high, unit)
		case low != nil:
			return fmt.Sprintf("at least %v%s", low, unit)
		}
		return fmt.Sprintf("at most %v%s", high, unit)
	}
	d, _ := s["x-duration"].(map[string]any)
	switch {
	case d != nil:
		return span(d["minimum"], d["maximum"], "")
	case s["minimum"] != nil:
		return span(s["minimum"], s["maximum"], "")
	case s["exclusiveMinimum"] != nil:
		return fmt.Sprintf("above %v, at most %v", s["exclusiveMinimum"], s["maximum"])
	case s["maxLength"] != nil:
		return span(s["minLength"], s["maxLength"], " characters")
	case s["maxItems"] != nil:
		return span(s["minItems"], s["maxItems"], " entries")
	}
	return ""
}

// onOneLine writes a value of the schema as YAML.
func onOneLine(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // unreachable: it was read from JSON
	}
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		panic(err) // unreachable: JSON is YAML
	}
	flow(n.Content[0], true)
	out, err := yaml.Marshal(&n)
	if err != nil {
		panic(err) // unreachable likewise
	}
	return strings.TrimSpace(string(out))
}

// flow lets what is below the outermost mapping stand on one line, with quotes
// only where they are needed.
func flow(n *yaml.Node, outermost bool) {
	n.Style = 0
	if !outermost {
		n.Style = yaml.FlowStyle
	}
	if n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	for _, c := range n.Content {
		flow(c, false)
	}
}
