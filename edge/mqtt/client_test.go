// SPDX-License-Identifier: Apache-2.0

package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redbench/edge"
	"redbench/edge/mqtt"
	"redbench/edge/mqtt/mqtttest"
)

// outside starts a client on a real broker and waits until it is subscribed.
func outside(t *testing.T, url string, change func(*mqtt.ClientOptions)) (*mqtt.Client, inbox, <-chan bool) {
	t.Helper()
	in, states := make(inbox, 2000), make(chan bool, 100)
	options := mqtt.ClientOptions{
		Broker: url, ClientID: "redbench-s1", Store: "s1", Sink: in.sink,
		OnState: func(up bool) { states <- up },
	}
	if change != nil {
		change(&options)
	}
	c, err := mqtt.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop(context.Background()) })
	if !await(t, "the connection", states) || !c.Connected() {
		t.Fatal("not connected")
	}
	return c, in, states
}

func TestClientReceives(t *testing.T) {
	versions(t, func(t *testing.T, connect connector) {
		broker := mqtttest.Mosquitto(t)
		_, in, _ := outside(t, broker.URL, func(o *mqtt.ClientOptions) { o.Topics = []string{"pos/+/scan", "redbench/v1/s1/#"} })
		till := connect(t, broker.URL, "till-1", "", "")
		for _, topic := range []string{"redbench/v1/s2/1/loyalty", "elsewhere", loyalty1, "redbench/v1/s1/1/checkout", "pos/9/scan"} {
			if err := await(t, "Mosquitto's answer", till.publish(topic, 1, false, topic)); err != nil {
				t.Fatal(err)
			}
		}
		var came []string
		for range 3 {
			r := in.next(t)
			if string(r.Payload) != r.Topic || r.Retained || r.Arrived.IsZero() || r.Lane != "" {
				t.Errorf("got %+v", r.Message)
			}
			came = append(came, r.Topic)
			r.done(nil)
		}
		// In their order: an adapter's message may be of the lane of those before it.
		if want := []string{loyalty1, "redbench/v1/s1/1/checkout", "pos/9/scan"}; !slices.Equal(came, want) {
			t.Errorf("got %v, want %v", came, want)
		}
		in.none(t)
	})
}

// TestALaneDoesNotWaitForAnother holds one lane's message up, as a busy disk would: the others' come all the same, and its
// own stay behind it, in their order.
func TestALaneDoesNotWaitForAnother(t *testing.T) {
	const checkout1, loyalty2 = "redbench/v1/s1/1/checkout", "redbench/v1/s1/2/loyalty"
	broker := mqtttest.Mosquitto(t)
	disk, in := make(chan struct{}), make(inbox, 100)
	free := sync.OnceFunc(func() { close(disk) })
	defer free()
	_, _, _ = outside(t, broker.URL, func(o *mqtt.ClientOptions) {
		o.Sink = func(msg edge.Message, done func(error)) {
			if string(msg.Payload) == "first" {
				<-disk
			}
			in.sink(msg, done)
		}
	})
	till := connect3(t, broker.URL, "till-1", "", "")
	send := func(topic, payload string) {
		if err := await(t, "Mosquitto's answer", till.publish(topic, 1, false, payload)); err != nil {
			t.Fatal(err)
		}
	}
	send(loyalty1, "first")
	want := []string{"first"}
	for i := range 20 {
		topic := loyalty1
		if i%2 == 0 {
			topic = checkout1
		}
		want = append(want, fmt.Sprint(i))
		send(topic, fmt.Sprint(i))
	}
	send(loyalty2, "another's")
	if r := in.next(t); r.Topic != loyalty2 {
		t.Fatalf("%q of %s came before the one that waits", r.Payload, r.Topic)
	}
	free()
	var came []string
	for range want {
		r := in.next(t)
		came = append(came, string(r.Payload))
		r.done(nil)
	}
	if !slices.Equal(came, want) {
		t.Errorf("the lane's messages came as %v, want %v", came, want)
	}
}

