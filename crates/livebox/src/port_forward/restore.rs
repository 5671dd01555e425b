//! The way back of rules: what was removed is made anew as it was, in its place; what was made is removed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::Error;

use super::{
    Kept, PATIENCE, Rule, Rules, Subject, VOLATILE,
    add::taken,
    is_named,
    remove::{delete, sending},
    rules,
    tools::PORT_FORWARD,
    wire,
};
use crate::{
    Access, Audience, Change, Changed, Context, Draft, French, Group, Message, Prepared, Risk, Tool,
    ToolError, change::COMMIT_UNCONFIRMED, firewall, say,
};

/// Puts port forwarding rules back as they were.
#[derive(Clone, Debug, Default, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RestoreRules {
    /// That shall be there, in this order.
    #[arg(skip)]
    rules: Vec<Kept>,
    /// Keys of the rules that stood behind them.
    #[arg(skip)]
    behind: Vec<String>,
    /// Keys of rules that shall not be there.
    #[arg(skip)]
    absent: Vec<String>,
    /// Names of rules that shall not be there.
    #[arg(skip)]
    absent_names: Vec<String>,
}

impl RestoreRules {
    /// These shall be there, before those.
    pub(super) fn with(rules: Vec<Kept>, behind: Vec<String>) -> Self {
        Self { rules, behind, ..Self::default() }
    }

    /// The rules of these names shall not be there.
    pub(super) fn without(names: Vec<String>) -> Self {
        Self { absent_names: names, ..Self::default() }
    }
}

impl Tool for RestoreRules {
    type Output = Changed<Rules>;
    const GROUP: &'static Group = &PORT_FORWARD;
    const VERB: &'static str = "set";
    const ACCESS: Access = Access::Change;
    const AUDIENCE: Audience = Audience::Undo;
    const EXAMPLE: &'static str = "";
    const FRENCH: French =
        French { about: "Remet des redirections de port comme elles étaient.", args: &[] };
}

impl Change for RestoreRules {
    type State = Rules;
    type Subject = Subject;
    const VOLATILE: &'static [&'static str] = VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Rules>, ToolError> {
        let present = rules(cx).await?;
        let work = self.work(&present)?;
        let what = work.sentence();
        let subject = work.subject();
        let before = Rules::some(present.iter().filter(|rule| subject.holds(rule)).cloned().collect());
        if work.is_nothing() {
            return Ok(Prepared::already_so(what, before));
        }
        let after = Rules::some(work.tail.iter().map(|step| step.kept.rule()).collect());
        work.draft(what.clone(), &subject)
            .turns(before.as_ref(), after.as_ref())
            .undone_by(&work.inverse(&present))
            .then(move |cx| async move { work.apply(&cx, what, subject, before).await })
    }

    async fn observe(cx: &Context, subject: Subject) -> Result<Option<Rules>, ToolError> {
        subject.observe(cx).await
    }
}

/// What has to be done, given what is there.
struct Work {
    /// To be removed.
    gone: Vec<Kept>,
    /// To be made, in this order, each at the end of the box's list.
    tail: Vec<Step>,
    /// Whether rules that should stand behind cannot be moved there.
    out_of_order: bool,
}

/// A rule to make.
#[derive(Clone)]
struct Step {
    kept: Kept,
    /// It is there already and has to be removed first, so that it comes to stand behind.
    is_moved: bool,
}

