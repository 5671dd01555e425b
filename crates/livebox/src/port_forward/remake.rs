//! Carries out what puts rules back: one step after the other, and never letting go of a rule before the previous one
//! was seen again. Whatever the box leaves unanswered ends the moving of rules; what is missing is named.

use sysbus::Error;

use super::{
    Kept, PATIENCE, Rule, Rules, Subject,
    remove::delete,
    restore::{Step, Work},
    rules, wire,
};
use crate::{
    Changed, Context, Message, Sent, ToolError, change::COMMIT_UNCONFIRMED, firewall, lang::Lang, say,
    state::ORDER,
};

/// The box while rules are put back, and how it took that so far.
struct Hand<'a> {
    cx: &'a Context,
    /// Nothing went wrong yet: rules may be taken from their places.
    is_steady: bool,
    /// What the box refused first.
    refused: Option<Error>,
    /// The first answer that was lost.
    lost: Option<Error>,
}

impl Work {
    pub(super) async fn apply(
        self,
        cx: &Context,
        what: Message,
        subject: Subject,
        before: Option<Rules>,
    ) -> Result<Changed<Rules>, ToolError> {
        let mut hand = Hand { cx, is_steady: true, refused: None, lost: None };
        for kept in &self.gone {
            hand.remove(kept).await?;
        }
        for step in &self.steps {
            hand.step(step).await?;
        }
        let committed = firewall::commit(cx).await?;
        let settled = |now: &Option<Rules>| {
            let pending = now.iter().flat_map(|rules| &rules.list).any(Rule::is_pending);
            !pending && self.differing(listed(now.as_ref())).is_empty()
        };
        // Where something went wrong, the box was given its time at each step.
        let patience = if hand.is_steady { PATIENCE } else { PATIENCE / 5 };
        let (after, _) = cx.read_back(patience, || subject.observe(cx), settled).await?;
        let is_untouched = listed(before.as_ref())
            .iter()
            .map(|rule| &rule.wire)
            .eq(listed(after.as_ref()).iter().map(|rule| &rule.wire));
        let mut differing = self.differing(listed(after.as_ref()));
        if differing.is_empty() && !committed {
            differing.push(COMMIT_UNCONFIRMED.to_owned());
        }
        match (hand.refused, hand.lost) {
            (Some(error), _) if is_untouched => Err(error.into()),
            (_, Some(error)) if is_untouched => {
                Changed::after(&Sent::<()> { reply: None, lost: Some(error) }, what, before, after, differing)
            }
            _ => {
                let missing = self.missing(listed(after.as_ref())).map(Kept::rule).collect();
                let after = Rules::lacking(after.map(|rules| rules.list).unwrap_or_default(), missing);
                Ok(Changed::verified(what, before, after, differing))
            }
        }
    }

    /// Those that should be there and are not.
    fn missing(&self, now: &[Rule]) -> impl Iterator<Item = &Kept> {
        self.steps
            .iter()
            .map(|step| &step.kept)
            .filter(|kept| now.iter().all(|rule| rule.wire.key != kept.key))
    }

    /// What is not as it shall be, by the rules' names.
    fn differing(&self, now: &[Rule]) -> Vec<String> {
        let left = self.gone.iter().filter(|kept| now.iter().any(|rule| rule.wire.key == kept.key));
        let mut found: Vec<String> = left.chain(self.missing(now)).map(|kept| kept.rule().called()).collect();
        let mut order: Vec<&str> = Vec::new();
        for Step { kept, .. } in &self.steps {
            let Some(rule) = now.iter().find(|rule| rule.wire.key == kept.key) else { continue };
            order.push(&kept.key);
            let wanted = kept.rule();
            let fields = rule.differences(&wanted);
            found.extend(fields.iter().map(|field| format!("{}.{field}", wanted.called())));
        }
        let there = now.iter().map(|rule| rule.wire.key.as_str()).filter(|key| order.contains(key));
        if !there.eq(order.iter().copied()) {
            found.push(ORDER.to_owned());
        }
        found
    }
}

