// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"context"
	"strings"
	"testing"

	paho "github.com/eclipse/paho.mqtt.golang"

	"redbench/edge/mqtt/mqtttest"
)

// What a broker is set to shows in a trial of it.
func TestATrialSeesWhatABrokerKeeps(t *testing.T) {
	// What a test's broker saves with each message is not what is looked at here, and is most of what it would wait for.
	broker := func(extra ...string) *mqtttest.Broker {
		return mqtttest.Mosquitto(t, append(extra, "autosave_on_changes false")...)
	}
	try := func(b *mqtttest.Broker) Trial {
		return Try(t.Context(), TrialOptions{Broker: b.URL, Store: "harbour", Messages: 1200})
	}
	good := try(broker())
	if good.Reach != nil || good.Refused != nil || !good.Heard || !good.Resumed || good.Sent != 1200 || good.Kept != 1200 || good.Window < 1000 ||
		!strings.Contains(good.Version, "mosquitto") {
		t.Errorf("a good broker: %+v", good)
	}
	usual := try(broker("max_queued_messages 1000", "max_inflight_messages 20"))
	if usual.Kept >= 1200 || usual.Kept < 900 || usual.Window != 20 {
		t.Errorf("a broker as it is by default: %+v", usual)
	}
	small := try(broker("max_packet_size 2000", "retain_available false"))
	if small.Packet != 2000 || !small.NoRetain {
		t.Errorf("a broker with bounds: %+v", small)
	}
	if closed := try(broker("allow_anonymous false")); closed.Refused == nil {
		t.Errorf("a broker that asks who we are: %+v", closed)
	}
}

// A trial that is broken off leaves no session behind, which the broker would keep messages for.
func TestATrialThatIsBrokenOffLeavesNoSession(t *testing.T) {
	broker := mqtttest.Mosquitto(t, "autosave_on_changes false", "sys_interval 1")
	ctx, breakOff := context.WithCancel(t.Context())
	said, tick := make(chan string, 64), make(chan struct{}, 64)
	ear := paho.NewClient(paho.NewClientOptions().AddBroker(broker.URL).SetClientID("ear"))
	for _, token := range []func() paho.Token{
		ear.Connect,
		func() paho.Token {
			return ear.Subscribe(TrialTopic("harbour"), 1, func(paho.Client, paho.Message) { breakOff() })
		},
	} {
		if token := token(); token.Wait() && token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	defer ear.Disconnect(0)
	Try(ctx, TrialOptions{Broker: broker.URL, Store: "harbour", Messages: 1200})
	if ctx.Err() == nil {
		t.Fatal("it was not broken off")
	}
	// The broker says both anew each second, the number only where it is another: after two of its seconds the last one holds.
	ear.Subscribe("$SYS/broker/clients/disconnected", 0, func(_ paho.Client, m paho.Message) { said <- string(m.Payload()) }).Wait()
	ear.Subscribe("$SYS/broker/uptime", 0, func(paho.Client, paho.Message) { tick <- struct{}{} }).Wait()
	last := "0"
	for seconds := 0; seconds < 4; {
		select {
		case last = <-said:
		case <-tick:
			seconds++
		}
	}
	if last != "0" {
		t.Errorf("%s sessions that are away were left at the broker", last)
	}
}
