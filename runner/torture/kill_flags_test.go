package torture_test

import "flag"

var (
	long = flag.Bool("long", false, "play some hundred kills instead of some dozens")
	seed = flag.Uint64("seed", 1, "of the first schedule of kills; further ones count from it")
)
