package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MaxFile bounds the plan file that Decode reads, in bytes.
const MaxFile = 256 << 20

// Encode sets the digest of the plan and returns its file: indented JSON with
// a newline at the end, the same bytes for the same plan. The digest is that of
// the file without it and without the name of the manifest's file, which says
// how somebody spelt a path and not what is planned.
func (p *Plan) Encode() ([]byte, error) {
	_, size, err := p.sum()
	if err != nil {
		return nil, err
	}
	return p.encode(size)
}

// sum returns the digest that the plan should have, and the size of its file.
func (p *Plan) sum() (Digest, int, error) {
	q, size := *p, counter(0)
	if err := q.Write(&size); err != nil {
		return "", 0, err
	}
	return q.Digest, int(size), nil
}

// counter counts what is written.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// encode returns the plan file, given about how large it is.
func (p *Plan) encode(size int) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(size)
	if err := p.Write(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// FileProblem says what is wrong with a plan file.
type FileProblem string

// The problems of plan files.
const (
	FileEmpty     FileProblem = "is empty"
	FileTooLarge  FileProblem = "is too large"
	FileCut       FileProblem = "is cut short"
	FileMalformed FileProblem = "is not a plan file"
	FileNewer     FileProblem = "was made by a newer version"
	FileTrailing  FileProblem = "goes on after its end"
	FileDuplicate FileProblem = "says something twice"
	FileUnknown   FileProblem = "has an unknown field"
	FileAltered   FileProblem = "does not match its digest"
)

// FileError is why Decode refuses a plan file.
type FileError struct {
	Problem FileProblem
	Detail  string // more of it, "" for none
	Offset  int64  // bytes into the file, 0 when the place says nothing
}

// Error returns "plan file PROBLEM: detail (at byte N)".
func (e *FileError) Error() string {
	s := "plan file " + string(e.Problem)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Offset > 0 {
		s += fmt.Sprintf(" (at byte %d)", e.Offset)
	}
	return s
}

// Decode reads a plan file. White space apart it must be what Encode wrote:
// nothing cut, added, repeated or changed. The error is a *FileError.
func Decode(data []byte) (*Plan, error) {
	switch {
	case len(data) > MaxFile:
		return nil, &FileError{Problem: FileTooLarge, Detail: fmt.Sprintf("%d bytes, at most %d", len(data), MaxFile)}
	case len(bytes.TrimSpace(data)) == 0:
		return nil, &FileError{Problem: FileEmpty}
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")), bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, &FileError{Problem: FileMalformed, Detail: "it begins with a byte order mark, as some editors write: use the file as it was made"}
	case bytes.HasPrefix(data, []byte("<<<<<<< ")), bytes.Contains(data, []byte("\n<<<<<<< ")):
		return nil, &FileError{Problem: FileMalformed, Detail: "it holds the markers of a merge: make the plan again"}
	}
	if err := checkSyntax(data); err != nil {
		return nil, err
	}
	var p Plan
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return nil, decodeError(err)
	}
	if err := p.verify(); err != nil {
		return nil, err
	}
	if err := p.checkWritten(data); err != nil {
		return nil, err
	}
	return &p, nil
}

// checkWritten checks that the file says what Encode writes of the plan.
// json.Decoder takes "Run" for "run", so that people would read one value and
// apply another.
func (p *Plan) checkWritten(data []byte) error {
	again, err := p.encode(len(data))
	if err != nil {
		return &FileError{Problem: FileMalformed, Detail: err.Error()}
	}
	if bytes.Equal(again, data) {
		return nil
	}
	var got, want bytes.Buffer
	if err := errors.Join(json.Compact(&got, data), json.Compact(&want, again)); err != nil {
		return &FileError{Problem: FileMalformed, Detail: err.Error()}
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		return altered("a field is written otherwise than plan files are, make the plan again")
	}
	return nil
}

