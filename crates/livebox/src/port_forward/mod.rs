//! Port forwarding rules (IPv4): what from the Internet is let through to a host of the LAN.

use std::{net::Ipv4Addr, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Context, Lang, Page, PortRange, Show, ToolError, Untrusted, text::folded};

mod add;
mod args;
mod kept;
mod order;
mod remake;
mod remove;
mod restore;
mod state;
pub(crate) mod tools;
mod wire;

#[cfg(test)]
mod tests;

pub(crate) use args::{Origin, Protocol};
use kept::Kept;
pub(crate) use state::Rules;

// A port forwarding rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Rule {
    name: Untrusted,
    id: Untrusted,
    /// webui: a person.
    origin: Untrusted,
    // tcp, udp, both; else as the box says it.
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
    wire: Kept,
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

    /// What is not as in that other rule, of what a person or the box can decide.
    fn differences(&self, wanted: &Self) -> Vec<String> {
        let checks = [
            ("name", self.name == wanted.name),
            ("origin", self.origin == wanted.origin),
            ("protocol", self.protocol == wanted.protocol),
            ("external_port", self.external_port == wanted.external_port),
            ("internal_port", self.internal_port == wanted.internal_port),
            ("ipv4", self.ipv4 == wanted.ipv4),
            ("source", self.source == wanted.source),
            ("enabled", self.enabled == wanted.enabled),
        ];
        checks.into_iter().filter(|(_, fits)| !fits).map(|(field, _)| field.to_owned()).collect()
    }

    /// In one breath: `"NAS" (webui tcp 8443 → 192.168.1.20:5001)`.
    fn describe(&self) -> String {
        let port = |port: Option<PortRange>| port.map_or_else(|| "*".to_owned(), |port| port.to_string());
        let (external, internal) = (port(self.external_port), port(self.internal_port));
        let protocol =
            self.protocol.as_deref().map_or_else(|| "?".to_owned(), |text| Untrusted::clean(text).word());
        let ip = self.ipv4.map_or_else(|| "?".to_owned(), |ip| ip.to_string());
        let source = self.source.as_ref().map(|source| format!(", {} →", source.word())).unwrap_or_default();
        format!(
            "\"{}\" ({}{source} {protocol} {external} → {ip}:{internal})",
            self.name.in_quotes(),
            self.origin.word()
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

/// Whether the box would take the two for one: setting a rule replaces the one with the same id.
fn is_named(rule: &Rule, name: &str) -> bool {
    let name = comparable_id(name);
    let bare = |id: &str| comparable_id(id.strip_prefix("webui_").unwrap_or(id));
    rule.wire.origin == Origin::Webui.wire()
        && (bare(&rule.wire.id) == name
            || bare(&rule.wire.key) == name
            || comparable_id(rule.name.shown()) == name)
}

/// How long the box may take to show a change.
const PATIENCE: Duration = Duration::from_secs(5);

/// Every rule, in the box's order.
async fn rules(cx: &Context) -> Result<Vec<Rule>, ToolError> {
    let call = wire::GetPortForwarding {};
    let table = cx.read(&call).await?;
    if let Some(path) = table.values().find_map(wire::WireForward::odd) {
        return Err(sysbus::Error::odd(&call, path).into());
    }
    Ok(table.iter().map(|(key, rule)| rule.rule(key)).collect())
}

/// A rule that a change makes beside the one that it was asked for, where the box takes one protocol a rule. Its name
/// alone does not tell it: a person may give that name to a rule of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Companion {
    name: String,
    external_port: PortRange,
}

impl Companion {
    fn is(&self, rule: &Rule) -> bool {
        is_named(rule, &self.name) && rule.external_port == Some(self.external_port)
    }
}

/// The rules that a change is about.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Subject {
    /// Their keys in the box's map.
    keys: Vec<String>,
    /// Names of rules that a change makes, whose keys are the box's to give.
    names: Vec<String>,
    companions: Vec<Companion>,
}

impl Subject {
    fn holds(&self, rule: &Rule) -> bool {
        self.keys.contains(&rule.wire.key)
            || self.names.iter().any(|name| is_named(rule, name))
            || self.companions.iter().any(|companion| companion.is(rule))
    }

    /// Those that are there; `None`: none is.
    async fn observe(&self, cx: &Context) -> Result<Option<Rules>, ToolError> {
        let mut found = rules(cx).await?;
        found.retain(|rule| self.holds(rule));
        Ok(Rules::some(found))
    }
}

/// The host's name follows the host, the status comes and goes, and the id is the box's way to spell the name.
const VOLATILE: &[&str] = &["host", "status", "id"];

/// Port forwarding rules of the box.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RuleList {
    total: usize,
    /// Fitting the filters.
    matching: usize,
    rules: Vec<Rule>,
}

impl Show for RuleList {
    fn show(&self, lang: Lang) -> Page {
        let Self { total, matching, rules } = self;
        let hidden = matching.saturating_sub(rules.len());
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
            .then(state::table(rules, lang))
            .note((hidden > 0).then(|| {
                lang.pick(
                    format!("{hidden} more: raise `limit` or narrow with `search`."),
                    format!("{hidden} de plus : augmentez `limit` ou filtrez avec `search`."),
                )
            }))
    }
}
