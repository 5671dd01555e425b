//! The guard of changes that can cut their caller off. The box has no savepoint, so we watch it, the Internet through it,
//! and the devices of the home network; if they do not come back in time, the change is taken back as soon as the box
//! answers.
//!
//! A guard is pending in the journal from before the change is sent until it ends, so that it survives a crash: the next
//! process that talks to the box takes it up. A lock per guard makes sure that one process watches it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use journal::{Client, Entry, GuardState, Journal, Outcome};
use tokio::{task::JoinHandle, time::Instant};

mod look;

use self::look::{Clock, home_network, is_silence, lasted, look};
use crate::{
    Context, Message, ToolError,
    change::COMMIT_UNCONFIRMED,
    changes::{in_a_row, is_watched, undo},
    connection,
    invoke::{self, Planned},
    lang::Lang,
    plan::{Plan, Watch},
    record::{self, on_disk},
    say, settle,
    tool::{Access, Ended},
};

/// Between two looks at the box.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 1_000 });

/// Between two looks at what processes that died meanwhile left under guard.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// How often the box may answer a revert by anything but silence, until the guard gives up; the pauses between grow.
const ATTEMPTS: u32 = 20;

/// The guards that this process watches.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    watching: Mutex<Vec<JoinHandle<()>>>,
    looked: Mutex<Option<Instant>>,
}

impl Guards {
    fn add(&self, watcher: JoinHandle<()>) {
        let mut watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        watching.retain(|watcher| !watcher.is_finished());
        watching.push(watcher);
    }

    /// Whether it is time for another look at what other processes left.
    fn is_time(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = looked.is_none_or(|looked| looked.elapsed() >= BETWEEN_LOOKS);
        if is_time {
            *looked = Some(Instant::now());
        }
        is_time
    }

    fn next(&self) -> Option<JoinHandle<()>> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Whether any guard is watched by this process.
    pub(crate) fn any(&self) -> bool {
        let mut watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        watching.retain(|watcher| !watcher.is_finished());
        !watching.is_empty()
    }

    /// Waits until every guard of this process has ended.
    pub(crate) async fn finished(&self) {
        while let Some(watcher) = self.next() {
            if watcher.await.is_err() {
                tracing::warn!("a guard ended badly; the next start takes it up");
            }
        }
    }
}

/// Until when the guard of a change must have passed; `None` when it is over already.
pub(crate) async fn until(journal: &Arc<Journal>, id: i64) -> Option<Timestamp> {
    let entry = record::entry(journal, id).await.ok()?;
    (is_watched(&entry) && !over(&entry)).then_some(entry.guard?.until)
}

/// A change that the box refused needs no guard.
fn over(entry: &Entry) -> bool {
    matches!(entry.outcome, Outcome::Refused | Outcome::Failed)
}

/// Watches a change that is about to be sent: a box that it silences is seen even while its answer is waited for.
pub(crate) fn spawn(cx: &Context, journal: &Arc<Journal>, id: i64) {
    let (cx, journal) = (cx.clone().with_progress(None), Arc::clone(journal));
    let guards = Arc::clone(cx.guards());
    guards.add(tokio::spawn(async move {
        if let Err(error) = watch(&cx, &journal, id).await {
            tracing::warn!(id, kind = error.kind(), "a guard could not watch; the next start takes it up");
        }
    }));
}

/// Takes up what an earlier process left: guards, and changes whose outcome is unknown. Returns at once. A server that runs
/// for weeks does that again and again, since others die while it lives.
pub(crate) fn resume(cx: &Context) {
    if !cx.guards().is_time() || !cx.records().exist() {
        return;
    }
    let cx = cx.clone().with_progress(None);
    let guards = Arc::clone(cx.guards());
    guards.add(tokio::spawn(async move {
        if let Err(error) = take_up(&cx).await {
            tracing::warn!(kind = error.kind(), "earlier changes could not be looked at");
        }
    }));
}

async fn take_up(cx: &Context) -> Result<(), ToolError> {
    let Some(journal) = cx.records().existing().await? else { return Ok(()) };
    settle::if_idle(cx, &journal).await;
    let books = Arc::clone(&journal);
    for entry in on_disk(move || books.guards_pending()).await? {
        if is_of_another_box(cx, &entry).await {
            continue;
        }
        tracing::info!(id = entry.id, "a guard is taken up again");
        spawn(cx, &journal, entry.id);
    }
    Ok(())
}

/// Whether the box that we talk to is another one than the entry is about, as far as they tell.
async fn is_of_another_box(cx: &Context, entry: &Entry) -> bool {
    let Some(made_on) = &entry.box_serial else { return false };
    cx.box_serial().await.is_some_and(|here| here != *made_on)
}

