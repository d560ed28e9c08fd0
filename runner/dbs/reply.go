package dbs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/responses"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

const (
	// maxReply bounds a reply, in bytes. A page of 100 tasks that restore
	// hundreds of databases each is a few MiB.
	maxReply = 16 << 20

	// maxMessage bounds a text of the service that is kept, in bytes.
	maxMessage = 2000
)

// reply is a JSON object, its members by name.
type reply struct {
	body    []byte
	members map[string]json.RawMessage
}

// parse reads exactly one JSON object. It refuses a member given twice, of
// which nobody can say which one counts.
func parse(body []byte) (reply, error) {
	r := reply{body: body, members: make(map[string]json.RawMessage)}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return r, errors.New("not a JSON object")
	}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return r, errors.New("not a JSON object")
		}
		if _, twice := r.members[name]; twice {
			return r, errors.New("a member is there twice")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return r, errors.New("cut short or broken JSON")
		}
		r.members[name] = value
	}
	if _, err := d.Token(); err != nil {
		return r, errors.New("cut short or broken JSON")
	}
	if _, err := d.Token(); err != io.EOF {
		return r, errors.New("something follows the JSON object")
	}
	return r, nil
}

// quoted returns a member that is a string, else "".
func (r reply) quoted(name string) string {
	var s string
	if json.Unmarshal(r.members[name], &s) != nil {
		return ""
	}
	return s
}

// text returns a member that is a string or a number, else "".
func (r reply) text(name string) string {
	var n json.Number // takes a string only if a number is in it
	if json.Unmarshal(r.members[name], &n) == nil {
		return n.String()
	}
	return r.quoted(name)
}

// is reports whether a member is the given JSON literal, byte for byte.
func (r reply) is(name, literal string) bool { return string(r.members[name]) == literal }

// plainWord is what a code and a RequestId look like, of at most 128 characters.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// word returns a member that is a plain word, else "".
func (r reply) word(name string) string {
	if text := r.text(name); len(text) <= 128 && plainWord.MatchString(text) {
		return text
	}
	return ""
}

// decode fills an SDK response from the reply. The SDK's decoder takes numbers
// for strings and the reverse, as the service gives either. It panics on some
// input, and takes an empty list for broken where the service writes it as []
// or "" instead of an object.
func (r reply) decode(into responses.AcsResponse) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the vendor's decoder panicked")
		}
	}()
	body := r.body
	if r.is("Items", "[]") || r.is("Items", `""`) {
		members := maps.Clone(r.members)
		delete(members, "Items")
		if body, err = json.Marshal(members); err != nil {
			return err
		}
	}
	makeDecoder(into)
	if unmarshal(into, body) != nil {
		return errors.New("a value has the wrong type")
	}
	return nil
}

// read turns an HTTP response into a reply that is surely a yes, or says what
// it is instead. now is the time of arrival.
func (k *call) read(resp *http.Response, now time.Time) (reply, *restore.Failure) {
	if resp.StatusCode/100 == 3 {
		return reply{}, &restore.Failure{Class: restore.Lost, Code: codeRedirect, Fatal: true,
			Message: "redirect to " + k.locationHost(resp) + " refused: check the endpoint and the proxy"}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return reply{}, broken(err, "the reply was cut short")
	}
	if len(body) > maxReply {
		return reply{}, lost(codeTooLarge, "the reply is longer than %d bytes", maxReply)
	}
	r, err := parse(body)
	switch {
	case err != nil && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")):
		f := lost(codeNotJSON, "HTTP %d without a JSON object: a proxy or portal answered instead of the service", resp.StatusCode)
		f.Class = classify(resp.StatusCode, "").class
		return r, f
	case err != nil:
		return r, lost(codeMalformed, "HTTP %d: %v", resp.StatusCode, err)
	case resp.StatusCode == http.StatusOK && (k.sts || r.is("Success", "true") && r.innerStatus() == http.StatusOK):
		return r, nil
	}
	return r, k.failure(r, resp, now)
}

// innerStatus returns the HttpStatusCode within the reply: 200 when absent, 0
// when it is no number.
func (r reply) innerStatus() int {
	if _, ok := r.members["HttpStatusCode"]; !ok {
		return http.StatusOK
	}
	status, _ := strconv.Atoi(r.text("HttpStatusCode"))
	return status
}

// failure reads the two dialects of error: Code and Message of the gateway,
// ErrCode and ErrMessage of DBS.
func (k *call) failure(r reply, resp *http.Response, now time.Time) *restore.Failure {
	if resp.StatusCode < 400 && !r.is("Success", "false") {
		f := lost(codeMalformed, "the reply says neither yes nor no: Success is missing or no boolean, or the status is odd")
		f.RequestID = r.word("RequestId")
		return f
	}
	code, text := r.word("Code"), r.text("Message")
	if code == "" {
		code, text = r.word("ErrCode"), r.text("ErrMessage")
	}
	m := classify(max(resp.StatusCode, r.innerStatus()), code)
	if m.own != "" {
		text = m.own
	} else if requestQuote.MatchString(text) {
		text = "the message is withheld, as it quotes the request"
	}
	hint := strings.NewReplacer("{permission}", k.permission(), "{skew}", skew(resp, now)).Replace(m.hint)
	return &restore.Failure{
		Class:     m.class,
		Code:      cmp.Or(code, fmt.Sprintf("HTTP%d", resp.StatusCode)),
		Message:   joined(clean(k.mask(text), maxMessage-len(hint)-len(": ")), hint),
		RequestID: r.word("RequestId"),
		Fatal:     m.fatal,
		Wait:      m.wait,
		Token:     m.fate,
	}
}

// permission names what RAM must allow for the call.
func (k *call) permission() string {
	if k.sts {
		return "sts:" + k.action
	}
	return "dbs:" + k.action
}

// requestQuote finds in a message the URL or the string that was signed, in which
// every parameter is to be read.
var requestQuote = regexp.MustCompile(`(?i)string ?to ?sign|signature(=|%3d|%253d)`)

// skew says how far the clock of this machine is from the service's.
func skew(resp *http.Response, now time.Time) string {
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return "set the clock of this machine"
	}
	d := now.Sub(theirs).Round(time.Second)
	if d < 0 {
		return fmt.Sprintf("the clock of this machine is %s behind the service's: set it", -d)
	}
	return fmt.Sprintf("the clock of this machine is %s ahead of the service's: set it", d)
}

func (k *call) locationHost(resp *http.Response) string {
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || u.Hostname() == "" {
		return "a place without a host"
	}
	return "host " + clean(k.mask(u.Hostname()), 253)
}

func lost(code, format string, args ...any) *restore.Failure {
	return &restore.Failure{Class: restore.Lost, Code: code, Message: fmt.Sprintf(format, args...)}
}

// joined returns "a: b", or the one that is not empty.
func joined(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ": " + b
}

// clean makes a text from outside fit for a terminal and a log: valid UTF-8 of
// at most limit bytes, white space as spaces, and U+FFFD for control
// characters and for invisible ones that change how the rest is read.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return utf8.RuneError
		}
		return r
	}, s)
	if len(s) <= limit {
		return s
	}
	cut := limit - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
