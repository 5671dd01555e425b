//! The journal of changes as the pipeline uses it: opened when first needed, never on the event loop's thread.

use std::{
    num::NonZeroU32,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use journal::{Client, Draft, Entry, Failure, Finish, GuardDraft, Journal, Lock, Outcome, Text, UNREADABLE};

use serde_json::Value;

use crate::{
    Context, Message, ToolError,
    guard::Watched,
    lang::Lang,
    plan::{Plan, Undo},
    say,
    tool::Ended,
};

/// How long a change waits for the change of another process to end: as long as the slowest takes.
const WAITING: Duration = Duration::from_secs(120);

/// How much of the journal is kept. What is unsettled or under guard stays in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Changes of so many days.
    pub days: NonZeroU32,
    /// At most so many changes.
    pub entries: NonZeroU32,
}

impl Default for Retention {
    fn default() -> Self {
        const DAYS: NonZeroU32 = NonZeroU32::new(365).unwrap();
        const ENTRIES: NonZeroU32 = NonZeroU32::new(10_000).unwrap();
        Self { days: DAYS, entries: ENTRIES }
    }
}

/// The folder of the journal, and the journal once it is open.
#[derive(Debug, Default)]
pub(crate) struct Records {
    folder: Option<PathBuf>,
    journal: Mutex<Option<Arc<Journal>>>,
}

impl Records {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, journal: Mutex::default() }
    }

    fn known(&self) -> Option<Arc<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, journal: Journal) -> Arc<Journal> {
        let mut known = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.get_or_insert_with(|| Arc::new(journal)))
    }

    /// The journal, created if need be. Without one nothing may change.
    pub(crate) async fn open(self: &Arc<Self>) -> Result<Arc<Journal>, ToolError> {
        if let Some(journal) = self.known() {
            return Ok(journal);
        }
        let folder = self.folder.clone().ok_or_else(|| {
            ToolError::Failed(say!(
                "Nothing was changed: there is no folder to keep the journal of changes in. Name one in LIVEBOX_MCP_STATE.",
                "Rien n'a été modifié : aucun dossier où tenir le journal des changements. Nommez-en un dans LIVEBOX_MCP_STATE."
            ))
        })?;
        let opened = on_disk(move || Journal::open(&folder)).await?;
        Ok(self.keep(opened))
    }

    /// The journal, if there is one yet.
    pub(crate) async fn existing(self: &Arc<Self>) -> Result<Option<Arc<Journal>>, ToolError> {
        if let Some(journal) = self.known() {
            return Ok(Some(journal));
        }
        let Some(folder) = self.folder.clone() else { return Ok(None) };
        let opened = on_disk(move || Journal::open_existing(&folder)).await?;
        Ok(opened.map(|journal| self.keep(journal)))
    }

    /// Whether a file is there at all: a question cheap enough for every start.
    pub(crate) fn exist(&self) -> bool {
        self.folder.as_deref().is_some_and(|folder| folder.join(journal::FILE).exists())
    }
}

/// Does something with files on a thread that may wait.
pub(crate) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, journal::Error> + Send + 'static,
) -> Result<T, ToolError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| broken(&error)),
        Err(error) => Err(cut_short(&error)),
    }
}

pub(crate) fn cut_short(error: &tokio::task::JoinError) -> ToolError {
    ToolError::Failed(say!(
        "The work on the journal was cut short: {error}.",
        "Le travail sur le journal a été interrompu : {error}."
    ))
}

pub(crate) fn broken(error: &journal::Error) -> ToolError {
    let Text { english, french } = error.text();
    let remedy = match error {
        journal::Error::Corrupt { .. } => say!(
            " Move that file elsewhere: a new one is begun, and earlier changes can no longer be undone.",
            " Déplacez ce fichier : un nouveau sera commencé, et les changements passés ne pourront plus être annulés."
        ),
        journal::Error::Newer { .. } => say!(" Update livebox-mcp.", " Mettez livebox-mcp à jour."),
        journal::Error::DiskFull { .. } => say!(" Make room there.", " Faites-y de la place."),
        _ => say!("", ""),
    };
    let (help, aide) = (remedy.text(Lang::En), remedy.text(Lang::Fr));
    ToolError::Failed(say!(
        "The journal of changes is not usable, and nothing is changed without it: {english}.{help}",
        "Le journal des changements est inutilisable, et rien n'est modifié sans lui : {french}.{aide}"
    ))
}

/// A message as the journal keeps it.
pub(crate) fn text(message: &Message) -> Text {
    let kept = |lang| sysbus::redact(message.text(lang)).into_owned();
    Text { english: kept(Lang::En), french: kept(Lang::Fr) }
}

/// A value as the journal keeps it: secrets come as handles, and one that does not is kept out.
pub(crate) fn kept(value: &Value) -> Value {
    let mut value = value.clone();
    if sysbus::redact_json(&mut value) {
        tracing::warn!("a secret was kept out of the journal");
    }
    value
}

