// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"os"
	"testing"
	"time"

	"redbench/cmd/rig/process"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == hastyOffice {
		if err := serveHastily(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func options(t *testing.T, seed uint64, length time.Duration) Options {
	programs, err := process.Build()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Programs: programs, Dir: t.TempDir(), Seed: seed, For: length}
}

// Kills and a line on which everything goes wrong: nothing that a till was told is stored is lost, or counted twice.
func TestNothingIsLostBetweenBoxesAndHeadOffice(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	report, err := Run(t.Context(), options(t, seed, 6*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if len(report.Problems) > 0 || report.Counted.Told < 50 {
		t.Errorf("%v", report)
	}
}

// The control: a head office that acknowledges what is not on its disk yet, and is killed, is found out.
func TestAnOfficeThatAcknowledgesTooEarlyIsFoundOut(t *testing.T) {
	t.Parallel()
	o := options(t, 4, 5*time.Second)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o.Office = []string{self, hastyOffice}
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if report.Counted.Lost == 0 || len(report.Problems) == 0 {
		t.Errorf("%d kills of an office that acknowledges too early were not noticed: %v", report.OfficeKills, report)
	}
}
