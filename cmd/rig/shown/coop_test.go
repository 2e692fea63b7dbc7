// SPDX-License-Identifier: Apache-2.0

package shown

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// twoShoppers is a data set of two customers: three days, and one.
func twoShoppers(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(`customer_id,timestamp,item_id,item_name,quantity,amount
1,2010-01-04,5,LATTE,1,
1,2010-01-04,6,PANE,1,
1,2010-01-11,5,LATTE,1,
1,2010-01-13,7,BURRO,1,
2,2012-05-01,7,BURRO,1,
1,2010-01-11,6,PANE,1,
`))
	_ = w.Close()
	if err := os.WriteFile(filepath.Join(dir, "transactions.csv.gz"), zipped.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReadShoppers(t *testing.T) {
	all, err := readShoppers(twoShoppers(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || len(all[0].visits) != 3 || len(all[0].visits[1].items) != 2 || len(all[1].visits) != 1 {
		t.Fatalf("read %+v", all)
	}
	if all[0].name == all[1].name || all[0].card == all[1].card {
		t.Error("two customers share a name or a card")
	}
}

func TestLastVisitsAreSentAndTheOthersImported(t *testing.T) {
	all, err := readShoppers(twoShoppers(t))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	_, visits, count, err := writeImports(t.TempDir(), all, 1, now)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(visits)
	if err != nil {
		t.Fatal(err)
	}
	if count != 2 || strings.Count(string(raw), "\n") != 1+4 {
		t.Errorf("%d visits imported:\n%s", count, raw)
	}
	// The visit before the sent one was two days earlier, so it becomes the day before yesterday's.
	if !strings.Contains(string(raw), "I1,2026-11-21T") || strings.Contains(string(raw), "BURRO") {
		t.Errorf("the days were not moved, or a sent visit was imported:\n%s", raw)
	}
	if sent := comingVisits(all, 1); len(sent) != 2 || sent[0].Items[0].Name != "BURRO" {
		t.Errorf("sent %+v", sent)
	}
}

func TestMissingDataIsSaid(t *testing.T) {
	_, err := readShoppers(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "transactions.csv.gz is missing") {
		t.Errorf("got %v", err)
	}
}
