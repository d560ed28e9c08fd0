package schema_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/schema"
)

func TestDurationIsWrittenShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                       "0s",
		90 * time.Second:        "1m30s",
		5 * time.Second:         "5s",
		10 * time.Minute:        "10m",
		12 * time.Hour:          "12h",
		100 * time.Millisecond:  "100ms",
		90 * time.Minute:        "1h30m",
		time.Hour + time.Second: "1h0m1s",
		8760 * time.Hour:        "8760h",
	} {
		got := schema.Duration(d).String()
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		var back schema.Duration
		if err := back.UnmarshalText([]byte(got)); err != nil || time.Duration(back) != d {
			t.Errorf("%s reads as %v, %v, want %v", got, time.Duration(back), err, d)
		}
	}
}

func TestDurationInJSON(t *testing.T) {
	b, err := json.Marshal(schema.Objective{RTO: schema.Duration(2 * time.Hour)})
	if want := `{"rto":"2h"}`; err != nil || string(b) != want {
		t.Errorf("got %s, %v, want %s", b, err, want)
	}
	var o schema.Objective
	if err := json.Unmarshal([]byte(`{"rto":"-2h"}`), &o); err == nil {
		t.Errorf("a negative duration is read as %v", o.RTO)
	}
}
