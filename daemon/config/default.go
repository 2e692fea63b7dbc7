// SPDX-License-Identifier: Apache-2.0

package config

import "redbench/edge"

// Default is the configuration of a box on which nothing was set.
func Default() *Config {
	return &Config{
		Store:   Store{ID: "store-1", Locale: "en", TimeZone: "Local"},
		State:   State{Dir: defaultStateDir},
		MQTT:    MQTT{Listen: "127.0.0.1:1883"},
		UI:      UI{Listen: "127.0.0.1:8787"},
		HQ:      HQ{Send: SendAtOnce, CPUPercent: 50, LockAfterDays: 30, LookupMS: 300},
		Screen:  Screen{DistanceM: 1.5, PromptSeconds: 120, FarewellSeconds: 8, GreetedSeconds: 180},
		Privacy: Privacy{ImportConsent: edge.ConsentRemember, VisitsDays: 800},
		Backup:  Backup{At: "03:30", Keep: 7, ForgetWithinHours: 24},
		Log:     Log{Level: "info", Format: "text"},
		Limits:  Limits{MessageBytes: 65536, Quarantine: 10000, CheckoutMinutes: 15, ImportRowBytes: 65536, OutboxMB: 256, DatabaseMB: 2048},
	}
}

// DefaultFile is where the configuration is when nobody says otherwise. It need not exist.
func DefaultFile() string { return defaultFile }
