//! Port forwarding rules (IPv4): what from the Internet is let through to a host of the LAN.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{Lang, Page, PortRange, Show, Untrusted, text::folded};

mod args;
pub(crate) mod tools;
mod wire;

#[cfg(test)]
mod tests;

pub(crate) use args::{Origin, Protocol};

// A port forwarding rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Rule {
    name: Untrusted,
    id: Untrusted,
    /// "webui": a person; "upnp": a device.
    origin: Untrusted,
    /// tcp, udp, both; else as the box says it.
    protocol: Option<String>,
    external_port: Option<PortRange>,
    internal_port: Option<PortRange>,
    // Where it leads.
    ipv4: Option<Ipv4Addr>,
    host: Option<Untrusted>,
    /// Null: from anywhere.
    source: Option<Untrusted>,
    enabled: Option<bool>,
    /// "Error": does not work.
    status: Option<Untrusted>,
    // Not for the answer: what the rules below need as the box has it.
    #[serde(skip)]
    wire: WireRule,
}

/// What the box must be given back, letter by letter, to find the rule again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct WireRule {
    /// `Id` member.
    id: String,
    /// Key in the map of rules: the id with some characters replaced.
    key: String,
    origin: String,
    destination: String,
}

impl Rule {
    fn protocol(&self) -> Option<Protocol> {
        self.protocol.as_deref()?.parse().ok()
    }

    /// Whether the two would fight over a port. A rule without readable ports or protocol is taken to use any.
    fn overlaps(&self, protocol: Protocol, external: PortRange) -> bool {
        self.external_port.is_none_or(|ports| ports.overlaps(external))
            && self.protocol().is_none_or(|own| own.overlaps(protocol))
    }

    /// Whether the box reports that it does not work.
    fn fails(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.shown().eq_ignore_ascii_case("error"))
    }

    fn is_pending(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.shown().eq_ignore_ascii_case("pending"))
    }

    /// Whether a person who types this means the rule: its name, or its id with or without the origin in front.
    fn is_called(&self, wanted: &str) -> bool {
        let wanted = folded(wanted);
        let id = folded(&self.wire.id);
        let bare = id.strip_prefix(&format!("{}_", folded(&self.wire.origin))).unwrap_or(&id);
        self.name.folded() == wanted || id == wanted || bare == wanted || folded(&self.wire.key) == wanted
    }

    /// In one breath: `"NAS" (webui tcp 8443 → 192.168.1.20:5001)`.
    fn describe(&self) -> String {
        let port = |port: Option<PortRange>| port.map_or_else(|| "*".to_owned(), |port| port.to_string());
        let (external, internal) = (port(self.external_port), port(self.internal_port));
        let protocol = self.protocol.as_deref().unwrap_or("?");
        let ip = self.ipv4.map_or_else(|| "?".to_owned(), |ip| ip.to_string());
        let source = self.source.as_ref().map(|source| format!(", {} →", source.shown())).unwrap_or_default();
        format!(
            "\"{}\" ({}{source} {protocol} {external} → {ip}:{internal})",
            self.name.shown(),
            self.origin.shown()
        )
    }
}

/// The ids that would be one for the box: it keeps blanks and replaces odd characters.
fn comparable_id(name: &str) -> String {
    folded(name)
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || " .-".contains(c) { c } else { '_' })
        .collect()
}

/// Rules before or after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Rules(Vec<Rule>);

impl Rules {
    fn some(rules: Vec<Rule>) -> Option<Self> {
        (!rules.is_empty()).then_some(Self(rules))
    }

    fn page(&self, lang: Lang) -> Page {
        let rows = self.0.iter().map(|rule| {
            let port = |port: Option<PortRange>| port.map(|port| port.to_string()).unwrap_or_default();
            let ip = rule.ipv4.map(|ip| ip.to_string()).unwrap_or_default();
            let to = match &rule.host {
                Some(host) => format!("{ip}:{} ({})", port(rule.internal_port), host.shown()),
                None => format!("{ip}:{}", port(rule.internal_port)),
            };
            let state = match (&rule.status, rule.enabled) {
                (_, Some(false)) => lang.pick("off", "désactivée").to_owned(),
                (Some(status), _) if status.shown() != "Enabled" => status.shown().to_owned(),
                (_, Some(true)) => lang.pick("on", "active").to_owned(),
                (_, None) => "?".to_owned(),
            };
            [
                rule.name.shown().to_owned(),
                rule.protocol.clone().unwrap_or_default(),
                port(rule.external_port),
                to,
                rule.origin.shown().to_owned(),
                state,
                rule.source.as_ref().map(|source| source.shown().to_owned()).unwrap_or_default(),
            ]
        });
        Page::new().table(
            [
                lang.pick("Rule", "Règle"),
                lang.pick("Protocol", "Protocole"),
                lang.pick("From port", "Port externe"),
                lang.pick("To", "Vers"),
                lang.pick("Made by", "Créée par"),
                lang.pick("State", "État"),
                lang.pick("Only from", "Seulement depuis"),
            ],
            rows,
        )
    }
}

impl Show for Rules {
    fn show(&self, lang: Lang) -> Page {
        let failing = self.0.iter().any(Rule::fails);
        self.page(lang).note(failing.then(|| {
            lang.pick(
                "The box accepted the rule but says that it does not work (Error).",
                "La box a accepté la règle mais indique qu'elle ne fonctionne pas (Error).",
            )
        }))
    }
}

/// Port forwarding rules of the box.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RuleList {
    total: usize,
    /// Fitting the filters.
    matching: usize,
    rules: Rules,
}

impl Show for RuleList {
    fn show(&self, lang: Lang) -> Page {
        let Self { total, matching, rules } = self;
        let hidden = matching.saturating_sub(rules.0.len());
        Page::new()
            .line(lang.pick(
                format!(
                    "{matching} of {}.",
                    lang.count(*total, ["port forwarding rule", "port forwarding rules"], ["", ""])
                ),
                format!(
                    "{} sur {total}.",
                    lang.count(*matching, ["", ""], ["redirection de port", "redirections de port"])
                ),
            ))
            .then(rules.page(lang))
            .note((hidden > 0).then(|| {
                lang.pick(
                    format!("{hidden} more: raise `limit` or narrow with `search`."),
                    format!("{hidden} de plus : augmentez `limit` ou filtrez avec `search`."),
                )
            }))
    }
}
