// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"redbench/daemon/config/keyed"
	"redbench/daemon/doctor"
)

// Diagnosis is what `doctor --json` prints.
type Diagnosis struct {
	OK       bool             `json:"ok"`
	Version  string           `json:"version"`
	At       time.Time        `json:"at"`
	Findings []doctor.Finding `json:"findings"`
}

// doctorWithin bounds the checks of a look without --deep, which is a minute with asking who runs: somebody stands there and waits.
const doctorWithin = 50 * time.Second

// RowsTried is how many sealed rows are opened without --deep.
const RowsTried = 500

// NewDoctorCommand makes a program's verb doctor of its words.
func NewDoctorCommand(words *cobra.Command, c doctor.Catalogue, diagnose func(cmd *cobra.Command, deep bool, only []string) (Diagnosis, error)) *cobra.Command {
	var deep bool
	var only []string
	words.Use, words.Args = "doctor", AsUsed
	words.RunE = func(cmd *cobra.Command, _ []string) error {
		all, err := diagnose(cmd, deep, only)
		if err != nil {
			return err
		}
		if err := Printed(cmd, all, func(out io.Writer) { printDiagnosis(out, all) }); err != nil {
			return err
		}
		if !all.OK {
			return Silent{Code: ExitFailed}
		}
		return nil
	}
	words.Flags().BoolVar(&deep, "deep", false, "look through the whole record, however long that takes")
	words.Flags().StringSliceVar(&only, "check", nil, "run this check only (may be given again): "+strings.Join(checkNames(c), ", "))
	return words
}

// Diagnose runs the checks that were asked for: for doctorWithin at most, unless it is to look deep.
func Diagnose(cmd *cobra.Command, checks []doctor.Check, only []string, deep bool, o doctor.Options, version string) (Diagnosis, error) {
	checks, err := chosen(checks, only, checkNames(o.Catalogue))
	if err != nil {
		return Diagnosis{}, err
	}
	if !deep {
		o.Within = doctorWithin
	}
	watch := watching(cmd.ErrOrStderr())
	o.Progress = watch.show
	found, err := doctor.Run(cmd.Context(), checks, o)
	watch.end()
	if err != nil {
		return Diagnosis{}, err
	}
	for i := range found {
		found[i].Do = hinted(cmd, found[i].Do)
	}
	return Diagnosis{OK: doctor.Healthy(found), Version: version, At: time.Now().UTC(), Findings: found}, nil
}

// WrongConfigCheck is all that can be looked at where the configuration is wrong; denied tells of one that this user may not read.
func WrongConfigCheck(wrong error, denied func(*doctor.Findings)) []doctor.Check {
	if errors.Is(wrong, keyed.ErrNotAllowed) {
		return []doctor.Check{{Name: "access", Within: time.Second, Look: func(_ context.Context, f *doctor.Findings) { denied(f) }}}
	}
	return []doctor.Check{{Name: "configuration", Within: time.Second, Look: func(_ context.Context, f *doctor.Findings) {
		doctor.Setting{Wrong: wrong}.Judge(f)
	}}}
}

func checkNames(c doctor.Catalogue) (names []string) {
	for _, k := range c {
		if !slices.Contains(names, k.Check) {
			names = append(names, k.Check)
		}
	}
	return names
}

func chosen(checks []doctor.Check, only, names []string) ([]doctor.Check, error) {
	for _, name := range only {
		if !slices.Contains(names, name) {
			return nil, WrongUsage(fmt.Errorf("--check: there is no check %q; there is: %s", name, strings.Join(names, " ")))
		}
	}
	if len(only) == 0 {
		return checks, nil
	}
	return slices.DeleteFunc(checks, func(c doctor.Check) bool { return !slices.Contains(only, c.Name) }), nil
}

// hinted adds what was given to the command lines of an advice for the same program, so that they can be typed as they stand.
func hinted(cmd *cobra.Command, advice string) string {
	more := given(cmd)
	if more == "" {
		return advice
	}
	parts := strings.Split(advice, "`")
	for i := 1; i < len(parts); i += 2 { // every other part stands between two of them
		if strings.HasPrefix(strings.TrimPrefix(parts[i], "sudo "), cmd.Root().Name()+" ") {
			parts[i] += more
		}
	}
	return strings.Join(parts, "`")
}

func printDiagnosis(out io.Writer, all Diagnosis) {
	counts := map[doctor.State]int{}
	for _, f := range all.Findings {
		counts[f.State]++
		fmt.Fprintf(out, "%s  %-13s %s\n", painted(out, f.State), f.Check, Visible(f.Text))
		if f.Do != "" {
			fmt.Fprintf(out, "%24s→ %s\n", "", Visible(f.Do))
		}
	}
	fmt.Fprintf(out, "\n%d fail, %s, %d could not be looked at, %d are well.\n", counts[doctor.Fail],
		Count(counts[doctor.Warn], "warning", "warnings"), counts[doctor.Skipped], counts[doctor.OK])
}

// painted colours a state where a person watches who did not switch colours off.
func painted(out io.Writer, s doctor.State) string {
	word := fmt.Sprintf("%-7s", s)
	colour := map[doctor.State]string{doctor.Fail: "31;1", doctor.Warn: "33", doctor.OK: "32"}[s]
	if colour == "" || !IsTerminal(out) || os.Getenv("NO_COLOR") != "" {
		return word
	}
	return "\x1b[" + colour + "m" + word + "\x1b[0m"
}

// watched tells a person at a terminal what is looked at.
type watched struct{ out io.Writer }

func watching(out io.Writer) watched {
	if !IsTerminal(out) {
		return watched{}
	}
	return watched{out}
}

func (w watched) show(check, text string) {
	if w.out != nil {
		fmt.Fprintf(w.out, "\r\x1b[K%s %s …", check, text)
	}
}

func (w watched) end() {
	if w.out != nil {
		fmt.Fprint(w.out, "\r\x1b[K")
	}
}

// Record is a database that doctor looks through.
type Record interface {
	Tables(context.Context) ([]string, error)
	Check(ctx context.Context, table string, whole bool) (problems []string, err error)
}

// LookThroughTables looks through a database's tables, one after the other, until the time is up.
func LookThroughTables(ctx context.Context, f *doctor.Findings, r Record, deep bool, d *doctor.Database) {
	tables, err := r.Tables(ctx)
	if err != nil {
		d.Problems = append(d.Problems, err.Error())
		return
	}
	d.Of = len(tables)
	for _, table := range tables {
		f.Progress("%d of %d, %s", d.Tables+1, d.Of, table)
		problems, err := r.Check(ctx, table, deep)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			problems = append(problems, table+": "+err.Error())
		}
		d.Problems = append(d.Problems, problems...)
		d.Tables++
	}
}
