//! What a tool runs in: the box, the reader's language, what the owner permits, where progress goes.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use sysbus::{Call, Error, Kind, Secret, Session, Written};
use tokio::sync::{Mutex, OwnedMutexGuard};
use url::Url;
use vault::Vault;

use crate::{
    Policy, ToolError, Watch,
    guard::Guards,
    lang::{Lang, Message},
    plan::{self, Print},
    record::{Records, Retention},
    say, system,
    tool::Access,
};

/// How far a long tool is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Steps done.
    pub done: f64,
    /// Steps in all, when known.
    pub total: Option<f64>,
    /// What is being done.
    pub message: Message,
}

/// Where progress goes; called from within the tool, must not block.
pub type ProgressSink = Arc<dyn Fn(Progress) + Send + Sync>;

/// What becomes of a change beside its own call: while it is under guard, or when an earlier run left it unsettled.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its number in the journal.
    pub entry: i64,
    /// How it stands.
    pub message: Message,
    /// How long that must last until the guard decides; `None` when nothing is waited for.
    pub left: Option<Duration>,
}

/// Where notices go; must not block.
pub type NoticeSink = Arc<dyn Fn(Notice) + Send + Sync>;

/// Where the owner's policy comes from: asked at each call, so that a changed file counts at once.
pub type PolicySource = Arc<dyn Fn() -> Result<Policy, ToolError> + Send + Sync>;

/// When the box was asked for its serial number, and what it said.
type SerialAsOf = (Instant, Option<String>);

/// What the running tool may do: granted by [`crate::invoke()`] only.
#[derive(Clone)]
struct Grant {
    access: Access,
    /// The calls of the plan that was agreed to; `None`: whatever it declared.
    calls: Option<Arc<[Print]>>,
}

/// What a tool runs in. Cheap to clone; each surface keeps one and adapts it per call.
#[derive(Clone)]
pub struct Context {
    session: Session,
    lang: Lang,
    policy: PolicySource,
    /// Or why the configured one is of no use.
    speed_url: Result<Option<Url>, Message>,
    progress: Option<ProgressSink>,
    /// `None` outside of [`crate::invoke()`].
    granted: Option<Grant>,
    records: Arc<Records>,
    /// Serial number of the box, once asked.
    serial: Arc<Mutex<Option<SerialAsOf>>>,
    guards: Arc<Guards>,
    /// Where secrets are kept.
    vault: Option<Vault>,
    /// The owner's own limits for guards.
    watch: Option<Watch>,
    notices: Option<NoticeSink>,
    retention: Retention,
    /// A person at a terminal wants an undo in spite of later changes.
    force: bool,
    /// Held by the tool that is changing the box: what it checked must still hold when it writes, and what it reads
    /// back must be its own work.
    turn: Arc<Mutex<()>>,
    /// Whether the running tool has sent a change.
    sent: Arc<AtomicBool>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("lang", &self.lang).finish_non_exhaustive()
    }
}

impl Context {
    /// A context on that box: the default policy, English, no progress, and no folder to record changes in, without
    /// which there are none.
    pub fn new(session: Session) -> Self {
        Self {
            session,
            lang: Lang::default(),
            policy: Arc::new(|| Ok(Policy::default())),
            speed_url: Ok(None),
            progress: None,
            granted: None,
            records: Arc::default(),
            serial: Arc::default(),
            guards: Arc::default(),
            vault: None,
            watch: None,
            notices: None,
            retention: Retention::default(),
            force: false,
            turn: Arc::default(),
            sent: Arc::default(),
        }
    }

    /// With text in that language.
    #[must_use]
    pub fn with_lang(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// With what the owner permits.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = Arc::new(move || Ok(policy.clone()));
        self
    }

    /// With what the owner permits, asked anew at each call.
    #[must_use]
    pub fn with_policy_source(mut self, source: PolicySource) -> Self {
        self.policy = source;
        self
    }

    /// With the folder that the journal of changes is kept in.
    #[must_use]
    pub fn with_state(mut self, folder: Option<PathBuf>) -> Self {
        self.records = Arc::new(Records::new(folder));
        self
    }

    /// With the place where secrets are kept.
    #[must_use]
    pub fn with_vault(mut self, vault: Option<Vault>) -> Self {
        self.vault = vault;
        self
    }

    /// With other limits for guards than each change's own.
    #[must_use]
    pub fn with_watch(mut self, watch: Option<Watch>) -> Self {
        self.watch = watch;
        self
    }

