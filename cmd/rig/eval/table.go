// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// measure is one row of the table. What has no aim is printed for comparison.
type measure struct {
	Set       string     `json:"set"`
	Name      string     `json:"measure"`
	On        string     `json:"on"` // which customers: "reported", "fitted" or "all"
	N         int        `json:"n"`  // how many baskets, taps or guesses it rests on
	Result    float64    `json:"result"`
	Aim       string     `json:"aim,omitempty"` // "≥ .15", as in the issue
	Pass      bool       `json:"pass"`          // without meaning where there is no aim
	Baselines []baseline `json:"baselines,omitempty"`
	Note      string     `json:"note,omitempty"`
}

// baseline is what a known method gives for the same measure, on the same customers, in the same run.
type baseline struct {
	Name   string  `json:"name"`
	Result float64 `json:"result"`
}

// least and most give a measure its aim.
func (m measure) least(aim float64) measure {
	m.Aim, m.Pass = "≥ "+short(aim), m.Result >= aim
	return m
}

func (m measure) most(aim float64) measure {
	m.Aim, m.Pass = "≤ "+short(aim), m.Result <= aim
	return m
}

func short(x float64) string {
	if x < 10 && x > -10 {
		return strings.Replace(fmt.Sprintf("%.4g", x), "0.", ".", 1)
	}
	return fmt.Sprintf("%.2f", x)
}

func write(out io.Writer, measures []measure, asJSON bool) error {
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(measures)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "set\tmeasure\tcustomers\tn\taim\tresult\t\tbaselines")
	for _, m := range measures {
		verdict := ""
		if m.Aim != "" {
			verdict = map[bool]string{true: "pass", false: "MISS"}[m.Pass]
		}
		var beside []string
		for _, b := range m.Baselines {
			beside = append(beside, b.Name+" "+short(b.Result))
		}
		if m.Note != "" {
			beside = append(beside, m.Note)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", m.Set, m.Name, m.On, m.N, cmp.Or(m.Aim, "-"), short(m.Result), verdict, strings.Join(beside, ", "))
	}
	return table.Flush()
}