/// Ends a guard that has nothing to watch any more; whether that is so.
async fn is_ended(journal: &Arc<Journal>, entry: &Entry) -> bool {
    if !is_watched(entry) {
        return true;
    }
    if let Some(by) = entry.undone_by
        && record::entry(journal, by).await.is_ok_and(|by| by.outcome == Outcome::Applied)
    {
        end(journal, entry.id, GuardState::Reverted, None).await;
        return true;
    }
    if over(entry) {
        end(journal, entry.id, GuardState::Passed, None).await;
        return true;
    }
    false
}

async fn end(journal: &Arc<Journal>, id: i64, state: GuardState, note: Option<Message>) {
    let books = Arc::clone(journal);
    let note = note.as_ref().map(record::text);
    if on_disk(move || books.end_guard(id, state, Timestamp::now(), note.as_ref())).await.is_err() {
        tracing::warn!(id, "the end of a guard could not be recorded");
    }
}

async fn watch(cx: &Context, journal: &Arc<Journal>, id: i64) -> Result<(), ToolError> {
    let books = Arc::clone(journal);
    // Somebody else watches, or it is over.
    let Some(_lock) = on_disk(move || books.try_lock_guard(id)).await? else { return Ok(()) };
    let entry = record::entry(journal, id).await?;
    let Some(watched) = entry.guard.as_ref().map(|guard| Watched::read(&guard.limits)) else {
        return Ok(());
    };
    let limits = watched.limits;
    // What was lost while nobody watched counts from when the change was made.
    let since = Timestamp::now().duration_since(entry.ended_at.unwrap_or(entry.at));
    let start = Instant::now();
    let start = start.checked_sub(since.try_into().unwrap_or_default()).unwrap_or(start);
    let mut clock = Clock::from(start);
    // A connection that comes and goes is not well, however short each absence.
    let latest = Instant::now() + limits.longest().unsigned_abs();
    loop {
        let seen = look(cx).await;
        let entry = record::entry(journal, id).await?;
        if is_ended(journal, &entry).await || (seen.box_answers && is_of_another_box(cx, &entry).await) {
            return Ok(());
        }
        let internet_ok = !watched.had_internet || seen.internet != Some(false);
        clock.tick(seen.box_answers, internet_ok);
        if entry.outcome.is_unsettled() {
            // All may be well only because the change is still on its way, or because it never arrived.
            clock.all_well = None;
            settle::if_idle(cx, journal).await;
        }
        let settled = lasted(clock.all_well, limits.settle_s);
        clock.tick_home(!settled || !watched.had_home || home_network(cx).await != Some(false));
        clock.tell(cx, id, &watched);
        if settled && clock.home_lost.is_none() {
            end(journal, id, GuardState::Passed, None).await;
            return Ok(());
        }
        let lost = if lasted(clock.box_silent, limits.box_s) {
            Some(say!("the box fell silent", "la box ne répondait plus"))
        } else if lasted(clock.internet_lost, limits.internet_s) {
            Some(say!("the Internet did not come back", "Internet n'est pas revenu"))
        } else if !settled && Instant::now() > latest {
            Some(say!("the connection did not stay", "la connexion n'a pas tenu"))
        } else if lasted(clock.home_lost, limits.internet_s) {
            Some(say!(
                "no device came back to the home network",
                "aucun appareil n'est revenu sur le réseau local"
            ))
        } else {
            None
        };
        if let Some(why) = lost {
            return take_back(cx, journal, &entry, why).await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Sends the inverse once the box answers, unless somebody decided otherwise meanwhile.
async fn take_back(
    cx: &Context,
    journal: &Arc<Journal>,
    entry: &Entry,
    why: Message,
) -> Result<(), ToolError> {
    let id = entry.id;
    tracing::warn!(id, "a change is taken back");
    let (english, french) = (why.text(Lang::En), why.text(Lang::Fr));
    cx.notice(
        id,
        say!(
            "change {id} is being taken back as soon as the box answers: {english}",
            "le changement {id} est annulé dès que la box répond : {french}"
        ),
        None,
    );
    let mut failed = 0;
    loop {
        if look(cx).await.box_answers {
            let entry = record::entry(journal, id).await?;
            if is_ended(journal, &entry).await || is_of_another_box(cx, &entry).await {
                return Ok(());
            }
            cx.session().ask_anew().await;
            match revert(cx, journal, id, &why).await {
                Ok(()) => return Ok(()),
                Err(error) if is_silence(&error) => {}
                Err(error) if is_final(&error) || failed >= ATTEMPTS => {
                    end(journal, id, GuardState::Failed, Some(error.message())).await;
                    return Ok(());
                }
                Err(error) => {
                    tracing::warn!(id, kind = error.kind(), "a change could not be taken back yet");
                    failed += 1;
                }
            }
        }
        tokio::time::sleep(PAUSE * failed.clamp(1, 10)).await;
    }
}

/// Whether planning the inverse anew, from what the box then says, would end in the same way. A box that is cut off or
/// recovering loses requests, refuses logins and answers in pieces: all of that passes.
fn is_final(error: &ToolError) -> bool {
    use sysbus::Error;
    match error {
        ToolError::Drift(_)
        | ToolError::Conflict(_)
        | ToolError::Unavailable(_)
        | ToolError::Arguments(_) => true,
        // Never tried again: a few more lock the box.
        ToolError::Box(fault) => {
            matches!(fault, Error::PasswordRefused { .. } | Error::NoPassword | Error::BadAddress(_))
        }
        _ => false,
    }
}

/// Plans the inverse from the present state, applies it, recorded like every change, and ends the guard. Whoever wants to
/// keep the change meanwhile waits for the lock.
async fn revert(cx: &Context, journal: &Arc<Journal>, id: i64, why: &Message) -> Result<(), ToolError> {
    let _turn = cx.turn().await;
    let _lock = record::lock(cx, journal).await?;
    settle::interrupted(cx, journal).await?;
    let entry = record::entry(journal, id).await?;
    if is_ended(journal, &entry).await {
        return Ok(());
    }
    let planned = match entry.undone_by {
        // A part of the way back was done.
        Some(_) => undo::plan_again(cx, &entry).await?,
        None => undo::plan(cx, serde_json::json!({ "entry": id })).await?,
    };
    if let Planned::Plan(mut plan, carry) = planned {
        plan.watch = None;
        let client = Client {
            name: "livebox-mcp guard".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            transport: "guard".to_owned(),
        };
        let (_, ended) =
            invoke::carry_out(cx, journal, &plan, carry, Access::Disrupt, client, "guard").await?;
        let Ended { outcome, differs, .. } = ended?;
        let fields: Vec<String> = differs.into_iter().filter(|field| field != COMMIT_UNCONFIRMED).collect();
        if outcome == crate::Outcome::Differs && !fields.is_empty() {
            let fields = in_a_row(&fields);
            return Err(ToolError::Failed(say!(
                "the box did not take all of it back: {fields}",
                "la box n'a pas tout repris : {fields}"
            )));
        }
    }
    end(journal, id, GuardState::Reverted, Some(why.clone())).await;
    Ok(())
}

/// The limits of a guard, as the journal keeps them.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Watched {
    #[serde(flatten)]
    pub(crate) limits: Watch,
    /// Whether the Internet was there before the change.
    pub(crate) had_internet: bool,
    /// Whether devices of the home network were connected before the change, and it is not meant to cut them off.
    #[serde(default)]
    pub(crate) had_home: bool,
}

impl Watched {
    /// What is there before that change.
    pub(crate) async fn before(cx: &Context, plan: &Plan, limits: Watch) -> Result<Self, ToolError> {
        // A guard that has seen the Internet go knows what was there before.
        let journal = cx.records().open().await?;
        let pending = on_disk(move || journal.guards_pending()).await?;
        let known: Vec<Self> =
            pending.iter().filter_map(|entry| Some(Self::read(&entry.guard.as_ref()?.limits))).collect();
        let had_internet =
            connection::internet(cx).await? == Some(true) || known.iter().any(|watched| watched.had_internet);
        // What stays off until it is undone may well have been all that connected them.
        let stays_cut = plan.cut.as_ref().is_some_and(|cut| cut.lasts.is_none());
        let had_home = !stays_cut
            && (home_network(cx).await == Some(true) || known.iter().any(|watched| watched.had_home));
        Ok(Self { limits, had_internet, had_home })
    }

    /// Limits that cannot be read are those of a cautious guard.
    fn read(limits: &serde_json::Value) -> Self {
        serde_json::from_value(limits.clone()).unwrap_or(Self {
            limits: Watch::USUAL,
            had_internet: false,
            had_home: false,
        })
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Watch {
    /// Limits for a change after which radios or interfaces restart.
    pub const USUAL: Self = Self { box_s: 60, internet_s: 90, settle_s: 15 };

    /// The longest that a guard takes when the box is there all along.
    pub(crate) fn longest(self) -> SignedDuration {
        let seconds = self.box_s.max(self.internet_s) + self.settle_s;
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}
