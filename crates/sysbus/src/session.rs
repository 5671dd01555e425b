//! The session with one box: what capabilities call.

use std::{fmt, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    Call, CallName, Endpoint, Error, Kind, Secret, Written,
    ask::Ask,
    decode::decode,
    line::{Fault, Line, Purpose, converse, log_in, stopped},
    places::Places,
    share::{Answered, Shares},
};

/// Time limit of a description: the largest known has 200 KB.
const DESCRIPTION_LIMIT: Duration = Duration::from_secs(25);

/// Where the password comes from. A file is read at each login, so that a changed file is picked up; the same holds
/// for what keeps it.
#[derive(Clone, Debug)]
pub enum Password {
    /// None configured.
    None,
    /// Given directly.
    Given(Secret),
    /// First line of this file.
    File(PathBuf),
    /// Wherever this finds it.
    Kept(Fetch),
}

/// Looks up a password where it is kept. Called for each login and not before, on a thread that may block.
#[derive(Clone)]
pub struct Fetch(Arc<dyn Fn() -> Result<Option<Secret>, StoreError> + Send + Sync>);

/// Why a kept password could not be looked up, in the words of what keeps it.
pub type StoreError = Arc<dyn std::error::Error + Send + Sync>;

impl Fetch {
    /// `Ok(None)` when no password is kept.
    pub fn new(fetch: impl Fn() -> Result<Option<Secret>, StoreError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(fetch))
    }

    pub(crate) fn password(&self) -> Result<Secret, Error> {
        (self.0)().map_err(Error::PasswordStore)?.ok_or(Error::NoPassword)
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fetch")
    }
}

/// What a session needs to know before its first call.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the box is.
    pub endpoint: Endpoint,
    /// Account, normally `admin`.
    pub user: String,
    /// Password of that account.
    pub password: Password,
    /// Folder where refusals and lock-outs are remembered between processes; `None` remembers nothing.
    pub state: Option<PathBuf>,
    /// Whether a remembered refusal stops a new attempt with the same password. A server says yes; a command
    /// typed by a person says no, and makes its one attempt. A lock-out is honoured either way.
    pub honour_refusal: bool,
}

/// The session with one box. Cheap to clone; does nothing on the network until the first call.
///
/// It needs a Tokio runtime with timers and I/O while calls are under way. One request is under way at a time; the
/// others wait in the order they came. A call's time limit starts when its turn comes.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    config: Arc<Config>,
    places: Arc<Places>,
    line: Arc<Mutex<Line>>,
    shares: Arc<Shares>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("host", &self.host()).finish_non_exhaustive()
    }
}

impl Session {
    /// Prepares a session; no network, no file is touched.
    pub fn new(config: Config) -> Self {
        let config = Arc::new(config);
        let places = Arc::new(Places::new(&config.endpoint, config.state.as_deref()));
        let line = Arc::new(Mutex::new(Line::new(Arc::clone(&config), Arc::clone(&places))));
        Self(Arc::new(Inner { config, places, line, shares: Arc::default() }))
    }

    /// Host and port of the box, for messages.
    pub fn host(&self) -> String {
        self.0.places.shown().authority()
    }

    /// Host and port that the owner configured, wherever the box has gone since: what is kept for it is kept by that.
    pub fn configured_host(&self) -> String {
        self.0.config.endpoint.authority()
    }

    /// The box at the address `from` is about to get the address `to`. Where it is called by `from`, it is looked for
    /// at both from now on, by later processes too, until [`settled`](Self::settled) says that it was found: the answer
    /// to such a change is easily lost, and a name or another way to the box may lead to it all the same.
    pub fn may_move(&self, from: IpAddr, to: IpAddr) {
        self.0.places.may_move(from, to);
    }

    /// The box is where it answered last: other addresses that it could have got are forgotten, all but the one that
    /// the owner configured.
    pub fn settled(&self) {
        self.0.places.settle();
    }

    /// The account that we log in with.
    pub fn user(&self) -> &str {
        &self.0.config.user
    }

    /// Reads: shared with identical concurrent reads, cached for about a second. Logs in first if necessary.
    ///
    /// Dropping the future gives up this caller's wait; the request itself is given up with its last caller.
    /// A call whose [`Call::KIND`] is not [`Kind::Read`] does not compile.
    pub async fn read<C: Call>(&self, call: &C) -> Result<C::Reply, Error> {
        const { assert!(matches!(C::KIND, Kind::Read), "only calls that read may be shared and repeated") };
        let ask = Ask::call(call)?;
        let answered = self.shared(ask.clone()).await?;
        decode(&ask.name, C::ANSWER, &answered.envelope)
    }

    /// Writes: sent once. Empties the cache.
    ///
    /// An error means that the box was not changed: nothing was sent, or the box refused. A call that was sent and
    /// whose answer did not come, or cannot be understood, is [`Written::Lost`]. Dropping the future before the
    /// call's turn has come withdraws it; after that the call runs to its end all the same.
    pub async fn write<C: Call>(&self, call: &C) -> Result<Written<C::Reply>, Error> {
        let ask = Ask::call(call)?;
        let name = ask.name.clone();
        Ok(match self.once(ask).await? {
            Written::Answered(answered) => match decode(&name, C::ANSWER, &answered.envelope) {
                Ok(reply) => Written::Answered(reply),
                Err(error) => Written::Lost(error),
            },
            Written::Lost(error) => Written::Lost(error),
        })
    }

    /// Whether this box is known not to have the call, or to deny it: to ask again would cost no request, and bring
    /// nothing.
    pub async fn is_known_unavailable<C: Call>(&self, call: &C) -> bool {
        let name = CallName { service: call.service().into_owned(), method: C::METHOD.to_owned() };
        self.0.line.lock().await.unavailable.check(&name).is_err()
    }

