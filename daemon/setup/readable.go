// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"fmt"
	"os"

	"redbench/daemon/config"
	"redbench/daemon/service"
)

// readable tells which of the files that the configuration names the service could not read: whoever installs is root, and
// may. A service that cannot would only be started again and again.
func (j *job) readable() error {
	if j.MayRead == nil {
		return nil
	}
	var all []error
	for _, n := range j.config.Named() {
		if _, err := os.Stat(n.Path); err != nil {
			continue // the configuration is not written yet; of the others its own check tells
		}
		if err := j.MayRead(n.Path); err != nil {
			all = append(all, fmt.Errorf("%s (%w). %s", cannotRead(n), err, mendReading(n, j.machine.Packaged() != "")))
		}
	}
	return errors.Join(all...)
}

func cannotRead(n config.Named) string {
	return fmt.Sprintf("the service's user %s could not read %s, which %s names", service.User, n.Path, n.Key)
}

// mendReading says what to type. The package made the user; by hand the first `redbench install` does.
func mendReading(n config.Named, packaged bool) string {
	first := ""
	if !packaged {
		first = "`sudo redbench install` without --start first, where there is no such user yet; then "
	}
	return first + fmt.Sprintf("`sudo chown root:%s %s; sudo chmod 640 %s`, and let it into the directories above", service.User, n.Path, n.Path)
}
