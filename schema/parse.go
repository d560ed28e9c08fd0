package schema

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

// Parse reads a manifest. The list holds every problem, in the order of the
// source; where one of them is an error there is no Manifest. file is only
// used in places. Parse reads nothing but src, and its time and memory are
// bounded by the length of src.
func Parse(file string, src []byte) (*Manifest, diag.List) {
	r := &report{file: file}
	m := r.read(src)
	problems := r.finish()
	if problems.HasErrors() {
		return nil, problems
	}
	return m, problems
}

func (r *report) read(src []byte) *Manifest {
	src, ok := r.normalize(src)
	if !ok {
		return nil
	}
	doc := r.document(src)
	if doc == nil {
		return nil
	}
	root := r.compose(doc, len(src))
	if root == nil {
		return nil
	}
	defer r.nameFields(root)
	if root.kind != mapping {
		r.value(root, CodeType, "a manifest begins with version: 1", "the manifest: expected a mapping, found %s", root.describe())
		return nil
	}
	root = rowsAsText(root)
	for _, settings := range settings(root) {
		r.literalPassword(settings)
	}
	r.checkForEach(root)
	r.conform(root)
	r.looseValues(root, "the manifest")
	for _, settings := range settings(root) {
		r.checkSettings(settings)
	}
	r.checkManifest(root)
	r.checkComplete(root)
	r.checkNames(root)
	if r.list.HasErrors() {
		return nil
	}
	m := decode(root)
	m.file = r.file
	sum := sha256.Sum256(src)
	m.digest = "sha256:" + hex.EncodeToString(sum[:])
	return m
}

// settings returns the mappings that a restore's values may stand in: the
// defaults and every restore.
func settings(root *node) []*node {
	var all []*node
	if d := root.get("defaults"); d.is(mapping) {
		all = append(all, d)
	}
	for _, r := range root.get("restores").elements() {
		if r.kind == mapping {
			all = append(all, r)
		}
	}
	return all
}
