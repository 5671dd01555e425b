//! The way back of rules: what was removed is made anew as it was, in its place; what was made is removed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Companion, Kept, Rule, Rules, Subject, VOLATILE,
    add::taken,
    is_named,
    order::{self, placed},
    remove::sending,
    rules,
    tools::PORT_FORWARD,
    wire,
};
use crate::{
    Access, Audience, Change, Changed, Context, Draft, French, Group, Message, Prepared, Risk, Tool,
    ToolError, firewall, say,
};

/// Puts port forwarding rules back as they were.
#[derive(Clone, Debug, Default, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RestoreRules {
    /// That shall be there.
    #[arg(skip)]
    rules: Vec<Kept>,
    /// Keys of all rules in the order in which they stood.
    #[arg(skip)]
    sequence: Vec<String>,
    /// Keys of rules that shall not be there.
    #[arg(skip)]
    absent: Vec<String>,
    /// Names of rules that shall not be there.
    #[arg(skip)]
    absent_names: Vec<String>,
    /// Nor shall these.
    #[arg(skip)]
    absent_companions: Vec<Companion>,
}

impl RestoreRules {
    /// These shall be there, where they stood in that sequence.
    pub(super) fn with(rules: Vec<Kept>, sequence: Vec<String>) -> Self {
        Self { rules, sequence, ..Self::default() }
    }

    /// The rules of these names shall not be there.
    pub(super) fn without(absent_names: Vec<String>, absent_companions: Vec<Companion>) -> Self {
        Self { absent_names, absent_companions, ..Self::default() }
    }

    fn removes(&self, rule: &Rule) -> bool {
        self.absent.contains(&rule.wire.key)
            || self.absent_names.iter().any(|name| is_named(rule, name))
            || self.absent_companions.iter().any(|companion| companion.is(rule))
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
        let after = Rules::some(work.steps.iter().map(|step| step.kept.rule()).collect());
        let inverse = work.inverse(&present, order::sequence(cx, &present).await);
        work.draft(what.clone(), &subject)
            .turns(before.as_ref(), after.as_ref())
            .undone_by(&inverse)
            .then(move |cx| async move { work.apply(&cx, what, subject, before).await })
    }

    async fn observe(cx: &Context, subject: Subject) -> Result<Option<Rules>, ToolError> {
        subject.observe(cx).await
    }
}

/// What has to be done, given what is there.
pub(super) struct Work {
    /// To be removed.
    pub(super) gone: Vec<Kept>,
    /// To be made, in this order, in which they then stand.
    pub(super) steps: Vec<Step>,
    doubt: Option<Doubt>,
}

/// A rule to make. The box adds a rule behind all others and replaces one in its place.
#[derive(Clone)]
pub(super) struct Step {
    pub(super) kept: Kept,
    /// It is there, and has to be removed first so that it comes to stand behind.
    pub(super) removed_first: Option<Kept>,
    /// It is as it shall be but for its place.
    pub(super) is_unrelated: bool,
}

/// Why the order will not surely be the one that was.
enum Doubt {
    /// Rules that would have to be moved are not ours to touch.
    Unmovable,
    /// How these, which came since, and those that come back stand to each other is not known.
    Unsure(Vec<Rule>),
    /// The others changed places since.
    Contradicted,
}

impl RestoreRules {
    fn work(self, present: &[Rule]) -> Result<Work, ToolError> {
        let (gone, left): (Vec<&Rule>, Vec<&Rule>) = present.iter().partition(|rule| self.removes(rule));
        let gone = gone.into_iter().map(|rule| rule.wire.clone()).collect();
        let there = |key: &str| left.iter().find(|rule| rule.wire.key == key);
        let wanted: Vec<&Kept> = self
            .rules
            .iter()
            .filter(|kept| there(&kept.key).is_none_or(|rule| rule.wire != **kept))
            .collect();
        for kept in &wanted {
            refuse_overlap(kept, &left)?;
        }
        let new = wanted.iter().map(|kept| kept.key.as_str()).filter(|key| there(key).is_none());
        let new: Vec<&str> = new.collect();
        let order = placed(left.iter().map(|rule| rule.wire.key.as_str()), &self.sequence, new.clone());
        let first = order.keys.iter().position(|key| new.contains(key)).unwrap_or(order.keys.len());
        let can_move = order
            .keys
            .iter()
            .skip(first)
            .filter_map(|key| there(key))
            .all(|rule| rule.wire.is_of_household() && rule.wire.is_complete());
        let doubt = if !can_move {
            Some(Doubt::Unmovable)
        } else if order.is_contradicted {
            Some(Doubt::Contradicted)
        } else {
            let unsure = order.unsure.iter().filter_map(|key| there(key)).map(|rule| (*rule).clone());
            Some(unsure.collect::<Vec<_>>()).filter(|unsure| !unsure.is_empty()).map(Doubt::Unsure)
        };
        let keys = if can_move {
            order.keys
        } else {
            left.iter().map(|rule| rule.wire.key.as_str()).chain(new).collect()
        };
        let steps = keys.into_iter().enumerate().filter_map(|(place, key)| {
            let rule = there(key).map(|rule| &rule.wire);
            let kept = wanted.iter().find(|kept| kept.key == key).copied();
            let removed_first = rule.filter(|_| can_move && place > first).cloned();
            match (kept, &removed_first) {
                (None, None) => None,
                (None, Some(rule)) => Some(Step { kept: rule.clone(), removed_first, is_unrelated: true }),
                (Some(kept), _) => Some(Step { kept: kept.clone(), removed_first, is_unrelated: false }),
            }
        });
        Ok(Work { gone, steps: steps.collect(), doubt })
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

/// Rules in one breath, not all of them when there are many.
fn named<'a>(rules: impl Iterator<Item = &'a Rule>) -> String {
    const NAMED: usize = 6;
    let mut names: Vec<String> = rules.map(|rule| format!("\"{}\"", rule.name.in_quotes())).collect();
    if names.len() > NAMED {
        names.truncate(NAMED);
        names.push("…".to_owned());
    }
    names.join(", ")
}

impl Work {
    fn is_nothing(&self) -> bool {
        self.gone.is_empty() && self.steps.is_empty()
    }

