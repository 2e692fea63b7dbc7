// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"redbench/cmd/rig/box"
	"redbench/cmd/rig/count"
	"redbench/cmd/rig/office"
	"redbench/cmd/rig/process"
	"redbench/daemon/control"
	"redbench/edge/mqtt"
	"redbench/edge/mqtt/mqtttest"
	"redbench/sync/hq"
	"redbench/sync/link"
)

// Options say what is to run.
type Options struct {
	Programs process.Programs `json:"-"`
	Self     string           `json:"-"` // this program
	Dir      string           `json:"-"` // an empty directory on a real disk
	Days     int              `json:"days"`
	Visits   int              `json:"visits_a_day"`
	Length   time.Duration    `json:"length_of_a_day"`
	Seed     uint64           `json:"seed"`
	told     func(Day)
}

// world is all that runs.
type world struct {
	o      Options
	clock  *clock
	broker *mqtttest.Broker
	box    *box.Box
	office *office.Office
	lanes  []*lane
	ledger *ledger
	began  time.Time // the first day's midnight
	count  count.Counted
}

const storeID = "harbour"

// open starts broker and box, lets in the customers, and pairs the screens.
func (w *world) open(ctx context.Context) (err error) {
	files := filepath.Join(w.o.Dir, "mosquitto")
	if err := os.MkdirAll(files, 0o700); err != nil {
		return err
	}
	if w.broker, err = mqtttest.Start(files, "autosave_on_changes false", "autosave_interval 1800"); err != nil {
		return err
	}
	if w.office, err = office.Configure(office.Options{Binary: w.o.Programs.Office, Dir: filepath.Join(w.o.Dir, "office")}); err != nil {
		return err
	}
	if err := w.openBox(ctx); err != nil {
		return err
	}
	customers := filepath.Join(w.o.Dir, "customers.csv")
	if err := writeCustomers(customers); err != nil {
		return err
	}
	if _, err := w.box.Import(ctx, "customers", customers); err != nil {
		return err
	}
	things := products()
	for i := range lanes {
		l := &lane{name: fmt.Sprint("L", i), store: storeID, clock: w.clock, ledger: w.ledger, products: things,
			random: rand.New(rand.NewPCG(w.o.Seed, uint64(i))), got: make(chan box.Message, 1)}
		for who := i; who < people; who += lanes {
			l.people = append(l.people, who)
		}
		pairing, err := w.box.Pair(ctx, l.name)
		if err != nil {
			return err
		}
		l.url, l.token = "ws://"+w.box.Screens()+"/ws/lane/"+l.name, pairing.Token
		if l.mqtt, err = mqtt.NewTill(mqtt.TillOptions{Broker: w.broker.URL, ClientID: "till-" + l.name}); err != nil {
			return err
		}
		w.lanes = append(w.lanes, l)
	}
	return nil
}

func (w *world) openBox(ctx context.Context) (err error) {
	ask, err := box.FreeAddress()
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	w.began = now.Truncate(24*time.Hour).AddDate(0, 0, -w.o.Days-1) // nothing lies in the future
	w.clock = newClock(ask, w.began)
	w.box, err = box.Configure(box.Options{Binary: w.o.Programs.Box, Dir: filepath.Join(w.o.Dir, "box"), Store: storeID, Broker: w.broker.URL,
		Serve: []string{w.o.Self, apart, "--ask", ask, "--offset", time.Duration(w.clock.offset.Load()).String()},
		Extra: fmt.Sprintf("[privacy]\nloyalty_prefixes = [\"2912\"]\n[metrics]\nlisten = \"127.0.0.1:0\"\n[hq]\nlock_after_days = 0\n"+
			"[backup]\nat = \"\"\nkeep = %d\n[limits]\nquarantine = 100\n", keepBackup)})
	if err != nil {
		return err
	}
	return w.box.Start(ctx)
}

func (w *world) end() {
	for _, l := range w.lanes {
		if l.screen != nil {
			_ = l.screen.Close()
		}
		_ = l.mqtt.Close()
	}
	if w.box != nil {
		w.box.Kill()
	}
	if w.office != nil {
		w.office.Kill()
	}
	if w.broker != nil {
		w.broker.Stop()
	}
}

// turn is what happens with head office at the beginning of a day: for a third of the run there is none, then it is there, and
// then away again.
func (w *world) turn(ctx context.Context, day int) error {
	switch third := max(w.o.Days/3, 1); day {
	case third + 1:
		if err := w.office.Start(ctx); err != nil {
			return err
		}
		return w.office.Join(ctx, w.box, w.office.URL())
	case 2*third + 1:
		return w.office.Stop()
	}
	return nil
}

// settledWithin bounds how long everything may take to arrive: a box that found head office away for long asks it again only then.
const settledWithin = link.LongestRetry + 2*time.Minute

// settle lets head office have all that waits, and counts it.
func (w *world) settle(ctx context.Context) error {
	if err := w.office.Start(ctx); err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, settledWithin)
	defer cancel()
	err := process.Until(patient, 100*time.Millisecond, func(ctx context.Context) error {
		status, err := w.box.Status(ctx)
		if err != nil {
			return err
		}
		if status.HQ == nil {
			return errors.New("the box is not enrolled")
		}
		if b := status.HQ.Backlog; b.Records > 0 || b.Orders > 0 || b.Offering {
			return fmt.Errorf("the box still has %+v to tell: %s", b, status.HQ.Error)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("settling: %w", err)
	}
	return w.counted(ctx)
}

// counted holds what head office has against what tills were told is stored. The order is not looked at: of who was forgotten
// the feed tells anew.
func (w *world) counted(ctx context.Context) error {
	var arrived []string
	err := w.office.Feed(ctx, func(item hq.FeedItem, _ []byte) error {
		if item.Visit != nil {
			arrived = append(arrived, item.Visit.Checkout)
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, told := w.ledger.read()
	slices.Sort(told)
	slices.Sort(arrived)
	w.count = count.Once(told, arrived)
	for _, id := range told {
		if !contains(arrived, id) {
			w.ledger.wrong("checkout %s is not at head office", id)
		}
	}
	return count.Control(told, arrived)
}

// forget takes somebody out who was not taken out before.
func (w *world) forget(ctx context.Context, day int) error {
	client, err := control.Dial(ctx, w.box.State())
	if err != nil {
		return err
	}
	who := (day * 7) % people
	w.ledger.forgot(who)
	_, err = client.Forget(ctx, identifier(who))
	return errors.Join(err, client.Close())
}

// contains looks into a sorted list.
func contains(sorted []string, id string) bool {
	_, found := slices.BinarySearch(sorted, id)
	return found
}
