package diag

import "strings"

// FieldOf returns the field that a JSON pointer leads to, in whichever entry of
// a list: "/restores/3/destination/port" becomes "/restores/*/destination/port".
func FieldOf(pointer string) string {
	steps := strings.Split(pointer, "/")
	for i, s := range steps {
		if s != "" && strings.Trim(s, "0123456789") == "" {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/")
}
