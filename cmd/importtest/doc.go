// Package importtest holds the rules by which the packages of this module
// depend on each other, and the tests that keep them.
//
// Values are in the middle and engines at the rim: what a manifest may say,
// what a plan is and how a restore lives are plain data and pure functions,
// which know neither disk nor network nor clock. Nothing imports upwards. The
// rules are data, in rules_test.go.
package importtest
