// SPDX-License-Identifier: Apache-2.0

package hqtest

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"redbench/sync/link"
)

// Line is an Office with a Faulty line before it. The office can be replaced by another while it is in use.
type Line struct {
	*Faulty
	office atomic.Pointer[Office]
}

// NewLine makes a line to a new office, on which nothing goes wrong.
func NewLine() *Line {
	l := &Line{}
	l.office.Store(NewOffice())
	l.Faulty = New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.Office().ServeHTTP(w, r) }))
	return l
}

// Office is who answers.
func (l *Line) Office() *Office { return l.office.Load() }

// Replace lets another office answer from now on.
func (l *Line) Replace(o *Office) { l.office.Store(o) }

// Client makes a client at this end of the line, without a network. Its token, "token", is old enough to be changed.
func (l *Line) Client(t testing.TB) *link.Client {
	t.Helper()
	client, err := link.New(link.Options{
		Credentials: link.Credentials{URL: "http://hq.test", Store: "harbour", Token: "token", Enrolled: time.Now().AddDate(0, 0, -40)},
		Insecure:    true, Transport: Transport(l.Faulty), Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
