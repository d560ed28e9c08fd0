package schema

import (
	"bytes"
	"slices"
)

const secretWords = `(?i)(?:pass|pwd|secret|token|credential|access[-_]?key|authorization|\b(?:pw|pin|auth)\b)`

var (
	secretName      = lazily(secretWords)
	secretKey       = lazily(secretWords + `[^:\n]*:`)
	environmentName = lazily(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// hideSecrets marks what stands under keys that sound like a secret: the
// values are not put into messages, their lines are not shown.
func (r *report) hideSecrets(n *node) {
	for i, c := range n.children {
		if n.kind == mapping {
			r.hideSecret(n.keys[i], c)
			continue
		}
		r.hideSecrets(c)
	}
	for _, l := range n.lost {
		r.hideSecret(l.key, l.value)
	}
}

// hideSecret marks a value, or what stands below it.
func (r *report) hideSecret(k key, value *node) {
	if r.soundsSecret(k.name) && !isReference(value) {
		r.hide(value)
		r.secret[int(k.line)] = true
		return
	}
	r.hideSecrets(value)
}

// soundsSecret reports whether a key's name is one of a secret. The same few
// keys come again and again.
func (r *report) soundsSecret(name string) bool {
	is, known := r.sounds[name]
	if !known {
		is = secretName().MatchString(name)
		r.sounds[name] = is
	}
	return is
}

// isReference reports whether a value says where a secret is to be read.
func isReference(n *node) bool {
	return n.kind == mapping && !n.reported && n.lost == nil && !slices.ContainsFunc(n.keys, func(k key) bool {
		v := n.get(k.name)
		return k.name != "file" && (k.name != "env" || v.kind != text || !environmentName().MatchString(v.value))
	})
}

func (r *report) hide(n *node) {
	n.secret = true
	// A value over several lines ends where the indentation does. Of a line
	// that is hidden already, so is what belongs to it.
	indent := indentation(r.line(int(n.line)))
	for i := int(n.line) + 1; !r.secret[int(n.line)]; i++ {
		l := r.line(i)
		if l == nil || len(bytes.TrimSpace(l)) > 0 && indentation(l) <= indent {
			break
		}
		r.secret[i] = true
	}
	r.secret[int(n.line)] = true
	for _, c := range n.children {
		r.hide(c)
	}
	for _, l := range n.lost {
		r.hide(l.value)
		r.secret[int(l.key.line)] = true
	}
}

func indentation(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

// maySecret reports whether a line may hold a secret, where there is no tree
// to tell: when it, or a line that it is indented below, has a key that sounds
// like one.
func (r *report) maySecret(line int) bool {
	const long = 4096
	for indent := -1; line > 0 && indent != 0; line-- {
		l := r.line(line)
		if len(bytes.TrimSpace(l)) == 0 || indent > 0 && indentation(l) >= indent {
			continue
		}
		if len(l) > long || secretKey().Match(l) {
			return true
		}
		indent = indentation(l)
	}
	return false
}

// literalPassword reports a password that stands in the manifest, without its
// text, and everything else that is wrong below password.
func (r *report) literalPassword(settings *node) {
	destination := settings.get("destination")
	p := destination.get("password")
	if p == nil || p.kind == null || isReference(p) {
		return
	}
	p.reported = true
	k, _ := destination.key("password")
	hint := "write password: {env: NAME} or password: {file: PATH}"
	env, ok := p.key("env")
	if name := p.get("env"); ok && name.kind <= text && !environmentName().MatchString(name.value) {
		r.key(env, CodeLiteralSecret, hint+"; NAME has letters, digits and underscores", "env is not the name of an environment variable")
		return
	}
	r.key(k, CodeLiteralSecret, hint, "never put secrets in the manifest")
}
