package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/dbsrestore/dbsrestore/schema"
)

// tokenVersion changes when the way to make tokens does: then every token is
// another one.
const tokenVersion = "dbsrestore1"

const (
	maxTaskName   = 64 // characters
	taskNameToken = 16 // characters of the token at the end of a task name
)

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Attempt returns the identity of the nth try at an item of the plan, counted
// from 1. It depends on the names of manifest, run and item, on what the item
// declares, and on nothing else.
func (i Item) Attempt(p *Plan, n int) Attempt {
	return attempt(p.Manifest.Name, p.Run, i.Key, i.Declared, n)
}

func attempt(manifest, run string, key Key, declared Digest, n int) Attempt {
	var written [256]byte // enough for most, so that it takes no memory
	b := written[:0]
	for _, field := range []string{tokenVersion, manifest, run, string(key), strconv.Itoa(n), string(declared)} {
		// The length keeps ("ab", "c") and ("a", "bc") apart.
		b = append(binary.BigEndian.AppendUint64(b, uint64(len(field))), field...)
	}
	sum := sha256.Sum256(b)
	token := string(base32Lower.AppendEncode(written[:0], sum[:]))
	return Attempt{ClientToken: Token(token), RestoreTaskName: taskName(manifest+"-"+run+"-"+string(key), token)}
}

// taskName returns a name that people can read and that ends in the part of
// the token by which a task is found again.
func taskName(readable, token string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '_', r == '-':
			return r
		}
		return '-'
	}, readable)
	return safe[:min(len(safe), maxTaskName-taskNameToken-1)] + "-" + token[:taskNameToken]
}

// declaration is what an item asks for as its author meant it: templates
// expanded, nothing looked up, no secret. Its JSON is hashed into the client
// token, so names and order of the fields never change, and a new field is
// omitted when empty.
type declaration struct {
	Region            string         `json:"region"`
	BackupPlanID      string         `json:"backupPlanId"`
	AtText            string         `json:"at,omitempty"`
	RestoreTime       string         `json:"restoreTime,omitempty"`
	BackupSetID       string         `json:"backupSetId,omitempty"`
	Databases         []string       `json:"databases,omitempty"`
	Exclude           []string       `json:"exclude,omitempty"`
	Rename            string         `json:"rename,omitempty"`
	Rules             []declaredRule `json:"rules,omitempty"`
	RenameInputs      map[string]any `json:"renameInputs,omitempty"`
	InstanceType      string         `json:"instanceType"`
	DestinationRegion string         `json:"destinationRegion,omitempty"`
	InstanceID        string         `json:"instanceId,omitempty"`
	IP                string         `json:"ip,omitempty"`
	Port              string         `json:"port,omitempty"`
	DatabaseName      string         `json:"databaseName,omitempty"`
	UserName          string         `json:"userName,omitempty"`
	OracleSID         string         `json:"oracleSid,omitempty"`
	BackupGatewayID   string         `json:"backupGatewayId,omitempty"`
	RestoreDir        string         `json:"restoreDir,omitempty"`
	RestoreHome       string         `json:"restoreHome,omitempty"`
	DuplicateConflict string         `json:"duplicateConflict,omitempty"`
	CrossAliyunID     string         `json:"crossAliyunId,omitempty"`
	CrossRoleName     string         `json:"crossRoleName,omitempty"`
	OwnerID           string         `json:"ownerId,omitempty"`
}

type declaredRule struct {
	Match string `json:"match"`
	To    string `json:"to"`
}

// A declarer makes one digest after the other, and keeps what it makes them in.
type declarer struct {
	of  declaration
	out bytes.Buffer
}

// declare returns the digest of what an expanded restore asks for. Inputs is
// what its rename templates refer to.
func (m *declarer) declare(r *schema.Restore, inputs map[string]any) Digest {
	d, c := &r.Destination, &m.of
	*c = declaration{
		Region: r.Region, BackupPlanID: r.BackupPlanID,
		AtText: r.At.Text, RestoreTime: r.At.RestoreTime, BackupSetID: r.At.BackupSetID,
		Databases: r.Databases, Exclude: r.Exclude, Rename: r.Rename.Template, RenameInputs: inputs,
		InstanceType: d.InstanceType, DestinationRegion: d.Region, InstanceID: d.InstanceID,
		IP: d.IP, Port: d.Port, DatabaseName: d.DatabaseName, UserName: d.UserName, OracleSID: d.OracleSID,
		BackupGatewayID: d.BackupGatewayID, RestoreDir: d.RestoreDir, RestoreHome: d.RestoreHome,
		DuplicateConflict: r.DuplicateConflict, OwnerID: r.OwnerID,
	}
	for _, rule := range r.Rename.Rules {
		c.Rules = append(c.Rules, declaredRule(rule))
	}
	if x := r.CrossAccount; x != nil {
		c.CrossAliyunID, c.CrossRoleName = x.AliyunID, x.RoleName
	}
	m.out.Reset()
	if err := json.NewEncoder(&m.out).Encode(c); err != nil {
		panic(err) // unreachable: strings, and vars of plain types
	}
	return digest(bytes.TrimSuffix(m.out.Bytes(), []byte("\n")))
}

// inputs returns the values of .vars and .each that a template refers to,
// under their names. Where it takes a whole map, that is what it refers to.
func (t *text) inputs(d *data, into map[string]any) {
	for _, ref := range t.refs {
		if len(ref) == 0 {
			into["vars"], into["each"] = d.get("vars"), d.get("each")
			continue
		}
		if ref[0] != "vars" && ref[0] != "each" {
			continue // the run and the item are in the token, the database is not known
		}
		into[ref.String()] = d.value(ref)
	}
}

func digest(data []byte) Digest {
	sum := sha256.Sum256(data)
	return sumDigest(sum[:])
}

func sumDigest(sum []byte) Digest {
	const prefix = "sha256:"
	out := append(make([]byte, 0, len(prefix)+hex.EncodedLen(len(sum))), prefix...)
	return Digest(hex.AppendEncode(out, sum))
}
