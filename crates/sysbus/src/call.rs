//! One call of the router: what is asked, where its answer stands, how long it may take.

use std::{borrow::Cow, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// One method of one service of the router, with its parameters and the shape of its answer.
///
/// The implementing struct serialises to the call's `parameters`.
pub trait Call: Serialize + Send + Sync {
    /// What the answer decodes to. Keep it lenient: see [`crate::scalar`].
    type Reply: DeserializeOwned + Send;
    /// Method name, spelt as the box spells it.
    const METHOD: &'static str;
    /// Whether the call only reads, or changes the box.
    const KIND: Kind;
    /// Where the answer stands in the envelope.
    const ANSWER: Answer = Answer::Either;
    /// How long the box may take before we give up on this call (protocol section 2).
    const TIMEOUT: Duration = Duration::from_secs(10);

    /// Service path with dots, instance keys included: `Devices.Device.AA:BB:CC:DD:EE:FF`.
    fn service(&self) -> Cow<'static, str>;
}

/// Whether a call may be repeated and shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads only: may be shared by identical concurrent callers, cached for a moment, repeated once.
    Read,
    /// Changes the box: sent once, never shared, never repeated.
    Write,
}

/// Where the payload of an answer stands: the box puts a return value under `status` and output
/// arguments under `data` (protocol section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The return value, under `status`.
    Status,
    /// The output arguments, under `data`.
    Data,
    /// `data` when it is a non-empty object, else `status`: repeaters and some models differ.
    Either,
}

/// What became of a write.
#[derive(Clone, Debug)]
pub enum Written<R> {
    /// The box answered.
    Answered(R),
    /// The call left this computer and its answer never came: the outcome is unknown until read back.
    Lost(Error),
}

/// A reply whose content does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ignored;

impl<'de> serde::Deserialize<'de> for Ignored {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}
