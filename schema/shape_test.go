package schema

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What the shape accepts, the validator must accept: it is not asked any more.
// Every value of every manifest of the corpus is exchanged for odd ones.
func TestTheShapeAcceptsNothingThatTheValidatorDoesNot(t *testing.T) {
	holds := func(k kind, in inner) *node { return &node{kind: k, inner: &in} }
	a := &node{kind: text, value: "a", inner: noInner}
	odd := []*node{
		{kind: null}, {kind: boolean, value: "true"}, {kind: integer, value: "0"}, {kind: integer, value: "-1"}, {kind: integer, value: "65536"},
		{kind: integer, value: "1554560477000"}, {kind: integer, value: "99999999999999999999"}, {kind: integer, value: "0777", loose: true},
		{kind: decimal, value: "5.0"}, {kind: decimal, value: "0.5"}, {kind: decimal, value: "100.5"},
		{kind: text}, {kind: text, value: "1"}, {kind: text, value: "cn-hangzhou"}, {kind: text, value: "{{ .x }}"}, {kind: text, value: "9000h"},
		{kind: text, value: "1ms"}, {kind: text, value: "RDS"}, {kind: text, value: "ü"}, {kind: text, value: string(bytes.Repeat([]byte("a"), 2000))},
		holds(list, inner{}), holds(list, inner{children: []*node{a, a}}), holds(list, inner{children: []*node{holds(list, inner{})}}),
		holds(mapping, inner{}), holds(mapping, inner{keys: []key{{name: "env"}}, children: []*node{a}}),
		holds(mapping, inner{keys: []key{{name: "a b"}}, children: []*node{a}}),
	}
	for _, n := range odd {
		if n.inner == nil {
			n.inner = noInner
		}
	}
	files, _ := filepath.Glob("testdata/*/*.yaml")
	accepted, refused := 0, 0
	judge := func(root *node) {
		if !theShape().accepts(root) {
			refused++
			return
		}
		accepted++
		if err := theValidator().Validate(root.plainValue()); err != nil {
			t.Errorf("accepted, but %#v", err)
		}
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root := tree(src)
		if root == nil || len(src) > 8<<10 {
			continue
		}
		judge(root)
		if good := filepath.Base(filepath.Dir(file)) == "good"; good && !theShape().accepts(root) {
			t.Errorf("%s: not accepted, and so read slowly", file)
		}
		each(root, func(n *node) {
			was := *n
			for _, o := range odd {
				*n = *o
				judge(root)
				*n = was
			}
			for i := range n.keys { // without one key, and with another name
				*n = *was.holding(inner{keys: slices.Delete(slices.Clone(was.keys), i, i+1), children: slices.Delete(slices.Clone(was.children), i, i+1)})
				judge(root)
				*n = *was.holding(inner{keys: slices.Clone(was.keys), children: was.children})
				n.keys[i].name = "no such"
				judge(root)
				*n = was
			}
		})
	}
	if accepted < 500 || refused < 500 {
		t.Errorf("got %d accepted, %d refused: the odd values no longer try both", accepted, refused)
	}
}

// tree returns the tree of a source as it is validated, nil when there is none.
func tree(src []byte) *node {
	r := &report{file: "m.yaml"}
	src, ok := r.normalize(src)
	if !ok {
		return nil
	}
	doc := r.document(src)
	if doc == nil {
		return nil
	}
	root := r.compose(doc, len(src))
	if root == nil || root.kind != mapping {
		return nil
	}
	return rowsAsText(root)
}

func each(n *node, do func(*node)) {
	do(n)
	for _, c := range n.children {
		each(c, do)
	}
}
