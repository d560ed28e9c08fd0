package world

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// problem is a mistake at a place, which is a JSON pointer.
type problem struct {
	at, text string
	key      bool // it is the key at the place that is wrong, not its value
}

type problems []problem

func (p *problems) add(at, format string, args ...any) {
	*p = append(*p, problem{at: at, text: fmt.Sprintf(format, args...)})
}

// source is a document with the name of its file.
type source struct {
	file string
	root *yaml.Node
}

// join makes one error of problems, in the order of their places; nil of none.
func (s source) join(list problems) error {
	type placed struct {
		line, column int
		text         string
	}
	all := make([]placed, len(list))
	for i, p := range list {
		n := s.find(p.at, p.key)
		all[i] = placed{n.Line, n.Column, p.text}
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(a.line-b.line, a.column-b.column, strings.Compare(a.text, b.text))
	})
	var errs []error
	for _, p := range slices.Compact(all) {
		errs = append(errs, fmt.Errorf("%s:%d:%d: %s", s.file, p.line, p.column, p.text))
	}
	return errors.Join(errs...)
}

// find returns the node at a JSON pointer, or the nearest one above it.
func (s source) find(pointer string, key bool) *yaml.Node {
	n := s.root
	var at *yaml.Node // the key of n
	for word := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		for n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		word = strings.NewReplacer("~1", "/", "~0", "~").Replace(word)
		next := n
		switch i, err := strconv.Atoi(word); {
		case n.Kind == yaml.SequenceNode && err == nil && 0 <= i && i < len(n.Content):
			next = n.Content[i]
		case n.Kind == yaml.MappingNode:
			for j := 0; j+1 < len(n.Content); j += 2 {
				if n.Content[j].Value == word {
					at, next = n.Content[j], n.Content[j+1]
				}
			}
		}
		if next == n {
			break
		}
		n = next
	}
	if key && at != nil {
		return at
	}
	return n
}

var quoted = regexp.MustCompile(`'([^']*)'`)

// explain turns what a schema says about a document into problems. Of
// alternatives, the last one's problems are told, which is the most general.
func explain(e *jsonschema.ValidationError) (list problems) {
	for _, cause := range e.Causes {
		list = append(list, explain(cause)...)
	}
	if len(e.Causes) > 0 {
		return list
	}
	switch keyword := e.KeywordLocation[strings.LastIndexByte(e.KeywordLocation, '/')+1:]; keyword {
	case "additionalProperties":
		for _, m := range quoted.FindAllStringSubmatch(e.Message, -1) {
			text := "unknown key " + m[1] + "; 'dbsrestore schema world' lists the keys"
			list = append(list, problem{e.InstanceLocation + "/" + m[1], text, true})
		}
	case "pattern":
		list.add(e.InstanceLocation, "%s; %s", "the value is not of the right form", hint(e))
	case "required":
		list.add(e.InstanceLocation, "%s; write it", strings.Replace(e.Message, "missing properties:", "missing", 1))
	default:
		list.add(e.InstanceLocation, "%s", e.Message)
	}
	return list
}

// hint says where the form is described.
func hint(e *jsonschema.ValidationError) string {
	name := e.InstanceLocation[strings.LastIndexByte(e.InstanceLocation, '/')+1:]
	return "'dbsrestore schema world' describes " + name
}
