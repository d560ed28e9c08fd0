package emulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// stringToSign is what a client signs in RPC signature version 1.0.
// Source: dbs-api.md §4.2.
func stringToSign(method string, q parameters) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(q)) {
		if k == "Signature" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(percentEncode(k) + "=" + percentEncode(q[k]))
	}
	return method + "&%2F&" + percentEncode(b.String())
}

// signed reports whether signature is the HMAC-SHA1 of toSign.
func signed(toSign, secret, signature string) bool {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(toSign))
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return hmac.Equal([]byte(want), []byte(signature))
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
