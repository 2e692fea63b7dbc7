// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"redbench/daemon/config"
	"redbench/daemon/control"
	"redbench/edge/seal"
	"redbench/sync/hq"
	hqstore "redbench/sync/hq/store"
)

// vendorOffice is a head office that a vendor posts to, and that can be stopped and started again at its address.
type vendorOffice struct {
	*office
	dir     string
	address string
	ahead   atomic.Int64 // how far its clock was turned, nanoseconds
	stop    func()
}

var shop = hq.Webhook{Vendor: "shop", Secrets: [][]byte{[]byte("what the shop signs with")}, Header: "X-Shop-Signature",
	Scheme: hq.SchemeHex, Prefix: "sha256=", Format: "json",
	Program: `{store: .branch, lane: (.desk | tostring), id: .event, time: .at, type: "redbench.loyalty.presented",
		data: {identifier: .member, kind: "card"}}`}

func startVendorOffice(t *testing.T) *vendorOffice {
	t.Helper()
	v := &vendorOffice{office: &office{t: t}, dir: t.TempDir(), address: "127.0.0.1:0"}
	v.start()
	t.Cleanup(func() { v.stop() })
	return v
}

func (v *vendorOffice) start() {
	v.t.Helper()
	fail := func(err error) {
		v.t.Helper()
		if err != nil {
			v.t.Fatal(err)
		}
	}
	log := slog.New(slog.DiscardHandler)
	now := func() time.Time { return time.Now().Add(time.Duration(v.ahead.Load())) }
	keys, err := seal.OpenChain(v.dir)
	fail(err)
	store, err := hqstore.Open(v.t.Context(), hqstore.Options{Dir: v.dir, Fingerprint: keys.Fingerprint(), Log: log})
	fail(err)
	head, err := hq.New(hq.Options{Store: store, Keys: keys, Log: log, Now: now})
	fail(err)
	api, err := hq.NewAPI(v.t.Context(), head, hq.APIOptions{Insecure: true, Log: log, Now: now, Webhooks: []hq.Webhook{shop}})
	fail(err)
	listener, err := net.Listen("tcp", v.address)
	fail(err)
	server := &http.Server{Handler: api.Handler()}
	go func() { _ = server.Serve(listener) }()
	v.HQ, v.address, v.url = head, listener.Addr().String(), "http://"+listener.Addr().String()
	stopped := false
	v.stop = func() {
		if stopped {
			return
		}
		stopped = true
		api.Close()
		_ = server.Close()
		if err := head.Close(); err != nil {
			v.t.Error(err)
		}
		if err := store.Close(); err != nil {
			v.t.Error(err)
		}
	}
}

// posts posts that a member came to a desk, as the shop does.
func (v *vendorOffice) posts(event, member string, at time.Time, want int) {
	v.t.Helper()
	body := fmt.Sprintf(`{"branch":"harbour","desk":1,"event":%q,"at":%q,"member":%q}`, event, at.UTC().Format(time.RFC3339Nano), member)
	mac := hmac.New(sha256.New, shop.Secrets[0])
	mac.Write([]byte(body))
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url+"/v1/webhooks/shop", strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("X-Shop-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != want {
		v.t.Fatalf("event %s: %s, want %d", event, answer.Status, want)
	}
}

func harbourConfig(c *config.Config) { c.Store.ID, c.HQ.Insecure, c.HQ.LookupMS = "harbour", true, 0 }

// events is how many events the box has stored, with nothing refused.
func (r *rig) events() int {
	r.t.Helper()
	status, err := r.box.Status(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	if status.Counts.Quarantined != 0 {
		r.t.Errorf("%d refused", status.Counts.Quarantined)
	}
	return status.Counts.Events
}

func TestAVendorsWebhookPutsAPromptOnTheScreen(t *testing.T) {
	v := startVendorOffice(t)
	harbour := v.enrolls("harbour", harbourConfig)
	harbour.imports(control.ImportCustomers, people)
	screen, at := harbour.screen("1"), time.Now()
	v.posts("e1", mayas, at, http.StatusAccepted)
	if p := screen.next("prompt"); p.Who.Name != "Maya" || p.Event != "e1" {
		t.Errorf("shown: %+v of %s", p.Who, p.Event)
	}
	v.posts("e1", mayas, at, http.StatusOK)
	v.posts("e1", "6001002003005", at, http.StatusConflict)
	v.posts("e2", "4111111111111111", at, http.StatusUnprocessableEntity)
	v.posts("e3", "6001002003005", time.Now(), http.StatusAccepted)
	if p := screen.next("prompt"); p.Who.Name != "Søren" || p.Event != "e3" {
		t.Errorf("then: %+v of %s", p.Who, p.Event)
	}
	until(t, "both events", func() bool { return harbour.events() == 2 })
}

// The box is off while a vendor posts, and head office is started anew before it is back: what is late by then is stored
// once and shows nobody.
func TestAWebhookForABoxThatWasOffIsStoredAndNotShown(t *testing.T) {
	v := startVendorOffice(t)
	dir := t.TempDir()
	harbour := start(t, dir, harbourConfig)
	v.enroll(harbour)
	harbour.imports(control.ImportCustomers, people)
	harbour.sent()
	if err := harbour.stop(); err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	v.posts("e1", mayas, at, http.StatusAccepted)
	v.stop()
	v.ahead.Store(int64(time.Hour))
	v.start()
	v.posts("e1", mayas, at, http.StatusOK)

	harbour = start(t, dir, harbourConfig)
	screen := harbour.screen("1")
	until(t, "the late event", func() bool { return harbour.events() == 1 })
	v.posts("e2", "6001002003005", time.Now(), http.StatusAccepted)
	if p := screen.next("prompt"); p.Who.Name != "Søren" || p.Event != "e2" {
		t.Errorf("shown: %+v of %s", p.Who, p.Event)
	}
	until(t, "two events", func() bool { return harbour.events() == 2 })
	if screen.hello.Current != nil && strings.Contains(string(screen.hello.Current), "Maya") {
		t.Errorf("the late one was shown: %s", screen.hello.Current)
	}
}
