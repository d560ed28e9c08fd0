package conformance

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Result is what came of a case.
type Result struct {
	Case
	Left    string // why it was not asked, "" if it was
	Problem string // how the answer differs from what is wanted, "" if it does not
}

// errLeftOut is wrapped by what cannot be asked of a target.
var errLeftOut = errors.New("left out")

// Session asks one target.
type Session struct {
	target Target
	level  Level
	known  map[string]string // what discovery found, by placeholder
	unique int
}

// Open finds out what there is at a target to ask about. It only reads, unless
// level lets it make a task.
func Open(ctx context.Context, t Target, level Level) (*Session, error) {
	if t.HTTP == nil {
		t.HTTP = &http.Client{
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	s := &Session{target: t, level: level, known: make(map[string]string)}
	if err := s.discover(ctx); err != nil {
		return nil, fmt.Errorf("discover what there is: %w", err)
	}
	return s, nil
}

// Known returns what was found, by placeholder.
func (s *Session) Known() map[string]string { return s.known }

// call makes a call with the first key and returns its answer, whatever it says.
func (s *Session) call(ctx context.Context, operation string, params map[string]string) (*Reply, error) {
	all := merged(params, map[string]string{"Action": operation})
	return s.target.send(ctx, http.MethodPost, "/", Sign(http.MethodPost, all, s.target.Keys[""], time.Now()), false)
}

// Run asks a case.
func (s *Session) Run(ctx context.Context, c Case) (Result, error) {
	result := Result{Case: c}
	reply, err := s.ask(ctx, c)
	if errors.Is(err, errLeftOut) {
		result.Left = err.Error()
		return result, nil
	}
	if err != nil {
		return result, err
	}
	got := reply.Want()
	want := c.Want
	if want.Status == 0 {
		got.Status = 0
	}
	if got != want {
		result.Problem = fmt.Sprintf("got %s, want %s: %s", got, want, reply.brief())
		return result, nil
	}
	for path, value := range c.Shows {
		if got, want := reply.At(path), s.fill(value); got == "" || want != "*" && got != want {
			result.Problem = fmt.Sprintf("got %q at %s, want %q: %s", got, path, want, reply.brief())
		}
	}
	if reply.RequestId == "" {
		result.Problem = "got no RequestId: " + reply.brief()
	}
	return result, nil
}

func (s *Session) ask(ctx context.Context, c Case) (*Reply, error) {
	if c.Level > s.level {
		return nil, fmt.Errorf("%w: it writes", errLeftOut)
	}
	key, has := s.target.Keys[c.Key]
	if !has {
		return nil, fmt.Errorf("%w: there is no key %q", errLeftOut, c.Key)
	}
	key.Secret = cmp.Or(c.Secret, key.Secret)
	for _, name := range c.placeholders() {
		if _, has := s.known[name]; !has && name != "unique" && name != "first" {
			return nil, fmt.Errorf("%w: there is no %s", errLeftOut, name)
		}
	}
	if c.Fault != nil {
		undo, err := s.setFault(ctx, c.Fault)
		if err != nil {
			return nil, err
		}
		defer undo()
	}
	s.unique++
	params := map[string]string{"Action": c.Operation}
	for name, value := range c.Give {
		params[name] = s.fill(value)
	}
	for name, value := range params {
		if value == "none" { // of a common parameter, which would be there otherwise
			params[name] = "-"
		}
	}
	method := cmp.Or(c.Method, http.MethodPost)
	v := Sign(method, params, key, time.Now().Add(c.Skew))
	reply, err := s.target.send(ctx, method, cmp.Or(c.Path, "/"), v, c.Form)
	if err == nil && c.Then != nil {
		s.known["first"] = reply.RestoreTaskId
		for name, value := range c.Then {
			params[name] = s.fill(value)
		}
		return s.target.send(ctx, method, cmp.Or(c.Path, "/"), Sign(method, params, key, time.Now()), c.Form)
	}
	if err == nil && c.Twice {
		return s.target.send(ctx, method, cmp.Or(c.Path, "/"), v, c.Form)
	}
	return reply, err
}

// fill replaces placeholders.
func (s *Session) fill(value string) string {
	pairs := []string{"{unique}", fmt.Sprintf("conformance-%x-%d", began, s.unique)}
	for name, found := range s.known {
		pairs = append(pairs, "{"+name+"}", found)
	}
	return strings.NewReplacer(pairs...).Replace(value)
}

// setFault gives an emulator a rule, until undo.
func (s *Session) setFault(ctx context.Context, fault map[string]any) (undo func(), err error) {
	if s.target.Admin == "" {
		return nil, fmt.Errorf("%w: the service has no faults to order", errLeftOut)
	}
	put := func(rules []map[string]any) error {
		body, err := json.Marshal(rules)
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPut, s.target.Endpoint+s.target.Admin+"faults", bytes.NewReader(body))
		if err != nil {
			return err
		}
		response, err := s.target.HTTP.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
			return fmt.Errorf("set a fault: %s", text)
		}
		return nil
	}
	if err := put([]map[string]any{fault}); err != nil {
		return nil, err
	}
	return func() { _ = put([]map[string]any{}) }, nil // the next fault replaces it anyway
}
