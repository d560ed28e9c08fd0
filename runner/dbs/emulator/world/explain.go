package world

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// rule is a schema, or a part of one.
type rule map[string]any

var schemaDocument = sync.OnceValue(func() (r rule) {
	if err := json.Unmarshal([]byte(definition), &r); err != nil {
		panic(err) // unreachable: the schema is embedded
	}
	return r
})

// ruleAt returns the part of the schema at a JSON pointer.
func ruleAt(pointer string) rule {
	r := schemaDocument()
	for word := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		next, ok := r[unescape(word)].(map[string]any)
		if !ok {
			break
		}
		r = next
	}
	return r
}

// property returns the rule of a property, with what it refers to.
func (r rule) property(name string) rule {
	all, _ := r["properties"].(map[string]any)
	p, _ := all[name].(map[string]any)
	if ref, ok := p["$ref"].(string); ok {
		return ruleAt(strings.TrimPrefix(ref, "#"))
	}
	return p
}

// explain turns what the schema says about a document into problems. They do
// not repeat values: one of them may be a secret.
func (s source) explain(e *jsonschema.ValidationError) (list problems) {
	for _, cause := range e.Causes {
		list = append(list, s.explain(cause)...)
	}
	if len(e.Causes) > 0 {
		return list
	}
	_, pointer, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	cut := strings.LastIndexByte(pointer, '/')
	r, keyword := ruleAt(pointer[:cut]), pointer[cut+1:]
	n := s.find(e.InstanceLocation, false)
	switch keyword {
	case "additionalProperties":
		return r.unknown(n)
	case "required":
		return r.missing(n)
	}
	p := problem{at: e.InstanceLocation, key: strings.Contains(pointer, "/propertyNames/")}
	what := nameOf(e.InstanceLocation)
	if p.key {
		what = "this key"
	}
	p.text = what + " " + r.verdict(keyword, n)
	return problems{p}
}

// verdict says what a keyword holds against a value, and how to mend it.
func (r rule) verdict(keyword string, n *yaml.Node) string {
	switch keyword {
	case "type":
		got, want := kindOf(n), r.kinds()
		switch {
		case n.Tag == "!!null":
			return "is empty; write " + r.form() + ", or leave the key out"
		case n.Kind == yaml.ScalarNode && want == "text" && r["format"] == nil:
			return "is " + got + ", not text; put quotes around it"
		}
		return "is " + got + ", not " + want + "; write " + r.form()
	case "enum", "const":
		return "has a value that is not known; write " + r.form()
	case "pattern", "format":
		return "is not of the right form; write " + r.form()
	case "minimum":
		return fmt.Sprintf("is too small; the least is %s", number(r["minimum"]))
	case "maximum":
		return fmt.Sprintf("is too large; the most is %s", number(r["maximum"]))
	case "minLength":
		return "is empty; write " + r.form() + ", or leave the key out"
	case "maxLength":
		return fmt.Sprintf("is too long; it may have %s characters", number(r["maxLength"]))
	case "minItems":
		return "is an empty list; write at least one item"
	}
	return "breaks a rule; 'dbsrestore schema world' describes it"
}

// form says what to write.
func (r rule) form() string {
	examples, _ := r["examples"].([]any)
	list, _ := r["enum"].([]any)
	switch {
	case len(list) > 1:
		return "one of " + words(list, ", ")
	case len(examples) > 0:
		return "it in a form such as " + words(examples, " or ")
	case r["const"] != nil:
		return words([]any{r["const"]}, "")
	}
	if r.kinds() == "a mapping" {
		return "keys with values"
	}
	return r.kinds()
}

// words writes out values of the schema.
func words(list []any, between string) string {
	var all []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			all = append(all, s)
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // unreachable: it was JSON
		}
		all = append(all, string(text))
	}
	return strings.Join(all, between)
}

// number writes out a number of the schema.
func number(v any) string {
	f, _ := v.(float64)
	return strconv.FormatFloat(f, 'f', -1, 64)
}

var kindNames = map[string]string{
	"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
	"array": "a list", "object": "a mapping",
}

// kinds says which types a rule takes.
func (r rule) kinds() string {
	if list, ok := r["type"].([]any); ok {
		return kindNames[list[0].(string)]
	}
	name, _ := r["type"].(string)
	return kindNames[name]
}

// kindOf says of which type a value is.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "empty"
	case n.Tag == "!!int", n.Tag == "!!float":
		return "a number"
	case n.Tag == "!!bool":
		return "true or false"
	}
	return "text"
}

// plainWord is a key that cannot be a value which lost its key.
var plainWord = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// nameOf names the value at a JSON pointer.
func nameOf(pointer string) string {
	parts := strings.Split(pointer, "/")
	last := parts[len(parts)-1]
	switch _, err := strconv.Atoi(last); {
	case last == "":
		return "the document"
	case err == nil && len(parts) > 2:
		return "an item of " + parts[len(parts)-2]
	case err == nil:
		return "an item"
	case !plainWord.MatchString(last):
		return "this value"
	}
	return last
}

// unknown tells the keys of a mapping that a rule does not have. It names none
// where there are secrets: one may have lost its key.
func (r rule) unknown(n *yaml.Node) (list problems) {
	known, _ := r["properties"].(map[string]any)
	secrets := known["secret"] != nil || known["password"] != nil
	for i := 0; i < len(n.Content); i += 2 {
		k := n.Content[i]
		if known[k.Value] != nil {
			continue
		}
		text := "this key is not known"
		if !secrets && plainWord.MatchString(k.Value) {
			text = "unknown key " + k.Value
		}
		list = append(list, problem{node: k, text: text + "; the keys here are " + strings.Join(slices.Sorted(maps.Keys(known)), ", ")})
	}
	return list
}

// missing tells the keys that a mapping has to have and has not.
func (r rule) missing(n *yaml.Node) (list problems) {
	required, _ := r["required"].([]any)
	for _, v := range required {
		name, _ := v.(string)
		has := false
		for i := 0; i < len(n.Content); i += 2 {
			has = has || n.Content[i].Value == name
		}
		if !has {
			list = append(list, problem{node: n, text: name + " is missing; write " + r.property(name).form()})
		}
	}
	return list
}
