package report

import (
	"encoding/xml"
	"io"
	"strings"

	"github.com/dbsrestore/dbsrestore/cmd/dbsrestore/internal/view"
	"github.com/dbsrestore/dbsrestore/runner/restore"
)

// The elements of JUnit's XML, as far as the readers of CI systems agree.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string     `xml:"classname,attr"`
		Name    string     `xml:"name,attr"`
		Time    string     `xml:"time,attr"`
		Failure *junitText `xml:"failure"`
		Skipped *junitText `xml:"skipped"`
	}
	junitText struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
	}
)

// JUnit writes a report as CI systems read test results: a suite for each tier,
// a case for each item. What has not ended is skipped.
func JUnit(w io.Writer, r *Report) error {
	doc := junitSuites{Name: view.Inert(r.Run.Manifest + "/" + r.Run.Key), Time: seconds(r.Took())}
	for _, t := range r.Tiers {
		s := junitSuite{Name: tierName(t.Name), Timestamp: r.Run.Started.UTC().Format("2006-01-02T15:04:05")}
		for _, it := range r.Items {
			if it.Tier == t.Name {
				s.add(it)
			}
		}
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		doc.Suites = append(doc.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(it Item) {
	took := it.Took()
	if took == Never {
		took = 0
	}
	c := junitCase{Class: view.Inert(it.Destination), Name: view.Inert(it.Key), Time: seconds(took)}
	s.Tests++
	switch {
	case it.Back():
	case it.Over() && it.Phase != restore.Skipped:
		s.Failures++
		c.Failure = &junitText{string(it.Phase), view.Inert(it.Why)}
	default:
		s.Skipped++
		c.Skipped = &junitText{Message: view.Inert(strings.TrimSpace(string(it.Phase) + " " + it.Why))}
	}
	s.Cases = append(s.Cases, c)
}
