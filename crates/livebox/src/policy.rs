//! What the owner permits: per group of tools and access level, allow, ask or deny.
//!
//! Read from the owner's own settings only, never from arguments or from the box.

use std::{collections::BTreeMap, str::FromStr};

use crate::{Access, Message, ToolDef, ToolError, say};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// Done without a question.
    Allow,
    /// Done once a person agreed.
    Ask,
    /// Not offered, and refused.
    Deny,
}

impl FromStr for Decision {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        match text {
            "allow" => Ok(Self::Allow),
            "ask" => Ok(Self::Ask),
            "deny" => Ok(Self::Deny),
            _ => Err(say!("write allow, ask or deny", "écrivez allow, ask ou deny")),
        }
    }
}

/// Who is asked when a decision is [`Decision::Ask`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// A person, by livebox-mcp: through the MCP client's form, or at a terminal.
    #[default]
    Person,
    /// Nobody by us: the owner relies on the prompts of their MCP client.
    Client,
}

/// What the owner permits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// No tool may change the box.
    pub read_only: bool,
    /// Tools that take a secret as an argument may be given one over MCP.
    pub accept_secrets: bool,
    /// Who is asked.
    pub asked: Asked,
    /// Decisions by name (`change`, `wifi`, `wifi.disrupt`): [`set`](Self::set) checks names.
    pub rules: BTreeMap<String, Decision>,
}

impl Policy {
    /// Everything permitted without a question: for tests and for the demonstration's own box.
    pub fn unasked() -> Self {
        let rules = ["change", "disrupt"].map(|level| (level.to_owned(), Decision::Allow));
        Self { rules: rules.into(), ..Self::default() }
    }

    /// Adds a decision. A name is an access level (`read`, `change`, `disrupt`), a group (`wifi`), or both
    /// (`wifi.disrupt`); the error says which names there are.
    pub fn set(&mut self, name: &str, decision: Decision) -> Result<(), Message> {
        let (group, level) = match name.split_once('.') {
            Some((group, level)) => (Some(group), Some(level)),
            None if LEVELS.contains(&name) => (None, Some(name)),
            None => (Some(name), None),
        };
        let known = group.is_none_or(|group| crate::groups().any(|known| known == group));
        if !known || level.is_some_and(|level| !LEVELS.contains(&level)) {
            let groups = crate::groups().collect::<Vec<_>>().join(", ");
            return Err(say!(
                "unknown name in the policy; known: read, change, disrupt, a group ({groups}), or group.level (wifi.disrupt)",
                "nom inconnu dans la politique ; connus : read, change, disrupt, un groupe ({groups}), ou groupe.niveau (wifi.disrupt)"
            ));
        }
        self.rules.insert(name.to_owned(), decision);
        Ok(())
    }

    /// What is decided about a tool, and the setting that says so.
    ///
    /// The most precise name wins, but a level that is denied stays so for a group that is allowed without naming the
    /// level. A group's name alone says `deny` for all of its tools, and `allow` or `ask` for
    /// those that change something: who writes `wifi = "ask"` does not mean to be asked before each look.
    pub fn decide(&self, def: &ToolDef) -> (Decision, String) {
        self.decide_at(def, def.access)
    }

    /// As [`decide`](Self::decide), for a call that goes further than its tool usually does.
    fn decide_at(&self, def: &ToolDef, access: Access) -> (Decision, String) {
        let (group, level) = (def.group.name, level(access));
        if self.read_only && access > Access::Read {
            return (Decision::Deny, "read_only".to_owned());
        }
        let precise = format!("{group}.{level}");
        if let Some(decision) = self.rules.get(&precise) {
            return (*decision, precise);
        }
        match self.rules.get(group) {
            // Who forbids a level does not take it back for a group without saying so.
            Some(decision)
                if *decision != Decision::Deny && self.rules.get(level) == Some(&Decision::Deny) =>
            {
                return (Decision::Deny, if access > Access::Read { precise } else { level.to_owned() });
            }
            Some(decision) if *decision == Decision::Deny || access > Access::Read => {
                return (*decision, group.to_owned());
            }
            _ => {}
        }
        let usual = if access == Access::Read { Decision::Allow } else { Decision::Ask };
        (self.rules.get(level).copied().unwrap_or(usual), level.to_owned())
    }