impl RestoreRules {
    fn work(self, present: &[Rule]) -> Result<Work, ToolError> {
        let is_gone = |rule: &Rule| {
            self.absent.contains(&rule.wire.key) || self.absent_names.iter().any(|name| is_named(rule, name))
        };
        let gone: Vec<Kept> =
            present.iter().filter(|rule| is_gone(rule)).map(|rule| rule.wire.clone()).collect();
        let left: Vec<&Rule> = present.iter().filter(|rule| !is_gone(rule)).collect();
        let missing: Vec<&Kept> = self
            .rules
            .iter()
            .filter(|kept| left.iter().all(|rule| rule.wire.key != kept.key || rule.wire != **kept))
            .collect();
        for kept in &missing {
            refuse_overlap(kept, &left)?;
        }
        // The box adds a rule behind all others and replaces one in its place, so whatever shall stand behind a missing
        // one is made anew after it.
        let place: BTreeMap<&str, usize> = self
            .rules
            .iter()
            .map(|kept| kept.key.as_str())
            .chain(self.behind.iter().map(String::as_str))
            .enumerate()
            .map(|(place, key)| (key, place))
            .collect();
        let place_of = |key: &str| place.get(key).copied();
        let added = missing.iter().filter(|kept| left.iter().all(|rule| rule.wire.key != kept.key));
        let first = added.filter_map(|kept| place_of(&kept.key)).min();
        let moved: Vec<&&Rule> = match first {
            Some(first) => left
                .iter()
                .skip_while(|rule| place_of(&rule.wire.key).is_none_or(|place| place <= first))
                .collect(),
            None => Vec::new(),
        };
        let can_move = moved.iter().all(|rule| rule.wire.is_of_household() && rule.wire.is_complete());
        let moved = if can_move { moved } else { Vec::new() };
        let mut tail: Vec<Step> =
            missing.iter().map(|kept| Step { kept: (*kept).clone(), is_moved: false }).collect();
        tail.extend(
            moved
                .iter()
                .filter(|rule| missing.iter().all(|kept| kept.key != rule.wire.key))
                .map(|rule| Step { kept: rule.wire.clone(), is_moved: true }),
        );
        // Rules that were made since come last, as they are.
        tail.sort_by_key(|step| place_of(&step.kept.key).unwrap_or(usize::MAX));
        Ok(Work { gone, tail, out_of_order: !can_move })
    }
}

/// A rule whose port another one took meanwhile cannot come back.
fn refuse_overlap(kept: &Kept, left: &[&Rule]) -> Result<(), ToolError> {
    let rule = kept.rule();
    let (Some(protocol), Some(external)) = (rule.protocol(), rule.external_port) else { return Ok(()) };
    let other = left.iter().find(|other| {
        other.wire.key != kept.key && other.enabled != Some(false) && other.overlaps(protocol, external)
    });
    other.map_or(Ok(()), |other| Err(taken(&other.describe())))
}

impl Work {
    fn is_nothing(&self) -> bool {
        self.gone.is_empty() && self.tail.is_empty()
    }

    /// Those that come back.
    fn restored(&self) -> impl Iterator<Item = &Kept> {
        self.tail.iter().filter(|step| !step.is_moved).map(|step| &step.kept)
    }

    fn moved(&self) -> usize {
        self.tail.iter().filter(|step| step.is_moved).count()
    }

    fn subject(&self) -> Subject {
        let keys = self.tail.iter().map(|step| &step.kept).chain(&self.gone).map(|kept| kept.key.clone());
        Subject { keys: keys.collect(), ..Subject::default() }
    }

    fn sentence(&self) -> Message {
        let list = |rules: &mut dyn Iterator<Item = &Kept>| {
            rules.map(|kept| kept.rule().describe()).collect::<Vec<_>>().join(", ")
        };
        let (back, gone) = (list(&mut self.restored()), list(&mut self.gone.iter()));
        match (back.is_empty(), gone.is_empty()) {
            (false, true) => say!("Put back the rule {back}", "Rétablir la règle {back}"),
            (true, false) => say!("Remove the rule {gone}", "Supprimer la règle {gone}"),
            (false, false) => say!(
                "Put back the rule {back} and remove {gone}",
                "Rétablir la règle {back} et supprimer {gone}"
            ),
            (true, true) => {
                say!("Put the rules back as they were", "Remettre les règles comme elles étaient")
            }
        }
    }

