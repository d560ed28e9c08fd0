package conformance

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Target is what is asked.
type Target struct {
	Endpoint string // http://host:port or https://host
	HTTP     *http.Client

	// Keys are the access keys: "" is the one that may do everything up to the
	// level asked for. The others are optional; cases for which there is none are
	// left out: denied and deniedByDBS may call nothing, inactive is disabled,
	// temporary needs its SecurityToken, stale has an expired one.
	Keys map[string]Key

	// Destination are the parameters of an RDS for MySQL instance that restore
	// tasks may be made for, and restored to; needed above Reads.
	Destination map[string]string

	// Patience is how long a task may take to show what it does by itself; 0
	// means a minute. A whole restore may last a hundred times as long.
	Patience time.Duration

	// Admin is the path of the emulator's admin endpoint, "" for the service.
	Admin string
}

// Key is an access key.
type Key struct{ ID, Secret, SecurityToken string }

// Reply is an answer.
type Reply struct {
	Status int // of HTTP
	Body   []byte

	Success             bool
	Code, Message       string // of the gateway
	ErrCode, ErrMessage string // of DBS
	RequestId           string
	RestoreTaskId       string
	fields              map[string]any // nil unless the answer is JSON
}

// Want returns what came of the call.
func (r *Reply) Want() Want {
	switch {
	case r.Code != "":
		return Want{r.Code, "Code", r.Status}
	case r.ErrCode != "" || !r.Success:
		return Want{r.ErrCode, "ErrCode", r.Status}
	}
	return Want{}
}

// brief returns the begin of the answer, but for one that quotes what was signed,
// which may be a password.
func (r *Reply) brief() string {
	if r.Code == "SignatureDoesNotMatch" {
		return "RequestId " + r.RequestId
	}
	return fmt.Sprintf("%.300s", r.Body)
}

// At returns what is at a path of names and numbers, such as
// Items.BackupPlanDetail.0.BackupPlanId, as text; "" when nothing is there.
func (r *Reply) At(path string) string {
	switch v := r.find(path).(type) {
	case nil, map[string]any, []any:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// Len returns how many elements the list at a path has.
func (r *Reply) Len(path string) int {
	list, _ := r.find(path).([]any)
	return len(list)
}

// find returns what is at a path, nil when nothing is there.
func (r *Reply) find(path string) any {
	var at any = r.fields
	for word := range strings.SplitSeq(path, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[word]
		case []any:
			i, err := strconv.Atoi(word)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			at = v[i]
		default:
			return nil
		}
	}
	return at
}

// nonces makes nonces that no other process makes.
var nonces atomic.Uint64

var began = time.Now().UnixNano()

// Sign returns params with what every request carries, signed in signature
// version 1.0. A value "-" takes a parameter away; a Signature given stays.
// Source: dbs-api.md §4.1, §4.2.
func Sign(method string, params map[string]string, key Key, now time.Time) url.Values {
	v := url.Values{
		"Format": {"JSON"}, "Version": {"2019-03-06"}, "AccessKeyId": {key.ID},
		"SignatureMethod": {"HMAC-SHA1"}, "SignatureVersion": {"1.0"}, "SignatureType": {""},
		"SignatureNonce": {fmt.Sprintf("conformance-%d-%d", began, nonces.Add(1))},
		"Timestamp":      {now.UTC().Format("2006-01-02T15:04:05Z")},
	}
	if key.SecurityToken != "" {
		v.Set("SecurityToken", key.SecurityToken)
	}
	for k, p := range params {
		if v.Set(k, p); p == "-" {
			v.Del(k)
		}
	}
	if _, given := params["Signature"]; given {
		return v
	}
	encode := strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~")
	toSign := method + "&%2F&" + encode.Replace(url.QueryEscape(encode.Replace(v.Encode())))
	mac := hmac.New(sha1.New, []byte(key.Secret+"&"))
	mac.Write([]byte(toSign))
	v.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return v
}

// send makes one request, with everything in the query or in a form. A password
// is never in a URL.
func (t *Target) send(ctx context.Context, method, path string, v url.Values, form bool) (*Reply, error) {
	query, inBody := url.Values{}, url.Values{}
	for name, values := range v {
		if form || name == "DestinationEndpointPassword" {
			inBody[name] = values
		} else {
			query[name] = values
		}
	}
	address, body := t.Endpoint+path+"?"+query.Encode(), inBody.Encode()
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := t.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", t.Endpoint, withoutURL(err))
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return nil, fmt.Errorf("read an answer of %s: %w", t.Endpoint, err)
	}
	return decode(response, raw)
}

// withoutURL returns an error of a request without its URL, which may hold a
// password.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func decode(response *http.Response, raw []byte) (*Reply, error) {
	r := &Reply{Status: response.StatusCode, Body: raw}
	if strings.Contains(response.Header.Get("Content-Type"), "xml") || bytes.HasPrefix(raw, []byte("<")) {
		plain := struct {
			Success                                                      bool
			Code, Message, ErrCode, ErrMessage, RequestId, RestoreTaskId string
		}{}
		if err := xml.Unmarshal(raw, &plain); err != nil {
			return nil, fmt.Errorf("the answer is neither JSON nor XML: %w", err)
		}
		r.Success, r.Code, r.Message, r.ErrCode, r.ErrMessage = plain.Success, plain.Code, plain.Message, plain.ErrCode, plain.ErrMessage
		r.RequestId, r.RestoreTaskId = plain.RequestId, plain.RestoreTaskId
		return r, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&r.fields); err != nil {
		return nil, fmt.Errorf("the answer is neither JSON nor XML: %w", err)
	}
	r.Success = r.fields["Success"] == true
	r.Code, r.Message, r.ErrCode, r.ErrMessage = r.At("Code"), r.At("Message"), r.At("ErrCode"), r.At("ErrMessage")
	r.RequestId, r.RestoreTaskId = r.At("RequestId"), r.At("RestoreTaskId")
	return r, nil
}
