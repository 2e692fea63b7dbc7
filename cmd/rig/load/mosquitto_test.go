// SPDX-License-Identifier: Apache-2.0

package load

import "testing"

func TestMosquittoTakesTills(t *testing.T) {
	url, stop, err := Mosquitto(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	tills, err := Connect(url, "t-", []string{"1", "2"})
	if err != nil {
		t.Fatal(err)
	}
	tills.Close()
}
