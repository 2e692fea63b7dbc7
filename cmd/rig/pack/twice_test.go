// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every file that either run left is looked at, the checksums too; of these only the .msi's may differ.
func TestWhatDiffersBetweenTwoRunsIsFound(t *testing.T) {
	const deb, msi = "redbench_1.2.3_amd64.deb", "redbench-1.2.3-x64.msi"
	same := map[string]string{deb: "package", sumsFile: "11  " + deb + "\n22  " + msi + "\n"}
	for wrong, other := range map[string]map[string]string{
		"":                   {deb: "package", sumsFile: "11  " + deb + "\n33  " + msi + "\n"},
		deb:                  {deb: "packagE", sumsFile: same[sumsFile]},
		sumsFile:             {deb: "package", sumsFile: "12  " + deb + "\n22  " + msi + "\n"},
		"not the same files": {deb: "package", sumsFile: same[sumsFile], "redbench.tar.gz": "more"},
		"there is no":        {},
	} {
		var log bytes.Buffer
		err := compare(t.Context(), &log, folder(t, same), folder(t, other))
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%v beside %v: %v, want %q\n%s", other, same, err, wrong, &log)
		}
	}
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
