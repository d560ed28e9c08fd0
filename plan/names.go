package plan

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// An engine is what a kind of database allows as the name of one.
// Source: dbs-api.md §8.
type engine struct {
	characters int    // at most, 0 for no bound
	bytes      int    // at most, 0 for no bound
	forbidden  string // characters
	exact      bool   // "Orders" and "orders" are two databases; elsewhere they are one, or may be
	system     []string
}

// Whether MySQL folds letter case is up to its destination's
// lower_case_table_names.
var mysqlEngine = engine{characters: 64, forbidden: `/\.`,
	system: []string{"mysql", "information_schema", "performance_schema", "sys"}}

var postgresEngine = engine{bytes: 63, exact: true, system: []string{"template0", "template1", "postgres"}}

var engines = map[string]engine{
	"mysql":      mysqlEngine,
	"mariadb":    mysqlEngine,
	"drds":       mysqlEngine,
	"postgresql": postgresEngine,
	"ppas":       postgresEngine,
	"mssql":      {characters: 128, system: []string{"master", "model", "msdb", "tempdb", "distribution"}},
	"mongodb":    {bytes: 63, forbidden: `/\. "$`, system: []string{"admin", "local", "config"}},
	"oracle":     {bytes: 128, system: []string{"sys", "system"}},
	"redis":      {},
}

// anyEngine bounds the names of an engine that is not known.
var anyEngine = engine{characters: 128}

func engineOf(databaseType string) engine {
	if e, ok := engines[strings.ToLower(databaseType)]; ok {
		return e
	}
	return anyEngine
}

// folded returns what a name has in common with those that the engine takes for
// the same.
func (e engine) folded(name string) string {
	if e.exact {
		return name
	}
	return strings.ToLower(name)
}

func (e engine) isSystem(name string) bool {
	return slices.Contains(e.system, e.folded(name))
}

// checkTarget says why a database of this type cannot get a name, "" when it
// can.
func checkTarget(databaseType, source, target string) (code, why string) {
	e := engineOf(databaseType)
	r, bad := unprintable(target)
	i := strings.IndexAny(target, e.forbidden)
	switch {
	case target == "":
		return CodeName, "it is empty"
	case bad:
		return CodeName, fmt.Sprintf("it holds %U, which cannot be seen", r)
	case strings.TrimSpace(target) != target:
		return CodeName, "it begins or ends with a space"
	case e.characters > 0 && utf8.RuneCountInString(target) > e.characters:
		return CodeName, fmt.Sprintf("it has %d characters, at most %d are allowed", utf8.RuneCountInString(target), e.characters)
	case e.bytes > 0 && len(target) > e.bytes:
		return CodeName, fmt.Sprintf("it has %d bytes, at most %d are allowed", len(target), e.bytes)
	case i >= 0:
		return CodeName, fmt.Sprintf("it holds %q", target[i])
	case e.isSystem(target):
		return CodeSystem, "it is a system database"
	case strings.EqualFold(databaseType, "redis") && target != source:
		return CodeName, "databases of Redis are numbers and keep them"
	}
	return "", ""
}

// offRDS reports whether a name is not as ApsaraDB RDS wants those that are
// created through it: 2 to 64 of a-z, 0-9, _ and -, with a letter first and no
// sign last. Whether a restore is held to it is not documented.
func offRDS(name string) bool {
	if len(name) < 2 || len(name) > 64 {
		return true
	}
	letter := func(c byte) bool { return 'a' <= c && c <= 'z' }
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	for i := range len(name) {
		if c := name[i]; !letter(c) && !digit(c) && c != '_' && c != '-' {
			return true
		}
	}
	last := name[len(name)-1]
	return !letter(name[0]) || !letter(last) && !digit(last)
}
