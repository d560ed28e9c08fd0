package gateway

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
)

// Formats of answers.
const (
	JSON = "JSON"
	XML  = "XML"
)

// FormatOf returns the format that a request asks for, fallback if it asks for
// none.
func FormatOf(q *Request, fallback string) (string, error) {
	switch strings.ToUpper(q.Format) {
	case "":
		return fallback, nil
	case JSON:
		return JSON, nil
	case XML:
		return XML, nil
	}
	return fallback, Invalid("Format")
}

// Encode writes a value that marshals to a JSON object: as it is, or in XML
// under an element root. A list is the element of its name, repeated.
// Source: the vendor's XML samples, dbs-api.md §3.5.
func Encode(format, root string, value any) (body []byte, contentType string) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("gateway: an answer cannot be written: %v", err)) // unreachable: answers hold strings, numbers and lists of them
	}
	if format == JSON {
		return text, "application/json;charset=utf-8"
	}
	var b bytes.Buffer
	b.WriteString(xml.Header[:len(xml.Header)-1])
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	writeXML(&b, d, root)
	return b.Bytes(), "text/xml;charset=utf-8"
}

// writeXML writes the next JSON value of d as the element name.
func writeXML(b *bytes.Buffer, d *json.Decoder, name string) {
	t, _ := d.Token() // the text is our own
	switch v := t.(type) {
	case json.Delim:
		if v == '[' {
			for d.More() {
				writeXML(b, d, name)
			}
			_, _ = d.Token()
			return
		}
		from := b.Len()
		fmt.Fprintf(b, "<%s>", name)
		inside := b.Len()
		for d.More() {
			key, _ := d.Token()
			writeXML(b, d, fmt.Sprint(key))
		}
		_, _ = d.Token()
		if b.Len() == inside {
			b.Truncate(from)
			fmt.Fprintf(b, "<%s/>", name)
			return
		}
		fmt.Fprintf(b, "</%s>", name)
	case nil:
		fmt.Fprintf(b, "<%s/>", name)
	default:
		fmt.Fprintf(b, "<%s>", name)
		_ = xml.EscapeText(b, []byte(fmt.Sprint(v)))
		fmt.Fprintf(b, "</%s>", name)
	}
}

// errorBody is the body of an error. Source: dbs-api.md §4.4.
type errorBody struct {
	RequestId, HostId, Code, Message, Recommend string
	AccessDeniedDetail                          map[string]string `json:",omitempty"`
}

// EncodeError writes an error of the gateway.
func EncodeError(format, requestID, host string, e *Error) (body []byte, contentType string) {
	const center = "https://error-center.aliyun.com/status/search?source=PopGw&Keyword="
	return Encode(format, "Error", errorBody{requestID, host, e.Code, e.Message, center + e.Code, e.Details})
}

// Write sends an answer.
func Write(w http.ResponseWriter, status int, body []byte, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}