// TestClientAcknowledgesWhenDurable stops with one message acknowledged and one not: just the latter comes again.
func TestClientAcknowledgesWhenDurable(t *testing.T) {
	versions(t, func(t *testing.T, connect connector) {
		broker := mqtttest.Mosquitto(t)
		c, in, _ := outside(t, broker.URL, nil)
		till := connect(t, broker.URL, "till-1", "", "")
		for i := range 3 {
			if err := await(t, "Mosquitto's answer", till.publish(loyalty1, 1, false, fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		in.next(t).done(nil)
		one, two := in.next(t), in.next(t)
		two.done(nil) // durable, but its answer stands behind one's
		if err := c.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		one.done(nil) // too late: nobody is told
		if err := await(t, "Mosquitto's answer", till.publish(loyalty1, 1, false, "3")); err != nil {
			t.Fatal(err)
		}
		_, in, _ = outside(t, broker.URL, nil)
		var again []string
		for range 3 {
			r := in.next(t)
			again = append(again, string(r.Payload))
			r.done(nil)
		}
		if want := []string{"1", "2", "3"}; !slices.Equal(again, want) {
			t.Errorf("%v came again, want %v", again, want)
		}
		in.none(t)
	})
}

func TestClientGetsAgainWhatCannotBeKept(t *testing.T) {
	broker := mqtttest.Mosquitto(t)
	_, in, states := outside(t, broker.URL, nil)
	till := connect3(t, broker.URL, "till-1", "", "")
	if err := await(t, "Mosquitto's answer", till.publish(loyalty1, 1, false, "one")); err != nil {
		t.Fatal(err)
	}
	in.next(t).done(errors.New("disk full"))
	if await(t, "the loss", states) {
		t.Error("the connection is still up")
	}
	r := in.next(t)
	if string(r.Payload) != "one" {
		t.Errorf("got %q again", r.Payload)
	}
	r.done(nil)
	if !await(t, "the connection", states) {
		t.Error("not connected again")
	}
}

func TestClientOutlivesItsBroker(t *testing.T) {
	broker := mqtttest.Mosquitto(t)
	c, in, states := outside(t, broker.URL, nil)
	till, err := mqtt.NewTill(mqtt.TillOptions{Broker: broker.URL, ClientID: "till-1"})
	if err != nil {
		t.Fatal(err)
	}
	defer till.Close()
	if err := till.Publish(t.Context(), loyalty1, []byte("one")); err != nil {
		t.Fatal(err)
	}
	one := in.next(t)
	broker.Kill()
	if await(t, "the loss", states) || c.Connected() {
		t.Error("connected to nobody")
	}
	if err := c.Publish(mqtt.StatusTopic("s1"), true, []byte("up")); !errors.Is(err, mqtt.ErrNotConnected) {
		t.Errorf("publishing to nobody: %v", err)
	}
	one.done(nil) // the answer goes nowhere
	outcome := make(chan error, 1)
	go func() { outcome <- till.Publish(t.Context(), loyalty1, []byte("two")) }()
	if err := broker.Restart(); err != nil {
		t.Fatal(err)
	}
	if !await(t, "the connection", states) {
		t.Error("not connected again")
	}
	if err := await(t, "the till's publish", outcome); err != nil {
		t.Error(err)
	}
	for { // Mosquitto may or may not remember the first one
		r := in.next(t)
		r.done(nil)
		if string(r.Payload) == "two" {
			return
		}
	}
}

func TestClientStartsBeforeItsBroker(t *testing.T) {
	broker := mqtttest.Mosquitto(t)
	broker.Kill()
	in, states := make(inbox, 10), make(chan bool, 10)
	c, err := mqtt.NewClient(mqtt.ClientOptions{
		Broker: broker.URL, ClientID: "redbench-s1", Store: "s1", Sink: in.sink, OnState: func(up bool) { states <- up },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Stop(context.Background())
	if err := broker.Restart(); err != nil {
		t.Fatal(err)
	}
	if !await(t, "the connection", states) {
		t.Error("not connected")
	}
}

func TestClientGetsRetainedMessagesMarked(t *testing.T) {
	broker := mqtttest.Mosquitto(t)
	till := connect3(t, broker.URL, "till-1", "", "")
	if err := await(t, "Mosquitto's answer", till.publish(loyalty1, 1, true, "old")); err != nil {
		t.Fatal(err)
	}
	_, in, _ := outside(t, broker.URL, nil)
	r := in.next(t)
	if !r.Retained {
		t.Error("a retained message is not marked")
	}
	r.done(nil)
}

// TestClientTellsWhatMayHaveWaited: what an outside broker kept while the box was away is no news.
func TestClientTellsWhatMayHaveWaited(t *testing.T) {
	broker := mqtttest.Mosquitto(t)
	till := connect3(t, broker.URL, "till-1", "", "")
	var clock atomic.Int64
	start := func() (*mqtt.Client, inbox, <-chan bool) {
		return outside(t, broker.URL, func(o *mqtt.ClientOptions) {
			o.Now = func() time.Time { return time.UnixMilli(1_800_000_000_000 + clock.Load()) }
		})
	}
	publish := func() {
		if err := await(t, "Mosquitto's answer", till.publish(loyalty1, 1, false, "x")); err != nil {
			t.Fatal(err)
		}
	}
	want := func(in inbox, what string, queued bool) {
		t.Helper()
		r := in.next(t)
		if r.Queued != queued {
			t.Errorf("%s: queued is %v", what, r.Queued)
		}
		r.done(nil)
	}
	c, in, _ := start()
	publish()
	want(in, "at the very first connection", false)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish()
	c, in, states := start()
	want(in, "kept while we were away", true)
	for _, step := range []struct {
		later  int64 // ms since the connection
		queued bool
	}{{1950, true}, {2040, true}, {2130, true}, {2300, false}, {2310, false}} {
		clock.Store(step.later)
		publish()
		want(in, fmt.Sprintf("after %d ms", step.later), step.queued)
	}
	c.HangUp()
	if await(t, "the loss", states) || !await(t, "the connection", states) {
		t.Fatal("not connected again")
	}
	publish()
	want(in, "connected again", true)
}

func TestClientTellsTheBoxsStatus(t *testing.T) {
	for _, how := range []string{"stops", "vanishes"} {
		t.Run(how, func(t *testing.T) {
			broker := mqtttest.Mosquitto(t)
			c, _, _ := outside(t, broker.URL, func(o *mqtt.ClientOptions) { o.Offline = []byte("down") })
			if err := c.Publish(mqtt.StatusTopic("s1"), true, []byte("up")); err != nil {
				t.Fatal(err)
			}
			watcher := connect5(t, broker.URL, "watcher", "", "")
			if err := watcher.subscribe(mqtt.StatusTopic("s1")); err != nil {
				t.Fatal(err)
			}
			if got := await(t, "the status", watcher.messages()); got != "up" {
				t.Errorf("the status is %q", got)
			}
			if how == "stops" {
				_ = c.Stop(t.Context())
			} else {
				c.HangUp()
			}
			if got := await(t, "the last status", watcher.messages()); got != "down" {
				t.Errorf("the last status is %q", got)
			}
		})
	}
}

// TestClientWithASmallWindow: a broker that sends only one message at a time still gets its answers.
func TestClientWithASmallWindow(t *testing.T) {
	broker := mqtttest.Mosquitto(t, "max_inflight_messages 1")
	_, in, _ := outside(t, broker.URL, nil)
	till := connect5(t, broker.URL, "till-1", "", "")
	for i := range 20 {
		if err := await(t, "Mosquitto's answer", till.publish(loyalty1, 1, false, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		r := in.next(t)
		if string(r.Payload) != fmt.Sprint(i) {
			t.Errorf("%q came as number %d", r.Payload, i)
		}
		r.done(nil)
	}
}

func TestNewClientRefuses(t *testing.T) {
	sink := make(inbox).sink
	for name, options := range map[string]mqtt.ClientOptions{
		"no broker":        {ClientID: "a", Store: "s1", Sink: sink},
		"another scheme":   {Broker: "http://localhost:1883", ClientID: "a", Store: "s1", Sink: sink},
		"no host":          {Broker: "tcp://:1883", ClientID: "a", Store: "s1", Sink: sink},
		"no client id":     {Broker: "tcp://localhost", Store: "s1", Sink: sink},
		"no store":         {Broker: "tcp://localhost", ClientID: "a", Sink: sink},
		"a wildcard store": {Broker: "tcp://localhost", ClientID: "a", Store: "+", Sink: sink},
		"no sink":          {Broker: "tcp://localhost", ClientID: "a", Store: "s1"},
		"no CA":            {Broker: "tls://localhost", ClientID: "a", Store: "s1", Sink: sink, CAFile: "/nonexistent"},
	} {
		if _, err := mqtt.NewClient(options); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestACleanStopIsNoLostBroker: nobody is to be warned of what he did himself.
func TestACleanStopIsNoLostBroker(t *testing.T) {
	c, _, states := outside(t, mqtttest.Mosquitto(t).URL, nil)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.Connected() || len(states) > 0 {
		t.Errorf("connected %v, told %d times", c.Connected(), len(states))
	}
}
