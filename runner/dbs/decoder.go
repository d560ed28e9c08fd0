package dbs

import (
	"bytes"
	"io"
	"net/http"
	"reflect"
	"sync"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"
)

// decoders has a *sync.Once for each type of response whose decoder was wanted.
//
// The SDK's parser makes the decoder of a type when it first meets one, which takes
// about two milliseconds of the processor, and each of the calls that meet it at the
// same time makes one of its own: so did the ten lists with which a plan begins.
var decoders sync.Map

// makeDecoder returns when the decoder for the type of into exists. It makes it
// if nobody has begun to, from a reply that sets none of the type's own fields.
func makeDecoder(into responses.AcsResponse) {
	once, _ := decoders.LoadOrStore(reflect.TypeOf(into), new(sync.Once))
	once.(*sync.Once).Do(func() {
		defer func() { _ = recover() }() // as with a reply, which is told of
		_ = unmarshal(into, []byte("{}"))
	})
}

// unmarshal fills an SDK response from the body of a reply. It may panic.
func unmarshal(into responses.AcsResponse, body []byte) error {
	return responses.Unmarshal(into, &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body))}, "JSON")
}
