// Package bugtest holds the mistakes that programs like this one have made, and
// the tests that prove that ours would notice each of them.
//
// Each bug is a change to one source file, in testdata/bugs, with the test that
// has to fail once the bug is in. It is planted by the overlay of the go command,
// so that the tree stays as it is. A test that no longer fails, or fails for
// another reason, has stopped to hold what it is named for.
package bugtest
