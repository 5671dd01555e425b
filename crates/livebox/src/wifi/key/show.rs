//! What a person at a terminal needs to join a network. Not a tool: its answer is a secret, which no model and no log
//! may have.

use sysbus::Secret;

use super::{
    super::{Air, Key, Network, named::whole, shown},
    present,
};
use crate::{Context, ToolError, Untrusted, say};

/// What joins a device to a network.
#[derive(Clone, Debug)]
pub struct WifiAccess {
    /// Name, as it came: a stranger's text.
    ssid: String,
    /// Security, as the box calls it.
    pub security: Option<Untrusted>,
    /// Whether the name is hidden.
    pub hidden: bool,
    /// The key; `None`: an open network.
    pub key: Option<Secret>,
}

impl WifiAccess {
    /// The name, to be shown.
    pub fn name(&self) -> Untrusted {
        Untrusted::clean(&self.ssid)
    }

    /// The same with the blanks around it, which are a part of it.
    pub fn whole_name(&self) -> String {
        whole(&self.ssid)
    }

    /// The text of the QR code by which phones join: `WIFI:T:WPA;S:Maison;P:secret;;`. `T:WPA` stands for WPA, WPA2
    /// and WPA3 alike, as the WPA3 specification has it.
    pub fn qr_text(&self) -> Secret {
        let (kind, key) = match &self.key {
            Some(key) => ("WPA", format!("P:{};", escaped(key.expose()))),
            None => ("nopass", String::new()),
        };
        let hidden = if self.hidden { "H:true;" } else { "" };
        Secret::new(format!("WIFI:T:{kind};S:{};{key}{hidden};", escaped(&self.ssid)))
    }
}

/// The characters with a meaning in that text, each behind a backslash.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '\\' | ';' | ',' | ':' | '"') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// Reads what joins a device to that network (SSID, band or id) from the box. For people only.
pub async fn wifi_access(cx: &Context, network: &str) -> Result<WifiAccess, ToolError> {
    let air = Air::read(cx).await?;
    let mut found: Vec<Network> = air.matching(network)?.into_iter().cloned().collect();
    // Those that the box keeps for itself are meant only by who names them.
    if found.iter().any(|network| !network.secondary) {
        found.retain(|network| !network.secondary);
    }
    let keys = present(cx, &found).await?;
    let mut ways: Vec<WifiAccess> = Vec::new();
    for network in &found {
        let way = access(network, keys.get(&network.name))?;
        // A network on several bands is one, as long as name and key are the same.
        if !ways.iter().any(|known| known.ssid == way.ssid && known.key == way.key) {
            ways.push(way);
        }
    }
    match ways.pop() {
        Some(way) if ways.is_empty() => Ok(way),
        _ => {
            let ids: Vec<String> = found
                .iter()
                .map(|network| format!("{} ({})", network.id.shown(), shown(network.ssid.as_ref())))
                .collect();
            let ids = ids.join(", ");
            Err(ToolError::Conflict(say!(
                "That names several networks whose keys differ: {ids}. Give one id.",
                "Cela désigne plusieurs réseaux dont les clés diffèrent : {ids}. Donnez un identifiant."
            )))
        }
    }
}

fn access(network: &Network, key: Option<&Secret>) -> Result<WifiAccess, ToolError> {
    let open = network.key == Some(Key::None);
    let mode = network.security.as_ref().map(Untrusted::shown).unwrap_or_default();
    if mode.starts_with("WEP") || mode.contains("Enterprise") {
        return Err(ToolError::Conflict(say!(
            "That network's security is {mode}, which has no key of this kind.",
            "La sécurité de ce réseau est {mode}, qui n'a pas de clé de ce genre."
        )));
    }
    if key.is_none() && !open {
        return Err(ToolError::Unavailable(say!(
            "This box does not show the key of that network. See its web page or its label.",
            "Cette box ne montre pas la clé de ce réseau. Voyez sa page web ou son étiquette."
        )));
    }
    Ok(WifiAccess {
        ssid: network.full_ssid.clone(),
        security: network.security.clone(),
        hidden: network.hidden == Some(true),
        key: key.filter(|_| !open).cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qr(ssid: &str, key: Option<&str>, hidden: bool) -> String {
        let access = WifiAccess { ssid: ssid.to_owned(), security: None, hidden, key: key.map(Secret::new) };
        access.qr_text().expose().to_owned()
    }

    #[test]
    fn qr_texts_are_what_phones_read() {
        assert_eq!(qr("Maison", Some("tk7w-m3hp"), false), "WIFI:T:WPA;S:Maison;P:tk7w-m3hp;;");
        assert_eq!(
            qr("Café; l'\"été\"", Some(r"a\b:c,d"), true),
            r#"WIFI:T:WPA;S:Café\; l'\"été\";P:a\\b\:c\,d;H:true;;"#
        );
        assert_eq!(qr("Ouvert", None, false), "WIFI:T:nopass;S:Ouvert;;");
    }
}
