// SPDX-License-Identifier: Apache-2.0

package setup

import "redbench/daemon/service"

// grant lets the service write where its backups lie, or tells of it in a dry run. Where that directory cannot be written all the
// same, the box is set up and the reason told: a disk that is not there yet keeps no till waiting.
func (j *job) grant() (changed bool, err error) {
	g, err := j.machine.Grant(j.wish.DryRun)
	if err != nil || g.Dir == "" && !g.Changed {
		return false, err
	}
	j.tell("backups", g.Changed, grantText(g, j.wish.DryRun))
	return g.Changed, nil
}

func grantText(g service.Granted, would bool) string {
	text := "the service may write in " + g.Dir + " already, by " + g.File
	switch {
	case g.Changed && g.Dir == "" && would:
		text = "would take " + g.File + " away: backups lie in the state directory"
	case g.Changed && g.Dir == "":
		text = g.File + " is gone: backups lie in the state directory"
	case g.Changed && would:
		text = "would let the service write in " + g.Dir + ", by " + g.File
	case g.Changed:
		text = "the service may write in " + g.Dir + ", by " + g.File
	}
	if g.But != "" {
		text += "; but " + g.But
	}
	return text
}
