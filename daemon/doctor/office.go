// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"crypto/x509"
	"time"

	"redbench/daemon/control"
)

// Office is how the box stands with head office.
type Office struct {
	URL      string // it is enrolled with, or [hq] url
	Enrolled bool
	Damaged  error  // why the credentials cannot be used
	Was, Is  string // the store that it was enrolled as, and that it is
	Reach    error  // head office is not reached
	Refused  error  // or does not take the box
	Took     time.Duration

	Live   *control.HQ // the running box's word; nil: it does not run
	Asked  time.Time   // when it last asked whom to forget
	Locks  int         // [hq] lock_after_days
	Silent bool        // head office has switched prompts off
	Now    time.Time
}

const quietAfter = time.Hour

// Judge tells whether the box and head office are of one mind.
func (o Office) Judge(f *Findings) {
	switch {
	case o.Damaged != nil:
		f.Add("hq-damaged", "problem", o.Damaged)
		return
	case !o.Enrolled && o.URL != "":
		f.Add("hq-unenrolled")
		return
	case !o.Enrolled:
		f.Add("hq-none")
		return
	}
	before := len(f.list)
	if o.Was != o.Is {
		f.Add("hq-store", "was", o.Was, "is", o.Is)
	}
	switch {
	case o.Reach != nil:
		f.Add("hq-unreachable", "url", o.URL, "problem", o.Reach)
	case o.Refused != nil:
		f.Add("hq-refused", "url", o.URL, "problem", o.Refused)
	case o.Live != nil && o.Live.Error != "":
		f.Add("hq-quiet", "when", ago(o.Now, o.Live.LastContact), "problem", o.Live.Error)
	case o.Live != nil && !o.Live.LastContact.IsZero() && o.Now.Sub(o.Live.LastContact) > quietAfter:
		f.Add("hq-quiet", "when", ago(o.Now, o.Live.LastContact), "problem", "nothing since")
	}
	o.erasures(f)
	if o.Silent {
		f.Add("hq-silenced")
	}
	if len(f.list) == before {
		asked := ""
		if !o.Asked.IsZero() {
			asked = "; it was asked whom to forget " + ago(o.Now, o.Asked)
		}
		f.Add("hq-good", "url", o.URL, "took", took(o.Took), "asked", asked)
	}
}

// erasures warns at half of the days after which nobody is named any more.
func (o Office) erasures(f *Findings) {
	since := o.Now.Sub(o.Asked)
	bound := time.Duration(o.Locks) * 24 * time.Hour
	switch {
	case o.Live != nil && o.Live.Locked:
		f.Add("hq-locked", "span", Span(since))
	case o.Locks > 0 && !o.Asked.IsZero() && since > bound/2:
		f.Add("hq-erasures", "when", ago(o.Now, o.Asked), "days", o.Locks)
	}
}

// Certificate is one that somebody has to renew.
type Certificate struct {
	Whose string        // "[ui]"
	How   string        // it is renewed, after "in its place"
	Name  string        // that it must be for; empty: any
	Early time.Duration // how long before its end somebody has to begin; 0: three weeks
	Error error
	Leaf  *x509.Certificate
}

const renewBefore = 21 * 24 * time.Hour

// JudgeCertificates tells which end soon.
func JudgeCertificates(f *Findings, all []Certificate, now time.Time) {
	if len(all) == 0 {
		f.Add("certificates-none")
	}
	for _, c := range all {
		if c.Error != nil {
			f.Add("certificate-unreadable", "whose", c.Whose, "problem", c.Error)
			continue
		}
		left := c.Leaf.NotAfter.Sub(now)
		switch {
		case left <= 0:
			f.Add("certificate-ended", "whose", c.Whose, "until", day(c.Leaf.NotAfter), "how", c.How)
			continue
		case now.Before(c.Leaf.NotBefore):
			f.Add("certificate-early", "whose", c.Whose, "from", day(c.Leaf.NotBefore), "how", c.How)
			continue
		case left < cmp.Or(c.Early, renewBefore):
			f.Add("certificate-ends", "whose", c.Whose, "days", int(left/(24*time.Hour)), "until", day(c.Leaf.NotAfter), "how", c.How)
		default:
			f.Add("certificate-good", "whose", c.Whose, "days", int(left/(24*time.Hour)))
		}
		if c.Name != "" && c.Leaf.VerifyHostname(c.Name) != nil {
			f.Add("certificate-name", "whose", c.Whose, "name", c.Name)
		}
	}
}
