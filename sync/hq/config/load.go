// SPDX-License-Identifier: Apache-2.0

package config

import "redbench/daemon/config/keyed"

// Load reads the file at path, then the environment ("NAME=value" each), then what the command line gives, and checks
// the whole. With an empty path it reads [DefaultFile] where that exists. Every mistake is told at once, as a
// *[keyed.Error].
func Load(path string, env []string, given keyed.Given) (*Config, error) {
	path, text, err := keyed.Open(path, defaultFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, text, env, given)
}

// Parse is Load for a text that was read already.
func Parse(path, text string, env []string, given keyed.Given) (*Config, error) {
	c := Default()
	read, err := keyed.Form{Prefix: envPrefix, Sections: c.Sections(), Lists: []keyed.List{{Name: "webhook", Fill: c.fillWebhooks}}}.Read(path, text, env, given)
	if err != nil {
		return nil, err
	}
	c.read, c.File = read, read.File
	check{read, c}.all()
	c.Warnings = read.Warnings
	if err := read.Err(); err != nil {
		return nil, err
	}
	return c, nil
}
