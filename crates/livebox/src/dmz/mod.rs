//! The DMZ host: the one host that receives everything from the Internet that no rule matches.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Lang, Message, Page, Show, Untrusted, say};

mod kept;
mod restore;
pub(crate) mod tools;
mod wire;
mod work;

#[cfg(test)]
mod tests;

// An entry, as people see it. What a household never sets is told only where it is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Entry {
    enabled: bool,
    /// Null: none.
    ipv4: Option<Ipv4Addr>,
    // Only what comes from there; absent: from anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Untrusted>,
    // Absent: the one of the box's web page.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Untrusted>,
    // Absent: the Internet.
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<Untrusted>,
}

impl Entry {
    const NONE: Self = Self { enabled: false, ipv4: None, source: None, id: None, interface: None };

    /// What is not as in that other entry, of what makes a difference to people: neither what the two are called, nor the
    /// box's name of the interface.
    fn differences(&self, wanted: &Self) -> Vec<String> {
        let checks = [
            ("enabled", self.enabled == wanted.enabled),
            ("ipv4", self.ipv4 == wanted.ipv4),
            ("source", self.source == wanted.source),
        ];
        checks.into_iter().filter(|(_, fits)| !fits).map(|(field, _)| field.to_owned()).collect()
    }

    /// In one breath: `"autre" to 192.168.1.25 (only from "203.0.113.0/24", off)`.
    fn describe(&self) -> Message {
        let id = self.id.as_ref().map_or_else(|| wire::ID.into(), Untrusted::in_quotes);
        let ip = self.ipv4.map_or_else(|| "?".to_owned(), |ip| ip.to_string());
        let remarks = |lang: Lang| {
            let only = self.source.as_ref().map(|source| {
                format!("{} \"{}\"", lang.pick("only from", "seulement depuis"), source.in_quotes())
            });
            let off = (!self.enabled).then(|| lang.pick("off", "désactivée").to_owned());
            let remarks: Vec<String> = only.into_iter().chain(off).collect();
            if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) }
        };
        let (english, french) = (remarks(Lang::En), remarks(Lang::Fr));
        say!("\"{id}\" to {ip}{english}", "« {id} » vers {ip}{french}")
    }
}

/// The DMZ host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Dmz {
    #[serde(flatten)]
    entry: Entry,
    name: Option<Untrusted>,
    /// As the box says it: "Enabled" works, "Error" does not.
    status: Option<Untrusted>,
    // Beside the one that counts, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Entry>,
}

impl Dmz {
    const NONE: Self = Self { entry: Entry::NONE, name: None, status: None, others: Vec::new() };

    /// What is not as in that other state, but for what the box says of it.
    fn differences(&self, wanted: &Self) -> Vec<String> {
        let mut found = self.entry.differences(&wanted.entry);
        if self.entry.id != wanted.entry.id {
            found.push("id".to_owned());
        }
        if self.others != wanted.others {
            found.push("others".to_owned());
        }
        found
    }

    /// An entry may be accepted and still not work.
    fn fails(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.shown().eq_ignore_ascii_case("error"))
    }
}

impl Show for Dmz {
    fn show(&self, lang: Lang) -> Page {
        let Some(ip) = self.entry.ipv4 else {
            return Page::new().line(lang.pick("No DMZ host.", "Aucun appareil en DMZ."));
        };
        let named = self.name.as_ref().map(|name| format!(" (\"{}\")", name.in_quotes())).unwrap_or_default();
        let Entry { enabled, source, id, interface, .. } = &self.entry;
        let mut page = Page::new()
            .fact(lang.pick("DMZ host", "Appareil en DMZ"), format!("{ip}{named}"))
            .fact_if(lang.pick("Only from", "Seulement depuis"), source.as_ref().map(Untrusted::shown))
            .fact_if(lang.pick("Entry", "Entrée"), id.as_ref().map(Untrusted::shown))
            .fact_if("Interface", interface.as_ref().map(Untrusted::shown))
            .fact_if(lang.pick("Status", "État"), self.status.as_ref().map(Untrusted::shown));
        for other in &self.others {
            page = page.fact(lang.pick("Beside it", "À côté"), other.describe().text(lang));
        }
        page.line(match (enabled, source) {
            (false, _) => lang.pick("It is switched off.", "Elle est désactivée."),
            (true, None) => lang.pick(
                "Everything from the Internet that no rule matches reaches this host: its own firewall is its only protection.",
                "Tout ce qui vient d'Internet et qu'aucune règle ne prend arrive à cet appareil : son propre pare-feu est sa seule protection.",
            ),
            (true, Some(_)) => lang.pick(
                "Everything from there that no rule matches reaches this host.",
                "Tout ce qui vient de là et qu'aucune règle ne prend arrive à cet appareil.",
            ),
        })
    }
}
