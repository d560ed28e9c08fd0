package explore

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// node is a state of the machine. Equal states are one node, so that worlds
// can be compared.
type node struct {
	id    int // from 1
	state restore.State
	next  restore.Action
	due   time.Duration // of next, since the epoch
	ended bool
}

// number returns the id of a node, 0 for nil.
func (n *node) number() int64 {
	if n == nil {
		return 0
	}
	return int64(n.id)
}

// nodes are the states met so far, by their content.
type nodes struct {
	known map[string]*node
	made  int
	key   []byte
}

func (ns *nodes) of(s restore.State) *node {
	ns.key = appendKey(ns.key[:0], reflect.ValueOf(s))
	if n, ok := ns.known[string(ns.key)]; ok {
		return n
	}
	ns.made++
	n := &node{id: ns.made, state: s, next: s.Next()}
	n.due, n.ended = n.next.Due.Sub(epoch), n.next.Kind == restore.Stop
	ns.known[string(ns.key)] = n
	return n
}

var (
	timeType = reflect.TypeFor[time.Time]()
	specType = reflect.TypeFor[*restore.Spec]() // the same in all histories
)

// appendKey appends what tells v from other values of its type, the fields
// that are not exported among it: they decide what the machine does next. All
// times are in UTC and without a monotonic clock.
func appendKey(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int64:
		return appendNumber(b, v)
	case reflect.String:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		return append(b, v.String()...)
	case reflect.Struct:
		return appendFields(b, v)
	case reflect.Slice:
		b = binary.AppendUvarint(b, uint64(v.Len()))
		for i := range v.Len() {
			b = appendKey(b, v.Index(i))
		}
		return b
	case reflect.Pointer:
		if v.IsNil() || v.Type() == specType {
			return append(b, 0)
		}
		return appendKey(append(b, 1), v.Elem())
	}
	panic(fmt.Sprintf("explore: no key for a %s in a state", v.Type())) // unreachable unless State has got a field of a new kind
}

func appendNumber(b []byte, v reflect.Value) []byte {
	if v.Kind() != reflect.Bool {
		return binary.AppendVarint(b, v.Int())
	}
	if v.Bool() {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendFields(b []byte, v reflect.Value) []byte {
	if v.IsZero() {
		return append(b, 0)
	}
	b = append(b, 1)
	if v.Type() == timeType { // wall and ext
		b = binary.AppendUvarint(b, v.Field(0).Uint())
		return binary.AppendVarint(b, v.Field(1).Int())
	}
	for i := range v.NumField() {
		b = appendKey(b, v.Field(i))
	}
	return b
}
