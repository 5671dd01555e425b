//! What a guard sees of the box, the Internet and the home network, and for how long it has been so.

use std::time::Duration;

use tokio::time::Instant;

use super::Watched;
use crate::{Context, ToolError, connection, host, say};

/// What a look at the box tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) box_answers: bool,
    pub(super) internet: Option<bool>,
}

pub(super) async fn look(cx: &Context) -> Seen {
    cx.session().forget_reads();
    match connection::internet(cx).await {
        Ok(internet) => Seen { box_answers: true, internet },
        Err(error) => Seen { box_answers: !is_silence(&error), internet: None },
    }
}

/// Whether any device of the home network is connected, as far as the box tells. It notices late that one has left: who
/// asks does so last.
pub(crate) async fn home_network(cx: &Context) -> Option<bool> {
    cx.session().forget_reads();
    let hosts = host::usual(cx).await.ok()?;
    Some(hosts.iter().any(host::Host::is_active))
}

pub(super) fn is_silence(error: &ToolError) -> bool {
    use sysbus::Error;
    matches!(
        error,
        ToolError::Box(
            Error::NoAnswer { .. }
                | Error::Unreachable { .. }
                | Error::Busy { .. }
                | Error::NotALivebox { .. }
        )
    )
}

/// Since when something is well or not.
pub(super) struct Clock {
    pub(super) box_silent: Option<Instant>,
    pub(super) internet_lost: Option<Instant>,
    /// Only known while box and Internet are well.
    pub(super) home_lost: Option<Instant>,
    /// Box and Internet.
    pub(super) all_well: Option<Instant>,
}

fn since(start: &mut Option<Instant>, holds: bool) {
    *start = if holds { start.or_else(|| Some(Instant::now())) } else { None };
}

impl Clock {
    /// Of a change made at that time: what was lost while nobody watched counts from then.
    pub(super) fn from(start: Instant) -> Self {
        Self { box_silent: Some(start), internet_lost: Some(start), home_lost: None, all_well: None }
    }

    pub(super) fn tick_home(&mut self, home_ok: bool) {
        since(&mut self.home_lost, !home_ok);
    }

    pub(super) fn tick(&mut self, box_answers: bool, internet_ok: bool) {
        since(&mut self.box_silent, !box_answers);
        // A box that does not answer tells nothing about the Internet: its clock runs on from where it was.
        if box_answers {
            since(&mut self.internet_lost, !internet_ok);
        }
        since(&mut self.all_well, box_answers && internet_ok);
    }

    pub(super) fn tell(&self, cx: &Context, id: i64, watched: &Watched) {
        let limits = watched.limits;
        let (message, since, limit) = if self.home_lost.is_some() {
            let message = say!(
                "watching change {id}: box answers, no device on the home network",
                "garde du changement {id} : la box répond, aucun appareil sur le réseau local"
            );
            (message, self.home_lost, limits.internet_s)
        } else if self.all_well.is_some() {
            let message = if watched.had_internet {
                say!(
                    "watching change {id}: box answers, Internet up",
                    "garde du changement {id} : la box répond, Internet est là"
                )
            } else {
                say!("watching change {id}: box answers", "garde du changement {id} : la box répond")
            };
            (message, self.all_well, limits.settle_s)
        } else if self.box_silent.is_some() {
            let message = say!(
                "watching change {id}: no answer from the box",
                "garde du changement {id} : la box ne répond pas"
            );
            (message, self.box_silent, limits.box_s)
        } else {
            let message = say!(
                "watching change {id}: box answers, Internet down",
                "garde du changement {id} : la box répond, Internet est coupé"
            );
            (message, self.internet_lost, limits.internet_s)
        };
        let gone = since.map(|since| since.elapsed()).unwrap_or_default();
        cx.notice(id, message, Some(Duration::from_secs(limit).saturating_sub(gone)));
    }
}

pub(super) fn lasted(start: Option<Instant>, seconds: u64) -> bool {
    start.is_some_and(|start| start.elapsed() >= Duration::from_secs(seconds))
}
