//! The session with one box. (Skeleton: signatures first, so that capabilities can be written beside it.)

use std::{path::PathBuf, sync::Arc};

use serde_json::Value;

use crate::{Call, Endpoint, Error, Secret, Written};

/// Where the password comes from. A file is read at each login, so that a changed file is picked up.
#[derive(Clone, Debug)]
pub enum Password {
    /// None configured.
    None,
    /// Given directly.
    Given(Secret),
    /// First line of this file.
    File(PathBuf),
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
#[derive(Clone, Debug)]
pub struct Session(Arc<Config>);

impl Session {
    /// Prepares a session; no network, no file is touched.
    pub fn new(config: Config) -> Self {
        Self(Arc::new(config))
    }

    /// Host and port of the box, for messages.
    pub fn host(&self) -> String {
        self.0.endpoint.authority()
    }

    /// Reads: shared with identical concurrent reads, cached for about a second.
    pub async fn read<C: Call>(&self, call: &C) -> Result<C::Reply, Error> {
        let _ = call;
        Err(Error::NoPassword)
    }

    /// Writes: sent once. Empties the cache.
    pub async fn write<C: Call>(&self, call: &C) -> Result<Written<C::Reply>, Error> {
        let _ = call;
        Err(Error::NoPassword)
    }

    /// Forgets cached reads, so that the next one asks the box.
    pub fn forget_reads(&self) {}

    /// The box's own description of an object (`GET /sysbus/<object>?_restDepth=<depth>`).
    pub async fn describe(&self, object: &str, depth: u32) -> Result<Value, Error> {
        let _ = (object, depth);
        Err(Error::NoPassword)
    }

    /// Uses another password from now on (after it was changed), and logs in with it: the proof that it works.
    pub async fn login_with(&self, password: Secret) -> Result<(), Error> {
        let _ = password;
        Err(Error::NoPassword)
    }
}
