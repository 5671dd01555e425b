//! Adding a rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Companion, Kept, Origin, PATIENCE, Protocol, Rule, Rules, Subject, VOLATILE,
    args::{RuleName, Sources},
    is_named,
    remove::RemoveRule,
    restore::RestoreRules,
    rules,
    tools::PORT_FORWARD,
    wire,
};
use crate::{
    Access, Change, Changed, Context, Draft, French, Group, Message, PortRange, Prepared, Risk, Sent, Tool,
    ToolError, Untrusted,
    change::COMMIT_UNCONFIRMED,
    firewall,
    host::{self, HostRef, Target},
    say,
};

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

impl Change for AddRule {
    type State = Rules;
    type Subject = Subject;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Rules>, ToolError> {
        let internal = self.internal_port.unwrap_or(self.external_port);
        if internal.len() != self.external_port.len() {
            let (inside, outside) = (internal.len(), self.external_port.len());
            return Err(ToolError::Arguments(say!(
                "`external_port` and `internal_port` must span as many ports: here it is {outside} and {inside}.",
                "`external_port` et `internal_port` doivent couvrir autant de ports : ici {outside} et {inside}."
            )));
        }
        let target = host::target(cx, &self.host).await?;
        let wanted = Wanted {
            name: self.name.as_str().to_owned(),
            protocol: self.protocol,
            ports: (self.external_port, internal),
            target,
            source: self.source_prefix.unwrap_or_default(),
            taken_names: Vec::new(),
        };
        wanted.prepare(cx).await
    }

    async fn observe(cx: &Context, subject: Subject) -> Result<Option<Rules>, ToolError> {
        subject.observe(cx).await
    }
}

/// A rule to be.
struct Wanted {
    name: String,
    protocol: Protocol,
    /// External, internal.
    ports: (PortRange, PortRange),
    target: Target,
    source: Sources,
    /// Names of second rules that are taken: setting one of these would replace the rule that has it.
    taken_names: Vec<String>,
}

impl Wanted {
    async fn prepare(mut self, cx: &Context) -> Result<Prepared<Rules>, ToolError> {
        let (name, protocol, target) = (&self.name, self.protocol, self.target.shown());
        let shown = Untrusted::quotable(name);
        let (external, internal) = self.ports;
        let ports = protocol.of_people();
        let what = say!(
            "Forward {ports} port {external} to {target} port {internal} as \"{shown}\"",
            "Rediriger le port {ports} {external} vers {target}, port {internal}, sous le nom « {shown} »"
        );
        let existing = rules(cx).await?;
        if let Some(own) = existing.iter().find(|rule| is_named(rule, name)) {
            if let Some(same) = self.already(own, &existing) {
                return Ok(Prepared::already_so(what, Some(Rules::of(same))));
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
        let seconds = [Protocol::Tcp, Protocol::Udp].map(|protocol| self.second_name(protocol));
        let taken = |second: &String| existing.iter().any(|rule| is_named(rule, second));
        self.taken_names = seconds.into_iter().filter(taken).collect();
        self.draft(what.clone()).then(move |cx| async move { self.add(&cx, what).await })
    }

    fn draft(&self, what: Message) -> Draft {
        let mut subject = Subject { names: vec![self.name.clone()], ..Subject::default() };
        // In the order in which they are tried.
        let seconds = [
            (Protocol::Udp, say!("if the box keeps TCP only", "si la box ne garde que TCP")),
            (Protocol::Tcp, say!("if the box keeps UDP only", "si la box ne garde que UDP")),
        ];
        let seconds: Vec<_> = seconds
            .into_iter()
            .filter_map(|(protocol, only)| Some((self.free_second(protocol)?, protocol, only)))
            .collect();
        if self.protocol == Protocol::Both {
            let companion = |name: &String| Companion { name: name.clone(), external_port: self.ports.0 };
            subject.companions = seconds.iter().map(|(name, ..)| companion(name)).collect();
        }
        let mut plan = Draft::new(what, &subject).sends(&self.call(&self.name, self.protocol));
        if self.protocol == Protocol::Both {
            plan = plan.may_send(
                &self.call(&self.name, Protocol::Tcp),
                say!(
                    "if the box refuses both protocols in one rule",
                    "si la box refuse les deux protocoles dans une règle"
                ),
            );
            for (name, protocol, only) in seconds {
                plan = plan.may_send(&self.call(&name, protocol), only);
            }
        }
        let made = Rules::of(vec![self.rule()]);
        plan = plan.turns(None, Some(&made)).sends(&firewall::COMMIT).risk(Risk::Medium);
        match self.protocol {
            Protocol::Both => plan.undone_by(&RestoreRules::without(subject.names, subject.companions)),
            Protocol::Tcp | Protocol::Udp => plan.undone_by(&RemoveRule::of(&self.name)),
        }
    }

    /// As the box is expected to show it.
    fn rule(&self) -> Rule {
        let name = &self.name;
        Rule {
            name: Untrusted::clean(name),
            id: Untrusted::clean(&format!("webui_{name}")),
            origin: Untrusted::clean(Origin::Webui.wire()),
            protocol: Some(self.protocol.to_string()),
            external_port: Some(self.ports.0),
            internal_port: Some(self.ports.1),
            ipv4: Some(self.target.ip),
            host: self.target.name.clone(),
            source: Untrusted::non_empty(&self.source.to_string()),
            enabled: Some(true),
            status: None,
            wire: Kept::default(),
        }
    }

    fn call<'a>(&'a self, name: &'a str, protocol: Protocol) -> wire::SetPortForwarding<'a> {
        wire::SetPortForwarding::new(name, protocol, self.ports, self.target.ip, self.source.to_string())
    }

    async fn add(&self, cx: &Context, what: Message) -> Result<Changed<Rules>, ToolError> {
        let (name, protocol) = (self.name.as_str(), self.protocol);
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
            // Where another rule has that name, one protocol is all there is, and the verdict says so.
            if let Some(second) = self.free_second(missing) {
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

    /// That name, if no other rule has it.
    fn free_second(&self, protocol: Protocol) -> Option<String> {
        Some(self.second_name(protocol)).filter(|name| !self.taken_names.contains(name))
    }

    async fn send(&self, cx: &Context, name: &str, protocol: Protocol) -> Result<Sent<()>, ToolError> {
        match cx.write(&self.call(name, protocol)).await {
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

fn is_refusal(error: &ToolError) -> bool {
    matches!(error, ToolError::Box(sysbus::Error::Refused { .. }))
}

/// The rule that the box blames for an overlap ("Port overlap detected: port[8080-8090] name[cam]", protocol
/// section 1.8), else its words; to be quoted.
fn said(error: &sysbus::Error) -> String {
    let sysbus::Error::Refused { errors, .. } = error else { return String::new() };
    let quoted = |text: &str| format!("\"{}\"", Untrusted::quotable(text));
    let blamed = |info: &str| Some(info.split_once("name[")?.1.strip_suffix(']')?.to_owned());
    if let Some(id) = errors.iter().find_map(|error| blamed(&error.info)) {
        return quoted(id.split_once('_').map_or(id.as_str(), |(_, name)| name));
    }
    let texts =
        errors.iter().map(|error| if error.info.is_empty() { &error.description } else { &error.info });
    texts.map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}

pub(super) fn taken(by: &str) -> ToolError {
    ToolError::Conflict(say!(
        "That external port is taken by {by}. Choose another port, or remove that rule first.",
        "Ce port externe est déjà pris par {by}. Choisissez un autre port, ou supprimez d'abord cette règle."
    ))
}
