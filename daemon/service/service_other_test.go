// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package service

const goodPlatform = "darwin-launchd"
