//! A host to probe: its name or address, checked, and looked up off the runtime.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, ToSocketAddrs as _},
    str::FromStr,
    time::Duration,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use tokio::sync::oneshot;
use url::Url;

use crate::{
    Message, ToolError, Untrusted,
    net::{text_schema, textual},
    say,
};

/// A host name or IP address. Its text is safe to hand to a command: it never begins with a dash and holds no
/// blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host(String);

impl FromStr for Host {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let text = text.trim();
        parse(text).map(Self).ok_or_else(|| {
            let text = Untrusted::clean(text);
            let text = text.in_quotes();
            say!(
                "`{text}` is not a host: write a name (www.orange.fr) or an IP address",
                "« {text} » n'est pas un hôte : écrivez un nom (www.orange.fr) ou une adresse IP"
            )
        })
    }
}

fn parse(text: &str) -> Option<String> {
    // The URL parser drops line breaks and tabs silently.
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address.to_string());
    }
    // The host of a pasted address; names in any script become ASCII.
    let url = if text.contains("://") {
        Url::parse(text).ok()?
    } else {
        Url::parse(&format!("http://{text}/")).ok()?
    };
    let is_bare = text.contains("://") || !text.contains(['/', '?', '#', '@', ':', '\\']);
    match url.host()? {
        url::Host::Ipv4(address) => Some(address.to_string()),
        url::Host::Ipv6(address) => Some(address.to_string()),
        url::Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            let is_label = |label: &str| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            };
            (is_bare && name.len() <= 253 && name.split('.').all(is_label)).then(|| name.to_owned())
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

textual!(Host, text_schema());

/// How long a name may take to resolve.
const PATIENCE: Duration = Duration::from_secs(8);

impl Host {
    /// Its address, the one that the system would use.
    pub(crate) async fn resolve(&self) -> Result<IpAddr, ToolError> {
        if let Ok(address) = self.0.parse() {
            return Ok(address);
        }
        let name = self.0.clone();
        let found =
            aside(move || (name.as_str(), 0).to_socket_addrs().ok().and_then(|mut found| found.next()));
        let host = &self.0;
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(Some(Some(address))) => Ok(address.ip()),
            Ok(_) => Err(ToolError::Failed(say!(
                "No address is known for {host}: check its spelling; if no name resolves, the DNS or the connection is down (connection_show).",
                "Aucune adresse n'est connue pour {host} : vérifiez l'orthographe ; si aucun nom n'est résolu, le DNS ou la connexion est en panne (connection_show)."
            ))),
            Err(_) => Err(ToolError::Failed(say!(
                "The DNS did not answer for {host}: the DNS or the connection may be down (connection_show).",
                "Le DNS n'a pas répondu pour {host} : le DNS ou la connexion est peut-être en panne (connection_show)."
            ))),
        }
    }
}

/// The name of an address, if it has one.
pub(crate) async fn name_of(address: IpAddr) -> Option<Untrusted> {
    let name = aside(move || dns_lookup::lookup_addr(&address).ok()).await??;
    (name != address.to_string()).then(|| Untrusted::non_empty(&name))?
}

/// Runs a lookup that may block for long on a thread of its own: unlike a blocking task of the runtime, it does
/// not keep the process from ending.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name("lookup".to_owned())
        .spawn(move || {
            let _ = tell.send(work());
        })
        .ok()?;
    told.await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_as_people_write_them() {
        let host = |text: &str| text.parse::<Host>().ok().map(|host| host.to_string());
        assert_eq!(host(" WWW.Orange.FR. ").as_deref(), Some("www.orange.fr"));
        assert_eq!(host("https://www.orange.fr:8443/portail?x").as_deref(), Some("www.orange.fr"));
        assert_eq!(host("192.168.1.1").as_deref(), Some("192.168.1.1"));
        assert_eq!(host("[2001:db8::1]").as_deref(), Some("2001:db8::1"));
        assert_eq!(host("::1").as_deref(), Some("::1"));
        assert_eq!(host("château.example").as_deref(), Some("xn--chteau-xta.example"));
        assert_eq!(host("my_nas").as_deref(), Some("my_nas"));
    }

    #[test]
    fn what_could_be_more_than_a_host_is_refused() {
        for text in [
            "",
            "-c1",
            "-oProxyCommand",
            "a b",
            "a;reboot",
            "$(x)",
            "a|b",
            "a\nb",
            "a/b",
            "a@b",
            "a:80",
            "a..b",
            "x\u{0}y",
            "-a.example",
            "a\\b",
            "a&b",
            "`x`",
            "fe80::1%eth0",
        ] {
            assert!(text.parse::<Host>().is_err(), "{text:?}");
        }
        assert!(format!("{}.example", "a".repeat(64)).parse::<Host>().is_err());
    }
}
