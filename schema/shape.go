package schema

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"
)

// A shape is the JSON Schema of a value, compiled for one question: does the
// value conform beyond doubt? Of a manifest without mistakes nothing more need be
// known, and the answer takes a tenth of the time of the validator, which alone
// took longer than reading the YAML. It errs on one side only: what it does not
// accept, the validator judges and explains.
type shape struct {
	kinds      [mapping + 1]bool
	pattern    func() *regexp.Regexp // nil for none
	enum       []string
	duration   *durationRange
	anyOf      []*shape
	length     span // characters of a text
	number     span
	count      span // values of a list
	items      *shape
	unique     bool
	keys       span // of a mapping
	names      *shape
	properties map[string]*shape
	others     *shape // properties that are not named
	required   []string
}

// span is a range, both ends included.
type span struct{ low, high float64 }

func (s span) has(v float64) bool { return s.low <= v && v <= s.high }

// exact bounds the whole numbers that a float64 tells apart.
const exact = 1 << 53

// theShape compiles the embedded schema once; nil accepts nothing.
var theShape = sync.OnceValue(func() *shape {
	d := theDefinition()
	s, _ := d.shape(d.doc)
	return s
})

// anything is the shape of every value.
var anything = &shape{
	kinds:  [mapping + 1]bool{true, true, true, true, true, true, true},
	length: span{0, exact}, number: span{-exact, exact}, count: span{0, exact}, keys: span{0, exact},
}

// nothing is the shape of no value.
var nothing = &shape{}

var kindsOfType = map[string][]kind{
	"boolean": {boolean}, "integer": {integer}, "number": {integer, decimal}, "string": {text}, "array": {list}, "object": {mapping},
}

// shape compiles a schema. It fails at a keyword that it does not know.
func (d definition) shape(schema any) (*shape, bool) {
	doc, isMap := schema.(map[string]any)
	if !isMap {
		return nothing, schema == false
	}
	s := *anything
	s.others = anything
	asked := 0
	for keyword, v := range doc {
		if slices.Contains(silent, keyword) {
			continue
		}
		if asked++; keyword != "$ref" && !d.keywordOf(&s, keyword, v) {
			return nil, false
		}
	}
	if doc["$ref"] == nil {
		return &s, true
	}
	target, ok := d.shape(d.resolve(doc))
	return target, ok && asked == 1
}

// silent are the keywords that ask for nothing.
var silent = []string{"$schema", "$id", "$defs", "title", "description", "default", "examples", "format", "x-rule"}

func (d definition) keywordOf(s *shape, keyword string, v any) (ok bool) {
	ok = true
	switch keyword {
	case "type":
		s.kinds = [mapping + 1]bool{}
		for _, t := range words(map[string]any{"type": v}, "type") {
			for _, k := range kindsOfType[t] {
				s.kinds[k] = true
			}
		}
	case "pattern":
		s.pattern = lazily(v.(string))
	case "const", "enum":
		s.enum = words(map[string]any{"enum": v}, "enum")
		if n, is := v.(json.Number); is {
			s.enum = []string{n.String()}
		}
	case "x-duration":
		r, err := rangeOf(v.(map[string]any))
		s.duration, ok = &r, err == nil
	case "anyOf":
		for _, branch := range v.([]any) {
			b, known := d.shape(branch)
			s.anyOf, ok = append(s.anyOf, b), ok && known
		}
	case "minLength":
		s.length.low = float(v)
	case "maxLength":
		s.length.high = float(v)
	case "minimum":
		s.number.low = float(v)
	case "exclusiveMinimum":
		s.number.low = float(v) + 1e-9
	case "maximum":
		s.number.high = min(float(v), exact)
	case "minItems":
		s.count.low = float(v)
	case "maxItems":
		s.count.high = float(v)
	case "minProperties":
		s.keys.low = float(v)
	case "maxProperties":
		s.keys.high = float(v)
	case "uniqueItems":
		s.unique = v == true
	case "items":
		s.items, ok = d.shape(v)
	case "additionalProperties":
		s.others, ok = d.shape(v)
	case "propertyNames":
		s.names, ok = d.shape(v)
	case "required":
		s.required = words(map[string]any{"required": v}, "required")
	case "properties":
		s.properties = map[string]*shape{}
		for name, p := range v.(map[string]any) {
			known := false
			s.properties[name], known = d.shape(p)
			ok = ok && known
		}
	default:
		return false
	}
	return ok
}

func float(v any) float64 {
	f, _ := v.(json.Number).Float64()
	return f
}

// accepts reports that a value conforms beyond doubt.
func (s *shape) accepts(n *node) bool {
	if s == nil || !s.kinds[n.kind] || s.enum != nil && (n.kind >= list || !slices.Contains(s.enum, n.value)) {
		return false
	}
	if s.anyOf != nil && !slices.ContainsFunc(s.anyOf, func(b *shape) bool { return b.accepts(n) }) {
		return false
	}
	switch n.kind {
	case integer, decimal:
		f, err := strconv.ParseFloat(n.value, 64)
		return err == nil && !n.loose && s.number.has(f)
	case text:
		return s.acceptsText(n.value)
	case list:
		return s.acceptsList(n)
	case mapping:
		return s.acceptsMapping(n)
	}
	return true
}

func (s *shape) acceptsText(t string) bool {
	if s.length.low > 0 || s.length.high < exact {
		if !s.length.has(float64(utf8.RuneCountInString(t))) {
			return false
		}
	}
	if s.duration != nil {
		if d, err := parseDuration(t); err != nil || d < s.duration.minimum || d > s.duration.maximum {
			return false
		}
	}
	return s.pattern == nil || s.pattern().MatchString(t)
}

func (s *shape) acceptsList(n *node) bool {
	if !s.count.has(float64(len(n.children))) || s.unique && !distinct(n.children) {
		return false
	}
	return s.items == nil || !slices.ContainsFunc(n.children, func(c *node) bool { return !s.items.accepts(c) })
}

// distinct reports whether a list holds different texts and nothing else.
func distinct(values []*node) bool {
	const few = 8 // compared with each other sooner than put into a map
	seen := map[string]bool{}
	for i, v := range values {
		if v.kind != text || seen[v.value] {
			return false
		}
		if len(values) > few {
			seen[v.value] = true
		} else if slices.ContainsFunc(values[:i], func(w *node) bool { return w.value == v.value }) {
			return false
		}
	}
	return true
}

func (s *shape) acceptsMapping(n *node) bool {
	if !s.keys.has(float64(len(n.keys))) {
		return false
	}
	for i, k := range n.keys {
		p, named := s.properties[k.name]
		if !named {
			p = s.others
		}
		if s.names != nil && !s.names.acceptsText(k.name) || p != anything && !p.accepts(n.children[i]) {
			return false
		}
	}
	return !slices.ContainsFunc(s.required, func(name string) bool { return n.get(name) == nil })
}
