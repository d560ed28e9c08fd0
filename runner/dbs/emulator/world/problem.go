package world

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// problem is a mistake at a place, which is a JSON pointer.
type problem struct {
	at, text string
	key      bool       // it is the key at the place that is wrong, not its value
	node     *yaml.Node // the place itself, where it is known
}

type problems []problem

func (p *problems) add(at, format string, args ...any) {
	*p = append(*p, problem{at: at, text: fmt.Sprintf(format, args...)})
}

// escape makes a key a word of a JSON pointer.
var escape = strings.NewReplacer("~", "~0", "/", "~1").Replace

var unescape = strings.NewReplacer("~1", "/", "~0", "~").Replace

// source is a document with the name of its file.
type source struct {
	file string
	root *yaml.Node
}

// maxProblems are told at once; who has more of them made one mistake often.
const maxProblems = 20

// join makes one error of problems, in the order of their places; nil of none.
func (s source) join(list problems) error {
	type placed struct {
		line, column int
		text         string
	}
	all := make([]placed, len(list))
	for i, p := range list {
		n := p.node
		if n == nil {
			n = s.find(p.at, p.key)
		}
		all[i] = placed{n.Line, n.Column, p.text}
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(a.line-b.line, a.column-b.column, strings.Compare(a.text, b.text))
	})
	all = slices.Compact(all)
	var errs []error
	for _, p := range all[:min(len(all), maxProblems)] {
		errs = append(errs, fmt.Errorf("%s:%d:%d: %s", s.file, p.line, p.column, p.text))
	}
	if more := len(all) - maxProblems; more > 0 {
		next := all[maxProblems]
		errs = append(errs, fmt.Errorf("%s:%d:%d: %d more problems begin here; mend the others first", s.file, next.line, next.column, more))
	}
	return errors.Join(errs...)
}

// find returns the node at a JSON pointer, or the nearest one above it.
func (s source) find(pointer string, key bool) *yaml.Node {
	n := s.root
	var at *yaml.Node // the key of n
	for word := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		word = unescape(word)
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
