# Needs Go and make, nothing else; a C compiler makes the tests look for races,
# Node and npm let them use the vendor's Node client too.

GOLANGCI_LINT = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
FUZZTIME = 1m
MAN = bin/man

# The race detector is linked in C. In CI it is never left out in silence.
RACE := $(if $(CI),-race,$(if $(shell command -v "$$(go env CC)"),-race))

.PHONY: help build man test node-client check bugs demo conformance torture barriers bench bench-go bench-plan bench-run fuzz golden clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

# Without C the program needs no library of the system, and starts sooner.
build: ## build bin/dbsrestore
	CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/dbsrestore

man: ## write the manual pages into MAN (bin/man)
	go run ./cmd/dbsrestore/manpages '$(MAN)'

test: ## run all tests
	go test $(RACE) -shuffle=on ./...
	$(if $(RACE),go test -shuffle=on ./runner/restore/explore)

node-client: ## install what the test with the vendor's Node client needs
	cd testdata/clients/node && npm ci --quiet --no-audit --no-fund

check: ## look for what needs no run: format, vet, modules, lint, workflows, import rules
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt -w $$unformatted"; exit 1; }
	go vet ./...
	go mod tidy -diff
	go run $(GOLANGCI_LINT) run
	go run $(ACTIONLINT) examples/pull-request/github/*.yml
	go test -count=1 ./cmd/importtest

bugs: ## plant every known bug and print which test caught it, in how many seconds
	go -C cmd/bugtest test -count=1 -timeout 1h -args -long

demo: ## restore examples/quickstart.yaml from the emulator, twice
	@state=$$(mktemp -d) && trap 'rm -rf "$$state"' EXIT && \
	for time in first second; do \
		echo "== the $$time time"; \
		go run ./cmd/dbsrestore apply --emulator --yes --state-dir "$$state/dbsrestore" -f examples/quickstart.yaml || exit; \
	done

conformance: ## ask the service at ENDPOINT what the emulator is held to; see CONTRIBUTING.md
	@test -n "$(ENDPOINT)" || { echo "make conformance ENDPOINT=https://dbs-api.REGION.aliyuncs.com [LEVEL=creates|restores REGION=… INSTANCE=… DBUSER=…]"; exit 64; }
	go test -count=1 -timeout 12h -run '^TestService$$' -v ./runner/dbs/emulator/conformance -args \
		-endpoint='$(ENDPOINT)' -level='$(or $(LEVEL),reads)' -region='$(REGION)' -instance='$(INSTANCE)' -user='$(DBUSER)'

torture: ## a million histories, ten thousand crash points, hundreds of kills; SEED=2 for others
	go run ./cmd/barriers -walks 40000 -random $(or $(SEED),1)
	go test -count=1 -timeout 1h ./runner/restore/explore -long
	go test -count=1 -timeout 2h -run '^(TestCrashPoints|TestKilled)$$' -v ./runner/torture -args -long -seed=$(or $(SEED),1)

barriers: ## count what comes of a restore whose barriers fail (minutes)
	go run ./cmd/barriers > runner/restore/explore/BARRIERS.md
	@cat runner/restore/explore/BARRIERS.md

bench: ## print how dbsrestore compares with what people would use instead (hours; BENCH='-n 200 -rounds 3' for a shorter form)
	go run ./cmd/bench $(BENCH)

bench-go: ## run the Go benchmarks COUNT (6) times, for benchstat to compare (minutes)
	go test -p 1 -run '^$$' -bench . -count $(or $(COUNT),6) $$(grep -rlE '^func Benchmark' --include='*_test.go' . | xargs dirname | sort -u)

bench-run: ## print what a run costs an item, up to 100,000 (minutes)
	go run ./cmd/bench -cost

bench-plan: ## print what planning costs, in time and memory, beside reading the same restores by yaml.v3 (minutes)
	go test -count=1 -timeout 1h -run '^TestPlanningCost$$' -v ./plan -args -cost

# Without a bound, a target with large inputs spends its minute on making them small.
fuzz: ## run each fuzz target for FUZZTIME (1m)
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "== $$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $$package || exit; \
		done; \
	done

golden: ## rewrite what tests compare with; read the difference before you commit it
	@for file in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' .); do \
		go test -count=1 $${file%/*} -update || exit; \
	done
	git diff --stat

clean: ## remove what make build made
	rm -rf bin
