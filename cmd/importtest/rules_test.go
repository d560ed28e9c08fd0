package importtest

// A rule says what the non-test code of a package may import besides the
// standard library. Packages of this module are named by their path in it.
type rule struct {
	ours   []string // packages of this module
	others []string // modules or packages of others
	pure   bool     // no disk, no network, no randomness, no clock
}

const sdk = "github.com/aliyun/alibaba-cloud-sdk-go"

// rules has a row for every package.
var rules = map[string]rule{
	"schema/diag":          {pure: true},
	"schema/diag/diagtest": {ours: []string{"schema/diag"}, pure: true},
	"schema": {
		ours:   []string{"schema/diag"},
		others: []string{"gopkg.in/yaml.v3", "github.com/santhosh-tekuri/jsonschema/v5"},
		pure:   true,
	},
	"plan":                   {ours: []string{"schema", "schema/diag"}, pure: true},
	"runner/restore":         {ours: []string{"plan", "schema"}, pure: true},
	"runner/restore/explore": {ours: []string{"plan", "runner/restore"}, pure: true},

	"runner/secret":  {ours: []string{"schema"}},
	"runner/journal": {others: []string{"github.com/gofrs/flock", "modernc.org/sqlite"}},
	"runner": {
		ours:   []string{"schema", "plan", "runner/restore", "runner/journal"},
		others: []string{"golang.org/x/sync"},
	},
	"runner/dbs": { // the sole importer of the SDK
		ours:   []string{"schema", "schema/diag", "plan", "runner/restore", "runner/secret"},
		others: []string{sdk, "github.com/hashicorp/go-retryablehttp", "golang.org/x/sync", "golang.org/x/time"},
	},
	"runner/dbs/emulator/gateway":     {}, // so that it shares no mistake with its client
	"runner/dbs/emulator/world":       {others: []string{"gopkg.in/yaml.v3", "github.com/santhosh-tekuri/jsonschema/v5"}},
	"runner/dbs/emulator/conformance": {others: []string{"gopkg.in/yaml.v3"}}, // asks over HTTP only
	"runner/dbs/emulator": { // the same: of ours, its own parts only
		ours:   []string{"runner/dbs/emulator/gateway", "runner/dbs/emulator/world"},
		others: []string{"gopkg.in/yaml.v3"},
	},

	"runner/torture": { // neither the state machine nor the engine, which it judges
		ours: []string{"plan", "runner/journal", "runner/dbs/emulator"},
	},

	"cmd/dbsrestore/internal/hostile": {others: []string{"github.com/yuin/goldmark", "golang.org/x/net/html"}}, // for tests only
	"cmd/dbsrestore/internal/view":    {ours: []string{"schema", "schema/diag", "plan", "runner", "runner/restore"}},
	"cmd/dbsrestore/internal/report":  {ours: []string{"schema", "plan", "runner", "runner/restore", "cmd/dbsrestore/internal/view"}},
	"cmd/dbsrestore/internal/live":    {others: []string{"charm.land/bubbletea/v2"}},
	"cmd/dbsrestore/internal/starter": {
		ours:   []string{"schema", "schema/diag", "plan", "cmd/dbsrestore/internal/view"},
		others: []string{"gopkg.in/yaml.v3"},
	},
	"cmd/dbsrestore/internal/cli": {
		ours: []string{"schema", "schema/diag", "plan", "runner", "runner/restore", "runner/journal", "runner/secret",
			"cmd/dbsrestore/internal/view", "cmd/dbsrestore/internal/report", "cmd/dbsrestore/internal/live", "cmd/dbsrestore/internal/starter"},
		others: []string{"github.com/spf13/cobra", "github.com/spf13/pflag"},
	},
	"cmd/dbsrestore": { // the only place that knows both cli and dbs
		ours:   []string{"cmd/dbsrestore/internal/cli", "runner/dbs", "runner/dbs/emulator", "runner/dbs/emulator/world", "runner/secret", "schema"},
		others: []string{"github.com/mattn/go-isatty", "golang.org/x/term"},
	},
	"cmd/dbsrestore/manpages": { // so that the command does not carry what renders pages
		ours:   []string{"cmd/dbsrestore/internal/cli", "runner/dbs/emulator/world"},
		others: []string{"github.com/spf13/cobra", "github.com/spf13/cobra/doc", "github.com/cpuguy83/go-md2man/v2"},
	},
	"cmd/barriers":   {ours: []string{"runner/restore/explore"}},
	"cmd/bench":      {ours: []string{"runner/dbs/emulator"}},
	"cmd/importtest": {},
	"cmd/bugtest":    {},
}

// harmless are the standard packages that a pure package may import. To add one,
// see that nothing in it reaches disk, network, environment, randomness or
// clock; if some of its functions do, name them in outside or outsideMethods.
var harmless = []string{
	"bytes", "cmp", "crypto/sha256", "embed", "encoding/base32", "encoding/binary", "encoding/csv", "encoding/hex",
	"encoding/json", "errors", "fmt", "io", "iter", "maps", "math", "math/bits", "net/netip", "net/url", "path", "reflect", "regexp", "regexp/syntax",
	"slices", "sort", "strconv", "strings", "sync", "text/template", "text/template/parse", "time", "unicode", "unicode/utf8",
}

// outside are the functions and variables of harmless packages by which a pure
// package would reach outside after all.
var outside = map[string][]string{
	"time":          {"After", "AfterFunc", "Local", "LoadLocation", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"},
	"text/template": {"ParseFiles", "ParseFS", "ParseGlob"},
}

// outsideMethods are the methods that do so, by name, as their types are not
// looked up.
var outsideMethods = []string{"Local", "ParseFiles", "ParseFS", "ParseGlob"}

// topLevel is what may stand at the root of the module, besides dotfiles.
var topLevel = []string{
	"cmd", "plan", "runner", "schema", "examples", "testdata",
	"go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
	"bin", // what make build leaves, not in the repository
}
