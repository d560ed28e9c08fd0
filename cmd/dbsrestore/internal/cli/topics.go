package cli

// The texts of topics that hold for the whole of the command.

const manifestText = `A manifest is a YAML file. Only version, name and restores have to be there:

  version: 1
  name: staging-refresh            part of the identity of every restore task
  run: slot:24h                    the run key; see 'dbsrestore help identity'
  vars: {suffix: stg}              values for templates
  limits: {inFlight: 16, …}        what may go on at a time
  failure: {max: 5, …}             when to begin nothing new, when to try again
  defaults: {…}                    merged under every restore
  restores:
    - name: orders                 unique: the key of the item
      backupPlanId: dbs1…          what to restore from, in region
      region: cn-hangzhou
      at: latest                   or a time, -6h, latest-full, {backupSetId: …}
      databases: [orders, "o_*"]   names or globs; without it, all
      exclude: [o_test]
      rename: "{{ .db }}_stg"      a template, or rules of which the first match wins
      forEach: {csv: f.csv, key: tenant}    one item a row: tenants[acme], …
      destination:                 where to; which keys are needed depends on instanceType
        instanceType: RDS
        region: cn-hangzhou
        instanceId: rm-…
        userName: restore
        password: {env: NAME}      or {file: PATH}; never the password itself
      needs: [customers]           what must have succeeded before
      labels: {tier: gold}         for -l and for reports
      objective: {rto: 2h, rpo: 15m}

'dbsrestore explain FIELD' explains one, 'dbsrestore init' writes a manifest to begin with, and
'dbsrestore schema' prints the JSON Schema, with which editors complete and check. What templates
can say: 'dbsrestore help templates'. YAML's anchors and merge keys work.`

const selectionText = `A part of a manifest is chosen by key, by label, or by both:

  --only orders            a restore with all of its rows
  --only 'tenants[acme]'   one item of a forEach; quote it, brackets are the shell's
  --only orders --only hr  may be repeated: each of them
  -l tier=gold             restores whose labels have this value
  -l tier=gold,site=eu     restores that have all of them

With both, an item must be named and have the labels. What the chosen ones need, by needs, is
planned too. A choice that nothing fits is an error.

The choice is no part of an item's identity: what was restored under --only is done when the
whole manifest is applied under the same run key. A saved plan holds what was chosen when it was
made, and cannot be narrowed when it is applied.`

const schedulingText = `From cron, give the manifest a run key for each slot of time and let nobody be asked:

  run: slot:24h            in the manifest: a new run key each day, in UTC

  15 2 * * *  set -a; . /etc/dbsrestore/staging.env && exec dbsrestore apply --yes -q -f /etc/dbsrestore/staging.yaml

The environment of cron is nearly empty: credentials, passwords, HOME and PATH come from
staging.env, one NAME=VALUE a line.

A second start in the same slot resumes the run, or does nothing when it is done; the next slot is
new work. As the service restores over no database, put the run key into the names:

  rename: '{{ .db }}_{{ .run | date "20060102" }}'

What a scheduler should do with an exit status ('dbsrestore help exit-status' has them all):

  0         well
  3, 4      some restores did not end well: call somebody; 'dbsrestore retry RUN' tries them anew
  6         with --fail-on objectives: everything is back, but too late or too old
  8         another run goes on, or an earlier one is unfinished: finish it with --run KEY, or
            begin beside it with --new-run, which may stand in the crontab
  69        the service or the state directory is not there: start again later, it resumes
  130, 143  interrupted: start again, it resumes

Keep the state directory on a disk that outlives the job. Without it tasks are found again at the
service, which takes longer and tells less. With systemd, give a stop at least 25 seconds.`

const pullRequestsText = `A restore is reviewed in three steps, with two sets of credentials:

  1. A job of the pull request, with a key that only reads, makes the plan and shows it:

       dbsrestore plan -f staging.yaml --out plan.json --detailed-exitcode
       dbsrestore show plan.json -o markdown > comment.md

     Status 2 says that there is work, 65 that the manifest is to be mended or items are blocked.
     The first line of the comment is a marker by which the job finds it and updates it in place.
     No secret is in either file.

  2. People approve the plan by its digest, which stands in the comment.

  3. A job after the merge, with a key that restores, carries out exactly that plan:

       dbsrestore apply plan.json -f staging.yaml --digest sha256:…

     It asks nobody. Status 7 refuses a plan that was altered, that is not of the manifest as it
     is now, or that the world has overtaken: make it anew, and have it reviewed anew.

Under GitHub Actions problems are annotations at their lines, too.`

const outputText = `Results go to stdout; progress, questions and problems go to stderr.

  text       for people; it may change from version to version
  json       one object, with formatVersion
  JSON Lines apply and retry with -o json, or beside the text with --json-into FILE: an object a
             line, the first of them {"type":"version","format":1}; skip types that you do not know
  name       runs: a run on a line, as MANIFEST/KEY
  markdown   for a comment on a pull request: show, report
  html       report: a page that needs nothing else
  csv        report: a row for each restore; columns are added at the end
  junit      report: a test for each restore

'dbsrestore help VERB' says which of them -o takes. What is for programs stays as it is: fields are
added, never renamed, and none changes its meaning under the same format number. The codes of
problems (DBSR1020, …) and the exit statuses are as stable.

Problems of a manifest are data on stdout with -o json; 'dbsrestore help validate' tells their
fields. Times are in UTC, as RFC 3339 has them. Text from the manifest and from the service is
shown with its controls escaped. Nothing secret is in any output.`
