// SPDX-License-Identifier: Apache-2.0

package doctor

import "slices"

// office is head office's program.
const office = "redbench-hq"

// HeadOffice is what can be found at head office.
func HeadOffice() Catalogue {
	return slices.Concat(of(office, sharedSetting()), officeAccess(), of(office, sharedFiles(), ports(), sharedClock()), officeClock(),
		of(office, disk(), database()), officeFleet(), officeAuthority(), of(office, certificates()), officeService(), officeBackups(), of(office, backups(), former()))
}

func officeAccess() Catalogue {
	return Catalogue{
		{"access", "office-denied", Fail, "This user may not look into {dir}.", "`sudo redbench-hq doctor`"},
		{"access", "office-stopped", Fail, "Head office is not running: no box is answered. Boxes prompt on, and keep what they have to tell.", "`sudo systemctl start redbench-hq`; `journalctl -u redbench-hq -n 50` tells why it stopped."},
		{"access", "office-unready", Fail, "It answers on {address}, and is not ready: {problem}", "`journalctl -u redbench-hq -n 50`; what is found of disk and database here says what to mend."},
		{"access", "office-running", OK, "It answers on {address} in {took}, and is ready.", ""},

		{"files", "office-absent", Fail, "There is no head office in {dir} yet.", "`sudo systemctl start redbench-hq` makes one; where there was one, look at `[state] dir`."},
	}
}

func officeClock() Catalogue {
	return Catalogue{
		{"clock", "clock-back", Fail, "The clock is {by} behind what it said when a box was last heard from.", "Set it: `sudo timedatectl set-ntp true`."},
		{"clock", "clock-boxes", Warn, "The boxes' clocks are {by} {way} of this one: of {count}, half at least.", "It is this one that is wrong, as a rule: `sudo timedatectl set-ntp true`."},
	}
}

func officeFleet() Catalogue {
	return Catalogue{
		{"fleet", "fleet-none", Warn, "No store is known.", "`sudo redbench-hq store add ID` prints the code that its box enrolls with."},
		{"fleet", "fleet-all-silent", Fail, "No store was heard from for {span}.", "If it runs, look at its own line, name and firewall: boxes need TCP in to `[hq] listen`, by the name of `public_url`."},
		{"fleet", "fleet-silent", Warn, "Not heard from: {stores}.", "On each box: `sudo redbench doctor --check hq`."},
		{"fleet", "fleet-code", Warn, "Added, not enrolled, and the code is void: {stores}.", "`sudo redbench-hq store add ID` prints a new one; `store revoke ID` takes out one that does not come."},
		{"fleet", "fleet-copied", Fail, "Two boxes speak under one store's name, and each is told a part only: {stores}.", "Stop the copy, or enroll it as a store of its own (`redbench-hq store add`)."},
		{"fleet", "fleet-held", Fail, "Too many customers ordered to be forgotten in a day; the rest waits in the box: {stores}.", "Ask there whether that is meant. If the box was taken over: `sudo redbench-hq store revoke ID`."},
		{"fleet", "fleet-locked", Warn, "Profiles are locked, as nobody could ask whom to forget: {stores}.", "They open once the box has asked; `sudo redbench doctor --check hq` there tells what keeps it."},
		{"fleet", "fleet-good", OK, "{count} enrolled, and each is heard from.", ""},

		{"erasures", "erasures-late", Fail, "Orders to forget were not confirmed for {span}: {stores}.", "`sudo redbench-hq forget --owing` lists them. Bring the box back; of a store that is closed: `sudo redbench-hq store revoke ID`."},
		{"erasures", "erasures-good", OK, "No store owes the word that it forgot somebody for long{now}.", ""},

		{"playbook", "office-playbook-refused", Warn, "Playbook {version} was refused by {stores}: {problem}", "Mend it (`redbench playbook check FILE`), then `sudo redbench-hq playbook publish FILE`."},
		{"playbook", "office-silent", Warn, "Prompts are switched off in every store.", "`sudo redbench-hq playbook silence off`, when that is meant to end."},
		{"playbook", "office-playbook-good", OK, "{what}.", ""},
	}
}

func officeAuthority() Catalogue {
	return Catalogue{
		{"certificates", "authority-wrong", Fail, "Head office cannot use its authority: {problem}", "`sudo systemctl restart redbench-hq` where no store is enrolled yet; else do what it says: `public_url` must be a name that boxes know it by."},
		{"certificates", "authority-wide", Warn, "The built-in authority may sign for every name: a browser that trusts it trusts it for every site.", "While no store is enrolled: `sudo systemctl restart redbench-hq` makes a narrow one. Else keep `{public}` out of browsers; or stop head office, move {file} away, start it, and enroll each box anew."},
	}
}

func officeService() Catalogue {
	return Catalogue{
		{"service", "service-none", Skipped, "No service manager that can be asked runs here.", "Let what supervises this machine run `redbench-hq serve`."},
		{"service", "service-absent", Warn, "The service redbench-hq is not installed: head office does not start with the machine.", "Install the package, or packaging/systemd/redbench-hq.service."},
		{"service", "service-failed", Fail, "The service manager says that the service is {state}.", "`journalctl -u redbench-hq -n 50` tells why; then `sudo systemctl start redbench-hq`."},
		{"service", "service-disabled", Fail, "The service does not start with the machine.", "`sudo systemctl enable redbench-hq`"},
		{"service", "service-masked", Fail, "The service is masked: nobody can start it.", "`sudo systemctl unmask redbench-hq`, then `sudo systemctl start redbench-hq`."},
		{"service", "service-reload", Warn, "The unit was changed and the service manager has not read it yet.", "`sudo systemctl daemon-reload`, then `sudo systemctl restart redbench-hq`."},
		{"service", "service-user", Warn, "The service runs as {user}.", "Run it as its own user, as the packaged unit does."},
		{"service", "service-restart", Fail, "The service is not started again whatever happens (Restart={restart}).", "`Restart=always` in the unit."},
		{"service", "service-restarts", Warn, "The service manager started it again {count} times, {when}.", "`journalctl -u redbench-hq` tells why; tell whoever looks after Redbench."},
		{"service", "service-good", OK, "The service is {state}{how}.", ""},
	}
}

func officeBackups() Catalogue {
	return Catalogue{
		{"backups", "backup-shut", Fail, "Head office, as {user}, cannot write backups to {dir}: {problem}.", "Mount its disk, `sudo chown -R {user}: {dir}`, and `sudo systemctl edit redbench-hq`: `[Service]`, `ReadWritePaths=-{dir}`; then `sudo systemctl restart redbench-hq`."},
	}
}
