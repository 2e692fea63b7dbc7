// SPDX-License-Identifier: Apache-2.0

package config

import "redbench/daemon/config/keyed"

// Load reads the file at path and then the environment ("NAME=value" each), and checks the whole. With an empty path it
// reads [DefaultFile] where that exists. Every mistake is told at once, as an *[Error].
func Load(path string, env []string) (*Config, error) {
	path, text, err := keyed.Open(path, defaultFile)
	if err != nil {
		return nil, err
	}
	return Parse(path, text, env)
}

// Parse is Load for a text that was read already. Relative paths in it start at path's directory, as the working
// directory of a Windows service is system32.
func Parse(path, text string, env []string) (*Config, error) {
	c := Default()
	read, err := c.form().Read(path, text, env, nil)
	if err != nil {
		return nil, err
	}
	c.read, c.File = read, read.File
	c.validate()
	c.Warnings = read.Warnings
	if err := read.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Config) form() keyed.Form {
	return keyed.Form{
		Prefix:   envPrefix,
		Sections: c.Sections(),
		Lists:    []keyed.List{{Name: "adapter", Fill: c.fillAdapters}},
		Others:   []string{"hq"}, // REDBENCH_HQ_… may belong to redbench-hq on the same machine
	}
}
