package gateway

import (
	"hash/maphash"
	"time"
)

// Nonces are the nonces of the last [Skew], as 64-bit hashes: in a window of a
// million nonces the chance that one was wrongly refused is 1 in 37 million.
// The zero value is not ready; see [NewNonces].
type Nonces struct {
	seed maphash.Seed
	used map[uint64]struct{}
	past []usedNonce // oldest first
}

type usedNonce struct {
	hash uint64
	at   int64 // Unix nanoseconds
}

// NewNonces returns an empty set.
func NewNonces() *Nonces {
	return &Nonces{seed: maphash.MakeSeed(), used: make(map[uint64]struct{})}
}

// use reports whether nonce was free, and takes it.
func (n *Nonces) use(nonce string, now time.Time) bool {
	for len(n.past) > 0 && now.Sub(time.Unix(0, n.past[0].at)) > Skew {
		delete(n.used, n.past[0].hash)
		n.past = n.past[1:]
	}
	h := maphash.String(n.seed, nonce)
	if _, used := n.used[h]; used {
		return false
	}
	n.used[h] = struct{}{}
	n.past = append(n.past, usedNonce{h, now.UnixNano()})
	return true
}
