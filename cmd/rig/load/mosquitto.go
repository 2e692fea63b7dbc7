// SPDX-License-Identifier: Apache-2.0

package load

import (
	"os"
	"path/filepath"

	"redbench/edge/mqtt/mqtttest"
)

// Mosquitto starts a real Mosquitto below dir, configured as the documentation asks for, and saving its queues as
// Debian's does: not at every change, which would be the disk's speed and not ours.
func Mosquitto(dir string) (url string, stop func() error, err error) {
	files := filepath.Join(dir, "mosquitto")
	if err := os.MkdirAll(files, 0o700); err != nil {
		return "", nil, err
	}
	broker, err := mqtttest.Start(files, "autosave_on_changes false", "autosave_interval 1800")
	if err != nil {
		return "", nil, err
	}
	return broker.URL, func() error { broker.Stop(); return nil }, nil
}
