package dbs_test

import (
	"fmt"
	"testing"

	"github.com/dbsrestore/dbsrestore/runner/dbs"
)

// unsent is a client whose requests are made and signed, and answered at once.
func unsent(b *testing.B, answer string) *dbs.Client {
	o := options("https://dbs-api.cn-hangzhou.aliyuncs.com")
	o.Transport = answering(always(200, answer))
	return client(b, o)
}

// BenchmarkCreate is what a create costs besides the network: the parameters, the
// password, the signature, the answer.
func BenchmarkCreate(b *testing.B) {
	c := unsent(b, created)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.CreateRestoreTask(b.Context(), hangzhou, attempt, orders, fromEnv); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPoll is what it costs to ask about 100 tasks.
func BenchmarkPoll(b *testing.B) {
	var ids, tasks []string
	for i := range 100 {
		ids = append(ids, fmt.Sprintf("s1%06d", i))
		tasks = append(tasks, task(ids[i], 1760000000000))
	}
	c := unsent(b, list(100, tasks...))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := c.RestoreTasksByID(b.Context(), hangzhou, ids); err != nil || len(got) != 100 {
			b.Fatal(len(got), err)
		}
	}
}
