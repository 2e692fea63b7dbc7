// SPDX-License-Identifier: Apache-2.0

package doctor

func boxTills() Catalogue {
	return Catalogue{
		{"broker", "broker-unreachable", Fail, "The broker {broker} is not reached: {problem}", "Start it (`sudo systemctl start mosquitto`), or mend `[mqtt] broker`; look for a firewall between."},
		{"broker", "broker-refused", Fail, "The broker {broker} refuses the box: {problem}", "Set `[mqtt] username` and `password_file` as the broker knows them, then `sudo redbench restart`."},
		{"broker", "broker-lost", Fail, "The broker answers, and the running box is not connected to it.", "`journalctl -u redbench -n 50`; two boxes with one `[mqtt] client_id` put each other out."},
		{"broker", "broker-anonymous", Warn, "The broker lets in whoever comes without a password: anybody on its network may be a till.", "Mosquitto: `allow_anonymous false`, `password_file`, `acl_file`. EMQX: `authentication` with a password database."},
		{"broker", "broker-session", Fail, "The broker forgets the box when it is away: what tills say then is lost.", "Mosquitto: no `persistent_client_expiration` shorter than a week. EMQX: `mqtt.session_expiry_interval = 7d`."},
		{"broker", "broker-expiry", Warn, "The broker forgets a box that is away for {span}.", "Mosquitto: `persistent_client_expiration 14d`, or none. EMQX: `mqtt.session_expiry_interval = 14d`."},
		{"broker", "broker-queue", Warn, "The broker kept {kept} of {sent} messages for a box that was away; a busy store sends as many in a quarter of an hour.", "Mosquitto: `max_queued_messages 100000`. EMQX: `mqtt.max_mqueue_len = 100000`."},
		{"broker", "broker-window", Warn, "The broker sends {window} messages and then waits for an acknowledgement, which slows a busy store.", "Mosquitto: `max_inflight_messages 1000`. EMQX: `mqtt.max_inflight = 1000`."},
		{"broker", "broker-qos", Fail, "The broker grants no QoS 1, without which messages are lost.", "EMQX: `mqtt.max_qos_allowed = 2`. Others: allow QoS 1."},
		{"broker", "broker-wildcards", Fail, "The broker grants no wildcards, by which the box hears all lanes.", "EMQX: `mqtt.wildcard_subscription = true`. Others: allow + in a subscription."},
		{"broker", "broker-packet", Warn, "The broker takes messages of at most {size}, and [limits] message_bytes is {want}.", "Mosquitto: `max_packet_size` larger, or none. EMQX: `mqtt.max_packet_size = 1MB`. Or lower `message_bytes`."},
		{"broker", "broker-retain", Warn, "The broker keeps no retained message: who comes later does not learn how the box is.", "Mosquitto: `retain_available true`. EMQX: `mqtt.retain_available = true`."},
		{"broker", "broker-dropped", Warn, "The broker has dropped {count} messages since it started.", "Mosquitto: `max_queued_messages 100000`; look in its log for which client."},
		{"broker", "broker-untried", Skipped, "Whether the broker keeps messages for a box that is away was not tried: it does not let the box hear its own topic.", "Add to its ACL, for the box: `topic read {topic}`."},
		{"broker", "broker-unseen", Skipped, "Nobody sees from outside whether the broker keeps messages when it is killed itself.", "Mosquitto: `persistence true`, `autosave_interval 10`. EMQX: `durable_sessions.enable = true`."},
		{"broker", "broker-nobody", Warn, "The box's own broker hears {address}, and no till is connected.", "Point the tills at that address, with QoS 1; `redbench simulate` plays one."},
		{"broker", "broker-stopped", Skipped, "The box's own broker runs with the box.", ""},
		{"broker", "broker-own", OK, "The box's own broker hears {address}; {count} connected.", ""},
		{"broker", "broker-good", OK, "{broker}{version}: connected in {took}; kept {kept} of {sent} messages for a box that was away{dropped}.", ""},

		{"probe", "probe-failed", Fail, "A test event did not reach a screen: {step}: {problem}", "What else is found here says what stands in the way; else `sudo redbench restart`."},
		{"probe", "probe-slow", Warn, "A test event took {took} from the till to the screen; the slowest part was {step} with {most}.", "Look for what else works on this machine (`top`), and at the disk's health."},
		{"probe", "probe-stopped", Skipped, "A test event needs the running box.", "`sudo redbench start`"},
		{"probe", "probe-good", OK, "A test event went from the till to a screen in {took}: {steps}.", ""},
	}
}

