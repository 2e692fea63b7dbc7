// SPDX-License-Identifier: Apache-2.0

package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"redbench/edge"
	"redbench/edge/seal"
)

// traces are the bytes of one customer that must be in no file once she is forgotten.
func traces(t *testing.T, s *Store, id edge.Identifier) map[string][]byte {
	t.Helper()
	out := map[string][]byte{"identifier": []byte(id.Value)}
	hash := s.opt.Seal.Hashes(id)[0].Sum
	out["hash"] = hash[:]
	ref, err := s.find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var uid, wrapped, sealed []byte
	if err := s.read.QueryRow(`SELECT id, wrapped, sealed FROM customers WHERE ref = ?`, int64(ref)).Scan(&uid, &wrapped, &sealed); err != nil {
		t.Fatal(err)
	}
	out["id"], out["wrapped key"], out["sealed columns"] = uid, wrapped, sealed
	for name, query := range map[string]string{
		"a fact": `SELECT sealed FROM facts WHERE customer = ?`, "a prompt": `SELECT sealed FROM prompts WHERE customer = ?`,
		"what was said": `SELECT sealed FROM said WHERE customer = ?`,
	} {
		var sealed []byte
		if err := s.read.QueryRow(query, int64(ref)).Scan(&sealed); err == nil {
			out[name] = sealed
		}
	}
	return out
}

// found looks for traces in every file of a directory.
func found(t *testing.T, dir string, traces map[string][]byte) (where []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) == seal.KeyFile {
			continue // random digits, among which a short card number may stand by chance
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, trace := range traces {
			if bytes.Contains(data, trace) {
				where = append(where, name+" in "+filepath.Base(file))
			}
		}
	}
	return where
}

func card(i int) edge.Identifier {
	return edge.Identifier{Kind: edge.KindCard, Value: fmt.Sprintf("6001%09d", i)}
}

// town imports n customers with two identifiers and a fact each, in several files and no order.
func town(t *testing.T, s *Store, n, files int) {
	t.Helper()
	order := rand.New(rand.NewPCG(1, 2)).Perm(n)
	for f := range files {
		var csv strings.Builder
		csv.WriteString("customer,identifier,name,fact.interest\n")
		for _, i := range order[f*n/files : (f+1)*n/files] {
			fmt.Fprintf(&csv, "c%07d,%s,Maya Nr%d,she rides bicycle %d\n", i, card(i).Value, i, i)
		}
		importCustomers(t, s, csv.String())
	}
}

// TestForgottenIsInNoFile is the promise of Forget. Customers come in many files, so that pages were split and
// rearranged around those who are then forgotten.
func TestForgottenIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	const n = 6000
	town(t, s, n, 12)
	who := rand.New(rand.NewPCG(3, 4)).Perm(n)[:60]
	all := map[string][]byte{}
	for _, i := range who {
		p, err := s.Profile(t.Context(), card(i))
		if err != nil {
			t.Fatal(err)
		}
		promptID := uuid.Must(uuid.NewV7()).String()
		commit(t, s, edge.Entry{
			Prompt: &edge.Prompt{ID: promptID, Customer: p.Customer.Ref, Remember: &edge.Line{Text: "bicycle", Rule: "r", Fact: p.Facts[0].ID}},
			Visit:  &edge.Visit{Customer: p.Customer.Ref, At: s.opt.Now(), Lane: "1", Checkout: fmt.Sprint("k", i), Items: []edge.Item{{SKU: "1", Name: "Milk", Quantity: 1}}},
		})
		for name, trace := range traces(t, s, card(i)) {
			all[fmt.Sprintf("%s of %d", name, i)] = trace
		}
	}
	if err := s.checkpoint(t.Context(), "TRUNCATE"); err != nil {
		t.Fatal(err)
	}
	// Names and identifiers rest sealed and hashed: the control finds everything else.
	if got := found(t, dir, all); len(got) != len(who)*7 {
		t.Fatalf("the control finds %d traces, want %d: %v", len(got), len(who)*7, got)
	}
	for _, i := range who {
		if _, err := s.Forget(t.Context(), card(i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := found(t, dir, all); got != nil {
		t.Fatalf("%d of %d traces are left: %v", len(got), len(all), got)
	}
	counts, err := s.Counts(t.Context(), time.Time{})
	if err != nil || counts.Customers != n-len(who) {
		t.Errorf("counts %+v, %v", counts, err)
	}
	for _, i := range who {
		if _, err := s.Profile(t.Context(), card(i)); !errors.Is(err, edge.ErrNotFound) {
			t.Fatalf("a forgotten customer is found: %v", err)
		}
	}
}

func commit(t testing.TB, s *Store, entries ...edge.Entry) []edge.Result {
	t.Helper()
	results, err := s.Commit(t.Context(), entries)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// TestADamagedCustomerCanBeForgotten: whoever asks to be forgotten is, whatever the disk did to her record.
func TestADamagedCustomerCanBeForgotten(t *testing.T) {
	s := openStore(t, t.TempDir())
	p := maya(t, s)
	if _, err := s.write.Exec(`UPDATE customers SET wrapped = x'00', sealed = x'00'`); err != nil {
		t.Fatal(err)
	}
	id := edge.Identifier{Kind: edge.KindCard, Value: "6001"}
	if _, err := s.Profile(t.Context(), id); err == nil {
		t.Fatal("the record is not damaged")
	}
	gone, err := s.Forget(t.Context(), id)
	if err != nil || gone.Ref != p.Customer.Ref || gone.ID != p.Customer.ID {
		t.Fatalf("%+v %v", gone, err)
	}
	if _, err := s.Profile(t.Context(), id); !errors.Is(err, edge.ErrNotFound) {
		t.Error(err)
	}
}
