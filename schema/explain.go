package schema

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// explainer turns what the JSON Schema validator finds into problems with
// places and words.
type explainer struct {
	*report
	def   definition
	root  *node
	first int // index of the first restore of root
}

// conform reports where a tree does not conform to the JSON Schema. The
// restores are looked at part by part, because the validator finds every
// problem of a part before any is told.
func (r *report) conform(root *node) {
	for first, part := range parts(root) {
		if r.full() {
			r.omitted++
			return
		}
		if theShape().accepts(part) {
			continue
		}
		x := explainer{r, theDefinition(), part, first}
		err := theValidator().Validate(part.plainValue())
		if err == nil {
			continue
		}
		ve, ok := errors.AsType[*jsonschema.ValidationError](err)
		if !ok {
			panic(err) // unreachable: plainValue gives JSON values only
		}
		x.explain(ve)
	}
}

// explain walks to the errors that have no cause but themselves. Of anyOf,
// which only lists what a value may be, it reports the first branch.
func (x explainer) explain(e *jsonschema.ValidationError) {
	if len(e.Causes) == 0 || strings.HasSuffix(e.KeywordLocation, "/anyOf") {
		x.leaf(e)
		return
	}
	for _, c := range e.Causes {
		x.explain(c)
	}
}

// instance is a value that the validator speaks of.
type instance struct {
	node  *node
	key   key    // under which the value stands; no name in a list
	label string // "port", "databases[2]"
	path  []string
}

// instance finds a value by its location. It fails inside of values of which
// a problem was reported already.
func (x explainer) instance(location string) (instance, bool) {
	i := instance{node: x.root, label: "the manifest"}
	if location == "" {
		return i, !x.root.reported
	}
	i.path = splitPointer(location)
	for _, step := range i.path {
		if i.node.reported {
			return i, false
		}
		parent := i.node
		if i.node = parent.child(step); i.node == nil {
			return i, false
		}
		if parent.kind == list {
			isRestore := i.path[0] == "restores" && parent == x.root.get("restores")
			if isRestore {
				step = x.index(step)
			}
			i.key, i.label = i.node.place(), i.label+"["+step+"]"
			if name := i.node.get("name"); name.is(text) && isRestore {
				i.label = restoreName(i.node)
			}
			continue
		}
		i.key, _ = parent.key(step)
		i.label = step
	}
	return i, !i.node.reported
}

// index returns the index in the manifest of a restore of the part at hand.
func (x explainer) index(step string) string {
	n, err := strconv.Atoi(step)
	if err != nil {
		panic(err) // unreachable: it is the validator's
	}
	return strconv.Itoa(x.first + n)
}

// leaf reports one broken keyword of the schema.
func (x explainer) leaf(e *jsonschema.ValidationError) {
	if x.full() {
		x.omitted++
		return
	}
	i, ok := x.instance(e.InstanceLocation)
	schema, keyword := x.def.keyword(e.AbsoluteKeywordLocation)
	if strings.Contains(e.KeywordLocation, "/propertyNames/") {
		if i.node != nil {
			x.key(i.key, CodeKey, rule(schema), "the name %q is not valid", i.key.name)
		}
		return
	}
	if !ok {
		return
	}
	switch keyword {
	case "additionalProperties":
		x.unknownKeys(i, schema)
	case "required":
		for _, k := range absent(i.node, schema) {
			x.missing(i, schema, k)
		}
	case "type":
		if schema["x-duration"] != nil && i.node.kind != null {
			x.wrongDuration(i, schema)
			return
		}
		x.wrongType(i, schema)
	case "anyOf":
		branch, _ := schema["anyOf"].([]any)[0].(map[string]any)
		x.wrongChoice(i, branch)
	case "const": // only the version has one
		x.value(i.node, CodeVersion, fmt.Sprintf("write version: %d", Version),
			"version %s of the manifest is not known, this program reads version %d", cut(i.node.value), Version)
	case "enum":
		x.wrongChoice(i, schema)
	case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum":
		x.outside(i, schema)
	case "x-duration":
		x.wrongDuration(i, schema)
	case "pattern", "minLength", "maxLength":
		x.wrongForm(i, schema)
	case "minItems", "maxItems":
		x.wrongCount(i, schema)
	case "uniqueItems":
		x.duplicates(i)
	default: // minProperties, maxProperties
		x.wrongKeys(i, schema)
	}
}

