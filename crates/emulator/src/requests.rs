//! What clients asked, in order: tests count it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A copy of the log.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    /// HTTP requests of any kind, the control path excepted.
    pub http: u64,
    /// Login attempts, refused ones included.
    pub logins: u64,
    /// Every call as `Service:method`, in order, the login excepted. Reading the data model is `Path:GET`, waiting
    /// for events is `events:wait`.
    pub calls: Vec<String>,
}

impl Requests {
    /// How often a call was made.
    pub fn count(&self, call: &str) -> usize {
        self.calls.iter().filter(|made| *made == call).count()
    }

    /// Number of times each call was made.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for call in &self.calls {
            *counts.entry(call.as_str()).or_default() += 1;
        }
        counts
    }
}

/// Calls kept; a demo may run for days.
const KEPT: usize = 100_000;

/// Characters kept of a call; whoever sends more means no call of the box.
const LONGEST: usize = 200;

#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Requests>);

impl Log {
    pub(crate) fn http(&self) {
        self.edit(|log| log.http += 1);
    }

    pub(crate) fn login(&self) {
        self.edit(|log| log.logins += 1);
    }

    pub(crate) fn call(&self, call: &str) {
        self.edit(|log| {
            if log.calls.len() < KEPT {
                log.calls.push(call.chars().take(LONGEST).collect());
            }
        });
    }

    pub(crate) fn read(&self) -> Requests {
        self.edit(|log| log.clone())
    }

    pub(crate) fn clear(&self) {
        self.edit(|log| *log = Requests::default());
    }

    fn edit<T>(&self, edit: impl FnOnce(&mut Requests) -> T) -> T {
        edit(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