/// The way back as the journal keeps it. One that would write stars to the box is none.
fn way_back(undo: &Undo) -> journal::Undo {
    match undo {
        Undo::Call { tool, args } if kept(args) == *args => {
            journal::Undo::Call { tool: tool.clone(), args: args.clone() }
        }
        Undo::Call { .. } => journal::Undo::Impossible {
            because: text(&say!(
                "the way back holds a secret, which the journal does not keep",
                "le retour contient un secret, que le journal ne garde pas"
            )),
        },
        Undo::Impossible(because) => journal::Undo::Impossible { because: text(because) },
    }
}

/// A text of the journal as a message.
pub(crate) fn message(text: &Text) -> Message {
    Message::new(text.english.as_str(), text.french.as_str())
}

/// Waits until no other process is changing the box. Released when dropped, or by the system when the process dies.
pub(crate) async fn lock(cx: &Context, journal: &Arc<Journal>) -> Result<Lock, ToolError> {
    let deadline = tokio::time::Instant::now() + WAITING;
    loop {
        let journal = Arc::clone(journal);
        if let Some(lock) = on_disk(move || journal.try_lock_changes()).await? {
            return Ok(lock);
        }
        if tokio::time::Instant::now() > deadline {
            return Err(ToolError::Conflict(say!(
                "Another livebox-mcp is changing the box and has not ended. Nothing was changed; try again in a minute.",
                "Un autre livebox-mcp modifie la box et n'a pas terminé. Rien n'a été modifié ; réessayez dans une minute."
            )));
        }
        cx.progress(0.0, None, say!("another change is under way", "un autre changement est en cours"));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Records that a change is about to be sent.
pub(crate) async fn begin(
    journal: &Arc<Journal>,
    plan: &Plan,
    client: Client,
    consent: &str,
    watched: Option<Watched>,
) -> Result<i64, ToolError> {
    let at = Timestamp::now();
    let guard = watched.map(|watched| GuardDraft {
        limits: serde_json::to_value(watched).unwrap_or_default(),
        until: at + watched.limits.longest(),
    });
    let draft = Draft {
        at,
        box_serial: plan.box_serial.clone(),
        tool: plan.tool.clone(),
        args: kept(&plan.args),
        what: text(&plan.what),
        subject: kept(&plan.subject),
        before: kept(&plan.before),
        wanted: kept(&plan.after),
        calls: kept(&plan.calls_json()),
        plan_hash: plan.hash.clone(),
        undo: way_back(&plan.undo),
        client,
        consent: consent.to_owned(),
        undoes: plan.undoes,
        guard,
    };
    let journal = Arc::clone(journal);
    on_disk(move || journal.begin(&draft)).await
}

/// What to record of a change that was carried out.
pub(crate) fn done(ended: &Ended) -> Finish {
    Finish {
        at: Timestamp::now(),
        outcome: match ended.outcome {
            crate::Outcome::Differs => Outcome::Differs,
            crate::Outcome::Unverified => Outcome::Unknown,
            _ => Outcome::Applied,
        },
        after: ended.after.clone(),
        differs: ended.differs.clone(),
        error: (ended.outcome == crate::Outcome::Unverified).then(|| Failure {
            kind: UNREADABLE.to_owned(),
            message: text(&say!(
                "The box answered; what the call did is not verified.",
                "La box a répondu ; l'effet de l'appel n'est pas vérifié."
            )),
        }),
    }
}

/// Records how a change ended.
pub(crate) async fn settle(journal: &Arc<Journal>, id: i64, end: Finish) -> Result<(), ToolError> {
    let end = Finish { after: kept(&end.after), ..end };
    let journal = Arc::clone(journal);
    on_disk(move || journal.finish(id, &end)).await
}

/// Forgets what is older than the owner keeps. Best effort: the next change tries again.
pub(crate) async fn prune(cx: &Context, journal: &Arc<Journal>) {
    let (journal, Retention { days, entries }) = (Arc::clone(journal), cx.retention());
    if on_disk(move || journal.prune(days.get(), entries.get(), Timestamp::now())).await.is_err() {
        tracing::info!("old entries of the journal stay");
    }
}

/// An entry by its number.
pub(crate) async fn entry(journal: &Arc<Journal>, id: i64) -> Result<Entry, ToolError> {
    let journal = Arc::clone(journal);
    on_disk(move || journal.entry(id)).await?.ok_or_else(|| no_entry(id))
}

/// No such entry.
pub(crate) fn no_entry(id: i64) -> ToolError {
    ToolError::Conflict(say!(
        "The journal has no entry {id}. `livebox-mcp journal list` shows them.",
        "Le journal n'a pas d'entrée {id}. « livebox-mcp journal list » les montre."
    ))
}