// rule returns a schema's rule in words.
func rule(schema map[string]any) string {
	s, _ := schema["x-rule"].(string)
	return s
}

// absent returns the required keys that a mapping lacks.
func absent(n *node, schema map[string]any) []string {
	return slices.DeleteFunc(words(schema, "required"), func(k string) bool { return n.get(k) != nil })
}

// missing reports a required key, at the key of the mapping that lacks it.
func (x explainer) missing(i instance, schema map[string]any, name string) {
	at, width := i.key, len([]rune(i.key.name))
	if at.line == 0 {
		at = i.node.place()
	}
	hint := ""
	if p, ok := x.def.at("properties")[name].(map[string]any); ok && len(i.path) == 0 {
		hint = example(name, p)
	} else if p, ok := schema["properties"].(map[string]any)[name].(map[string]any); ok {
		hint = example(name, x.def.resolve(p))
	}
	code := CodeMissing
	if len(i.path) == 0 && name == "restores" {
		code = CodeNoRestores
	}
	x.add(at, width, code, hint, "%s has no %s", i.label, name)
}

// example returns a hint that shows a key with the first example of its schema.
func example(name string, schema map[string]any) string {
	examples, _ := schema["examples"].([]any)
	if len(examples) == 0 {
		return ""
	}
	switch examples[0].(type) {
	case map[string]any, []any:
		return "add " + name
	}
	return fmt.Sprintf("for example %s: %v", name, examples[0])
}

var typeNames = map[string]string{
	"object": "a mapping", "array": "a list", "string": "text", "number": "a number", "integer": "a number", "boolean": "true or false",
}

func (x explainer) wrongType(i instance, schema map[string]any) {
	n := i.node
	if n.kind == null {
		code := CodeEmpty
		if slices.Equal(i.path, []string{"restores"}) {
			code = CodeNoRestores
		}
		x.value(n, code, "give it a value, or remove the key", "%s is empty", i.label)
		return
	}
	types := words(schema, "type")
	code, hint, found := CodeType, rule(schema), n.describe()
	switch {
	case n.kind < text && slices.Equal(types, []string{"string"}):
		code, hint = CodeQuote, "quote the value"
		if !n.secret {
			hint += ": " + quoted(n.value)
		}
	case n.kind == decimal:
		found = cut(n.value)
	case n.kind == text && slices.Contains(types, "boolean"):
		hint = "use true or false, without quotes"
	case n.kind == text && integerForm().MatchString(n.value):
		hint = "write " + cut(n.value) + " without quotes"
	}
	x.value(n, code, hint, "%s: expected %s, found %s", i.label, expected(n, schema, types), found)
}

// expected names the types that a value may have. A number that only a
// template may stand for is a number.
func expected(n *node, schema map[string]any, types []string) string {
	var names []string
	for _, t := range types {
		switch {
		case t == "string" && schema["pattern"] == template:
		case t == "integer" && n.kind == decimal:
			names = append(names, "a whole number")
		default:
			names = append(names, typeNames[t])
		}
	}
	return strings.Join(names, " or ")
}

func (x explainer) wrongChoice(i instance, schema map[string]any) {
	n := i.node
	if x.empty(i) {
		return
	}
	choices := words(schema, "enum")
	hint := cmp.Or(rule(schema), "known are "+strings.Join(choices, ", "))
	if near := diag.Nearest(n.value, choices); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	x.value(n, CodeChoice, hint, "%s: %s is not known", i.label, n.shown())
}

