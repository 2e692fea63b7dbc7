// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge"
	"redbench/edge/seal"
	"redbench/sync/hq"
	hqstore "redbench/sync/hq/store"
)

// office is a running head office.
type office struct {
	*hq.HQ
	t   *testing.T
	url string
}

// startOffice runs a head office on plain HTTP and loopback.
func startOffice(t *testing.T) *office {
	t.Helper()
	dir := t.TempDir()
	keys, err := seal.OpenChain(dir)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	store, err := hqstore.Open(t.Context(), hqstore.Options{Dir: dir, Fingerprint: keys.Fingerprint(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	head, err := hq.New(hq.Options{Store: store, Keys: keys, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	api, err := hq.NewAPI(t.Context(), head, hq.APIOptions{Insecure: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api.Handler())
	t.Cleanup(func() {
		api.Close()
		server.Close()
		if err := head.Close(); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return &office{HQ: head, t: t, url: server.URL}
}

// enrolls starts a store's box and enrols it while it runs.
func (o *office) enrolls(store string, change func(*config.Config)) *rig {
	o.t.Helper()
	r := start(o.t, o.t.TempDir(), func(c *config.Config) {
		c.Store.ID, c.HQ.Insecure, c.HQ.LookupMS = store, true, 10_000
		if change != nil {
			change(c)
		}
	})
	o.enroll(r)
	return r
}

func (o *office) enroll(r *rig) {
	o.t.Helper()
	code, err := o.AddStore(o.t.Context(), r.config.Store.ID, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	report, err := r.box.Enroll(o.t.Context(), control.EnrollRequest{URL: o.url, Code: code})
	if err != nil || report.Before || report.Store != r.config.Store.ID {
		o.t.Fatalf("enrolling: %+v, %v", report, err)
	}
}

// until waits for something that another goroutine or process brings about.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

// sent waits until a box has nothing left to send.
func (r *rig) sent() {
	r.t.Helper()
	until(r.t, "an empty outbox", func() bool {
		status, err := r.box.Status(r.t.Context())
		return err == nil && status.HQ != nil && status.HQ.Connected && status.HQ.Backlog.Records+status.HQ.Backlog.Orders == 0 &&
			!status.HQ.Backlog.Offering
	})
}

// feed is everything that head office knows of a kind.
func (o *office) feed(kind string) (items []hq.FeedItem) {
	o.t.Helper()
	all, _, err := o.Feed(o.t.Context(), "", 10_000)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, item := range all {
		if item.Kind == kind {
			items = append(items, item)
		}
	}
	return items
}

const mayas = "6001002003004"

func TestACustomerIsKnownInTheOtherStore(t *testing.T) {
	o := startOffice(t)
	harbour, station := o.enrolls("harbour", nil), o.enrolls("station", nil)
	harbour.imports(control.ImportCustomers, people)
	harbour.imports(control.ImportVisits, past())
	harbour.sent()

	screen, till := station.screen("1"), station.till("1")
	till.card(mayas)
	first := screen.next("prompt")
	if first.Who.Name != "" {
		t.Fatalf("known before anybody was asked: %+v", first.Who)
	}
	second := screen.next("prompt")
	if second.ID != first.ID || second.Seq <= first.Seq || second.Who.Name != "Maya" || second.Who.Say != "MY-uh" {
		t.Errorf("the prompt did not improve in place: %+v, then %+v", first, second)
	}
	if second.Remember == nil || !strings.Contains(second.Remember.Text, "Ada started nursery") {
		t.Errorf("remember: %+v", second.Remember)
	}
	if second.Do == nil || !strings.Contains(strings.ToLower(second.Do.Text), "oat flat white") {
		t.Errorf("do: %+v", second.Do)
	}
	till.started("c1")
	till.completed("c1", "Oat flat white")
	station.sent()
	visits := o.feed("visit")
	if len(visits) != 4 {
		t.Errorf("%d visits at head office, not the 3 imported ones and this one", len(visits))
	}
	for _, v := range visits {
		if v.Visit.Customer != visits[0].Visit.Customer || v.Visit.Customer == "" {
			t.Errorf("visits of several customers: %+v", visits)
		}
	}
}

func TestWhatIsToldInOneStoreIsKnownInTheOther(t *testing.T) {
	o := startOffice(t)
	harbour, station := o.enrolls("harbour", nil), o.enrolls("station", nil)
	harbour.imports(control.ImportCustomers, people)
	harbour.sent()
	there, till := station.screen("1"), station.till("1")
	till.card(mayas)
	there.next("prompt")
	there.next("prompt")

	here := harbour.screen("1")
	harbour.till("1").card(mayas)
	prompt := here.next("prompt")
	if m := here.say(map[string]any{"type": "note", "id": "n1", "prompt": prompt.ID, "kind": "promise", "text": "keep the last rye loaf"}); m.Type != "ok" {
		t.Fatalf("the note: %+v", m)
	}
	until(t, "the note in the other store", func() bool {
		c, err := station.box.Customer(t.Context(), edge.Identifier{Kind: edge.KindCard, Value: mayas})
		if err != nil {
			return false
		}
		for _, f := range c.Facts {
			if f.Text == "keep the last rye loaf" {
				return true
			}
		}
		return false
	})
}

func TestForgottenInOneStoreIsForgottenEverywhere(t *testing.T) {
	o := startOffice(t)
	harbour, station := o.enrolls("harbour", nil), o.enrolls("station", nil)
	for _, r := range []*rig{harbour, station} {
		r.imports(control.ImportCustomers, people)
		r.sent()
	}
	screen := station.screen("1")
	station.till("1").card(mayas)
	if p := screen.next("prompt"); p.Who.Name != "Maya" {
		t.Fatalf("before: %+v", p.Who)
	}
	maya := edge.Identifier{Kind: edge.KindCard, Value: mayas}
	if report, err := harbour.box.Forget(t.Context(), maya); err != nil || !report.Ordered {
		t.Fatalf("%+v, %v", report, err)
	}
	if m := screen.next("clear"); m.Reason != string(edge.ClearForgotten) {
		t.Errorf("the other store's screen: %+v", m)
	}
	until(t, "the receipts", func() bool {
		owing, err := o.Owing(t.Context())
		return err == nil && len(owing) == 0
	})
	for _, r := range []*rig{harbour, station} {
		if c, err := r.box.Customer(t.Context(), maya); err == nil {
			t.Errorf("%s still knows %+v", r.config.Store.ID, c)
		}
	}
	for _, item := range o.feed("customer") {
		if item.Customer.Fields[edge.FieldName].Value == "Maya" {
			t.Errorf("head office still knows %+v", item)
		}
	}
	station.till("1").card(mayas)
	if p := screen.next("prompt"); p.Who.Name != "" {
		t.Errorf("she is greeted as %q", p.Who.Name)
	}
}

func TestHeadOfficeSilencesAndLetsSpeak(t *testing.T) {
	o := startOffice(t)
	harbour := o.enrolls("harbour", nil)
	harbour.imports(control.ImportCustomers, people)
	screen, till := harbour.screen("1"), harbour.till("1")
	till.card(mayas)
	screen.next("prompt")
	silent := func(want bool) {
		if err := o.Silence(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		until(t, "the silence to change", func() bool {
			status, err := harbour.box.Status(t.Context())
			return err == nil && status.HQ.Silent == want
		})
	}
	silent(true)
	screen.next("idle")
	till.card("6001002003005")
	till.started("c1")
	till.completed("c1", "Bread")
	silent(false)
	till.card("6001002003005")
	if p := screen.next("prompt"); p.Who.Name != "Søren" {
		t.Errorf("after the silence: %+v", p.Who)
	}
	harbour.sent()
	if n := len(o.feed("visit")); n != 1 {
		t.Errorf("%d visits of the silence", n)
	}
}

func TestABoxSpeaksByHeadOfficesPlaybook(t *testing.T) {
	o := startOffice(t)
	harbour := o.enrolls("harbour", nil)
	text := samplePlaybook(t)
	published, err := o.PublishPlaybook(t.Context(), text, nil)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the playbook", func() bool {
		status, err := harbour.box.Status(t.Context())
		return err == nil && status.HQ.Playbook == published.Version
	})
	screen := harbour.screen("1")
	harbour.till("1").card("6001009999999")
	if p := screen.next("prompt"); p.Who.Greeting == "" {
		t.Errorf("no greeting of the published playbook: %+v", p.Who)
	}
}

// A box that worked alone for months has its customers under its own key; enrolling loses none of them, and head office
// finds her by the chain's once she was there again.
func TestABoxThatWorkedAloneLosesNobody(t *testing.T) {
	o := startOffice(t)
	harbour := start(t, t.TempDir(), func(c *config.Config) {
		c.Store.ID, c.HQ.Insecure, c.HQ.LookupMS = "harbour", true, 10_000
	})
	harbour.imports(control.ImportCustomers, people)
	harbour.imports(control.ImportVisits, past())
	o.enroll(harbour)
	harbour.sent()
	if n := len(o.feed("visit")); n != 3 {
		t.Errorf("%d of 3 visits reached head office", n)
	}
	screen, till := harbour.screen("1"), harbour.till("1")
	till.card(mayas)
	if p := screen.next("prompt"); p.Who.Name != "Maya" {
		t.Fatalf("after enrolling: %+v", p.Who)
	}
	till.started("c1")
	till.completed("c1", "Oat flat white")
	harbour.sent()
	station := o.enrolls("station", nil)
	station.sent()
	there := station.screen("1")
	station.till("1").card(mayas)
	there.next("prompt")
	if p := there.next("prompt"); p.Who.Name != "Maya" {
		t.Errorf("in the other store: %+v", p.Who)
	}
}

func TestABoxThatHasNotAskedForTooLongLocksItsProfiles(t *testing.T) {
	o := startOffice(t)
	dir := t.TempDir()
	change := func(c *config.Config) { c.Store.ID, c.HQ.Insecure, c.HQ.LockAfterDays = "harbour", true, 3 }
	harbour := start(t, dir, change)
	harbour.imports(control.ImportCustomers, people)
	o.enroll(harbour)
	harbour.sent()
	if err := harbour.stop(); err != nil {
		t.Fatal(err)
	}
	askedLast(t, dir, time.Now().AddDate(0, 0, -4))
	locked := start(t, dir, func(c *config.Config) {
		change(c)
		c.HQ.URL = "http://127.0.0.1:9" // nobody answers there
	})
	screen := locked.screen("1")
	locked.till("1").card(mayas)
	if p := screen.next("prompt"); p.Who.Name != "" || p.Who.Stage != edge.StageStranger {
		t.Errorf("locked, and she is greeted as %+v", p.Who)
	}
	if err := locked.stop(); err != nil {
		t.Fatal(err)
	}
	open := start(t, dir, change)
	until(t, "the lock to open", func() bool {
		status, err := open.box.Status(t.Context())
		return err == nil && status.HQ != nil && !status.HQ.Locked && status.HQ.Connected
	})
	screen = open.screen("1")
	open.till("1").card(mayas)
	if p := screen.next("prompt"); p.Who.Name != "Maya" {
		t.Errorf("head office was asked, and she is greeted as %+v", p.Who)
	}
}

func TestEnrollingTwiceChangesNothing(t *testing.T) {
	o := startOffice(t)
	harbour := o.enrolls("harbour", nil)
	report, err := harbour.box.Enroll(t.Context(), control.EnrollRequest{URL: o.url, Code: "whatever"})
	if err != nil || !report.Before {
		t.Errorf("%+v, %v", report, err)
	}
	_, err = harbour.box.Enroll(t.Context(), control.EnrollRequest{URL: o.url, Code: "AAAA-BBBB-CCCC-DDDD", Again: true})
	if err == nil {
		t.Error("enrolled again with a code that nobody made")
	}
	harbour.sent() // by the credentials that it had
}
