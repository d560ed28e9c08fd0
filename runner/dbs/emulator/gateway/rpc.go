package gateway

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// rpcSignature is version 1.0 of the signature: HMAC-SHA1 over all parameters.
// Source: dbs-api.md §4.2.
type rpcSignature struct {
	method string
	p      Parameters
}

func (s rpcSignature) check() error {
	for _, name := range []string{"AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion"} {
		if s.p[name] == "" {
			return Missing(name)
		}
	}
	switch {
	case s.p["SignatureMethod"] != "HMAC-SHA1":
		return Refuse(http.StatusBadRequest, "InvalidSignatureMethod", "SignatureMethod must be HMAC-SHA1.")
	case s.p["SignatureVersion"] != "1.0":
		return Invalid("SignatureVersion")
	case s.p["SignatureType"] != "":
		return Invalid("SignatureType") // BEARERTOKEN is not served
	}
	return nil
}

func (s rpcSignature) verify(secret string) (bool, string) {
	signed := maps.Clone(s.p)
	delete(signed, "Signature")
	toSign := s.method + "&%2F&" + percentEncode(signed.canonical())
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(toSign))
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(want), []byte(s.p["Signature"])), toSign
}

// canonical returns the parameters sorted and encoded as both signatures want
// them: exactly those that are served, so that none goes unsigned.
func (p Parameters) canonical() string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, percentEncode(k)+"="+percentEncode(p[k]))
	}
	return strings.Join(parts, "&")
}

// percentEncode keeps the unreserved characters of RFC 3986 and nothing else.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~':
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}