// empty reports an empty text.
func (x explainer) empty(i instance) bool {
	if i.node.kind != text || i.node.value != "" {
		return false
	}
	x.value(i.node, CodeEmpty, "give it a value, or remove the key", "%s is empty", i.label)
	return true
}

// wrongKeys reports too few or too many of the keys that a mapping may have.
func (x explainer) wrongKeys(i instance, schema map[string]any) {
	required := words(schema, "required")
	choices := slices.DeleteFunc(properties(schema), func(k string) bool { return slices.Contains(required, k) })
	count := "exactly one"
	if schema["maxProperties"] == nil {
		count = "at least one"
	}
	switch {
	case len(absent(i.node, schema)) > 0: // said already
	case len(choices) == 0:
		x.value(i.node, CodeEmpty, "", "%s is empty", i.label)
	default:
		x.value(i.node, CodeOneOf, "", "%s: set %s of %s", i.label, count, strings.Join(choices, " and "))
	}
}

func (x explainer) outside(i instance, schema map[string]any) {
	n := i.node
	if n.loose {
		x.looseNumber(n, i.label)
		return
	}
	low, okLow := schema["minimum"]
	span := fmt.Sprintf("the range from above 0 to %v", schema["maximum"])
	if okLow {
		span = fmt.Sprintf("%v..%v", low, schema["maximum"])
	}
	if i.label == "restoreTime" && len(n.value) == 10 {
		x.value(n, CodeMoment, "add three zeros, or write the time itself: at: \"2026-11-20T03:00:00+08:00\"",
			"restoreTime: %s looks like seconds, milliseconds are expected", n.value)
		return
	}
	x.value(n, CodeRange, rule(schema), "%s: %s is outside %s", i.label, cut(n.value), span)
}

func (x explainer) wrongDuration(i instance, schema map[string]any) {
	r, err := rangeOf(schema["x-duration"].(map[string]any))
	if err != nil {
		panic(err) // unreachable: the schema compiled
	}
	span := fmt.Sprintf("from %s to %s", Duration(r.minimum), Duration(r.maximum))
	if _, err := parseDuration(i.node.value); err != nil {
		x.value(i.node, CodeDuration, "write a duration "+span, "%s: %v", i.label, err)
		return
	}
	x.value(i.node, CodeDuration, "write a duration "+span, "%s: %s is outside the range %s", i.label, cut(i.node.value), span)
}

// template is the pattern of text that stands for something else.
const template = `\{\{`

func (x explainer) wrongForm(i instance, schema map[string]any) {
	if x.empty(i) {
		return
	}
	if schema["pattern"] == template {
		x.wrongType(i, schema)
		return
	}
	hint := rule(schema)
	if limit, ok := schema["maxLength"]; ok && hint == "" {
		hint = fmt.Sprintf("at most %v characters", limit)
	}
	x.value(i.node, CodeForm, hint, "%s: %s is not valid", i.label, i.node.shown())
}

// quoted shows text of the author in a message.
func quoted(s string) string { return strconv.Quote(cut(s)) }

// cut shortens text of the author for a message.
func cut(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64]) + "…"
	}
	return s
}

func (x explainer) wrongCount(i instance, schema map[string]any) {
	switch {
	case len(i.node.children) > 0:
		x.value(i.node, CodeTooLong, "", "%s has %d entries, the limit is %v", i.label, len(i.node.children), schema["maxItems"])
	case slices.Equal(i.path, []string{"restores"}):
		x.value(i.node, CodeNoRestores, "add a restore", "restores is empty: there is nothing to restore")
	default:
		x.value(i.node, CodeEmpty, "remove the key, or name at least one", "%s is empty", i.label)
	}
}

// duplicates reports the values of a list that are there already.
func (x explainer) duplicates(i instance) {
	first := map[string]int{}
	for _, c := range i.node.children {
		if c.kind >= list {
			continue
		}
		if line, ok := first[c.value]; ok {
			x.value(c, CodeDuplicate, "remove one of the two", "%s: %s is already named at line %d", i.label, c.shown(), line)
			continue
		}
		first[c.value] = int(c.line)
	}
}
