//! Where the box is and how to reach it.

use std::{
    net::{IpAddr, Ipv6Addr},
    path::PathBuf,
};

use url::{Host, Url};

use crate::Error;

/// How the certificate of an `https` box is checked. Means nothing for `http`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Against the computer's certificate authorities.
    #[default]
    System,
    /// Against the certificates in this PEM file only: authorities, or the box's own certificate, which is then
    /// accepted whatever name it bears (boxes sign their own, protocol section 1.10).
    CaFile(PathBuf),
    /// Not at all: the owner said so.
    Anyone,
}

/// Address of a box: name, IPv4, IPv6, with or without port, or an http or https URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, host and port; its path is `/`.
    base: Url,
    trust: Trust,
}

impl Endpoint {
    /// Reads an address as a person types it: `livebox.home`, `192.168.1.1:8080`, `fe80::1`, `[fe80::1]:80`,
    /// `https://livebox.home`. Without a scheme it is `http`, without a port 80 (443 for `https`).
    ///
    /// # Errors
    /// [`Error::BadAddress`] says what is wrong and never repeats the text, which may hold credentials.
    pub fn parse(text: &str, trust: Trust) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() {
            return Err(bad("it is empty"));
        }
        if text.contains('@') {
            return Err(bad("it must not hold a user name or a password"));
        }
        if text.chars().any(|char| char.is_whitespace() || char.is_control() || char == '\\') {
            return Err(bad("it holds a character that no address holds"));
        }
        let base = if text.contains("://") {
            Url::parse(text)
        } else if text.parse::<Ipv6Addr>().is_ok() {
            Url::parse(&format!("http://[{text}]/"))
        } else if text.contains('%') {
            return Err(bad("IPv6 zones (%eth0) are not supported; use an address without zone"));
        } else if text.contains(['/', '?', '#']) {
            return Err(bad("a host, host:port or http(s) URL is expected"));
        } else {
            Url::parse(&format!("http://{text}/"))
        };
        let base = base.map_err(|error| bad(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(bad("only http and https are supported"));
        }
        if !matches!(base.path(), "" | "/") || base.query().is_some() || base.fragment().is_some() {
            return Err(bad("nothing may follow the host and port"));
        }
        if base.host_str().is_none_or(str::is_empty) {
            return Err(bad("it has no host"));
        }
        if base.port() == Some(0) || text.trim_end_matches('/').ends_with(':') && !is_bare_ipv6(text) {
            return Err(bad("the port must be between 1 and 65535"));
        }
        Ok(Self { base, trust })
    }

    /// `host` or `host:port`, for messages and the `Host` header: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        self.base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether the box is talked to over TLS.
    pub fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Whether the address is a name that has to be resolved, not an IP address.
    pub fn is_name(&self) -> bool {
        matches!(self.base.host(), Some(Host::Domain(_)))
    }

    /// The IP address, where it is one and not a name.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.base.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(ip) => Some(ip.into()),
            Host::Ipv6(ip) => Some(ip.into()),
        }
    }

    /// The same port, scheme and trust at another address.
    pub(crate) fn at(&self, ip: IpAddr) -> Option<Self> {
        let mut base = self.base.clone();
        base.set_ip_host(ip).ok()?;
        Some(Self { base, trust: self.trust.clone() })
    }

    /// How the certificate of an `https` box is checked.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The URL of a path on the box, which starts with `/` and may carry a query.
    pub(crate) fn url(&self, path: &str) -> Option<Url> {
        self.base.join(path).ok().filter(|url| url.origin() == self.base.origin())
    }
}

fn is_bare_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

fn bad(what: &str) -> Error {
    Error::BadAddress(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_address() {
        for (text, authority, https) in [
            ("192.168.1.1", "192.168.1.1", false),
            (" 192.168.1.1 ", "192.168.1.1", false),
            ("192.168.1.1:8080", "192.168.1.1:8080", false),
            ("livebox", "livebox", false),
            ("Livebox.Home:80", "livebox.home", false),
            ("::1", "[::1]", false),
            ("fe80::", "[fe80::]", false),
            ("2001:db8::1", "[2001:db8::1]", false),
            ("[2001:db8::1]", "[2001:db8::1]", false),
            ("[2001:db8::1]:8080", "[2001:db8::1]:8080", false),
            ("http://192.168.1.1", "192.168.1.1", false),
            ("http://192.168.1.1/", "192.168.1.1", false),
            ("http://livebox:80/", "livebox", false),
            ("https://livebox.home", "livebox.home", true),
            ("HTTPS://livebox.home:443/", "livebox.home", true),
            ("https://[fd00::1]:8443", "[fd00::1]:8443", true),
            ("boîte.example", "xn--bote-1pa.example", false),
        ] {
            let endpoint = Endpoint::parse(text, Trust::System).unwrap();
            assert_eq!((endpoint.authority().as_str(), endpoint.is_https()), (authority, https), "{text}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            "  ",
            "host name",
            "192.168.1.1/ws",
            "http://livebox/ws",
            "http://livebox/?a=b",
            "http://livebox#a",
            "ftp://livebox",
            "livebox:0",
            "livebox:65536",
            "livebox:",
            "http://livebox:",
            "livebox:http",
            "http://",
            ":80",
            "fe80::1%eth0",
            "[::1",
            "192.168.1.999",
            "livebox\\x",
        ] {
            let outcome = Endpoint::parse(text, Trust::System);
            assert!(matches!(outcome, Err(Error::BadAddress(_))), "{text}: {outcome:?}");
        }
    }

    #[test]
    fn credentials_are_refused_and_not_shown() {
        for text in ["http://admin:hunter2@livebox/", "admin:hunter2@livebox", "https://hunter2@livebox"] {
            let error = Endpoint::parse(text, Trust::System).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn a_path_never_leads_to_another_host() {
        let endpoint = Endpoint::parse("livebox:8080", Trust::System).unwrap();
        assert_eq!(endpoint.url("/ws").unwrap().as_str(), "http://livebox:8080/ws");
        assert_eq!(endpoint.url("//elsewhere/ws"), None);
        assert_eq!(endpoint.url("http://elsewhere/ws"), None);
    }
}
