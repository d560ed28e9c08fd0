package schema

// The codes of the problems that Parse reports. They are stable: a code is
// never used again for something else. codes.txt explains each.
const (
	CodeTooLarge      = "DBSR1001" // the source is too long, or holds too many values
	CodeEncoding      = "DBSR1002" // not UTF-8, or a byte that text never holds
	CodeEmptyFile     = "DBSR1003" // no document
	CodeSyntax        = "DBSR1004" // not YAML
	CodeTab           = "DBSR1005" // a tab as indentation
	CodeManyDocuments = "DBSR1006" // more than one document
	CodeTooDeep       = "DBSR1007" // too many levels
	CodeTooLong       = "DBSR1008" // a value, mapping or list beyond its limit
	CodeAlias         = "DBSR1009" // an alias or merge key that cannot be resolved
	CodeTag           = "DBSR1010" // a YAML tag
	CodeDuplicateKey  = "DBSR1011" // the same key twice in a mapping
	CodeKey           = "DBSR1012" // a key that is not text, or breaks its rule
	CodeCharacter     = "DBSR1013" // a control, bidirectional or invisible character
	CodeTooMany       = "DBSR1014" // more problems than are shown

	CodeUnknownKey = "DBSR1020" // a key that the manifest does not have
	CodeMissing    = "DBSR1021" // a required key is missing
	CodeType       = "DBSR1022" // text where a number is expected, and the like
	CodeChoice     = "DBSR1023" // not one of the listed values
	CodeForm       = "DBSR1024" // text that breaks the rule of its key
	CodeRange      = "DBSR1025" // a number outside its range
	CodeEmpty      = "DBSR1026" // a key without a value
	CodeQuote      = "DBSR1027" // text that YAML takes for something else
	CodeNumber     = "DBSR1028" // a number in a form that readers of YAML disagree on
	CodeVersion    = "DBSR1029" // a version of the manifest that is not known
	CodeOneOf      = "DBSR1030" // none or several of keys of which one is needed
	CodeDuplicate  = "DBSR1031" // a list names the same thing twice

	CodeLiteralSecret = "DBSR1040" // a secret in the manifest
	CodeSetByFlag     = "DBSR1041" // something that is set by flag or environment
	CodeVariable      = "DBSR1042" // ${NAME}: variables of the environment are not read

	CodeNoRestores    = "DBSR1050" // nothing to restore
	CodeDuplicateName = "DBSR1051" // two restores of one name
	CodeMoment        = "DBSR1052" // a point in time that cannot be understood
	CodeDuration      = "DBSR1053" // a duration that cannot be understood, or outside its range
	CodeForEach       = "DBSR1054" // rows without, or with the same, key
	CodeNeeds         = "DBSR1055" // needs what is not there, or itself
	CodeRegexp        = "DBSR1056" // a regular expression that does not compile
	CodePath          = "DBSR1057" // a path that is not relative to the manifest
)
