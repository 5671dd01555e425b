//! Removing a rule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Kept, Origin, PATIENCE, Rule, Rules, Subject, VOLATILE, comparable_id, order, restore::RestoreRules,
    rules, tools::PORT_FORWARD, wire,
};
use crate::{
    Access, Change, Changed, Context, Draft, French, Group, Message, Prepared, Sent, Tool, ToolError,
    Untrusted, change::COMMIT_UNCONFIRMED, firewall, say,
};

/// Removes a port forwarding rule.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemoveRule {
    /// Its name or id.
    #[arg(value_name = "RULE")]
    rule: String,
}

impl RemoveRule {
    /// A person's rule of that name.
    pub(super) fn of(name: &str) -> Self {
        Self { rule: format!("{}_{name}", Origin::Webui.wire()) }
    }
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

impl Change for RemoveRule {
    type State = Rules;
    type Subject = Subject;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Rules>, ToolError> {
        let existing = rules(cx).await?;
        let rule = find(&existing, &self.rule)?.clone();
        let described = rule.describe();
        let what = if rule.wire.origin == Origin::Upnp.wire() {
            say!(
                "Remove the rule {described}, which its device may open again by UPnP",
                "Supprimer la règle {described}, que son appareil peut rouvrir en UPnP"
            )
        } else {
            say!("Remove the rule {described}", "Supprimer la règle {described}")
        };
        let subject = Subject { keys: vec![rule.wire.key.clone()], ..Subject::default() };
        let before = Rules::of(vec![rule.clone()]);
        let mut plan = Draft::new(what.clone(), &subject).turns(Some(&before), None);
        plan = sending(plan, &rule.wire).sends(&firewall::COMMIT);
        plan = if rule.wire.is_complete() {
            let sequence = order::sequence(cx, &existing).await;
            plan.undone_by(&RestoreRules::with(vec![rule.wire.clone()], sequence))
        } else {
            plan.not_undone(say!(
                "the box does not tell all of the rule in a form that we understand",
                "la box n'indique pas toute la règle sous une forme que nous comprenons"
            ))
        };
        plan.then(move |cx| async move { remove(&cx, what, rule).await })
    }

    async fn observe(cx: &Context, subject: Subject) -> Result<Option<Rules>, ToolError> {
        subject.observe(cx).await
    }
}

async fn remove(cx: &Context, what: Message, rule: Rule) -> Result<Changed<Rules>, ToolError> {
    let sent = delete(cx, &rule.wire).await?;
    let committed = firewall::commit(cx).await?;
    let read = || async { Ok(rules(cx).await?.into_iter().find(|other| other.wire.key == rule.wire.key)) };
    let (left, gone) = cx.read_back(PATIENCE, read, Option::is_none).await?;
    let before = Some(Rules::of(vec![rule.clone()]));
    if !gone {
        let left = left.map(|rule| Rules::of(vec![rule]));
        return Changed::after(&sent, what, before, left, vec!["name".to_owned()]);
    }
    let differing = if committed { Vec::new() } else { vec![COMMIT_UNCONFIRMED.to_owned()] };
    Ok(Changed::verified(what, before, None, differing))
}

/// A plan that removes this rule.
pub(super) fn sending(plan: Draft, rule: &Kept) -> Draft {
    let plan = plan.sends(&wire::DeletePortForwarding::of(rule, &rule.id));
    if rule.key == rule.id {
        return plan;
    }
    plan.may_send(
        &wire::DeletePortForwarding::of(rule, &rule.key),
        say!("if the box knows it by that id", "si la box la connaît sous cet id"),
    )
}

/// Removes a rule.
pub(super) async fn delete(cx: &Context, rule: &Kept) -> Result<Sent<sysbus::Ignored>, ToolError> {
    match cx.write(&wire::DeletePortForwarding::of(rule, &rule.id)).await {
        // Refused, so nothing was done: the box may know it by its key, where odd characters are replaced.
        Err(ToolError::Box(error))
            if rule.key != rule.id && error.codes().any(|code| code == wire::NOT_FOUND) =>
        {
            cx.write(&wire::DeletePortForwarding::of(rule, &rule.key)).await
        }
        other => other,
    }
}

/// The one rule that a person means, if it is theirs to remove.
fn find<'a>(rules: &'a [Rule], wanted: &str) -> Result<&'a Rule, ToolError> {
    const LISTED: usize = 6;
    let list = |rules: &[&Rule], or: &str| {
        let more = if rules.len() > LISTED { ", …" } else { "" };
        let shown: Vec<String> = rules
            .iter()
            .take(LISTED)
            .map(|rule| format!("{} id \"{}\"", rule.describe(), rule.id.in_quotes()))
            .collect();
        // A word between: see `host::describe`.
        shown.join(or) + more
    };
    let typed = Untrusted::quotable(wanted);
    // An id names one rule whatever others are called.
    let by_id =
        |rule: &&Rule| rule.wire.key == wanted || comparable_id(&rule.wire.id) == comparable_id(wanted);
    let by_id: Vec<&Rule> = rules.iter().filter(by_id).collect();
    let found = match by_id.len() {
        1 => by_id,
        _ => rules.iter().filter(|rule| rule.is_called(wanted)).collect(),
    };
    match found.as_slice() {
        [] => Err(ToolError::Conflict(say!(
            "No port forwarding rule is called `{typed}`. `port-forward list` (tool port_forward_list) shows them.",
            "Aucune redirection de port ne s'appelle « {typed} ». « port-forward list » (outil port_forward_list) les montre."
        ))),
        [rule] if rule.wire.is_of_household() => Ok(rule),
        [rule] => {
            let (described, origin) = (rule.describe(), rule.origin.in_quotes());
            Err(ToolError::Conflict(say!(
                "The rule {described} belongs to the operator or the box itself (\"{origin}\"): it is not removed from here.",
                "La règle {described} appartient à l'opérateur ou à la box elle-même (« {origin} ») : elle ne se supprime pas d'ici."
            )))
        }
        several => {
            let (english, french) = (list(several, " or "), list(several, " ou "));
            Err(ToolError::Conflict(say!(
                "Several rules fit `{typed}`: {english}. Name one by its id.",
                "Plusieurs règles correspondent à « {typed} » : {french}. Désignez-en une par son identifiant."
            )))
        }
    }
}
