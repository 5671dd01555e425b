//! The tools about port forwarding rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Origin, Rule, RuleList, add::AddRule, remove::RemoveRule, restore::RestoreRules, rules};
use crate::{Access, Context, French, Group, PortRange, Read, Tool, ToolDef, ToolError, host, text::folded};

pub(crate) const TOOLS: &[ToolDef] = &[
    ToolDef::read::<ListRules>(),
    ToolDef::change::<AddRule>(),
    ToolDef::change::<RemoveRule>(),
    ToolDef::change::<RestoreRules>(),
];

pub(super) const PORT_FORWARD: Group = Group {
    name: "port-forward",
    english: "Port forwarding rules (IPv4)",
    french: "Les redirections de port (IPv4)",
};

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
        // A person's first.
        rules.sort_by_key(|rule| {
            (rule.wire.origin != Origin::Webui.wire(), rule.external_port, rule.name.clone())
        });
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
        Ok(RuleList { total, matching, rules })
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
