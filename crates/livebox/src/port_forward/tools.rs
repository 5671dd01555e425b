//! The tools about port forwarding rules.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Origin, Protocol, Rule, RuleList, Rules,
    args::{RuleName, Sources},
    comparable_id, wire,
};
use crate::{
    Access, Changed, Context, French, Group, PortRange, Read, Sent, Tool, ToolDef, ToolError, Untrusted,
    change::COMMIT_UNCONFIRMED,
    firewall,
    host::{self, HostRef, Target},
    say,
    text::folded,
};

pub(crate) const TOOLS: &[ToolDef] =
    &[ToolDef::read::<ListRules>(), ToolDef::read::<AddRule>(), ToolDef::read::<RemoveRule>()];

const PORT_FORWARD: Group = Group {
    name: "port-forward",
    english: "Port forwarding rules (IPv4)",
    french: "Les redirections de port (IPv4)",
};

const PATIENCE: Duration = Duration::from_secs(5);

/// Every rule, a person's first.
async fn rules(cx: &Context) -> Result<Vec<Rule>, ToolError> {
    let call = wire::GetPortForwarding {};
    let table = cx.read(&call).await?;
    if let Some(path) = table.values().find_map(wire::WireForward::odd) {
        return Err(sysbus::Error::odd(&call, path).into());
    }
    let mut rules: Vec<Rule> = table.iter().map(|(key, rule)| rule.rule(key)).collect();
    rules.sort_by_key(|rule| {
        (rule.wire.origin != Origin::Webui.wire(), rule.external_port, rule.name.clone())
    });
    Ok(rules)
}

/// Lists port forwarding rules, those that hosts made by UPnP included.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListRules {
    /// Made by a person, or a host by UPnP.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    /// In name, port, IP or host.
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    #[arg(long, default_value_t = default_limit(), help = "Most rules to list")]
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    20
}

impl Tool for ListRules {
    type Output = RuleList;
    const GROUP: &'static Group = &PORT_FORWARD;
    const VERB: &'static str = "list";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "--origin webui";
    const FRENCH: French = French {
        about: "Liste les redirections de port, y compris celles créées par les appareils en UPnP.",
        args: &[
            ("origin", "Créées par une personne (webui) ou par un appareil en UPnP (upnp)."),
            ("search", "Dans le nom, le port, l'IP ou l'appareil."),
            ("limit", "Nombre de règles au plus."),
        ],
    };
}

impl Read for ListRules {
    async fn run(self, cx: &Context) -> Result<RuleList, ToolError> {
        let mut rules = rules(cx).await?;
        let total = rules.len();
        if !rules.is_empty() {
            let hosts = host::all(cx).await?;
            for rule in &mut rules {
                let owner = hosts.iter().find(|host| rule.ipv4.is_some() && host.ipv4 == rule.ipv4);
                rule.host = owner.map(|host| host.name.clone());
            }
        }
        rules.retain(|rule| self.wants(rule));
        let matching = rules.len();
        rules.truncate(self.limit);
        Ok(RuleList { total, matching, rules: Rules(rules) })
    }
}

impl ListRules {
    fn wants(&self, rule: &Rule) -> bool {
        let origin_fits = self.origin.is_none_or(|origin| rule.wire.origin == origin.wire());
        origin_fits && self.search.as_deref().is_none_or(|wanted| found_in(rule, wanted))
    }
}

fn found_in(rule: &Rule, wanted: &str) -> bool {
    let port_fits = wanted.trim().parse::<PortRange>().is_ok_and(|wanted| {
        [rule.external_port, rule.internal_port].into_iter().flatten().any(|ports| ports.overlaps(wanted))
    });
    let wanted = folded(wanted);
    let texts = [Some(&rule.name), Some(&rule.id), rule.host.as_ref()];
    port_fits
        || texts.into_iter().flatten().any(|text| text.folded().contains(&wanted))
        || rule.ipv4.is_some_and(|ip| ip.to_string().contains(&wanted))
}

/// Forwards a port from the Internet to a device of the home network (IPv4).
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddRule {
    #[arg(value_name = "NAME", help = "Name of the rule")]
    name: RuleName,
    // `--host` is the box's own address on every command.
    /// Device: name, IP or MAC.
    #[arg(long = "to", value_name = "HOST")]
    host: HostRef,
    /// Port or range (8000-8010).
    #[arg(long, value_name = "PORT")]
    external_port: PortRange,
    /// Default: the same.
    #[arg(long, value_name = "PORT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    internal_port: Option<PortRange>,
    #[arg(long, value_name = "tcp|udp|both", help = "TCP, UDP, or both")]
    protocol: Protocol,
    /// Only from these networks.
    #[arg(long, value_name = "CIDR,…")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_prefix: Option<Sources>,
}