    /// With what becomes of changes beside their own calls told there.
    #[must_use]
    pub fn with_notices(mut self, sink: Option<NoticeSink>) -> Self {
        self.notices = sink;
        self
    }

    /// With that much of the journal kept.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    /// For an undo that a person wants in spite of what changed since.
    #[must_use]
    pub fn forced(mut self) -> Self {
        self.force = true;
        self
    }

    /// With that HTTP speed server instead of the public one.
    #[must_use]
    pub fn with_speed_url(mut self, url: Option<Url>) -> Self {
        self.speed_url = Ok(url);
        self
    }

    /// With a setting of the HTTP speed server that is of no use, for that reason: what needs one fails, nothing else.
    #[must_use]
    pub fn with_unusable_speed_url(mut self, because: Message) -> Self {
        self.speed_url = Err(because);
        self
    }

    /// With progress going there.
    #[must_use]
    pub fn with_progress(mut self, sink: Option<ProgressSink>) -> Self {
        self.progress = sink;
        self
    }

    /// For one call of a tool, with a flag that tells whether it has sent a change: what was sent has to be seen
    /// through, even if nobody waits for the answer any more.
    #[must_use]
    pub fn watched(&self) -> (Self, Arc<AtomicBool>) {
        let sent = Arc::new(AtomicBool::new(false));
        (Self { sent: Arc::clone(&sent), ..self.clone() }, sent)
    }

    /// Waits until no other tool of this program is changing the box.
    pub(crate) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// The context of one running tool: it may do what it declared. Only [`crate::invoke()`] grants.
    pub(crate) fn granting(&self, access: Access, calls: Option<Vec<Print>>) -> Self {
        Self { granted: Some(Grant { access, calls: calls.map(Arc::from) }), ..self.clone() }
    }

    /// Whether this call has sent a change.
    pub(crate) fn has_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether a person at a terminal forces an undo.
    pub(crate) fn is_forced(&self) -> bool {
        self.force
    }

    /// The guards that this process watches.
    pub(crate) fn guards(&self) -> &Arc<Guards> {
        &self.guards
    }

    /// Whether this process watches a change.
    pub fn is_guarding(&self) -> bool {
        self.guards.any()
    }

    /// Takes up what processes that died left under guard or unknown. Returns at once; cheap enough to be called often.
    pub fn look_after_guards(&self) {
        crate::guard::resume(self);
    }

    /// Waits until this process watches no change any more.
    pub async fn guards_ended(&self) {
        self.guards.finished().await;
    }

    /// The owner's limits for guards.
    pub(crate) fn watch(&self) -> Option<Watch> {
        self.watch
    }

