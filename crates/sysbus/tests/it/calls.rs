//! Calls for the tests; the crate itself knows none.

use std::{borrow::Cow, time::Duration};

use serde::Serialize;
use serde_json::Value;
use sysbus::{Answer, Call, Kind};

/// Reads any object.
pub(crate) struct Get(pub(crate) &'static str);

impl Serialize for Get {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_struct("Get")
    }
}

impl Call for Get {
    type Reply = Value;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const TIMEOUT: Duration = Duration::from_secs(5);

    fn service(&self) -> Cow<'static, str> {
        self.0.into()
    }
}

/// Reads with a short time limit.
#[derive(Serialize)]
pub(crate) struct Quick;

impl Call for Quick {
    type Reply = Value;
    const METHOD: &'static str = "quick";
    const KIND: Kind = Kind::Read;
    const TIMEOUT: Duration = Duration::from_millis(50);

    fn service(&self) -> Cow<'static, str> {
        "S".into()
    }
}

/// Reads a number.
#[derive(Serialize)]
pub(crate) struct Level;

impl Call for Level {
    type Reply = u8;
    const METHOD: &'static str = "getLevel";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Firewall".into()
    }
}

/// Changes something.
#[derive(Serialize)]
pub(crate) struct Set {
    pub(crate) value: u8,
}

impl Call for Set {
    type Reply = String;
    const METHOD: &'static str = "set";
    const KIND: Kind = Kind::Write;
    const ANSWER: Answer = Answer::Status;
    const TIMEOUT: Duration = Duration::from_millis(50);

    fn service(&self) -> Cow<'static, str> {
        "NMC.Wifi".into()
    }
}
