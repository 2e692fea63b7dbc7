// SPDX-License-Identifier: Apache-2.0

package daemon_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redbench/daemon"
	"redbench/daemon/config"
	"redbench/edge"
	"redbench/edge/backup"
	"redbench/sync/link"
)

const backedUp = "identifier,kind,name\n29120001,card,Ada\n29120002,card,Grace\n"

// TestABackupUnderLoadHasWhatWasAcknowledged: tills go on while it is made; all that was acknowledged before it began is in it.
func TestABackupUnderLoadHasWhatWasAcknowledged(t *testing.T) {
	r := start(t, t.TempDir(), nil)
	r.imports("customers", backedUp)
	var acknowledged atomic.Int64
	var tills sync.WaitGroup
	stop, enough := make(chan struct{}), make(chan struct{})
	for lane := range 2 {
		till := r.till(fmt.Sprint(lane))
		tills.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				till.send("checkout.completed", map[string]any{"checkout": fmt.Sprint(n), "items": []any{}, "total_minor": 1, "currency": "EUR"})
				if acknowledged.Add(1) == 50 {
					close(enough)
				}
			}
		})
	}
	<-enough
	before := acknowledged.Load()
	made, err := r.box.Backup(t.Context(), nil)
	close(stop)
	tills.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if got := made.Counts["events"]; got < before || got > acknowledged.Load() {
		t.Errorf("%d events were acknowledged before the backup, %d in all, and %d are in it", before, acknowledged.Load(), got)
	}
	if s, err := r.box.Status(t.Context()); err != nil || s.Backup == nil || s.Backup.Count != 1 || s.Backup.Late {
		t.Errorf("status tells %+v, %v", s.Backup, err)
	}
}

// TestARestoredBoxForgetsAndAsksFirst: whom the replaced record knew as forgotten stays so; where there was none, an enrolled
// box names nobody until head office was asked.
func TestARestoredBoxForgetsAndAsksFirst(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, nil)
	r.imports("customers", backedUp)
	made, err := r.box.Backup(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ada, grace := edge.Identifier{Kind: edge.KindCard, Value: "29120001"}, edge.Identifier{Kind: edge.KindCard, Value: "29120002"}
	if _, err := r.box.Forget(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if s, err := r.box.Status(t.Context()); err != nil || s.Backup.Holding != 1 {
		t.Errorf("a backup holds her, and status tells %+v, %v", s.Backup, err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	done, err := daemon.Restore(t.Context(), daemon.Options{Config: r.config}, made, false, nil)
	if err != nil || done.Forgotten != 1 || done.Erasures != 1 || done.Unknown != "" || done.AsksFirst || done.Former == "" || done.Box == made.Box {
		t.Fatalf("restored %+v, %v", done, err)
	}
	again := start(t, dir, nil)
	if _, err := again.box.Customer(t.Context(), ada); !errors.Is(err, edge.ErrNotFound) {
		t.Errorf("she is back: %v", err)
	}
	if c, err := again.box.Customer(t.Context(), grace); err != nil || c.Name != "Grace" {
		t.Errorf("the other is %+v, %v", c, err)
	}
	if err := (link.Credentials{URL: "https://127.0.0.1:1", Store: "store-1", Token: "t", Enrolled: time.Now()}).Save(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := again.box.Backup(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if s, err := again.box.Status(t.Context()); err != nil || s.Backup.Count != 2 || s.Backup.Holding != 0 {
		t.Errorf("after the next backup status tells %+v, %v", s.Backup, err)
	}
	if err := again.stop(); err != nil {
		t.Fatal(err)
	}
	afresh(t, latest(t, filepath.Join(dir, "backups")), grace)
}

// afresh restores an enrolled box's backup where nothing was.
func afresh(t *testing.T, b backup.Backup, known edge.Identifier) {
	dir := t.TempDir()
	c := config.Default()
	c.State.Dir = dir
	done, err := daemon.Restore(t.Context(), daemon.Options{Config: c}, b, false, nil)
	if err != nil || done.Unknown == "" || !done.AsksFirst {
		t.Fatalf("restored %+v, %v", done, err)
	}
	r := start(t, dir, nil)
	if _, err := r.box.Customer(t.Context(), known); err == nil {
		t.Error("somebody is named before head office was asked")
	}
}

func latest(t *testing.T, dir string) backup.Backup {
	t.Helper()
	b, err := backup.Find(dir, "redbench", "latest")
	if err != nil {
		t.Fatal(err)
	}
	return b
}
