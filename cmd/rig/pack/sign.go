// SPDX-License-Identifier: Apache-2.0

package pack

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// A key that is given is a file: OpenPGP's secret key, armoured or not, or minisign's.
func minisignKey(key []byte) bool { return bytes.HasPrefix(key, []byte("untrusted comment:")) }

// sign signs the checksums, or says that nobody did.
func (w *work) sign(ctx context.Context) error {
	sums := filepath.Join(w.out, sumsFile)
	for _, old := range []string{sums + ".asc", sums + ".minisig"} {
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("taking an old signature away: %w", err)
		}
	}
	if w.signKey == "" {
		w.say("Nothing was signed: no key was given (SIGN_KEY=FILE: OpenPGP's or minisign's secret key).")
		return nil
	}
	key, err := os.ReadFile(w.signKey)
	if err != nil {
		return fmt.Errorf("reading the key to sign with: %w", err)
	}
	if minisignKey(key) {
		if err := w.run(ctx, w.out, nil, "minisign", "-S", "-W", "-s", w.signKey, "-m", sums, "-t", "Redbench "+w.version.Program); err != nil {
			return fmt.Errorf("signing the checksums (a key without a password is needed): %w", err)
		}
		w.say("Signed %s (%s.minisig); .deb and .rpm bear no signature of their own, which takes an OpenPGP key.", sumsFile, sumsFile)
		return nil
	}
	home, err := os.MkdirTemp("", "sign")
	if err != nil {
		return fmt.Errorf("signing the checksums: %w", err)
	}
	defer os.RemoveAll(home)
	defer func() {
		_ = w.run(context.WithoutCancel(ctx), w.out, nil, "gpgconf", "--homedir", home, "--kill", "all")
	}()
	gpg := func(args ...string) error {
		return w.run(ctx, w.out, nil, "gpg", append([]string{"--homedir", home, "--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", os.Getenv(passphrase)}, args...)...)
	}
	if err := gpg("--import", w.signKey); err != nil {
		return fmt.Errorf("taking the key to sign with: %w", err)
	}
	if err := gpg("--armor", "--detach-sign", "--output", sums+".asc", sums); err != nil {
		return fmt.Errorf("signing the checksums: %w", err)
	}
	w.say("Signed %s (%s.asc), and each .deb and .rpm.", sumsFile, sumsFile)
	return nil
}

// passphrase is the variable that opens the key, as nfpm calls it.
const passphrase = "NFPM_PASSPHRASE"

// signature is what nfpm is told about signing a package.
func (w *work) signature() (map[string]any, error) {
	if w.signKey == "" {
		return nil, nil
	}
	key, err := os.ReadFile(w.signKey)
	if err != nil {
		return nil, fmt.Errorf("reading the key to sign with: %w", err)
	}
	if minisignKey(key) {
		return nil, nil
	}
	return map[string]any{"key_file": w.signKey}, nil
}