fn listed(rules: Option<&Rules>) -> &[Rule] {
    rules.map_or(&[], |rules| &rules.list)
}

impl Hand<'_> {
    async fn step(&mut self, step: &Step) -> Result<(), ToolError> {
        if let Some(old) = &step.removed_first {
            let is_removed = self.is_steady
                && self.remove(old).await.map_err(|error| perhaps_missing(&step.kept, error))?;
            if step.is_unrelated && !is_removed {
                return Ok(());
            }
        }
        self.make(&step.kept, step.removed_first.is_some()).await
    }

    /// Removes a rule. Whether it is gone: where the answer was lost, that is read back.
    async fn remove(&mut self, kept: &Kept) -> Result<bool, ToolError> {
        match delete(self.cx, kept).await {
            Ok(Sent { lost: None, .. }) => Ok(true),
            Ok(Sent { lost: Some(error), .. }) => {
                self.unsettled(error);
                let (_, is_gone) =
                    self.cx.read_back(PATIENCE, || find(self.cx, kept), Option::is_none).await?;
                Ok(is_gone)
            }
            Err(ToolError::Box(error)) => {
                self.denied(error);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a rule and looks whether it is there. What was not made although it was asked for is asked for once more,
    /// if it is proven that it is not there: the answer was lost, or the rule was taken from its place a moment ago.
    async fn make(&mut self, kept: &Kept, was_there: bool) -> Result<(), ToolError> {
        for _ in 0..2 {
            let (may_come, is_lost) = match self.cx.write(&wire::SetPortForwarding::again(kept)).await {
                Ok(Sent { lost: None, .. }) => (true, false),
                Ok(Sent { lost: Some(error), .. }) => {
                    self.unsettled(error);
                    (true, true)
                }
                Err(ToolError::Box(error)) => {
                    self.denied(error);
                    (false, false)
                }
                Err(error) => return Err(error),
            };
            let wanted = kept.rule();
            let is_made = |rule: &Option<Rule>| {
                // An answer says that it was taken, perhaps not letter by letter.
                rule.as_ref().is_some_and(|rule| !is_lost || rule.differences(&wanted).is_empty())
            };
            let patience = if may_come { PATIENCE } else { std::time::Duration::ZERO };
            let seen = self.cx.read_back(patience, || find(self.cx, kept), is_made).await;
            let (found, is_seen) = seen.map_err(|error| perhaps_missing(kept, error))?;
            if is_seen {
                return Ok(());
            }
            self.is_steady = false;
            // Only what we took from its place is worth a second try, and only where nothing stands in it now: a rule that
            // is there and different may be somebody else's.
            if !was_there || found.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn unsettled(&mut self, error: Error) {
        self.is_steady = false;
        self.lost.get_or_insert(error);
    }

    fn denied(&mut self, error: Error) {
        self.is_steady = false;
        self.refused.get_or_insert(error);
    }
}

/// That rule as the box has it.
async fn find(cx: &Context, kept: &Kept) -> Result<Option<Rule>, ToolError> {
    Ok(rules(cx).await?.into_iter().find(|rule| rule.wire.key == kept.key))
}

/// The box fell silent with one rule in the air.
fn perhaps_missing(kept: &Kept, error: ToolError) -> ToolError {
    let ToolError::Unknown(message) = error else { return error };
    let rule = kept.rule();
    let described = rule.describe();
    let (english, french) = (message.text(Lang::En), message.text(Lang::Fr));
    let (again, encore) = rule.command().map_or_else(Default::default, |command| {
        (format!(" If it is not there: {command}"), format!(" Si elle n'y est pas : {command}"))
    });
    ToolError::Unknown(say!(
        "{english} The rule {described} may be missing: look with `port-forward list` when the box answers.{again}",
        "{french} La règle {described} manque peut-être : regardez avec « port-forward list » quand la box répondra.{encore}"
    ))
}
