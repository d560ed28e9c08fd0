package plan

// The codes of this package's diagnostics. They are stable: a code keeps its
// meaning and is not used again for another. codes.txt explains each.
const (
	CodeRun           = "DBSR2001" // the run key cannot be used
	CodeVar           = "DBSR2002" // a --var does not fit the manifest's vars
	CodeTemplate      = "DBSR2003" // a template cannot be parsed, or uses what templates may not
	CodeReference     = "DBSR2004" // a template names something that is not there
	CodeExecute       = "DBSR2005" // a template failed while it was executed
	CodeText          = "DBSR2006" // a value holds characters that it must not hold
	CodeForEach       = "DBSR2010" // a forEach is unusable as a whole
	CodeCSV           = "DBSR2011" // a CSV file of a forEach cannot be read
	CodeRowKey        = "DBSR2012" // the key of a row is empty, unusable or there twice
	CodeTooMany       = "DBSR2013" // more items or needs than one plan may have
	CodeNoItems       = "DBSR2014" // a forEach has no rows (warning)
	CodeSelection     = "DBSR2020" // --only or --selector names what is not there
	CodeNeeds         = "DBSR2021" // needs names what is not there
	CodeCycle         = "DBSR2022" // needs go in a circle
	CodeRequired      = "DBSR2030" // a field is missing that this kind of restore requires
	CodeNoEffect      = "DBSR2031" // a field has no effect for this instance type
	CodeNumber        = "DBSR2032" // a field is not a number in range
	CodeValue         = "DBSR2033" // a field does not have one of its possible values
	CodeAt            = "DBSR2040" // at cannot be understood, or lies in the future or the distant past
	CodeNotRestorable = "DBSR2041" // the service cannot restore that moment
	CodeBackupSet     = "DBSR2042" // the backup plan has no such full backup set
	CodeDatabase      = "DBSR2050" // the backup plan has no such database
	CodeGlob          = "DBSR2051" // a glob is malformed or matches nothing
	CodeRename        = "DBSR2052" // a rename rule is malformed
	CodeName          = "DBSR2053" // the engine does not allow a target name
	CodeSystem        = "DBSR2054" // the target is a system database
	CodeCollision     = "DBSR2055" // two databases would become one at the destination
	CodeInPlace       = "DBSR2056" // the destination is the source of the backup
)