    /// Refuses a tool that the owner denies; the error names the setting that would permit it.
    pub fn permit(&self, def: &ToolDef) -> Result<Decision, ToolError> {
        self.permit_at(def, def.access)
    }

    /// As [`permit`](Self::permit), for a call that goes further than its tool usually does.
    pub(crate) fn permit_at(&self, def: &ToolDef, access: Access) -> Result<Decision, ToolError> {
        let (decision, setting) = self.decide_at(def, access);
        if decision != Decision::Deny {
            return Ok(decision);
        }
        let name = def.name();
        Err(ToolError::NotPermitted(if setting == "read_only" {
            say!(
                "{name} changes the box and livebox-mcp runs read-only: remove --read-only (or read_only in the configuration) to permit it.",
                "{name} modifie la box et livebox-mcp est en lecture seule : retirez --read-only (ou read_only dans la configuration) pour le permettre."
            )
        } else {
            say!(
                "{name} is denied by the owner's policy: in [policy] of config.toml (or --policy), {setting} = \"ask\" would permit it.",
                "{name} est interdit par la politique du propriétaire : dans [policy] de config.toml (ou --policy), {setting} = \"ask\" le permettrait."
            )
        }))
    }
}

const LEVELS: [&str; 3] = ["read", "change", "disrupt"];

fn level(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Change => "change",
        Access::Disrupt => "disrupt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(rules: &[(&str, Decision)]) -> Policy {
        let mut policy = Policy::default();
        for (name, decision) in rules {
            policy.set(name, *decision).unwrap();
        }
        policy
    }

    fn decided(policy: &Policy, tool: &str) -> Decision {
        policy.decide(crate::find(tool).unwrap()).0
    }

    #[test]
    fn reads_pass_and_changes_ask() {
        let policy = Policy::default();
        assert_eq!(decided(&policy, "wifi_show"), Decision::Allow);
        assert_eq!(decided(&policy, "dmz_set"), Decision::Ask);
        assert_eq!(decided(&policy, "box_reboot"), Decision::Ask);
    }

    #[test]
    fn the_most_precise_name_wins() {
        use Decision::{Allow, Ask, Deny};
        let policy = policy(&[("change", Allow), ("wifi", Deny), ("wifi.change", Ask), ("dmz", Ask)]);
        assert_eq!(decided(&policy, "firewall_set"), Allow);
        assert_eq!(decided(&policy, "dmz_set"), Ask);
        assert_eq!(decided(&policy, "dmz_show"), Allow, "a group's ask is about its changes");
        assert_eq!(decided(&policy, "wifi_show"), Deny, "a group's deny is about all of it");
        assert_eq!(decided(&policy, "wifi_enable"), Ask);
        assert_eq!(decided(&policy, "wifi_disable"), Deny);
    }

    #[test]
    fn a_denied_level_stays_denied_in_a_group_that_is_allowed() {
        use Decision::{Allow, Ask, Deny};
        let policy = policy(&[("disrupt", Deny), ("wifi", Allow), ("box", Ask), ("lan.disrupt", Ask)]);
        assert_eq!(decided(&policy, "wifi_enable"), Allow);
        assert_eq!(decided(&policy, "wifi_show"), Allow);
        assert_eq!(decided(&policy, "wifi_disable"), Deny);
        assert_eq!(decided(&policy, "box_reboot"), Deny);
        assert_eq!(decided(&policy, "lan_set"), Ask);
        let error = policy.permit(crate::find("wifi_disable").unwrap()).unwrap_err();
        assert!(error.to_string().contains("wifi.disrupt = \"ask\""), "{error}");
    }

    #[test]
    fn a_refusal_names_the_setting() {
        let denied = policy(&[("wifi.disrupt", Decision::Deny)]);
        let error = denied.permit(crate::find("wifi_disable").unwrap()).unwrap_err();
        assert!(error.to_string().contains("wifi.disrupt = \"ask\""), "{error}");
        let read_only = Policy { read_only: true, ..Policy::unasked() };
        let error = read_only.permit(crate::find("dmz_set").unwrap()).unwrap_err();
        assert!(error.to_string().contains("--read-only"), "{error}");
    }

    #[test]
    fn misspelt_names_are_refused() {
        for name in ["wify", "wifi.write", "", ".", "change.wifi"] {
            assert!(Policy::default().set(name, Decision::Allow).is_err(), "{name}");
        }
    }
}