impl Tool for AddRule {
    type Output = Changed<Rules>;
    const GROUP: &'static Group = &PORT_FORWARD;
    const VERB: &'static str = "add";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str =
        "Minecraft --to nas-familial --external-port 25565 --protocol both --source-prefix 203.0.113.0/24";
    const FRENCH: French = French {
        about: "Redirige un port d'Internet vers un appareil du réseau local (IPv4).",
        args: &[
            ("name", "Nom de la règle."),
            ("host", "Appareil : nom, IP ou MAC."),
            ("external_port", "Port ou plage (8000-8010)."),
            ("internal_port", "Port de l'appareil ; le même par défaut."),
            ("protocol", "tcp, udp ou both (les deux)."),
            ("source_prefix", "Seulement depuis ces réseaux."),
        ],
    };
}

impl Read for AddRule {
    async fn run(self, cx: &Context) -> Result<Changed<Rules>, ToolError> {
        let internal = self.internal_port.unwrap_or(self.external_port);
        if internal.len() != self.external_port.len() {
            let (inside, outside) = (internal.len(), self.external_port.len());
            return Err(ToolError::Arguments(say!(
                "`external_port` spans {outside} ports and `internal_port` {inside}: give ranges of the same size.",
                "`external_port` couvre {outside} ports et `internal_port` {inside} : donnez des plages de même taille."
            )));
        }
        let target = host::target(cx, &self.host).await?;
        let wanted = Wanted {
            name: self.name.as_str(),
            protocol: self.protocol,
            ports: (self.external_port, internal),
            target: &target,
            source: self.source_prefix.unwrap_or_default(),
        };
        wanted.add(cx).await
    }
}

/// A rule to be.
struct Wanted<'a> {
    name: &'a str,
    protocol: Protocol,
    /// External, internal.
    ports: (PortRange, PortRange),
    target: &'a Target,
    source: Sources,
}

