package emulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// demoPlans are the backup plans of the demonstration: id after "dbs1", name,
// engine, region, whether the log is backed up, and the databases with their
// sizes in GiB.
const demoPlans = `
demomysql01  orders       MySQL       cn-hangzhou  log    orders=92 orders_archive=64 order_events=18
demomysql02  customers    MySQL       cn-hangzhou  log    customers=40 addresses=8 loyalty=12
demomysql03  tenants      MySQL       cn-hangzhou  log    tenant_acme_prod=18 tenant_globex_prod=26 tenant_initech_prod=9 tenant_umbrella_prod=31 tenant_test=1
demomysql04  catalog      MySQL       cn-hangzhou  log    catalog=22 pricing=6 inventory=34 search_feed=11
demomysql05  billing      MySQL       cn-hangzhou  log    invoices=47 ledger=73 payments=55
demomysql06  back-office  MySQL       cn-shanghai  nolog  wiki=3 tickets=14 timesheets=5
demopgsql01  analytics    PostgreSQL  cn-hangzhou  log    events=120 reports=25
demopgsql02  logistics    PostgreSQL  cn-hangzhou  log    shipments=38 warehouse=29 carriers=4
demopgsql03  identity     PostgreSQL  cn-hangzhou  log    accounts=16 sessions=21 audit=52
demopgsql04  geo          PostgreSQL  cn-shanghai  log    places=44 routes=60
demomssql01  finance      MSSQL       cn-hangzhou  log    general_ledger=35 payroll=7
demomongo01  content      MongoDB     cn-hangzhou  log    articles=19 media=88 comments=27
`

// Demo returns the world of the demonstration as it is at now: a small company
// with backup plans dbs1demomysql01 to 06, dbs1demopgsql01 to 04,
// dbs1demomssql01 and dbs1demomongo01, and instances to restore to. A restore
// lasts one to four seconds. The access key is "emulator", with the secret
// "emulator". The worlds of one day, in UTC, are the same.
func Demo(now time.Time) World {
	const gib = 1 << 30
	w := World{
		Keys:             map[string]string{"emulator": "emulator"},
		Throughput:       64 * gib,
		MinDuration:      700 * time.Millisecond,
		PrecheckDuration: 300 * time.Millisecond,
		Destinations: []Destination{
			{ID: "rm-demodrill01"}, {ID: "rm-demodrill02"}, {ID: "rm-demodrill03"}, {ID: "rm-demodrill04"},
			{ID: "pgm-demodrill01"}, {ID: "pgm-demodrill02"},
			{ID: "rm-demofull01", Full: true},
		},
	}
	today := now.UTC().Truncate(24 * time.Hour)
	for i, line := range strings.Split(strings.TrimSpace(demoPlans), "\n") {
		f := strings.Fields(line)
		engine := strings.ToLower(f[2])
		prefix := map[string]string{"mysql": "rm", "mssql": "rm", "postgresql": "pgm", "mongodb": "dds"}[engine]
		p := BackupPlan{
			ID: "dbs1" + f[0], Name: f[1], DatabaseType: f[2], Region: f[3],
			Created:            today.AddDate(0, 0, -400-i),
			SourceInstanceID:   fmt.Sprintf("%s-demosource%02d", prefix, i+1),
			SourceIPPort:       fmt.Sprintf("10.20.0.%d:%s", 10+i, ports[engine]),
			SourceInstanceType: map[bool]string{true: "dds", false: "rds"}[prefix == "dds"],
		}
		if f[4] == "log" {
			p.Ranges = []Range{{From: today.AddDate(0, 0, -30)}}
		}
		var total int64
		for _, db := range f[5:] {
			name, size, _ := strings.Cut(db, "=")
			n, err := strconv.ParseInt(size, 10, 64)
			if err != nil {
				panic(err) // unreachable: demoPlans is constant
			}
			p.Databases = append(p.Databases, Database{Name: name, Size: n * gib})
			total += n * gib
		}
		p.BackupSets = demoBackupSets(f[0], total, today)
		w.BackupPlans = append(w.BackupPlans, p)
	}
	return w
}

// demoBackupSets are the backups made at 18:00 UTC on each of the seven days
// before today.
func demoBackupSets(plan string, size int64, today time.Time) []BackupSet {
	sets := make([]BackupSet, 7)
	for i := range sets {
		from := today.AddDate(0, 0, i-len(sets)).Add(18 * time.Hour)
		sets[i] = BackupSet{
			ID:      fmt.Sprintf("1ib%s%s", plan, from.Format("20060102")),
			From:    from,
			To:      from.Add(45 * time.Minute),
			Expires: from.AddDate(0, 0, 30),
			Size:    size / 4, // compressed
		}
	}
	return sets
}
