// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"

	"redbench/daemon/config"
	"redbench/edge/seal"
	"redbench/sync/link"
)

// secretsOf lists every secret of this box, so that the bundle can be looked through for them before anybody gets it.
func secretsOf(cfg *config.Config) (all [][]byte) {
	add := func(text string, err error) {
		if err == nil && text != "" {
			all = append(all, []byte(text))
		}
	}
	add(cfg.MQTT.Password())
	add(cfg.Metrics.Token())
	tills, _ := cfg.MQTT.Tills()
	for _, secret := range tills {
		add(secret, nil)
	}
	if c, err := link.Load(cfg.State.Dir); err == nil {
		add(c.Token, nil)
		add(c.Former, nil)
	}
	var keys any
	if text, err := os.ReadFile(filepath.Join(cfg.State.Dir, seal.KeyFile)); err == nil && json.Unmarshal(text, &keys) == nil {
		all = append(all, keysIn(keys)...)
	}
	return all
}

// keysIn are the keys of a key file, wherever they stand in it.
func keysIn(value any) (all [][]byte) {
	switch v := value.(type) {
	case string:
		if key, err := base64.StdEncoding.DecodeString(v); err == nil && len(key) >= 16 {
			all = append(all, key)
		}
	case []any:
		for _, each := range v {
			all = append(all, keysIn(each)...)
		}
	case map[string]any:
		for _, each := range v {
			all = append(all, keysIn(each)...)
		}
	}
	return all
}
