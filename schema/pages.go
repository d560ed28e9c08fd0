package schema

import (
	_ "embed"

	"github.com/dbsrestore/dbsrestore/schema/diag"
)

//go:embed codes.txt
var pages string

// Pages explains every code of this package, in their order. They are written
// in codes.txt; what stands below "Message:" there is what Parse says to the
// example, which is shown without the keys that every manifest has.
func Pages() []diag.Page { return diag.Pages(pages) }
