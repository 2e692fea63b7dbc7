// SPDX-License-Identifier: Apache-2.0

package authority

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// names are what head office is reached by.
type names struct {
	public string   // the public URL's host, lower case; empty without one
	dns    []string // sorted
	ips    []netip.Addr
}

func namesOf(opt Options) (names, error) {
	var n names
	n.add("localhost")
	n.add("127.0.0.1")
	n.add("::1")
	if opt.PublicURL != "" {
		public, err := url.Parse(opt.PublicURL)
		if err != nil || public.Scheme != "https" || public.Hostname() == "" {
			return names{}, fmt.Errorf("public url %q: want https:// and a host", opt.PublicURL)
		}
		n.public = strings.ToLower(public.Hostname())
		if !n.add(n.public) {
			return names{}, fmt.Errorf("public url %q: %q is neither a host name nor an address", opt.PublicURL, n.public)
		}
	}
	if host, _, err := net.SplitHostPort(opt.Listen); err == nil {
		n.add(host)
	}
	host := opt.Hostname
	if host == "" {
		host, _ = os.Hostname() // a machine without a name is reached otherwise
	}
	n.add(host)
	slices.Sort(n.dns)
	n.dns = slices.Compact(n.dns)
	slices.SortFunc(n.ips, netip.Addr.Compare)
	n.ips = slices.Compact(n.ips)
	return n, nil
}

// add takes a host name or an address, and reports whether it was one. An unspecified address is where a listener hears
// everything, and no name.
func (n *names) add(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		if !ip.IsUnspecified() {
			n.ips = append(n.ips, ip.Unmap().WithZone(""))
		}
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if !validName(host) {
		return false
	}
	n.dns = append(n.dns, host)
	return true
}

func validName(host string) bool {
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// constraints are the names that the authority may ever sign for: the public URL's domain, this machine, and private
// networks. Somebody who installs the authority in a browser, to see the fleet page, trusts it for these only.
func (n names) constraints() (domains []string, ranges []*net.IPNet) {
	domains = append(domains, n.dns...)
	if _, err := netip.ParseAddr(n.public); err != nil && n.public != "" {
		if domain, err := publicsuffix.EffectiveTLDPlusOne(n.public); err == nil {
			domains = append(domains, domain)
		}
	}
	slices.Sort(domains)
	for _, each := range []string{
		"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
		"::1/128", "fc00::/7", "fe80::/10",
	} {
		ranges = append(ranges, prefix(netip.MustParsePrefix(each)))
	}
	for _, ip := range n.ips {
		ranges = append(ranges, prefix(netip.PrefixFrom(ip, ip.BitLen())))
	}
	return slices.Compact(domains), ranges
}

func prefix(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
