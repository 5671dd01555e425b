//! The DMZ host: the one host that receives everything from the Internet that no rule matches.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Lang, Page, Show, Untrusted};

pub(crate) mod tools;
mod wire;

#[cfg(test)]
mod tests;

/// The DMZ host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Dmz {
    enabled: bool,
    /// Null: none.
    ipv4: Option<Ipv4Addr>,
    name: Option<Untrusted>,
    /// As the box says it: "Enabled" works, "Error" does not.
    status: Option<Untrusted>,
}

impl Dmz {
    const NONE: Self = Self { enabled: false, ipv4: None, name: None, status: None };
}

impl Show for Dmz {
    fn show(&self, lang: Lang) -> Page {
        let Some(ip) = self.ipv4 else {
            return Page::new().line(lang.pick("No DMZ host.", "Aucun appareil en DMZ."));
        };
        let named = self.name.as_ref().map(|name| format!(" (\"{}\")", name.in_quotes())).unwrap_or_default();
        let page = Page::new()
            .fact(lang.pick("DMZ host", "Appareil en DMZ"), format!("{ip}{named}"))
            .fact_if(lang.pick("Status", "État"), self.status.as_ref().map(Untrusted::shown));
        page.line(if self.enabled {
            lang.pick(
                "Everything from the Internet that no rule matches reaches this host: its own firewall is its only protection.",
                "Tout ce qui vient d'Internet et qu'aucune règle ne prend arrive à cet appareil : son propre pare-feu est sa seule protection.",
            )
        } else {
            lang.pick("It is switched off.", "Elle est désactivée.")
        })
    }
}