    /// Does something with the kept secrets, on a thread that may wait for a keychain.
    pub(crate) async fn kept<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Vault) -> Result<T, vault::Error> + Send + 'static,
    ) -> Result<T, ToolError> {
        let vault = self.vault.clone().ok_or_else(|| {
            ToolError::Failed(say!(
                "There is no folder to keep secrets in. Name one in LIVEBOX_MCP_STATE.",
                "Aucun dossier où garder les secrets. Nommez-en un dans LIVEBOX_MCP_STATE."
            ))
        })?;
        match tokio::task::spawn_blocking(move || work(&vault)).await {
            Ok(done) => Ok(done?),
            Err(error) => Err(ToolError::Failed(say!(
                "The work on kept secrets was cut short: {error}.",
                "Le travail sur les secrets gardés a été interrompu : {error}."
            ))),
        }
    }

    /// How much of the journal is kept.
    pub(crate) fn retention(&self) -> Retention {
        self.retention
    }

    /// Tells how a change stands, to whoever wants to know.
    pub(crate) fn notice(&self, entry: i64, message: Message, left: Option<Duration>) {
        if let Some(sink) = &self.notices {
            sink(Notice { entry, message, left });
        }
    }

    /// After the box's password was changed: puts the new one where `login` keeps the old one. Whether it did.
    pub(crate) async fn replace_kept_password(&self, new: &Secret) -> bool {
        let (host, user) = (self.session.configured_host(), self.session.user().to_owned());
        let new = new.clone();
        let replaced = self.kept(move |vault| {
            // One that cannot be read any more is replaced all the same.
            let kept = !matches!(vault.box_password(&host, &user), Ok(None));
            if kept {
                vault.store_box_password(&host, &user, &new)?;
            }
            Ok(kept)
        });
        replaced.await.unwrap_or_else(|error| {
            tracing::warn!(kind = error.kind(), "the new password could not be kept");
            false
        })
    }

    /// The journal of changes.
    pub(crate) fn records(&self) -> &Arc<Records> {
        &self.records
    }

    /// Serial number of the box, `None` when it does not tell. Asked again after a while: another box may stand there.
    pub(crate) async fn box_serial(&self) -> Option<String> {
        const FRESH: Duration = Duration::from_secs(2);
        let mut known = self.serial.lock().await;
        if let Some((asked, serial)) = &*known
            && asked.elapsed() < FRESH
        {
            return serial.clone();
        }
        match system::serial(self).await {
            Ok(serial) => {
                *known = Some((Instant::now(), serial.clone()));
                serial
            }
            // Silence is no other box.
            Err(_) => known.as_ref().and_then(|(_, serial)| serial.clone()),
        }
    }

    /// Forgets what the box said up to now, and which box it was: for what must hold at this moment.
    pub(crate) async fn look_anew(&self) {
        self.session().forget_reads();
        *self.serial.lock().await = None;
    }

    /// The reader's language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// What the owner permits.
    pub fn policy(&self) -> Result<Policy, ToolError> {
        (self.policy)()
    }

    /// The configured HTTP speed server, if any; an error where the setting is of no use.
    pub fn speed_url(&self) -> Result<Option<&Url>, ToolError> {
        self.speed_url.as_ref().map(Option::as_ref).map_err(|because| ToolError::Arguments(because.clone()))
    }

    /// The session with the box.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Tells how far the tool is.
    pub fn progress(&self, done: f64, total: Option<f64>, message: Message) {
        if let Some(sink) = &self.progress {
            sink(Progress { done, total, message });
        }
    }

    /// Asks the box.
    pub async fn read<C: Call>(&self, call: &C) -> Result<C::Reply, ToolError> {
        debug_assert!(C::KIND == Kind::Read, "a write must go through `Context::write`");
        Ok(self.session.read(call).await?)
    }

    /// Asks the box for a part of an answer that it may not have: `None` when it is absent, denied, refused or
    /// not understood, since the other parts are still worth having.
    pub async fn read_optional<C: Call>(&self, call: &C) -> Result<Option<C::Reply>, ToolError> {
        match self.session.read(call).await {
            Ok(reply) => Ok(Some(reply)),
            Err(error) if error.is_unavailable() => Ok(None),
            Err(error @ (Error::Refused { .. } | Error::NotUnderstood { .. })) => {
                tracing::info!(%error, "a part of the answer is missing");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// As [`read_optional`](Self::read_optional), for what the answer cannot do without where the box has it: an answer
    /// that was not understood is an error, since it does not mean that there is no such thing.
    pub async fn read_if_present<C: Call>(&self, call: &C) -> Result<Option<C::Reply>, ToolError> {
        match self.session.read(call).await {
            Err(Error::Refused { .. }) => Ok(None),
            Err(error) if error.is_unavailable() => Ok(None),
            other => Ok(Some(other?)),
        }
    }

    /// Changes the box: the only way there is. Refused unless the running tool declared that it changes something
    /// and, where it has a plan, unless this very call is in the plan that was agreed to.
    pub async fn write<C: Call>(&self, call: &C) -> Result<Sent<C::Reply>, ToolError> {
        debug_assert!(C::KIND == Kind::Write, "a read must go through `Context::read`");
        self.check_grant(|| plan::print_of(call))?;
        tracing::info!(service = %call.service(), method = C::METHOD, "write");
        self.sent.store(true, Ordering::Relaxed);
        Ok(self.session.write(call).await?.into())
    }

    /// As [`write`](Self::write), a call that was given by name (expert access).
    pub(crate) async fn write_raw(
        &self,
        service: &str,
        method: &str,
        parameters: &Value,
        limit: Duration,
    ) -> Result<Sent<Value>, ToolError> {
        self.check_grant(|| plan::print(service, method, parameters))?;
        tracing::info!(service, method, "write");
        self.sent.store(true, Ordering::Relaxed);
        Ok(self.session.write_raw(service, method, parameters, limit).await?.into())
    }

    fn check_grant(&self, print: impl Fn() -> Result<Print, ToolError>) -> Result<(), ToolError> {
        match &self.granted {
            Some(Grant { access, calls: None }) if *access > Access::Read => Ok(()),
            Some(Grant { access, calls: Some(calls) }) if *access > Access::Read => {
                if calls.contains(&print()?) {
                    return Ok(());
                }
                Err(ToolError::NotPermitted(say!(
                    "A call that was not in the plan was held back.",
                    "Un appel absent du plan a été retenu."
                )))
            }
            _ => Err(ToolError::NotPermitted(say!(
                "Nothing was changed: this call may only read.",
                "Rien n'a été modifié : cet appel ne peut que lire."
            ))),
        }
    }

    /// Reads back after a write until the box says what was asked for, or patience ends. Returns what the
    /// box says last and whether it is what was asked for. A box that does not answer for a moment (radios or
    /// the whole box restarting) is asked again.
    pub async fn read_back<T, R>(
        &self,
        patience: Duration,
        // Not `AsyncFn`: there is no way yet to say that its futures are `Send`.
        read: impl Fn() -> R + Send,
        settled: impl Fn(&T) -> bool + Send,
    ) -> Result<(T, bool), ToolError>
    where
        R: Future<Output = Result<T, ToolError>> + Send,
    {
        let deadline = tokio::time::Instant::now() + patience;
        let mut pause = Duration::from_millis(100);
        loop {
            let state = read().await;
            let late = tokio::time::Instant::now() + pause > deadline;
            match state {
                Ok(state) if settled(&state) => return Ok((state, true)),
                Ok(state) if late => return Ok((state, false)),
                Err(error) if late || !is_passing(&error) => return Err(unknown_outcome(&error)),
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
            self.session.forget_reads();
        }
    }
}

/// What became of a write, as far as its own answer tells.
#[derive(Debug)]
pub struct Sent<R> {
    /// The box's answer, when it came.
    pub reply: Option<R>,
    /// Why the answer was lost: only reading back tells the outcome.
    pub lost: Option<Error>,
}

impl<R> From<Written<R>> for Sent<R> {
    fn from(written: Written<R>) -> Self {
        match written {
            Written::Answered(reply) => Self { reply: Some(reply), lost: None },
            Written::Lost(error) => Self { reply: None, lost: Some(error) },
        }
    }
}

/// Whether a fault may pass by itself within seconds.
fn is_passing(error: &ToolError) -> bool {
    matches!(error, ToolError::Box(Error::Busy { .. } | Error::NoAnswer { .. } | Error::Unreachable { .. }))
}

fn unknown_outcome(error: &ToolError) -> ToolError {
    let message = error.message();
    let (english, french) = (message.text(Lang::En), message.text(Lang::Fr));
    ToolError::Unknown(say!(
        "The change was sent, but its outcome is unknown: it could not be read back. {english} Then look at the present state before sending the change again.",
        "Le changement a été envoyé, mais son résultat est inconnu : il n'a pas pu être relu. {french} Regardez ensuite l'état actuel avant de renvoyer le changement."
    ))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use sysbus::Ignored;

    use super::*;
    use crate::testing::bench;

    #[derive(serde::Serialize)]
    struct Commit {}

    impl Call for Commit {
        type Reply = Ignored;
        const METHOD: &'static str = "commit";
        const KIND: Kind = Kind::Write;

        fn service(&self) -> Cow<'static, str> {
            "Firewall".into()
        }
    }

    #[derive(serde::Serialize)]
    struct SetLevel {
        level: &'static str,
    }

    impl Call for SetLevel {
        type Reply = Ignored;
        const METHOD: &'static str = "setFirewallLevel";
        const KIND: Kind = Kind::Write;

        fn service(&self) -> Cow<'static, str> {
            "Firewall".into()
        }
    }

    #[tokio::test]
    async fn only_what_declared_a_change_may_write() {
        let bench = bench().await;
        for cx in [bench.cx.clone(), bench.cx.granting(Access::Read, None)] {
            assert!(matches!(cx.write(&Commit {}).await, Err(ToolError::NotPermitted(_))));
        }
        assert_eq!(bench.livebox.requests().http, 0, "nothing left this computer");
        let granted = bench.cx.granting(Access::Change, None);
        assert!(granted.write(&Commit {}).await.unwrap().lost.is_none());
    }

    #[tokio::test]
    async fn only_what_was_planned_is_sent() {
        let bench = bench().await;
        let planned = plan::print_of(&SetLevel { level: "Low" }).unwrap();
        let cx = bench.cx.granting(Access::Disrupt, Some(vec![planned]));
        assert!(matches!(cx.write(&Commit {}).await, Err(ToolError::NotPermitted(_))));
        let other = cx.write(&SetLevel { level: "High" }).await;
        assert!(matches!(other, Err(ToolError::NotPermitted(_))));
        assert_eq!(bench.livebox.requests().http, 0, "nothing left this computer");
        assert!(cx.write(&SetLevel { level: "Low" }).await.is_ok());
    }
}