    /// Those that come back.
    fn restored(&self) -> impl Iterator<Item = &Kept> {
        self.steps.iter().filter(|step| !step.is_unrelated).map(|step| &step.kept)
    }

    fn subject(&self) -> Subject {
        let keys = self.steps.iter().map(|step| &step.kept).chain(&self.gone).map(|kept| kept.key.clone());
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
        for step in &self.steps {
            if let Some(kept) = &step.removed_first {
                plan = sending(plan, kept);
            }
            plan = plan.sends(&wire::SetPortForwarding::again(&step.kept));
        }
        plan = plan.sends(&firewall::COMMIT);
        if !self.steps.is_empty() {
            plan = plan.risk(Risk::Medium);
        }
        if self.steps.iter().any(|step| step.kept.lease_s > 0) {
            plan = plan.note(say!(
                "A device asked for that port for a time: the time begins again.",
                "Un appareil avait demandé ce port pour un temps : ce temps recommence."
            ));
        }
        match &self.doubt {
            Some(doubt) => self.remakes(plan).note(doubt.said()),
            None => self.remakes(plan),
        }
    }

    /// The plan, which says what happens to rules that nobody asked about.
    fn remakes(&self, plan: Draft) -> Draft {
        let unrelated: Vec<Rule> =
            self.steps.iter().filter(|step| step.is_unrelated).map(|step| step.kept.rule()).collect();
        if unrelated.is_empty() {
            return plan;
        }
        let (count, names) = (unrelated.len(), named(unrelated.iter()));
        plan.risk(Risk::High)
            .note(say!(
                "To keep the order, rules behind it ({count}) are removed and made anew, one after the other, each only once the one before is back: {names}. If the box falls silent in between, one of them may be missing; the answer then names it and tells how to bring it back.",
                "Pour garder l'ordre, les règles qui la suivent ({count}) sont supprimées et refaites, l'une après l'autre, chacune une fois la précédente revenue : {names}. Si la box se tait entre-temps, l'une d'elles peut manquer ; la réponse la nomme alors et dit comment la rétablir."
            ))
            .cuts(
                say!("the ports of these rules", "les ports de ces règles"),
                Some(std::time::Duration::from_secs(2)),
            )
    }

    /// What takes this back: what was replaced or moved, as it is now, and without what comes back.
    fn inverse(&self, present: &[Rule], sequence: Vec<String>) -> RestoreRules {
        let subject = self.subject();
        let rules: Vec<Kept> =
            present.iter().filter(|rule| subject.holds(rule)).map(|rule| rule.wire.clone()).collect();
        let new = self.restored().filter(|kept| present.iter().all(|rule| rule.wire.key != kept.key));
        let absent = new.map(|kept| kept.key.clone()).collect();
        RestoreRules { rules, sequence, absent, ..RestoreRules::default() }
    }
}

impl Doubt {
    fn said(&self) -> Message {
        match self {
            Self::Unmovable => say!(
                "It comes to stand last: a rule behind its place is the operator's or the box's own and is not touched.",
                "Elle se retrouvera en dernier : une règle qui la suivait est celle de l'opérateur ou de la box, et n'est pas touchée."
            ),
            Self::Unsure(rules) => {
                let names = named(rules.iter());
                say!(
                    "It comes to stand behind rules that came since ({names}): whether it stood in front of them is not known.",
                    "Elle se retrouvera derrière des règles arrivées depuis ({names}) : on ne sait pas si elle les précédait."
                )
            }
            Self::Contradicted => say!(
                "The other rules stand in another order than they did, so it cannot come back exactly to its place.",
                "Les autres règles ont changé d'ordre : elle ne peut pas retrouver exactement sa place."
            ),
        }
    }
}
