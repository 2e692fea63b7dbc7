// SPDX-License-Identifier: Apache-2.0

package mqtt

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	hashName       = "pbkdf2-sha256"
	hashIterations = 100_000
)

// HashPassword makes what BrokerOptions.Tills may hold instead of a till's password:
// pbkdf2-sha256$iterations$salt$hash.
func HashPassword(password string) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	hash, err := pbkdf2.Key(sha256.New, password, salt, hashIterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("hashing a till's password: %w", err)
	}
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("%s$%d$%s$%s", hashName, hashIterations, encode(salt), encode(hash)), nil
}

// logins checks credentials. A password that was right once is recognised by a quick digest afterwards, so that a store
// full of tills that reconnect at once does not wait for a minute of hashing, nor behind somebody who guesses.
type logins struct {
	tills   map[string]string
	key     [32]byte
	matches func(want, password string) bool

	mu   sync.Mutex
	good map[string][32]byte // by lane

	slow    sync.Mutex // one password is hashed at a time, so that guesses do not take every core
	guesses guesses
}

func newLogins(tills map[string]string, now func() time.Time) *logins {
	l := &logins{tills: tills, good: map[string][32]byte{}, matches: matches, guesses: guesses{now: now, wrong: map[string]wrong{}}}
	_, _ = rand.Read(l.key[:])
	return l
}

// check reports whether a password is a lane's. remote is where the question comes from, host:port.
func (l *logins) check(remote, lane string, password []byte) bool {
	want, ok := l.tills[lane]
	if want == "" {
		ok = false
	}
	digest := l.digest(lane, password)
	if ok && l.isGood(lane, digest) {
		return true
	}
	from := addressOf(remote)
	l.slow.Lock()
	defer l.slow.Unlock()
	if l.guesses.mustWait(from) { // asked here, so that of many at once only the first is hashed
		return false
	}
	if !ok || !l.matches(want, string(password)) {
		l.guesses.failed(from)
		return false
	}
	l.guesses.forget(from)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.good[lane] = digest
	return true
}

func (l *logins) digest(lane string, password []byte) [32]byte {
	mac := hmac.New(sha256.New, l.key[:])
	mac.Write([]byte(lane + "\x00"))
	mac.Write(password)
	return [32]byte(mac.Sum(nil))
}

func (l *logins) isGood(lane string, digest [32]byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.good[lane]
	return ok && subtle.ConstantTimeCompare(known[:], digest[:]) == 1
}

func matches(want, password string) bool {
	parts := strings.Split(want, "$")
	if len(parts) != 4 || parts[0] != hashName {
		return subtle.ConstantTimeCompare([]byte(want), []byte(password)) == 1
	}
	iterations, err := strconv.Atoi(parts[1])
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[2])
	hash, err2 := base64.RawStdEncoding.DecodeString(parts[3])
	if err != nil || err1 != nil || err2 != nil || len(hash) < 16 {
		return false
	}
	have, err := pbkdf2.Key(sha256.New, password, salt, iterations, len(hash))
	return err == nil && subtle.ConstantTimeCompare(have, hash) == 1
}