// checkSyntax checks what json.Decoder would let pass.
func checkSyntax(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	var head struct {
		FormatVersion int `json:"formatVersion"`
	}
	if err := dec.Decode(&head); err != nil {
		return decodeError(err)
	}
	end := dec.InputOffset()
	if rest := bytes.TrimSpace(data[end:]); len(rest) > 0 {
		return &FileError{Problem: FileTrailing, Offset: end}
	}
	switch {
	case head.FormatVersion < 1:
		return &FileError{Problem: FileMalformed, Detail: "it has no formatVersion"}
	case head.FormatVersion > FormatVersion:
		return &FileError{Problem: FileNewer, Detail: fmt.Sprintf("format %d, this one reads %d", head.FormatVersion, FormatVersion)}
	}
	return checkObjects(data)
}

// checkObjects reports, of valid JSON, a name that an object has twice, and more
// items than a plan can have: each takes memory, however short it is written.
func checkObjects(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // what is too large for its field is reported there, by name
	type level struct {
		names map[string]bool // nil in an array
		value bool            // the value of a name comes next
	}
	var stack []level
	items := 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return decodeError(err)
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if len(stack) == 2 && stack[1].names == nil {
			if items++; items > MaxItems {
				return &FileError{Problem: FileTooLarge, Detail: fmt.Sprintf("more than %d items", MaxItems)}
			}
		}
		if n := len(stack); n > 0 && stack[n-1].names != nil {
			top := &stack[n-1]
			if name, ok := token.(string); ok && !top.value {
				if top.names[name] {
					return &FileError{Problem: FileDuplicate, Detail: fmt.Sprintf("%q", name), Offset: dec.InputOffset()}
				}
				top.names[name] = true
				top.value = true
				continue
			}
			top.value = false
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{names: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, level{})
		}
	}
}

// decodeError tells a cut file from one that was never a plan.
func decodeError(err error) *FileError {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return &FileError{Problem: FileCut}
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return &FileError{Problem: FileUnknown, Detail: field}
	}
	e := &FileError{Problem: FileMalformed, Detail: strings.TrimPrefix(err.Error(), "json: ")}
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		e.Offset = s.Offset
	}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		e.Detail, e.Offset = strings.TrimSpace("unexpected "+t.Value+" "+t.Field), t.Offset
	}
	return e
}

// verify checks the digest, and that keys, needs, tokens and what is shown of a
// request are as Resolve makes them: who can change a plan can also make its
// digest right.
func (p *Plan) verify() error {
	want, _, err := p.sum()
	if err != nil {
		return &FileError{Problem: FileMalformed, Detail: err.Error()}
	}
	if p.Digest != want {
		return altered("it was changed after it was made, make the plan again")
	}
	keys := make(map[Key]bool, len(p.Items))
	for i := range p.Items {
		keys[p.Items[i].Key] = true
	}
	if len(keys) != len(p.Items) {
		return altered("two items have one key")
	}
	for i := range p.Items {
		item := &p.Items[i]
		if item.Action.Symbol() == "?" {
			return altered(fmt.Sprintf("item %s has the unknown action %q", item.Key, item.Action))
		}
		if a := item.Attempt(p, 1); a.ClientToken != item.ClientToken || a.RestoreTaskName != item.RestoreTaskName {
			return altered(fmt.Sprintf("the client token of item %s is not its own", item.Key))
		}
		for _, k := range item.Needs {
			if !keys[k] {
				return altered(fmt.Sprintf("item %s needs %s, which is not there", item.Key, k))
			}
		}
		if r := item.Password; r != nil && !r.Valid() {
			return altered(fmt.Sprintf("the password of item %s is not {env: NAME} or {file: PATH}", item.Key))
		}
		if what := item.unlike(); what != "" {
			return altered(fmt.Sprintf("the %s of item %s is not what its parameters send", what, item.Key))
		}
	}
	return nil
}

// unlike names what an item shows and does not send, or "". Only what is open
// still leaves RestoreObjects empty beside known databases.
func (i *Item) unlike() string {
	objects := ""
	if len(i.Databases) > 0 && (len(i.Open) == 0 || i.Parameters.RestoreObjects != "") {
		objects = restoreObjects(i.Databases)
	}
	switch {
	case i.Parameters.RestoreObjects != objects:
		return "list of databases"
	case i.Destination != destinationName(&i.Parameters):
		return "destination"
	}
	return ""
}

func altered(detail string) error { return &FileError{Problem: FileAltered, Detail: detail} }
