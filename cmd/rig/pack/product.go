// SPDX-License-Identifier: Apache-2.0

package pack

// product is one program as a package: the box, or head office.
type product struct {
	Name     string // of the package, the program and the unit
	User     string // the service's
	Config   string
	State    string
	Database string // what the state directory holds that an upgrade keeps aside
	Beside   string // likewise, between spaces
	Summary  string
	Text     string // what a package manager shows below the summary
	Example  string // configuration to start from, in packaging/
	Docs     []string
	Kiosk    bool
}

// documents lie in one folder beside each program: what one of them refers to is there, too.
func documents() []string {
	return []string{"CHANGELOG.md", "docs/operations.md", "docs/configuration.md", "docs/playbook.md", "docs/prompts.md", "docs/privacy.md",
		"docs/threat-model.md", "docs/replay.md", "docs/measurements.md", "docs/asyncapi.yaml", "docs/openapi.yaml"}
}

// products are what is packaged.
func products() []product {
	return []product{
		{
			Name: "redbench", User: "redbench", Config: "/etc/redbench/redbench.toml", State: "/var/lib/redbench",
			Database: "store.db", Beside: "keys.json hq.json",
			Summary: "Remember the customer at the till",
			Text: `Redbench is the service on a store's POS box. It hears the tills over MQTT,
looks the customer up in a local profile, and pushes one short "remember her"
prompt to the cashier's screen. It works without a network, says nothing that
the record does not support, and forgets whoever wants to be forgotten.`,
			Example: "redbench.toml", Kiosk: true,
			Docs: documents(),
		},
		{
			Name: "redbench-hq", User: "redbench-hq", Config: "/etc/redbench/redbench-hq.toml", State: "/var/lib/redbench-hq",
			Database: "hq.db", Beside: "keys.json authority.pem authority.former.pem ca.pem hq.mark",
			Summary: "Head office of a chain's Redbench boxes",
			Text: `Redbench's head office keeps what the stores of a chain learn, tells each
store what it needs of the others, and sees to it that whoever asks to be
forgotten is forgotten everywhere.`,
			Example: "redbench-hq.toml",
			Docs:    documents(),
		},
	}
}
