package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// acs3 is the one algorithm of version 3 that is served.
const acs3 = "ACS3-HMAC-SHA256"

// acs3Signature is version 3 of the signature: HMAC-SHA256 over the request,
// carried in headers. Newer clients send it by default.
type acs3Signature struct {
	algorithm string
	fields    map[string]string // of the Authorization header
	header    http.Header       // with Host
	method    string
	query     Parameters
	bodyHash  string // hex
}

// readHeaders takes the common parameters from the headers, as requests of
// signature version 3 carry them.
func (q *Request) readHeaders(r *http.Request, query Parameters, body []byte) {
	algorithm, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	fields := make(map[string]string)
	for part := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[k] = v
	}
	h := r.Header.Clone()
	h.Set("Host", r.Host)
	sum := sha256.Sum256(body)
	q.Operation, q.Version = h.Get("x-acs-action"), h.Get("x-acs-version")
	q.Format = "JSON" // the answer of the newer protocol, unless XML is asked for
	if strings.Contains(h.Get("Accept"), "xml") {
		q.Format = "XML"
	}
	q.AccessKeyID, q.SecurityToken = fields["Credential"], h.Get("x-acs-security-token")
	q.Timestamp, q.Nonce = h.Get("x-acs-date"), h.Get("x-acs-signature-nonce")
	q.signature = acs3Signature{algorithm, fields, h, r.Method, query, hex.EncodeToString(sum[:])}
}

func (s acs3Signature) check() error {
	switch {
	case s.algorithm != acs3:
		return Refuse(http.StatusBadRequest, "InvalidSignatureMethod", "The Authorization header must be of "+acs3+".")
	case s.fields["Credential"] == "":
		return Missing("AccessKeyId")
	case s.fields["Signature"] == "" || s.fields["SignedHeaders"] == "":
		return Refuse(http.StatusBadRequest, "IncompleteSignature", "The Authorization header lacks Signature or SignedHeaders.")
	}
	// What is not signed could be changed on the way.
	signed := strings.Split(s.fields["SignedHeaders"], ";")
	for name := range s.header {
		name = strings.ToLower(name)
		if (name == "host" || strings.HasPrefix(name, "x-acs-")) && !slices.Contains(signed, name) {
			return Refuse(http.StatusBadRequest, "IncompleteSignature", "SignedHeaders lacks "+name+".")
		}
	}
	return nil
}

func (s acs3Signature) verify(secret string) (bool, string) {
	var b strings.Builder
	b.WriteString(s.method + "\n/\n" + s.query.canonical() + "\n")
	for name := range strings.SplitSeq(s.fields["SignedHeaders"], ";") {
		b.WriteString(name + ":" + strings.TrimSpace(s.header.Get(name)) + "\n")
	}
	b.WriteString("\n" + s.fields["SignedHeaders"] + "\n" + s.bodyHash)
	sum := sha256.Sum256([]byte(b.String()))
	toSign := acs3 + "\n" + hex.EncodeToString(sum[:])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(toSign))
	ok := hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(s.fields["Signature"]))
	return ok && s.header.Get("x-acs-content-sha256") == s.bodyHash, toSign
}
