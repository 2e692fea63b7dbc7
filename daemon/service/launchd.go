// SPDX-License-Identifier: Apache-2.0

package service

import (
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
)

// launchdUser is the service's user on macOS, where those of services begin with an underscore.
const launchdUser = "_redbench"

// PropertyList is launchd's definition for o: started with the machine, started again a second after it ended whatever the
// reason, as a user of its own. It holds nothing that kardianos/service's template engine would touch.
func PropertyList(o Options) string {
	var words strings.Builder
	for _, word := range []string{o.Executable, "run", "--config", o.Config} {
		words.WriteString("\t\t<string>" + escaped(word) + "</string>\n")
	}
	return strings.NewReplacer("@WORDS@", strings.TrimSuffix(words.String(), "\n"), "@STATE@", escaped(o.StateDir)).Replace(propertyList)
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return strings.ReplaceAll(b.String(), "{", "&#123;")
}

const propertyList = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- SPDX-License-Identifier: Apache-2.0 -->
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + Name + `</string>
	<key>ProgramArguments</key>
	<array>
@WORDS@
	</array>
	<key>UserName</key>
	<string>` + launchdUser + `</string>
	<key>GroupName</key>
	<string>` + launchdUser + `</string>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<true/>
	<key>ThrottleInterval</key>
	<integer>1</integer>
	<key>ExitTimeOut</key>
	<integer>30</integer>
	<key>ProcessType</key>
	<string>Interactive</string>
	<key>Umask</key>
	<integer>63</integer>
	<key>WorkingDirectory</key>
	<string>@STATE@</string>
	<key>HardResourceLimits</key>
	<dict>
		<key>Core</key>
		<integer>0</integer>
	</dict>
	<key>SoftResourceLimits</key>
	<dict>
		<key>NumberOfFiles</key>
		<integer>65536</integer>
	</dict>
	<key>StandardOutPath</key>
	<string>/var/log/redbench.log</string>
	<key>StandardErrorPath</key>
	<string>/var/log/redbench.log</string>
</dict>
</plist>
`

// accountCommands are what makes the user and its group, which macOS has no single command for.
func accountCommands(id string) [][]string {
	group, account := "/Groups/"+launchdUser, "/Users/"+launchdUser
	set := func(path, key, value string) []string {
		return []string{"/usr/bin/dscl", ".", "-create", path, key, value}
	}
	return [][]string{
		set(group, "PrimaryGroupID", id), set(group, "RealName", displayName), set(group, "Password", "*"),
		set(account, "UniqueID", id), set(account, "PrimaryGroupID", id), set(account, "RealName", displayName),
		set(account, "UserShell", "/usr/bin/false"), set(account, "NFSHomeDirectory", "/var/empty"),
		set(account, "Password", "*"), set(account, "IsHidden", "1"),
	}
}

// freeID finds a number for a user and its group among those that are no person's.
func freeID(free func(id string) bool) (string, error) {
	for n := 499; n >= 400; n-- {
		if id := strconv.Itoa(n); free(id) {
			return id, nil
		}
	}
	return "", errors.New("making the user " + launchdUser + ": no number from 400 to 499 is free")
}
