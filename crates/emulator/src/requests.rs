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
    /// The calls of [`Requests::writes`] that were carried out, whether their answer arrived or not, in order. Calls that
    /// were refused, or never reached the box, are not in here.
    pub changes: Vec<String>,
}

impl Requests {
    /// The calls that change something, or interrupt someone, when they are carried out: everything that is neither a
    /// question nor a measurement. Refused ones are among them.
    pub fn writes(&self) -> Vec<&str> {
        self.calls.iter().map(String::as_str).filter(|call| is_write(call)).collect()
    }

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

/// Beginnings of the names of methods that only ask.
const QUESTIONS: &[&str] = &["GET", "fetch", "find", "get", "has", "is", "list", "lucky"];

/// Methods that only ask and have other names, and those of sessions and event channels.
const OTHER_QUESTIONS: &[&str] = &[
    "authenticate",
    "categories",
    "checkContactExistsWithUniqueID",
    "closeQuery",
    "createContext",
    "openQuery",
    "open_channel",
    "refreshNetDev",
    "releaseContext",
    "subscribe",
    "topology",
    "unsubscribe",
    "updateVersionInfo",
    "verifyRUIVersion",
    "wait",
];

/// Methods that measure: the box works for a while, and afterwards everything is as it was.
const MEASUREMENTS: &[&str] = &[
    "buildTopology",
    "cancelDiagnostics",
    "executeDiagnostics",
    "executeTrigger",
    "scan",
    "scanCombinedData",
    "startDeviceMonitoringTest",
    "startInterfaceMonitoringTest",
    "startScan",
    "stopDeviceMonitoringTest",
    "stopInterfaceMonitoringTest",
    "stopScan",
];

/// Whether a call, given as `Service:method` or by its method alone, changes something when it is carried out.
pub(crate) fn is_write(call: &str) -> bool {
    let method = call.rsplit(':').next().unwrap_or_default();
    !(QUESTIONS.iter().any(|beginning| method.starts_with(beginning))
        || OTHER_QUESTIONS.contains(&method)
        || MEASUREMENTS.contains(&method))
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
        self.edit(|log| keep(&mut log.calls, call));
    }

    pub(crate) fn change(&self, call: &str) {
        self.edit(|log| keep(&mut log.changes, call));
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

fn keep(list: &mut Vec<String>, call: &str) {
    if list.len() < KEPT {
        list.push(call.chars().take(LONGEST).collect());
    }
}