impl Wanted<'_> {
    async fn add(&self, cx: &Context) -> Result<Changed<Rules>, ToolError> {
        let (name, protocol, target) = (self.name, self.protocol, self.target.shown());
        let (external, internal) = self.ports;
        let ports = protocol.of_people();
        let what = say!(
            "Forward {ports} port {external} to {target} port {internal} as \"{name}\"",
            "Rediriger le port {ports} {external} vers {target}, port {internal}, sous le nom « {name} »"
        );
        let existing = rules(cx).await?;
        if let Some(own) = existing.iter().find(|rule| is_named(rule, name)) {
            if let Some(same) = self.already(own, &existing) {
                return Ok(Changed::already_so(what, Some(Rules(same))));
            }
            let own = own.describe();
            return Err(ToolError::Conflict(say!(
                "There is already a rule {own}. Remove it first (`port-forward remove`) or choose another name.",
                "Il existe déjà une règle {own}. Supprimez-la d'abord (`port-forward remove`) ou choisissez un autre nom."
            )));
        }
        if let Some(other) =
            existing.iter().find(|rule| rule.enabled != Some(false) && rule.overlaps(protocol, external))
        {
            return Err(taken(&other.describe()));
        }
        // The separator of "both" is not certain on every firmware, and some may take one protocol only: what the box
        // refused or dropped becomes a second rule.
        let first = match self.send(cx, name, protocol).await {
            Err(error) if protocol == Protocol::Both && is_refusal(&error) => {
                self.send(cx, name, Protocol::Tcp).await?
            }
            other => other?,
        };
        let mut committed = firewall::commit(cx).await?;
        let mut after = self.settled(cx, &[name]).await?;
        let kept = after.first().and_then(Rule::protocol);
        if protocol == Protocol::Both && matches!(kept, Some(Protocol::Tcp | Protocol::Udp)) {
            let missing = if kept == Some(Protocol::Tcp) { Protocol::Udp } else { Protocol::Tcp };
            let second = self.second_name(missing);
            match self.send(cx, &second, missing).await {
                // The first rule stands: that must not hide behind the refusal, so the read-back tells the rest.
                Err(ToolError::Conflict(_) | ToolError::Box(_)) => {}
                sent => {
                    sent?;
                    committed = firewall::commit(cx).await? && committed;
                }
            }
            after = self.settled(cx, &[name, &second]).await?;
        }
        let differing = self.verdict(&after, committed);
        let after: Vec<Rule> = after.iter().map(|rule| self.with_host(rule)).collect();
        if after.is_empty() {
            return Changed::after(&first, what, None, None, differing);
        }
        Ok(Changed::verified(what, None, Rules::some(after), differing))
    }

    /// The rules that are there already, when they are what is wanted: the rule of that name, or where the box takes
    /// one protocol a rule only, that and its companion.
    fn already(&self, own: &Rule, existing: &[Rule]) -> Option<Vec<Rule>> {
        if self.differences(own, self.protocol).is_empty() {
            return Some(vec![self.with_host(own)]);
        }
        let missing = match (self.protocol, own.protocol()?) {
            (Protocol::Both, Protocol::Tcp) => Protocol::Udp,
            (Protocol::Both, Protocol::Udp) => Protocol::Tcp,
            _ => return None,
        };
        let second = self.second_name(missing);
        let companion = existing.iter().find(|rule| is_named(rule, &second))?;
        let fits = self.differences(own, own.protocol()?).is_empty()
            && self.differences(companion, missing).is_empty();
        fits.then(|| vec![self.with_host(own), self.with_host(companion)])
    }

    /// Name of the rule for the protocol that the first one does not serve.
    fn second_name(&self, protocol: Protocol) -> String {
        format!("{} {}", self.name, protocol.of_people())
    }

    async fn send(&self, cx: &Context, name: &str, protocol: Protocol) -> Result<Sent<()>, ToolError> {
        let call =
            wire::SetPortForwarding::new(name, protocol, self.ports, self.target.ip, self.source.to_string());
        match cx.write(&call).await {
            Ok(sent) => Ok(Sent { reply: sent.reply.map(|_| ()), lost: sent.lost }),
            Err(ToolError::Box(error)) if error.codes().any(|code| code == wire::OVERLAP) => {
                Err(taken(&said(&error)))
            }
            Err(error) => Err(error),
        }
    }

    /// The rules of these names, once the box has them all and has made up its mind, or patience ends.
    async fn settled(&self, cx: &Context, names: &[&str]) -> Result<Vec<Rule>, ToolError> {
        let read = || async {
            let mut found = rules(cx).await?;
            found.retain(|rule| names.iter().any(|name| is_named(rule, name)));
            Ok(found)
        };
        let (mut found, _) = cx
            .read_back(PATIENCE, read, |found: &Vec<Rule>| {
                found.len() >= names.len() && !found.iter().any(Rule::is_pending)
            })
            .await?;
        // In the order they were sent.
        found.sort_by_key(|rule| names.iter().position(|name| is_named(rule, name)));
        Ok(found)
    }

    /// What is not as wanted in a rule that the box reports.
    fn differences(&self, rule: &Rule, protocol: Protocol) -> Vec<String> {
        let source = rule.source.as_ref().map_or(Ok(Sources::default()), |text| text.shown().parse());
        let checks = [
            ("protocol", rule.protocol() == Some(protocol)),
            ("external_port", rule.external_port == Some(self.ports.0)),
            ("internal_port", rule.internal_port == Some(self.ports.1)),
            ("ipv4", rule.ipv4 == Some(self.target.ip)),
            ("source", source.is_ok_and(|source| source == self.source)),
            ("enabled", rule.enabled == Some(true)),
        ];
        checks.into_iter().filter(|(_, fits)| !fits).map(|(field, _)| field.to_owned()).collect()
    }

    fn verdict(&self, after: &[Rule], committed: bool) -> Vec<String> {
        let mut differing: Vec<String> = match after {
            [] => vec!["name".to_owned()],
            [rule] => self.differences(rule, self.protocol),
            // One for each protocol, together what was wanted.
            several => several
                .iter()
                .flat_map(|rule| self.differences(rule, rule.protocol().unwrap_or(self.protocol)))
                .collect(),
        };
        if after.iter().any(Rule::fails) {
            differing.push("status".to_owned());
        }
        if !committed && !after.is_empty() {
            differing.push(COMMIT_UNCONFIRMED.to_owned());
        }
        differing.dedup();
        differing
    }

    fn with_host(&self, rule: &Rule) -> Rule {
        let host = self.target.name.clone().filter(|_| rule.ipv4 == Some(self.target.ip));
        Rule { host, ..rule.clone() }
    }
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

fn is_refusal(error: &ToolError) -> bool {
    matches!(error, ToolError::Box(sysbus::Error::Refused { .. }))
}

/// The rule that the box blames for an overlap ("Port overlap detected: port[8080-8090] name[cam]", protocol
/// section 1.8), else its words; to be quoted.
fn said(error: &sysbus::Error) -> String {
    let sysbus::Error::Refused { errors, .. } = error else { return String::new() };
    let quoted = |text: &str| format!("\"{}\"", Untrusted::clean(text).shown());
    let blamed = |info: &str| Some(info.split_once("name[")?.1.strip_suffix(']')?.to_owned());
    if let Some(id) = errors.iter().find_map(|error| blamed(&error.info)) {
        return quoted(id.split_once('_').map_or(id.as_str(), |(_, name)| name));
    }
    let texts =
        errors.iter().map(|error| if error.info.is_empty() { &error.description } else { &error.info });
    texts.map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

fn taken(by: &str) -> ToolError {
    ToolError::Conflict(say!(
        "That external port is taken by {by}. Choose another port, or remove that rule first.",
        "Ce port externe est déjà pris par {by}. Choisissez un autre port, ou supprimez d'abord cette règle."
    ))
}

/// Removes a port forwarding rule.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveRule {
    /// Its name or id.
    #[arg(value_name = "RULE")]
    rule: String,
}

