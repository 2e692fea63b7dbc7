// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"strings"
	"testing"

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
