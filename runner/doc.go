// Package runner carries out a plan on this machine.
package runner
