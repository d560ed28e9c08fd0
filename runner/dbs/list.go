package dbs

import (
	"context"
	"errors"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

const (
	pageSize = 100  // the largest that every paged operation takes
	maxPages = 1000 // of one list
	relists  = 5    // of a list that changes while it is read
)

// ask carries out a read and decodes the reply, with a decoder that is made while
// the call is under way.
func (c *Client) ask(ctx context.Context, k *call, into responses.AcsResponse) error {
	go makeDecoder(into)
	r, err := c.do(ctx, k)
	if err != nil {
		return err
	}
	if err := r.decode(into); err != nil {
		return k.malformed(r, "the list cannot be read: "+err.Error())
	}
	return nil
}

// whole reads the pages of a list until it has as many elements as the service
// says there are. Elements that come twice, as a shifting list has them, count
// once. A list that does not come out even is read again.
func whole[T any](action string, page func(num int) (some []T, total int, err error), id func(T) string) ([]T, error) {
	var got, want int
	for range 1 + relists {
		var all []T
		seen := make(map[string]bool)
		for num := range maxPages {
			some, total, err := page(num)
			if err != nil {
				return nil, err
			}
			before := len(all)
			for _, e := range some {
				if !seen[id(e)] {
					seen[id(e)] = true
					all = append(all, e)
				}
			}
			if got, want = len(all), total; got >= want || got == before {
				break
			}
		}
		if got == want {
			return all, nil
		}
	}
	f := lost(codeIncomplete, "the pages hold %d elements, but the service says there are %d", got, want)
	f.Action = action
	return nil, f
}

// isolate asks about ids together. When the service refuses them, as it does
// for the sake of one among them, it asks about halves, and hands a refusal of
// a single id to alone.
func isolate(ids []string, ask func(ids []string) error, alone func(id string, f *restore.Failure) error) error {
	err := ask(ids)
	f, ok := errors.AsType[*restore.Failure](err)
	if !ok || f.Class != restore.Refused || f.Fatal {
		return err
	}
	if len(ids) == 1 {
		return alone(ids[0], f)
	}
	half := len(ids) / 2
	if err := isolate(ids[:half], ask, alone); err != nil {
		return err
	}
	return isolate(ids[half:], ask, alone)
}

// isUnknown reports whether a refusal says that the service does not know an id.
func isUnknown(f *restore.Failure) bool {
	return f.Code == codeUnknownObject || f.Code == codeInvalidJob
}
