package torture_test

import (
	"bytes"
	"cmp"
	"fmt"
	"text/template"
	"time"
)

// The credentials of the tests. They are in no output, journal or record.
const (
	accessKeyID     = "runner"
	accessKeySecret = "made-up+%26-key"
	drillPassword   = "made-up&\"'%41 password"
)

// drillItems is how many the manifest has.
const drillItems = 12

// drill is a manifest. It restores from four backup plans to four destinations. One of its
// items fails at first and is tried again. Nothing in the worlds here is late by
// resendAfter, or by listLag in a list.
const drill = `version: 1
name: torture
run: seven
limits: {inFlight: 4, createAhead: 2, perDestination: 3, perBackupPlan: 3, requestsPerSecond: 100, pollInterval: 100ms}
failure:
  attempts: 2
  resendAfter: 2s
  listLag: 1s
defaults:
  region: cn-hangzhou
  at: latest
  rename: "{{ .db }}_{{ .name }}_{{ .run }}"
  destination: {instanceType: RDS, region: cn-hangzhou, instanceId: rm-drill01, userName: drill, password: {env: DRILL_PASSWORD}}
restores:
  - {name: orders, backupPlanId: dbs1alpha, at: latest-full}
  - {name: catalog, backupPlanId: dbs1alpha, databases: [a], destination: {instanceId: rm-drill03}}
  - name: tenants
    backupPlanId: dbs1beta
    forEach: [acme, globex, initech, umbrella]
    databases: [b]
    rename: "{{ .db }}_{{ .each }}"
  - name: shards
    backupPlanId: "{{ .each.plan }}"
    forEach: {list: [{shard: s1, plan: dbs1gamma}, {shard: s2, plan: dbs1delta}, {shard: s3, plan: dbs1gamma}], key: shard}
    rename: "{{ .db }}_{{ .each.shard }}"
    needs: [orders]
    destination: {instanceId: rm-drill03}
  - {name: billing, backupPlanId: dbs1delta, needs: [catalog, tenants], destination: {instanceId: rm-drill02}}
  - {name: reports, backupPlanId: dbs1gamma, destination: {instanceId: rm-drill04}}
  - {name: archive, backupPlanId: dbs1delta, destination: {instanceId: rm-drill04}}
`

// weather is what the service is like.
type weather struct {
	seed   uint64
	tokens string        // what becomes of client tokens; "" for honoured
	lag    time.Duration // how long a new task is missing from the list
	faulty bool          // calls fail at random, by seed
}

// worldText is the world file of a weather. Restores last some tenths of a second.
var worldText = template.Must(template.New("").Parse(`version: 1
accounts: [{id: "1000000000000001", accessKeys: [{id: {{ .Key }}, secret: {{ printf "%q" .Secret }}}]}]
speed: {throughput: 1GiB, minDuration: 300ms, precheck: 200ms}
destinations: [{id: rm-drill01}, {id: rm-drill02, flaky: 1}, {id: rm-drill03}, {id: rm-drill04}]
backupPlans:
{{- range $name, $source := .Plans }}
  - id: dbs1{{ $name }}
    name: {{ $name }}
    region: cn-hangzhou
    databaseType: MySQL
    source: {instanceId: {{ $source }}, ipPort: "10.20.0.10:3306"}
    databases: [{name: a, size: 300MiB}, {name: b, size: 100MiB}]
    ranges: [{from: -30d}]
    schedule: {days: 3}
{{- end }}
behaviour: {clientTokens: {{ .Tokens }}{{ if .Lag }}, listLag: {{ .Lag }}{{ end }}}
{{- if .Faulty }}
faults:
  seed: {{ .Seed }}
  rules:
    - {fault: throttle, probability: 0.03}
    - {fault: refuse, operation: "Describe*", probability: 0.03}
    - {fault: cut, operation: "Describe*", probability: 0.03}
    - {fault: cut, executed: true, operation: "*RestoreTask", probability: 0.06}
    - {fault: cut, operation: "*RestoreTask", probability: 0.04}
    - {fault: html, executed: true, operation: "*RestoreTask", probability: 0.04}
    - {fault: html, operation: "*RestoreTask", probability: 0.02}
    - {fault: cutBody, operation: "*RestoreTask", probability: 0.03}
    - {fault: fail, status: 500, code: InternalError, executed: true, operation: "*RestoreTask", probability: 0.03}
    - {fault: fail, status: 503, code: ServiceUnavailable, operation: "*RestoreTask", probability: 0.02}
    - {fault: delay, for: 150ms, probability: 0.06}
    - {fault: delay, for: 700ms, operation: "*RestoreTask", probability: 0.03}
    - {fault: delayAnswer, for: 400ms, probability: 0.03}
    - {fault: listLag, for: 300ms, operation: DescribeRestoreTaskList, probability: 0.1}
{{- end }}
`))

// file returns the world file of a weather.
func (w weather) file() []byte {
	var b bytes.Buffer
	err := worldText.Execute(&b, map[string]any{
		"Key": accessKeyID, "Secret": accessKeySecret, "Tokens": cmp.Or(w.tokens, "honoured"), "Lag": w.lag,
		"Faulty": w.faulty, "Seed": w.seed,
		"Plans": map[string]string{"alpha": "rm-source01", "beta": "rm-source02", "gamma": "rm-source03", "delta": "rm-source04"},
	})
	if err != nil {
		panic(fmt.Sprintf("the template does not fit: %v", err)) // unreachable unless bug in this file
	}
	return b.Bytes()
}
