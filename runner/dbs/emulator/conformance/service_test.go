package conformance_test

import (
	"flag"
	"os"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/conformance"
)

var (
	endpoint = flag.String("endpoint", "", "URL of a service to ask")
	level    = flag.String("level", "reads", "what may be done to its account: reads, creates or restores")
	region   = flag.String("region", "", "region of the destination")
	instance = flag.String("instance", "", "RDS for MySQL instance to restore to")
	user     = flag.String("user", "", "database account of the instance; its password is in CONFORMANCE_PASSWORD")
)

// TestService asks a service that is given by flags, with the access key of the
// environment: see make conformance. It tells where the answers differ from the
// cases, and what it learned that no document settles.
func TestService(t *testing.T) {
	if *endpoint == "" {
		t.Skip("no service is given; make conformance ENDPOINT=… gives one")
	}
	levels := map[string]conformance.Level{"reads": conformance.Reads, "creates": conformance.Creates, "restores": conformance.Restores}
	most, known := levels[*level]
	if !known {
		t.Fatalf("level %q is none of reads, creates and restores", *level)
	}
	key := conformance.Key{
		ID: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), Secret: os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
		SecurityToken: os.Getenv("ALIBABA_CLOUD_SECURITY_TOKEN"),
	}
	if key.ID == "" || key.Secret == "" {
		t.Fatal("set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	}
	target := conformance.Target{Endpoint: *endpoint, Keys: map[string]conformance.Key{"": key}}
	if *instance != "" {
		target.Destination = map[string]string{
			"DestinationEndpointRegion": *region, "DestinationEndpointInstanceID": *instance,
			"DestinationEndpointUserName": *user, "DestinationEndpointPassword": os.Getenv("CONFORMANCE_PASSWORD"),
		}
	}
	s, err := conformance.Open(t.Context(), target, most)
	if err != nil {
		t.Fatal(err)
	}
	asked, left := 0, make(map[string]int)
	for _, c := range conformance.Cases() {
		r, err := s.Run(t.Context(), c)
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.Name(), err)
		case r.Left != "":
			left[r.Left]++
		case r.Problem != "":
			t.Errorf("%s (%s): %s", r.Name(), r.Source, r.Problem)
		default:
			asked++
		}
	}
	t.Logf("%d cases answered as they say", asked)
	for why, n := range left {
		t.Logf("%d cases %s", n, why)
	}
	var findings []conformance.Finding
	for _, q := range conformance.Questions {
		f, err := s.Learn(t.Context(), q)
		switch {
		case err != nil:
			t.Errorf("question %v", err)
		case f.Left != "":
			t.Logf("not asked, as %s: %s?", f.Left, q.About)
		default:
			findings = append(findings, f)
			if f.Value == nil {
				f.Value = "the emulator's default"
			}
			t.Logf("asked: %s? %s: %v", q.About, q.Setting, f.Value)
		}
	}
	text, err := yaml.Marshal(map[string]any{"behaviour": conformance.Behaviour(findings)})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("for a world file, so that the emulator behaves likewise:\n%s", text)
}
