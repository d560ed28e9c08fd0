package dbs

import (
	"bytes"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
)

// counted is a response that counts how often it is decoded from nothing, which
// is when a decoder is made.
type counted struct {
	*responses.BaseResponse
	Name string
}

var fromNothing, fromReplies atomic.Int64

func (c *counted) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("{}")) {
		fromNothing.Add(1)
		return nil
	}
	fromReplies.Add(1)
	c.Name = string(data)
	return nil
}

func TestADecoderIsMadeOnceForCallsAtTheSameTime(t *testing.T) {
	fromNothing.Store(0)
	fromReplies.Store(0)
	decoders.Delete(reflect.TypeFor[*counted]())
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			into := &counted{BaseResponse: &responses.BaseResponse{}}
			go makeDecoder(into)
			if err := (reply{body: []byte(`{"Name":"x"}`)}).decode(into); err != nil || into.Name != `{"Name":"x"}` {
				t.Errorf("got %q, %v, want the reply", into.Name, err)
			}
		})
	}
	wg.Wait()
	if fromNothing.Load() != 1 || fromReplies.Load() != 20 {
		t.Errorf("got %d decoders made and %d replies decoded, want 1 and 20", fromNothing.Load(), fromReplies.Load())
	}
}

// panicking panics when it is decoded.
type panicking struct{ *responses.BaseResponse }

func (*panicking) UnmarshalJSON([]byte) error { panic("no decoder") }

func TestADecoderThatPanicsEndsNoProcess(t *testing.T) {
	decoders.Delete(reflect.TypeFor[*panicking]())
	into := &panicking{&responses.BaseResponse{}}
	made := make(chan struct{})
	go func() {
		defer close(made)
		makeDecoder(into)
	}()
	<-made
	if err := (reply{body: []byte("{}")}).decode(into); err == nil {
		t.Error("got no error of a decoder that panics")
	}
}
