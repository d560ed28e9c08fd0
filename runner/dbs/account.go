package dbs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/auth/credentials"

	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// The variables from which the vendor's default chain takes an access key.
const (
	envID     = "ALIBABA_CLOUD_ACCESS_KEY_ID"
	envSecret = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"
	envToken  = "ALIBABA_CLOUD_SECURITY_TOKEN"
)

// account is where the credentials of one profile come from. The SDK's
// providers refresh session credentials by themselves, but without a lock.
type account struct {
	profile string                   // "" for the default chain
	static  *credentials.Credentials // nil: ask the provider

	mu       sync.Mutex
	provider credentials.CredentialsProvider // nil: to be built
	expired  string                          // the security token that the service called expired last
	worked   bool                            // the service has taken its credentials once
	lacking  time.Time                       // when there were none the last time; zero when there were
}

// renewal is how often credentials that expired are looked for while creates
// and starts wait for them.
const renewal = 30 * time.Second

// credentials returns credentials that are valid now. It may ask a metadata or
// token service, for a few seconds at most, without regard to ctx.
func (a *account) credentials(ctx context.Context) (*credentials.Credentials, error) {
	if a.static != nil {
		return a.static, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if ctx.Err() != nil {
		return nil, interrupted(ctx)
	}
	cc, err := a.fetch()
	if err != nil {
		// A provider that failed once keeps failing: the default chain then
		// asks only its last link, and a profile is half built.
		a.provider = nil
		if a.worked { // they expired, and a run of hours waits for newer ones
			a.lacking = time.Now()
			return nil, &restore.Failure{Class: restore.Throttled, Code: codeCredentials, Message: err.Error(), Wait: true}
		}
		return nil, &restore.Failure{Class: restore.Refused, Code: codeCredentials, Message: err.Error(), Fatal: true}
	}
	a.lacking = time.Time{}
	return cc, nil
}

// taken notes that the service took the credentials.
func (a *account) taken() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.worked = true
}

// hold returns how long a create or a start had better wait for credentials, 0
// if there are some, or it is time to look for them.
func (a *account) hold(now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lacking.IsZero() {
		return 0
	}
	return max(0, a.lacking.Add(renewal).Sub(now))
}

// expire notes that the service called credentials expired, so that the next
// call fetches new ones.
func (a *account) expire(cc *credentials.Credentials) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.provider, a.expired = nil, cc.SecurityToken
}

// fetch never passes on an error text of the SDK: it may be the whole
// configuration file. Nor does it let a panic of the SDK through.
func (a *account) fetch() (cc *credentials.Credentials, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the vendor's SDK panicked while reading credentials")
		}
	}()
	if a.profile == "" {
		if err := checkEnvironment(); err != nil {
			return nil, err
		}
	}
	if a.provider == nil {
		a.provider = newProvider(a.profile)
	}
	cc, err = a.provider.GetCredentials()
	switch {
	case err != nil && a.profile == "":
		return nil, fmt.Errorf("no credentials: looked at the environment, OIDC, ~/.aliyun/config.json, "+
			"~/.alibabacloud/credentials and the ECS metadata: set %s and %s, or name a profile", envID, envSecret)
	case err != nil:
		return nil, fmt.Errorf("no credentials: profile %q of ~/.aliyun/config.json: %s: see \"aliyun configure list\"",
			a.profile, profileProblem(err))
	case cc.AccessKeyId == "":
		return nil, errors.New("no credentials: the access key id is empty")
	case cc.SecurityToken != "" && cc.SecurityToken == a.expired:
		return nil, errors.New("the security token has expired, and where it came from there is no newer one: get new temporary credentials")
	}
	return cc, nil
}

func newProvider(profile string) credentials.CredentialsProvider {
	if profile == "" {
		return credentials.NewDefaultCredentialsProvider()
	}
	return credentials.NewCLIProfileCredentialsProviderBuilder().WithProfileName(profile).Build()
}

// checkEnvironment refuses a half-set access key, over which the default chain
// would pass in silence to whatever account it finds next.
func checkEnvironment() error {
	names := []string{envID, envSecret, envToken}
	for _, name := range names {
		if strings.ContainsFunc(os.Getenv(name), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			return fmt.Errorf("no credentials: %s has a space or a line break inside: export it again without", name)
		}
	}
	for _, missing := range names[:2] {
		for _, given := range names {
			if os.Getenv(given) != "" && os.Getenv(missing) == "" {
				return fmt.Errorf("no credentials: %s is set but %s is not: set both or neither", given, missing)
			}
		}
	}
	return nil
}

// profileProblem says in our own words what the SDK said about a profile.
func profileProblem(err error) string {
	for _, known := range []struct{ prefix, problem string }{
		{"reading aliyun cli config", "the file cannot be read"},
		{"unmarshal aliyun cli config", "the file is not valid JSON"},
		{"no any configured profiles", "the file holds no profile"},
		{"unable to get profile", "there is no such profile"},
		{"get source profile failed", "its source profile cannot be used"},
		{"unsupported profile mode", "its mode is not supported"},
		{"cannot found home dir", "the home directory is not known (HOME)"},
		{"[SDK.InvalidParam] The CLI profile is disabled", "profiles are disabled by ALIBABA_CLOUD_CLI_PROFILE_DISABLED"},
	} {
		if strings.HasPrefix(err.Error(), known.prefix) {
			return known.problem
		}
	}
	return "it gave no usable credentials"
}

// snapshot hands fixed credentials to the SDK's signer.
type snapshot struct{ *credentials.Credentials }

func (s snapshot) GetCredentials() (*credentials.Credentials, error) { return s.Credentials, nil }
func (s snapshot) GetProviderName() string                           { return s.ProviderName }
