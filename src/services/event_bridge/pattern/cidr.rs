//! `cidr`: a range of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The `cidr` operator: `10.0.0.0/24`, `2001:db8::/32`.
///
/// Source: EventBridge user guide, "IP address matching".
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cidr {
    network: IpAddr,
    mask_bits: u32,
}

impl Cidr {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        // Slashes at the end are dropped, as EventBridge does.
        let parts: Vec<&str> = text.trim_end_matches('/').split('/').collect();
        let [address, bits] = parts.as_slice() else {
            return Err("Malformed CIDR, one '/' required".to_owned());
        };
        let Ok(bits) = bits.parse::<i32>() else {
            return Err("Malformed CIDR, mask bits must be an integer".to_owned());
        };
        let Ok(mask_bits) = u32::try_from(bits) else {
            return Err("Malformed CIDR, mask bits must not be negative".to_owned());
        };
        let Some(network) = ip_address(address) else {
            return Err(format!("Nonstandard IP address: {address}"));
        };
        match network {
            IpAddr::V4(_) if mask_bits > Ipv4Addr::BITS => Err("IPv4 mask bits must be < 33".to_owned()),
            IpAddr::V6(_) if mask_bits > Ipv6Addr::BITS => Err("IPv6 mask bits must be < 129".to_owned()),
            _ => Ok(Self { network, mask_bits }),
        }
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        match (self.network, ip_address(text)) {
            (IpAddr::V4(network), Some(IpAddr::V4(address))) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.mask_bits
            }
            (IpAddr::V6(network), Some(IpAddr::V6(address))) => {
                let differing = network.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.mask_bits
            }
            _ => false,
        }
    }
}

/// An IP address in one of the two usual notations; an IPv4 octet may have leading zeros and is decimal all the same.
fn ip_address(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        let hexadecimal = text.bytes().all(|byte| byte == b':' || byte.is_ascii_hexdigit());
        let address: Ipv6Addr = if hexadecimal { text.parse().ok()? } else { return None };
        return Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4));
    }
    let mut octets = text.split('.').map(|octet| {
        let decimal = octet.bytes().all(|byte| byte.is_ascii_digit());
        if decimal { octet.parse::<u8>().ok() } else { None }
    });
    let address = Ipv4Addr::new(octets.next()??, octets.next()??, octets.next()??, octets.next()??);
    octets.next().is_none().then_some(IpAddr::V4(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_inside_or_outside() {
        let network = Cidr::parse("10.0.0.0/24").unwrap();
        assert!(network.contains("10.0.0.0") && network.contains("10.0.0.255"));
        assert!(!network.contains("10.0.1.255"));
        assert!(!network.contains("::a00:1"));
        assert!(!network.contains("example.com"));
        assert!(Cidr::parse("10.0.0.7/32").unwrap().contains("10.0.0.7"));
        assert!(Cidr::parse("0.0.0.0/0").unwrap().contains("255.1.2.3"));
    }

    #[test]
    fn both_families_are_known() {
        let network = Cidr::parse("2001:db8:1234:1a00::/64").unwrap();
        assert!(network.contains("2001:db8:1234:1a00:0:0:0:1"));
        assert!(!network.contains("2001:db8:1234:1a01::1"));
        assert!(Cidr::parse("::1/128").unwrap().contains("0:0:0:0:0:0:0:1"));
    }

    #[test]
    fn mistakes_are_told_in_eventbridges_words() {
        let reason = |text| Cidr::parse(text).unwrap_err();
        assert_eq!(reason("bad-filter"), "Malformed CIDR, one '/' required");
        assert_eq!(reason("10.0.0.0/8/8"), "Malformed CIDR, one '/' required");
        assert_eq!(reason("bad-/64filter"), "Malformed CIDR, mask bits must be an integer");
        assert_eq!(reason("10.0.0.0/-1"), "Malformed CIDR, mask bits must not be negative");
        assert_eq!(reason("xx.11.xx/8"), "Nonstandard IP address: xx.11.xx");
        assert_eq!(reason("10.0.0.0/33"), "IPv4 mask bits must be < 33");
        assert_eq!(reason("::/129"), "IPv6 mask bits must be < 129");
    }
}
