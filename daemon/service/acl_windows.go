// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// Who may do what, by well-known ids, as the names differ by language: the system (SY) and administrators (BA) all, the
// service's account (LS) what it needs. Nothing is inherited from above (P), and all of it goes to what is made below (OICI). The
// owner is set as well: who made a directory beforehand could otherwise open it again.
const (
	writable = "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;LS)"
	readable = "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FRFX;;;LS)"
)

// protect gives a file or directory its owner and its list of who may do what.
func protect(path, rights string) error {
	sd, err := windows.SecurityDescriptorFromString(rights)
	if err != nil {
		return fmt.Errorf("setting who may enter %s: %w", path, err)
	}
	list, _, err := sd.DACL()
	if err != nil {
		return fmt.Errorf("setting who may enter %s: %w", path, err)
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return fmt.Errorf("setting who may enter %s: %w", path, err)
	}
	what := windows.SECURITY_INFORMATION(windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION)
	if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, what, owner, nil, list, nil); err != nil {
		return fmt.Errorf("setting who may enter %s: %w", path, err)
	}
	return nil
}