func boxOffice() Catalogue {
	return Catalogue{
		{"hq", "hq-none", OK, "The box belongs to no head office, and works alone.", ""},
		{"hq", "hq-unenrolled", Warn, "[hq] url is set, and the box is not enrolled there.", "`sudo redbench enroll CODE`, with the code that `redbench-hq store add` prints."},
		{"hq", "hq-damaged", Fail, "The credentials for head office cannot be used: {problem}", "`sudo redbench enroll --again CODE`, with a new code of `redbench-hq store add`."},
		{"hq", "hq-store", Fail, "The box was enrolled as store {was}, and [store] id is {is}.", "Set `id` back, or enroll it anew with a code for {is}."},
		{"hq", "hq-unreachable", Fail, "Head office ({url}) is not reached: {problem}", "Look at this store's line and at a firewall: the box needs TCP out to that address, and nothing in."},
		{"hq", "hq-refused", Fail, "Head office ({url}) does not take this box: {problem}", "`redbench-hq store list` tells why; `store add` there prints a code for `sudo redbench enroll --again CODE`."},
		{"hq", "hq-quiet", Warn, "Head office answers, and the running box last heard from it {when}: {problem}", "`journalctl -u redbench -n 50`, then `sudo redbench restart`."},
		{"hq", "hq-locked", Fail, "Profiles are locked: for {span} nobody could ask head office whom to forget.", "Bring head office back; it opens by itself once it has asked."},
		{"hq", "hq-erasures", Warn, "Head office was last asked whom to forget {when}; after {days} days every profile is locked.", "Bring head office back before then."},
		{"hq", "hq-silenced", Warn, "Head office has switched prompts off.", "`redbench-hq playbook silence off`, when that is meant to end."},
		{"hq", "hq-good", OK, "{url} answers in {took} and takes this box{asked}.", ""},
	}
}

func boxService() Catalogue {
	return Catalogue{
		{"service", "service-none", Skipped, "No service manager that Redbench knows runs here.", "Let what supervises this machine run `redbench run`."},
		{"service", "service-absent", Warn, "The service is not installed: the box does not start with the machine.", "`sudo redbench install`, then `sudo redbench start`."},
		{"service", "service-failed", Fail, "The service manager says that the service is {state}.", "`journalctl -u redbench -n 50` tells why; then `sudo redbench start`."},
		{"service", "service-disabled", Fail, "The service does not start with the machine.", "`sudo systemctl enable redbench`, or `sudo redbench install`."},
		{"service", "service-masked", Fail, "The service is masked: nobody can start it.", "`sudo systemctl unmask redbench`, then `sudo redbench start`."},
		{"service", "service-changed", Warn, "The unit is neither this program's own nor a package's: {unit}{dropins}.", "`sudo redbench install` brings it up to date; what was changed on purpose belongs into a drop-in (`systemctl edit redbench`)."},
		{"service", "service-reload", Warn, "The unit was changed and the service manager has not read it yet.", "`sudo systemctl daemon-reload`, then `sudo redbench restart`."},
		{"service", "service-user", Warn, "The service runs as {user}.", "Run it as its own user: `sudo redbench install`."},
		{"service", "service-restart", Fail, "The service is not started again whatever happens (Restart={restart}).", "`sudo redbench install`, or `Restart=always` in the unit."},
		{"service", "service-watchdog", Warn, "No watchdog starts the box again when it hangs.", "`sudo redbench install`, or `WatchdogSec=` as in the packaged unit."},
		{"service", "service-restarts", Warn, "The service manager started the box again {count} times, {when}.", "`journalctl -u redbench` tells why; tell whoever looks after Redbench."},
		{"service", "service-foreground", Warn, "A box runs that the service manager did not start (process {pid}).", "Stop it, then `sudo redbench start`."},
		{"service", "service-version", Warn, "{running} runs, and this program is {installed}.", "`sudo redbench restart`"},
		{"service", "service-good", OK, "The service is {state}{how}.", ""},
	}
}

func boxBackups() Catalogue {
	return Catalogue{
		{"backups", "backup-shut", Fail, "The service, as {user}, cannot write backups to {dir}: {problem}.", "Mount its disk, then `sudo redbench install --start`, which lets the service in. One that holds something, or lies right below `/`, is yours to give: `sudo chown -R {user}: {dir}`."},
	}
}
