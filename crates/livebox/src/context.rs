//! What a tool runs in: the box, the reader's language, what the owner permits, where progress goes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sysbus::{Call, Error, Kind, Session, Written};
use tokio::sync::{Mutex, OwnedMutexGuard};
use url::Url;

use crate::{
    ToolError,
    lang::{Lang, Message},
    say,
    tool::Access,
};

/// What the owner permits. Read from the owner's settings only, never from arguments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// No tool may change the box.
    pub read_only: bool,
    /// Tools that take a secret as an argument may be used over MCP.
    pub accept_secrets: bool,
}

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

/// What a tool runs in. Cheap to clone; each surface keeps one and adapts it per call.
#[derive(Clone)]
pub struct Context {
    session: Session,
    lang: Lang,
    policy: Policy,
    speed_url: Option<Url>,
    progress: Option<ProgressSink>,
    /// What the running tool declared; `None` outside of [`crate::invoke()`].
    granted: Option<Access>,
    /// Held by the tool that is changing the box: what it checked must still hold when it writes, and what it reads
    /// back must be its own work.
    turn: Arc<Mutex<()>>,
    /// Whether the running tool has sent a change.
    sent: Arc<AtomicBool>,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("lang", &self.lang)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Context {
    /// A context on that box; reads and writes permitted, English, no progress.
    pub fn new(session: Session) -> Self {
        Self {
            session,
            lang: Lang::default(),
            policy: Policy::default(),
            speed_url: None,
            progress: None,
            granted: None,
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
        self.policy = policy;
        self
    }

    /// With that HTTP speed server instead of the public one.
    #[must_use]
    pub fn with_speed_url(mut self, url: Option<Url>) -> Self {
        self.speed_url = url;
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
    pub(crate) fn granting(&self, access: Access) -> Self {
        Self { granted: Some(access), ..self.clone() }
    }

    /// The reader's language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// What the owner permits.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The configured HTTP speed server.
    pub fn speed_url(&self) -> Option<&Url> {
        self.speed_url.as_ref()
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

    /// As [`read_optional`](Self::read_optional), for an answer that is the whole of what was asked: one that
    /// arrived in pieces is an error, since it does not mean that the box has no such thing.
    pub async fn read_if_present<C: Call>(&self, call: &C) -> Result<Option<C::Reply>, ToolError> {
        match self.session.read(call).await {
            Err(error @ Error::NotUnderstood { .. }) if error.is_malformed() => Err(error.into()),
            Err(Error::Refused { .. } | Error::NotUnderstood { .. }) => Ok(None),
            Err(error) if error.is_unavailable() => Ok(None),
            other => Ok(Some(other?)),
        }
    }

    /// Changes the box: the only way there is. Refused unless the running tool declared that it changes
    /// something and the owner permits it, whatever the surface checked before.
    pub async fn write<C: Call>(&self, call: &C) -> Result<Sent<C::Reply>, ToolError> {
        debug_assert!(C::KIND == Kind::Write, "a read must go through `Context::read`");
        if self.policy.read_only || self.granted.is_none_or(|access| access == Access::Read) {
            return Err(ToolError::NotPermitted(say!(
                "Nothing was changed: this call may only read.",
                "Rien n'a été modifié : cet appel ne peut que lire."
            )));
        }
        tracing::info!(service = %call.service(), method = C::METHOD, "write");
        self.sent.store(true, Ordering::Relaxed);
        Ok(match self.session.write(call).await? {
            Written::Answered(reply) => Sent { reply: Some(reply), lost: None },
            Written::Lost(error) => Sent { reply: None, lost: Some(error) },
        })
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

    #[tokio::test]
    async fn only_what_declared_a_change_may_write() {
        let bench = bench().await;
        let read_only = bench.cx.clone().with_policy(Policy { read_only: true, ..Policy::default() });
        for cx in [bench.cx.clone(), bench.cx.granting(Access::Read), read_only.granting(Access::Disrupt)] {
            assert!(matches!(cx.write(&Commit {}).await, Err(ToolError::NotPermitted(_))));
        }
        assert_eq!(bench.livebox.requests().http, 0, "nothing left this computer");
        assert!(bench.cx.granting(Access::Change).write(&Commit {}).await.unwrap().lost.is_none());
    }
}
