// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"redbench/cmd/rig/process"
)

// TestMain is the daemon where the run starts this program as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == apart {
		command := BoxCommand()
		command.SetArgs(os.Args[2:])
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := command.ExecuteContext(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// quiet are days on which everything stays as it is, but for what it is anyway.
func quiet() (days []Day) {
	random := rand.New(rand.NewPCG(1, 2))
	about := func(n, part float64) float64 { return n * (1 + part*(2*random.Float64()-1)) }
	for day := range 30 {
		d := Day{Day: day + 1, RSS: about(80*mega, .03), Heap: about(9*mega, .04), Goroutines: 40 + float64(random.IntN(4)), Handles: 33 + float64(random.IntN(3)),
			Threads: 10, Database: min(float64(3*day), databaseMB) * mega, Journal: about(6*mega, .2), State: about(150*mega, .02),
			Bound: 500 * mega, Files: 24, Backups: keepBackup}
		days = append(days, d)
	}
	return days
}

func TestWhatStaysAsItIsPasses(t *testing.T) {
	found, problems := judge(quiet())
	if len(problems) > 0 || len(found) != len(all) {
		t.Errorf("%d findings, %v", len(found), problems)
	}
}

func TestWarmingUpIsNoLeak(t *testing.T) {
	days := quiet()
	for i := range 10 {
		days[i].RSS, days[i].Goroutines, days[i].Handles = float64(40+4*i)*mega, 20+float64(2*i), 20
	}
	if _, problems := judge(days); len(problems) > 0 {
		t.Error(problems)
	}
}

// TestADayUnlikeOthersIsNoLeak: medians do not follow one bad day.
func TestADayUnlikeOthersIsNoLeak(t *testing.T) {
	days := quiet()
	days[25].RSS, days[28].Journal, days[29].Handles = 300*mega, 60*mega, 90
	if _, problems := judge(days); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestEachPlantedLeakIsFound(t *testing.T) {
	for what, leak := range map[string]func(d *Day, n float64){
		"resident memory":         func(d *Day, n float64) { d.RSS += n * 1.5 * mega },
		"heap after a collection": func(d *Day, n float64) { d.Heap += n * mega / 4 },
		"goroutines":              func(d *Day, n float64) { d.Goroutines += n },
		"handles":                 func(d *Day, n float64) { d.Handles += n },
		"threads":                 func(d *Day, n float64) { d.Threads += n / 2 },
		"database":                func(d *Day, n float64) { d.Database += n * mega / 2 },
		"the journal has":         func(d *Day, n float64) { d.Journal += n * 4 * mega },
		"state directory but":     func(d *Day, n float64) { d.State += n * 4 * mega },
		"files":                   func(d *Day, n float64) { d.Files += n / 2 },
		"temporary files":         func(d *Day, n float64) { d.Temp += float64(int(n) / 10) },
		"the box said at most":    func(d *Day, _ float64) { d.Bound = d.State / 2 },
		"are to be kept":          func(d *Day, _ float64) { d.Backups++ },
		"at most 15.0 were to be": func(d *Day, _ float64) { d.Database = 16 * mega },
	} {
		t.Run(what, func(t *testing.T) {
			days := quiet()
			for i := range days {
				leak(&days[i], float64(i))
			}
			_, problems := judge(days)
			if !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, what) }) {
				t.Errorf("it was not found: %v", problems)
			}
		})
	}
}

// TestFewDaysAreNotJudged: in the second of three times six days the database still fills.
func TestFewDaysAreNotJudged(t *testing.T) {
	if found, problems := judge(quiet()[:18]); found != nil || problems != nil {
		t.Error(found, problems)
	}
}

// TestThreeDays lives through three small ones, by the real programs and a real broker.
func TestThreeDays(t *testing.T) {
	programs, err := process.Build()
	if err != nil {
		t.Fatal(err)
	}
	self, err := program()
	if err != nil {
		t.Fatal(err)
	}
	report, err := Run(t.Context(), Options{Programs: programs, Self: self, Dir: t.TempDir(), Days: 3, Visits: 180, Length: 3 * time.Second, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	report.print(t.Output())
	if len(report.Problems) > 0 || len(report.Days) != 3 {
		t.Fatal(report.Problems)
	}
	last := report.Days[2]
	sold := last.Sold
	if report.Counted.Told < 400 || sold.Prompts < 250 || sold.Again == 0 || sold.Refused == 0 || sold.Words == 0 || sold.Forgot != 3 {
		t.Errorf("too little happened to say anything: %+v, %v", sold, report.Counted)
	}
	if last.RSS == 0 || last.Heap == 0 || last.Goroutines == 0 || last.Handles == 0 || last.Threads == 0 || last.Database == 0 || last.Bound == 0 ||
		last.Visits == 0 || last.Backups != 3 || last.Waiting == 0 {
		t.Errorf("something was not measured: %+v", last)
	}
}