impl Tool for RemoveRule {
    type Output = Changed<Rules>;
    const GROUP: &'static Group = &PORT_FORWARD;
    const VERB: &'static str = "remove";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "'NAS HTTPS'";
    const FRENCH: French = French {
        about: "Supprime une redirection de port.",
        args: &[("rule", "Son nom ou son identifiant.")],
    };
}

impl Read for RemoveRule {
    async fn run(self, cx: &Context) -> Result<Changed<Rules>, ToolError> {
        let existing = rules(cx).await?;
        let rule = find(&existing, &self.rule)?;
        let described = rule.describe();
        let what = if rule.wire.origin == Origin::Upnp.wire() {
            say!(
                "Remove the rule {described}, which its device may open again by UPnP",
                "Supprimer la règle {described}, que son appareil peut rouvrir en UPnP"
            )
        } else {
            say!("Remove the rule {described}", "Supprimer la règle {described}")
        };
        let sent = match delete(cx, rule, &rule.wire.id).await {
            // Refused, so nothing was done: the box may know it by its key, where odd characters are replaced.
            Err(ToolError::Box(error))
                if rule.wire.key != rule.wire.id && error.codes().any(|code| code == wire::NOT_FOUND) =>
            {
                delete(cx, rule, &rule.wire.key).await?
            }
            other => other?,
        };
        let committed = firewall::commit(cx).await?;
        let read =
            || async { Ok(rules(cx).await?.into_iter().find(|other| other.wire.key == rule.wire.key)) };
        let (left, gone) = cx.read_back(PATIENCE, read, Option::is_none).await?;
        let before = Some(Rules(vec![rule.clone()]));
        if !gone {
            let left = left.map(|rule| Rules(vec![rule]));
            return Changed::after(&sent, what, before, left, vec!["name".to_owned()]);
        }
        let differing = if committed { Vec::new() } else { vec![COMMIT_UNCONFIRMED.to_owned()] };
        Ok(Changed::verified(what, before, None, differing))
    }
}

async fn delete(cx: &Context, rule: &Rule, id: &str) -> Result<Sent<sysbus::Ignored>, ToolError> {
    let (origin, destination_ip_address) = (&rule.wire.origin, &rule.wire.destination);
    cx.write(&wire::DeletePortForwarding { id, origin, destination_ip_address }).await
}

/// The one rule that a person means, if it is theirs to remove.
fn find<'a>(rules: &'a [Rule], wanted: &str) -> Result<&'a Rule, ToolError> {
    const LISTED: usize = 6;
    let list = |rules: &[&Rule]| {
        let more = if rules.len() > LISTED { ", …" } else { "" };
        let shown: Vec<String> = rules
            .iter()
            .take(LISTED)
            .map(|rule| format!("{} id \"{}\"", rule.describe(), rule.id.shown()))
            .collect();
        shown.join(", ") + more
    };
    let typed = Untrusted::clean(wanted);
    let typed = typed.shown();
    let found: Vec<&Rule> = rules.iter().filter(|rule| rule.is_called(wanted)).collect();
    match found.as_slice() {
        [] => Err(ToolError::Conflict(say!(
            "No port forwarding rule is called `{typed}`. `port-forward list` (tool port_forward_list) shows them.",
            "Aucune redirection de port ne s'appelle « {typed} ». « port-forward list » (outil port_forward_list) les montre."
        ))),
        [rule] if ["webui", "upnp", "pcp"].contains(&rule.wire.origin.as_str()) => Ok(rule),
        [rule] => {
            let (described, origin) = (rule.describe(), rule.origin.shown());
            Err(ToolError::Conflict(say!(
                "The rule {described} belongs to the operator or the box itself ({origin}): it is not removed from here.",
                "La règle {described} appartient à l'opérateur ou à la box elle-même ({origin}) : elle ne se supprime pas d'ici."
            )))
        }
        several => {
            let several = list(several);
            Err(ToolError::Conflict(say!(
                "Several rules fit `{typed}`: {several}. Name one by its id.",
                "Plusieurs règles correspondent à « {typed} » : {several}. Désignez-en une par son identifiant."
            )))
        }
    }
}