    /// Forgets cached reads, so that the next one asks the box. A write does this by itself; it is for what changes
    /// on its own, such as the progress of a restart.
    pub fn forget_reads(&self) {
        self.0.shares.clear();
    }

    /// Reads without a session, as anybody on the LAN may: a few calls only, such as `DeviceInfo:get` (protocol
    /// section 1.7). Needs no password and never logs in; tells whether there is a box, and which.
    pub async fn read_anonymous<C: Call>(&self, call: &C) -> Result<C::Reply, Error> {
        const { assert!(matches!(C::KIND, Kind::Read), "only calls that read may be shared and repeated") };
        let ask = Ask::call(call)?;
        let (name, line) = (ask.name.clone(), Arc::clone(&self.0.line));
        let key = format!("anonymous {}", ask.key());
        let work = async move {
            let mut line = line.lock_owned().await;
            line.ask(&ask, Purpose::Read, false).await.map_err(|fault| fault.into_error(&ask.name))
        };
        let answered = self.0.shares.join(key.into(), || on_its_own(name.clone(), work)).await?;
        decode(&name, C::ANSWER, &answered.envelope)
    }

    /// Reads with a method given at run time; answers `{"status": …, "data": …}`. Shared and repeated as
    /// [`read`](Self::read) is: the caller knows that the method only reads.
    pub async fn read_raw(
        &self,
        service: &str,
        method: &str,
        parameters: &Value,
        limit: Duration,
    ) -> Result<Value, Error> {
        let ask = Ask::new(service.to_owned(), method, parameters, limit)?;
        Ok(whole(&self.shared(ask).await?))
    }

    /// Writes with a method given at run time; answers `{"status": …, "data": …}`. Sent once, as
    /// [`write`](Self::write) does.
    pub async fn write_raw(
        &self,
        service: &str,
        method: &str,
        parameters: &Value,
        limit: Duration,
    ) -> Result<Written<Value>, Error> {
        let ask = Ask::new(service.to_owned(), method, parameters, limit)?;
        Ok(match self.once(ask).await? {
            Written::Answered(answered) => Written::Answered(whole(&answered)),
            Written::Lost(error) => Written::Lost(error),
        })
    }

    /// The box's own description of an object (`GET /sysbus/<object>?_restDepth=<depth>`): parameters with types and
    /// values, functions with arguments, children down to `depth` (protocol section 1.6). The object may be written
    /// with dots or slashes. In errors and logs the method is called `describe`.
    pub async fn describe(&self, object: &str, depth: u32) -> Result<Value, Error> {
        let answered = self.shared(Ask::description(object, depth, DESCRIPTION_LIMIT)).await?;
        Ok(answered.envelope.status.clone())
    }

    /// Logs in unless there is a session already.
    pub async fn login(&self) -> Result<(), Error> {
        let line = Arc::clone(&self.0.line).lock_owned().await;
        if line.open.is_none() {
            log_in(line, None).await?;
        }
        Ok(())
    }

    /// Uses another password from now on (after it was changed), and logs in with it: the proof that it works.
    ///
    /// One attempt, whatever was refused before. If the box refuses it, the earlier password and session stay;
    /// after any other error the new password stays, since nothing speaks against it.
    pub async fn login_with(&self, password: Secret) -> Result<(), Error> {
        let line = Arc::clone(&self.0.line).lock_owned().await;
        let outcome = log_in(line, Some(password)).await;
        self.0.shares.clear();
        outcome.map(drop)
    }

    /// Forgets what the box's firmware was found not to offer: for who must not give up on one answer.
    pub async fn ask_anew(&self) {
        self.0.line.lock().await.unavailable.clear();
    }

    /// The answer to a read, shared with whoever reads the same.
    async fn shared(&self, ask: Ask) -> Result<Answered, Error> {
        let (key, name, line) = (ask.key(), ask.name.clone(), Arc::clone(&self.0.line));
        let work = async move {
            let line = line.lock_owned().await;
            converse(line, &ask, Purpose::Read).await.map_err(|fault| fault.into_error(&ask.name))
        };
        self.0.shares.join(key, || on_its_own(name, work)).await
    }

    /// Sends a call that must not be sent twice.
    async fn once(&self, ask: Ask) -> Result<Written<Answered>, Error> {
        let mut line: OwnedMutexGuard<Line> = Arc::clone(&self.0.line).lock_owned().await;
        line.unavailable.check(&ask.name)?;
        if line.open.is_none() {
            line = log_in(line, None).await?;
        }
        // With the line in our hands no read is under way: what was read so far is older than the change, and what
        // is read from now on comes after it.
        self.0.shares.clear();
        line.unavailable.changed();
        let name = ask.name.clone();
        let task = tokio::spawn(async move { converse(line, &ask, Purpose::Once).await });
        match task.await {
            Ok(Ok(answered)) => Ok(Written::Answered(answered)),
            Ok(Err(Fault::Lost(error))) => Ok(Written::Lost(error)),
            Ok(Err(fault)) => Err(fault.into_error(&name)),
            Err(_) => Ok(Written::Lost(stopped(name))),
        }
    }
}

/// Lets a read proceed by itself, so that a caller who waits for something else meanwhile cannot hold the line. It
/// is given up when the future is dropped.
async fn on_its_own(
    name: CallName,
    work: impl Future<Output = Result<Answered, Error>> + Send + 'static,
) -> Result<Answered, Error> {
    AbortOnDropHandle::new(tokio::spawn(work)).await.unwrap_or_else(|_| Err(stopped(name)))
}

/// Both places of an answer.
fn whole(answered: &Answered) -> Value {
    json!({ "status": answered.envelope.status, "data": answered.envelope.data })
}
