// Package restore is the life of one restore task, as data.
package restore
