package gateway

import "net/http"

// Error is an error of the gateway: the API behind it has not seen the request.
// Source: dbs-api.md §4.4, §4.5.
type Error struct {
	Status        int // of HTTP
	Code, Message string
	Details       map[string]string // AccessDeniedDetail, nil for none
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Refuse returns an [*Error].
func Refuse(status int, code, message string) error {
	return &Error{Status: status, Code: code, Message: message}
}

// Missing is the error for a parameter that is not there.
func Missing(name string) error {
	return Refuse(http.StatusBadRequest, "Missing"+name, name+" is mandatory for this action.")
}

// Invalid is the error for a parameter whose value cannot be read.
func Invalid(name string) error {
	return Refuse(http.StatusBadRequest, "Invalid"+name, "Specified parameter "+name+" is not valid.")
}
