package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/gateway"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// maxEndless bounds an answer that does not end, in bytes: a client that reads
// on for so long would read on for ever.
const maxEndless = 256 << 20

const portal = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n"

// send sends an answer, or what a fault makes of it.
func (a *answer) send(w http.ResponseWriter, fault *world.Fault) {
	if fault == nil {
		gateway.Write(w, a.status, a.body, a.contentType)
		return
	}
	switch fault.Kind {
	case "cut":
		panic(http.ErrAbortHandler)
	case "html":
		gateway.Write(w, a.status, []byte(portal), "text/html")
	case "redirect":
		w.Header().Set("Location", cmp.Or(fault.Location, "https://dbs-api.example.invalid/"))
		gateway.Write(w, a.status, nil, "text/html")
	case "cutBody":
		a.begin(w, len(a.body))
		_, _ = w.Write(a.body[:len(a.body)/2])
		flush(w)
		panic(http.ErrAbortHandler)
	case "contentLength":
		a.begin(w, max(0, len(a.body)+cmp.Or(fault.By, 10)))
		_, _ = w.Write(a.body[:min(len(a.body), max(0, len(a.body)+fault.By))])
	case "endless":
		a.goOn(w)
	default:
		panic(fmt.Sprintf("emulator: the fault %s mangles nothing", fault.Kind)) // unreachable: see replace
	}
}

func (a *answer) begin(w http.ResponseWriter, length int) {
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", fmt.Sprint(length))
	w.WriteHeader(a.status)
}

// goOn sends white space behind the answer until the client leaves.
func (a *answer) goOn(w http.ResponseWriter) {
	w.Header().Set("Content-Type", a.contentType)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body[:len(a.body)-1])
	blank := []byte(strings.Repeat(" ", 64<<10))
	for sent := 0; sent < maxEndless; sent += len(blank) {
		if _, err := w.Write(blank); err != nil {
			return
		}
		flush(w)
	}
}

func flush(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush() // where the writer can
}
