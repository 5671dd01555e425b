//! Entries that are set and removed together.

use std::{net::Ipv4Addr, time::Duration};

use sysbus::{Error, Ignored};

use super::{
    Dmz,
    kept::{Kept, Present, changed, dmz},
    tools::state,
    wire,
};
use crate::{
    Changed, Context, Draft, Message, Risk, Sent, ToolError, Untrusted, change::COMMIT_UNCONFIRMED, firewall,
    say,
};

const PATIENCE: Duration = Duration::from_secs(5);

/// What is to be done to the entries that are there, and what comes of it.
pub(super) struct Work {
    /// Ids of those that are removed.
    pub(super) gone: Vec<String>,
    /// Those that are set, each in the place of the one of its id.
    pub(super) set: Vec<Kept>,
    orders: Vec<wire::SetDmz>,
    /// The name of the device of that address.
    name: Option<(Ipv4Addr, Untrusted)>,
    pub(super) before: Option<Dmz>,
    pub(super) after: Option<Dmz>,
}

impl Work {
    /// On these entries.
    pub(super) fn on(present: &[Present], set: Vec<Kept>, gone: Vec<String>) -> Self {
        let orders = set.iter().map(|kept| wire::SetDmz::to(kept.clone(), present)).collect();
        let after = dmz(&changed(present, &set, &gone));
        Self { gone, set, orders, name: None, before: dmz(present), after }
    }

    /// States tell the name of the device of that address.
    pub(super) fn naming(mut self, ip: Ipv4Addr, name: Option<Untrusted>) -> Self {
        self.name = name.map(|name| (ip, name));
        (self.before, self.after) = (self.named(self.before.clone()), self.named(self.after.clone()));
        self
    }

    fn named(&self, state: Option<Dmz>) -> Option<Dmz> {
        let name = self.name.as_ref();
        state.map(|dmz| {
            let name = name.filter(|(ip, _)| dmz.entry.ipv4 == Some(*ip)).map(|(_, name)| name.clone());
            Dmz { name, ..dmz }
        })
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.gone.is_empty() && self.set.is_empty()
    }

    /// The ids that it is about.
    pub(super) fn ids(&self) -> Vec<String> {
        self.gone.iter().chain(self.set.iter().map(|kept| &kept.id)).cloned().collect()
    }

    pub(super) fn draft(&self, what: Message) -> Draft {
        let mut plan = Draft::new(what, &()).turns(self.before.as_ref(), self.after.as_ref());
        for id in &self.gone {
            plan = plan.sends(&wire::DeleteDmz { id });
        }
        for order in &self.orders {
            plan = plan.sends(order);
        }
        plan = plan.sends(&firewall::COMMIT);
        let mut open = self.set.iter().filter(|kept| kept.enabled).peekable();
        if open.peek().is_some() {
            plan = plan.risk(Risk::Medium);
        }
        if open.any(|kept| kept.source_prefix.is_empty()) {
            plan = plan.note(say!(
                "Everything from the Internet that no rule matches will reach this host.",
                "Tout ce qui vient d'Internet et qu'aucune règle ne prend arrivera à cet appareil."
            ));
        }
        plan
    }

    pub(super) async fn apply(self, cx: &Context, what: Message) -> Result<Changed<Dmz>, ToolError> {
        let mut answers = Answers::default();
        for id in &self.gone {
            answers.take(cx.write(&wire::DeleteDmz { id }).await)?;
        }
        for order in &self.orders {
            answers.take(cx.write(order).await)?;
        }
        if let (Some(refused), true) = (answers.refused.take(), answers.sent.is_empty()) {
            return Err(refused.into());
        }
        let committed = firewall::commit(cx).await?;
        let settled = |now: &Option<Dmz>| {
            differing(self.after.as_ref(), now.as_ref()).is_empty() && !now.as_ref().is_some_and(Dmz::fails)
        };
        let (now, _) = cx.read_back(PATIENCE, || state(cx), settled).await?;
        let now = self.named(now);
        let mut found = differing(self.after.as_ref(), now.as_ref());
        let is_as_before = differing(self.before.as_ref(), now.as_ref()).is_empty();
        let lost = answers.sent.iter().find(|sent| sent.lost.is_some());
        if let (Some(lost), true) = (lost, is_as_before) {
            return Changed::after(lost, what, self.before, now, found);
        }
        if found.is_empty() {
            if now.as_ref().is_some_and(Dmz::fails) {
                found.push("status".to_owned());
            }
            if !committed {
                found.push(COMMIT_UNCONFIRMED.to_owned());
            }
        }
        Ok(Changed::verified(what, self.before, now, found))
    }
}

/// What the box said to each call.
#[derive(Default)]
struct Answers {
    sent: Vec<Sent<Ignored>>,
    /// The first refusal.
    refused: Option<Error>,
}

impl Answers {
    /// A refusal does not keep the calls after it from being sent: half of the work would be left undone because of one.
    fn take(&mut self, answer: Result<Sent<Ignored>, ToolError>) -> Result<(), ToolError> {
        match answer {
            Ok(sent) => self.sent.push(sent),
            Err(ToolError::Box(error @ Error::Refused { .. })) => {
                self.refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// What is not as wanted.
fn differing(wanted: Option<&Dmz>, now: Option<&Dmz>) -> Vec<String> {
    match (wanted, now) {
        (None, None) => Vec::new(),
        (Some(wanted), Some(now)) => now.differences(wanted),
        _ => vec!["ipv4".to_owned()],
    }
}
