package schema

import (
	"regexp"
	"sync"
)

// lazily compiles an expression when it is first asked for: all of them together
// would take a millisecond of every start of a command.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
