//! Rules before and after a change, and what people are told of those that are missing.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::{Origin, Rule};
use crate::{Lang, Page, PortRange, Show, Untrusted};

/// Rules before or after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// In the box's order.
    pub(super) list: Vec<Rule>,
    /// That should be there and are not: they are not part of the state, and people are told how to bring them back.
    missing: Vec<Rule>,
}

impl Rules {
    pub(super) fn of(list: Vec<Rule>) -> Self {
        Self { list, missing: Vec::new() }
    }

    pub(super) fn some(list: Vec<Rule>) -> Option<Self> {
        (!list.is_empty()).then(|| Self::of(list))
    }

    /// Those, and what people are told of the missing ones.
    pub(super) fn lacking(list: Vec<Rule>, missing: Vec<Rule>) -> Option<Self> {
        (!list.is_empty() || !missing.is_empty()).then_some(Self { list, missing })
    }
}

impl Rule {
    /// How it is called where rules are told by name. Devices give many of theirs the same name, a person does not.
    pub(super) fn called(&self) -> String {
        let (name, id) = (self.name.shown(), self.id.shown());
        match self.wire.origin.as_str() {
            // A rule that is yet to be made.
            "" => name.to_owned(),
            origin if origin == Origin::Webui.wire() => name.to_owned(),
            _ => format!("{name} ({id})"),
        }
    }

    /// The command that makes it anew, where it can be told.
    pub(super) fn command(&self) -> Option<String> {
        let (external, internal, protocol) = (self.external_port?, self.internal_port?, self.protocol()?);
        let name = self.name.shown().replace('\'', "'\\''");
        let to = self.ipv4.map(|ip| ip.to_string());
        let to = to.or_else(|| Some(self.wire.destination_mac.clone()).filter(|mac| !mac.is_empty()))?;
        let inside = (internal != external).then(|| format!(" --internal-port {internal}"));
        // One that was cut could let in more than it did.
        let source = self.source.as_ref().map(Untrusted::shown).unwrap_or_default();
        if source != self.wire.source_prefix || source.contains('\'') {
            return None;
        }
        let source = (!source.is_empty()).then(|| format!(" --source-prefix '{source}'"));
        Some(format!(
            "livebox-mcp port-forward add '{name}' --to {to} --external-port {external}{} --protocol {protocol}{}",
            inside.unwrap_or_default(),
            source.unwrap_or_default(),
        ))
    }

    /// What people are told of a rule that should be there and is not.
    fn missed(&self, page: Page, lang: Lang) -> Page {
        let page = page.fact(lang.pick("Missing", "Manque"), self.describe());
        let page = match self.command() {
            Some(command) => page.fact(lang.pick("To bring it back", "Pour la rétablir"), command),
            None => page.line(lang.pick(
                "The box's own page, or the device that asked for it, can make it anew.",
                "La page de la box, ou l'appareil qui l'avait demandée, peut la refaire.",
            )),
        };
        page.note((self.enabled == Some(false)).then(|| {
            lang.pick(
                "It was switched off; made anew by this command it is on.",
                "Elle était désactivée ; refaite par cette commande, elle est active.",
            )
        }))
    }
}

impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.list.is_empty() { serializer.serialize_none() } else { self.list.serialize(serializer) }
    }
}

impl JsonSchema for Rules {
    fn schema_name() -> Cow<'static, str> {
        "Rules".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<Rule>::json_schema(generator)
    }
}

impl Show for Rules {
    fn show(&self, lang: Lang) -> Page {
        let failing = self.list.iter().any(Rule::fails);
        let page = self.missing.iter().fold(Page::new(), |page, rule| rule.missed(page, lang));
        page.then(table(&self.list, lang)).note(failing.then(|| {
            lang.pick(
                "The box accepted the rule but says that it does not work (Error).",
                "La box a accepté la règle mais indique qu'elle ne fonctionne pas (Error).",
            )
        }))
    }
}

/// Rules as a table.
pub(super) fn table(rules: &[Rule], lang: Lang) -> Page {
    let rows = rules.iter().map(|rule| {
        let port = |port: Option<PortRange>| port.map(|port| port.to_string()).unwrap_or_default();
        let ip = rule.ipv4.map(|ip| ip.to_string()).unwrap_or_default();
        let to = match &rule.host {
            Some(host) => format!("{ip}:{} ({})", port(rule.internal_port), host.word()),
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        port_forward::{VOLATILE, wire},
        state::{differing, lasting},
    };

    fn rules(names: &[(&str, &str)]) -> Value {
        let rule = |(name, key): &(&str, &str)| {
            let wire = json!({"Description": name, "ExternalPort": "80", "Protocol": "6"});
            serde_json::from_value::<wire::WireForward>(wire).unwrap().rule(key)
        };
        let rules = serde_json::to_value(Rules::some(names.iter().map(rule).collect())).unwrap();
        lasting(rules, VOLATILE)
    }

    #[test]
    fn what_differs_is_told_by_name() {
        let (nas, plex, other) = (("NAS", "webui_NAS"), ("Plex", "upnp_1"), ("Plex", "upnp_2"));
        assert_eq!(differing(&rules(&[nas, plex]), &rules(&[plex, nas])), ["order"]);
        assert_eq!(differing(&rules(&[nas, plex, other]), &rules(&[nas, plex])), ["Plex*"]);
        assert_eq!(rules(&[]), Value::Null);
    }

    #[test]
    fn a_command_brings_back_what_was_there_or_there_is_none() {
        let rule = |wire: Value| serde_json::from_value::<wire::WireForward>(wire).unwrap().rule("webui_1");
        let full = json!({
            "Description": "l'été", "Protocol": "6", "ExternalPort": "80", "InternalPort": "81",
            "DestinationIPAddress": "192.168.1.9", "SourcePrefix": "203.0.113.0/24",
        });
        assert_eq!(
            rule(full.clone()).command().unwrap(),
            "livebox-mcp port-forward add 'l'\\''été' --to 192.168.1.9 --external-port 80 --internal-port 81 \
             --protocol tcp --source-prefix '203.0.113.0/24'"
        );
        for (member, value) in [("Protocol", "47"), ("ExternalPort", ""), ("DestinationIPAddress", "")] {
            let mut wire = full.clone();
            wire[member] = value.into();
            assert_eq!(rule(wire).command(), None, "{member}");
        }
        let mut long = full;
        long["SourcePrefix"] = "203.0.113.0/24,".repeat(9).into();
        assert_eq!(rule(long).command(), None, "a cut one would let in others");
    }
}
