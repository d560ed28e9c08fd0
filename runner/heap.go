package runner

import "container/heap"

// ordered is a heap whose elements know where they stand in it, so that one
// that changed is put right, or taken out, without a search.
type ordered[T comparable] struct {
	of   []T
	less func(a, b T) bool
	at   func(T) *int // where an element notes its place plus one; 0 outside
}

func (h *ordered[T]) Len() int           { return len(h.of) }
func (h *ordered[T]) Less(i, j int) bool { return h.less(h.of[i], h.of[j]) }

func (h *ordered[T]) Swap(i, j int) {
	h.of[i], h.of[j] = h.of[j], h.of[i]
	*h.at(h.of[i]), *h.at(h.of[j]) = i+1, j+1
}

// Push is for package heap.
func (h *ordered[T]) Push(x any) {
	h.of = append(h.of, x.(T))
	*h.at(x.(T)) = len(h.of)
}

// Pop is for package heap.
func (h *ordered[T]) Pop() any {
	last := h.of[len(h.of)-1]
	var none T
	h.of[len(h.of)-1] = none
	h.of = h.of[:len(h.of)-1]
	*h.at(last) = 0
	return last
}

// put adds an element, or puts it right after it changed.
func (h *ordered[T]) put(x T) {
	if i := *h.at(x); i > 0 {
		heap.Fix(h, i-1)
		return
	}
	heap.Push(h, x)
}

// drop takes an element out if it is in.
func (h *ordered[T]) drop(x T) {
	if i := *h.at(x); i > 0 {
		heap.Remove(h, i-1)
	}
}

// first returns the least element; ok is false when there is none.
func (h *ordered[T]) first() (x T, ok bool) {
	if len(h.of) == 0 {
		return x, false
	}
	return h.of[0], true
}