    fn draft(&self, what: Message, subject: &Subject) -> Draft {
        let mut plan = Draft::new(what, subject);
        for kept in &self.gone {
            plan = sending(plan, kept);
        }
        for step in &self.tail {
            if step.is_moved {
                plan = sending(plan, &step.kept);
            }
            plan = plan.sends(&wire::SetPortForwarding::again(&step.kept));
        }
        plan = plan.sends(&firewall::COMMIT);
        if !self.tail.is_empty() {
            plan = plan.risk(Risk::Medium);
        }
        if self.restored().any(|kept| kept.lease_s > 0) {
            plan = plan.note(say!(
                "A device asked for that port for a time: the time begins again.",
                "Un appareil avait demandé ce port pour un temps : ce temps recommence."
            ));
        }
        let moved = self.moved();
        if moved > 0 {
            plan = plan.note(say!(
                "Rules behind it ({moved}) are made anew, so that all stand in the order in which they were.",
                "Les règles qui la suivent ({moved}) sont refaites, pour que toutes reprennent leur ordre."
            ));
            plan = plan.cuts(
                say!("the ports of these rules", "les ports de ces règles"),
                Some(std::time::Duration::from_secs(2)),
            );
        }
        if self.out_of_order {
            plan = plan.note(say!(
                "It comes to stand last: a rule behind its place is the operator's or the box's own and is not touched.",
                "Elle se retrouvera en dernier : une règle qui la suivait est celle de l'opérateur ou de la box, et n'est pas touchée."
            ));
        }
        plan
    }

    /// What takes this back: what was replaced or moved, as it is now, and without what comes back.
    fn inverse(&self, present: &[Rule]) -> RestoreRules {
        let subject = self.subject();
        let rules: Vec<Kept> =
            present.iter().filter(|rule| subject.holds(rule)).map(|rule| rule.wire.clone()).collect();
        let after_last = present.iter().rev().take_while(|rule| !subject.holds(rule));
        let mut behind: Vec<String> = after_last.map(|rule| rule.wire.key.clone()).collect();
        behind.reverse();
        let new = self.restored().filter(|kept| present.iter().all(|rule| rule.wire.key != kept.key));
        let absent = new.map(|kept| kept.key.clone()).collect();
        RestoreRules { rules, behind, absent, absent_names: Vec::new() }
    }

    async fn apply(
        self,
        cx: &Context,
        what: Message,
        subject: Subject,
        before: Option<Rules>,
    ) -> Result<Changed<Rules>, ToolError> {
        let mut lost = None;
        let mut refused = None;
        for kept in &self.gone {
            let sent = delete(cx, kept).await?;
            lost = lost.or(sent.lost.is_some().then_some(sent));
        }
        for Step { kept, is_moved } in &self.tail {
            if *is_moved {
                delete(cx, kept).await?;
            }
            match cx.write(&wire::SetPortForwarding::again(kept)).await {
                Ok(_) => {}
                // The others must not stay away because of one.
                Err(ToolError::Box(error @ Error::Refused { .. })) => refused = refused.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        let committed = firewall::commit(cx).await?;
        let settled = |now: &Option<Rules>| {
            let pending = now.iter().flat_map(|rules| &rules.0).any(Rule::is_pending);
            !pending && self.differing(now.as_ref()).is_empty()
        };
        let (after, _) = cx.read_back(PATIENCE, || subject.observe(cx), settled).await?;
        let mut differing = self.differing(after.as_ref());
        if differing.is_empty() && !committed {
            differing.push(COMMIT_UNCONFIRMED.to_owned());
        }
        match (refused, lost) {
            (Some(error), _) if after == before => Err(error.into()),
            (_, Some(sent)) if after == before => Changed::after(&sent, what, before, after, differing),
            _ => Ok(Changed::verified(what, before, after, differing)),
        }
    }

    /// What is not as it shall be.
    fn differing(&self, now: Option<&Rules>) -> Vec<String> {
        let now: &[Rule] = now.map_or(&[], |rules| &rules.0);
        let mut found = Vec::new();
        if now.iter().any(|rule| self.gone.iter().any(|kept| kept.key == rule.wire.key)) {
            found.push("name".to_owned());
        }
        for step in &self.tail {
            match now.iter().find(|rule| rule.wire.key == step.kept.key) {
                Some(rule) => found.extend(rule.differences(&step.kept.rule())),
                None => found.push("name".to_owned()),
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
