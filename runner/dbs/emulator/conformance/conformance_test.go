package conformance_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/conformance"
	"github.com/dbsrestore/dbsrestore/runner/dbs/emulator/world"
)

// keys are the access keys of testdata/world.yaml.
var keys = map[string]conformance.Key{
	"": {ID: "all", Secret: "all-secret"}, "denied": {ID: "denied", Secret: "s"}, "deniedByDBS": {ID: "deniedByDBS", Secret: "s"},
	"inactive": {ID: "inactive", Secret: "s"}, "temporary": {ID: "temporary", Secret: "s", SecurityToken: "CAIS+/temporary=="},
	"stale": {ID: "stale", Secret: "s", SecurityToken: "CAIS+/stale=="},
}

// serve serves the world of the tests, with a behaviour, and returns how to ask
// it.
func serve(t *testing.T, b world.Behaviour) conformance.Target {
	t.Helper()
	src, err := os.ReadFile("testdata/world.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.Read("world.yaml", src, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Behaviour = b
	d, err := emulator.New(emulator.Options{World: w})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(emulator.AdminPath, d.Admin())
	mux.Handle("/", d)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return conformance.Target{
		Endpoint: server.URL, Keys: keys, Admin: emulator.AdminPath, Patience: 200 * time.Millisecond,
		Destination: map[string]string{
			"DestinationEndpointRegion": "cn-hangzhou", "DestinationEndpointInstanceID": "rm-drill",
			"DestinationEndpointUserName": "drill", "DestinationEndpointPassword": "p@ss w+rd/=&é",
		},
	}
}

func openSession(t *testing.T, target conformance.Target) *conformance.Session {
	t.Helper()
	s, err := conformance.Open(t.Context(), target, conformance.Restores)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// problems asks every case and returns those whose answer was another.
func problems(t *testing.T, s *conformance.Session) (list []conformance.Result) {
	t.Helper()
	for _, c := range conformance.Cases() {
		r, err := s.Run(t.Context(), c)
		if err != nil {
			t.Fatalf("%s: %v", c.Name(), err)
		}
		if r.Left != "" {
			t.Errorf("%s: left out: %s; want every case asked", c.Name(), r.Left)
		}
		if r.Problem != "" {
			list = append(list, r)
		}
	}
	return list
}

func TestTheEmulatorAnswersEveryCase(t *testing.T) {
	for _, r := range problems(t, openSession(t, serve(t, world.Behaviour{}))) {
		t.Errorf("%s (%s): %s", r.Name(), r.Source, r.Problem)
	}
}

// A suite that nothing fails shows nothing.
func TestTheCasesTellADifferentService(t *testing.T) {
	for name, b := range map[string]world.Behaviour{
		"errors as the gateway's":      {FailuresAsGatewayErrors: true},
		"moments optional":             {MomentOptional: true},
		"moments checked later":        {MomentCheckedAtRun: true},
		"time of a backup set refused": {PointTimesRefused: true},
		"token code":                   {ClientTokens: world.ClientTokens{Lifetime: time.Hour}, FailureStatus: 500, FailuresAsGatewayErrors: true},
		"short lists":                  {MaxIDs: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if list := problems(t, openSession(t, serve(t, b))); len(list) == 0 {
				t.Errorf("got no problem with %+v, want at least one", b)
			}
		})
	}
}

func TestQuestionsFindWhatTheWorldSays(t *testing.T) {
	worlds := map[string]world.Behaviour{
		"failuresAsGatewayErrors": {FailuresAsGatewayErrors: true},
		"failureStatus":           {FailureStatus: 400},
		"defaultFormat":           {DefaultFormat: "JSON"},
		"formParametersIgnored":   {FormParametersIgnored: true},
		"fixedPageSizes":          {FixedPageSizes: true},
		"maxIds":                  {MaxIDs: 37},
		"unknownIdsRefused":       {UnknownIDsRefused: true},
		"listTimestamps":          {ListTimestamps: "seconds"},
		"showFlagsNeeded":         {ShowFlagsNeeded: true},
		"clientTokens":            {ClientTokens: world.ClientTokens{Ignored: true}},
		"tokenMismatchCode":       {TokenMismatchCode: "IdempotenceParamNotMatch"},
		"momentOptional":          {MomentOptional: true},
		"momentCheckedAtRun":      {MomentCheckedAtRun: true},
		"pointTimesRefused":       {PointTimesRefused: true},
		"uniqueTaskNames":         {UniqueTaskNames: true},
		"precheckAtCreate":        {PrecheckAtCreate: true},
		"needs":                   {Needs: map[string][]string{"dg": {"DestinationEndpointInstanceID", "BackupGatewayId"}, "drds": {"DestinationEndpointPort"}}},
		"finishWord":              {FinishWord: "completed"},
		"secondStartIsFine":       {SecondStartIsFine: true},
		"objectsAreRegexps":       {ObjectsAreRegexps: true},
		"listLag":                 {ListLag: 150 * time.Millisecond},
	}
	want := map[string]any{
		"failureStatus": 400, "defaultFormat": "JSON", "maxIds": 37, "listTimestamps": "seconds", "clientTokens": "ignored",
		"tokenMismatchCode": "IdempotenceParamNotMatch", "finishWord": "completed",
		"needs": map[string]any{"dg": []string{"BackupGatewayId", "DestinationEndpointInstanceID"}, "drds": []string{"DestinationEndpointPort"}},
	}
	ordinary := openSession(t, serve(t, world.Behaviour{}))
	for _, q := range conformance.Questions {
		t.Run(q.Setting, func(t *testing.T) {
			b, has := worlds[q.Setting]
			if !has {
				t.Fatal("there is no world for this question")
			}
			if f, err := ordinary.Learn(t.Context(), q); err != nil || f.Value != nil || f.Left != "" {
				t.Errorf("got %v, %q, %v of the world by default, want nothing", f.Value, f.Left, err)
			}
			f, err := openSession(t, serve(t, b)).Learn(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if q.Setting == "listLag" { // measured
				lag, err := time.ParseDuration(f.Value.(string))
				if err != nil || lag < 100*time.Millisecond {
					t.Errorf("got %v, want at least 100ms", f.Value)
				}
				return
			}
			expected, special := want[q.Setting]
			if !special {
				expected = true
			}
			if !reflect.DeepEqual(f.Value, expected) {
				t.Errorf("got %v, want %v", f.Value, expected)
			}
		})
	}
}
