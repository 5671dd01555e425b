//! What the journal keeps: plain data, with the words under which it is stored.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A sentence for people in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// In English.
    pub english: String,
    /// In French.
    pub french: String,
}

impl Text {
    /// Puts both languages together.
    pub fn new(english: impl Into<String>, french: impl Into<String>) -> Self {
        Self { english: english.into(), french: french.into() }
    }
}

/// Who asked for a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// As the client names itself, or the command line.
    pub name: String,
    /// As the client says; may be empty.
    pub version: String,
    /// How it was connected: `stdio`, `http`, `terminal`.
    pub transport: String,
}

/// How a change is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// By another tool call.
    Call {
        /// Tool name.
        tool: String,
        /// Its arguments, without secrets.
        args: Value,
    },
    /// Not at all.
    Impossible {
        /// Why.
        because: Text,
    },
}

/// What is written down before a change is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// Which box, as it names itself; `None` when it did not say.
    pub box_serial: Option<String>,
    /// Tool name.
    pub tool: String,
    /// Arguments of the tool, without secrets.
    pub args: Value,
    /// One line that a person understands.
    pub what: Text,
    /// What the change is about, enough to read it again.
    pub subject: Value,
    /// Its state before.
    pub before: Value,
    /// Its state as wanted.
    pub wanted: Value,
    /// The calls that will be sent, in order, without secrets.
    pub calls: Value,
    /// Hash of the plan that was consented to.
    pub plan_hash: String,
    /// How to take it back.
    pub undo: Undo,
    /// Who asked.
    pub client: Client,
    /// Who allowed it and how, in a word or two.
    pub consent: String,
    /// The entry that this one takes back.
    pub undoes: Option<i64>,
    /// Limits of the guard that will watch it.
    pub guard: Option<GuardDraft>,
}

/// A guard as planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GuardDraft {
    /// What is watched and for how long.
    pub limits: Value,
    /// When it must have passed.
    pub until: Timestamp,
}

/// What is written down when the outcome is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finish {
    /// When; kept to the microsecond.
    pub at: Timestamp,
    /// How it went.
    pub outcome: Outcome,
    /// The state read back; null when it was not.
    pub after: Value,
    /// Fields that are not as wanted.
    pub differs: Vec<String>,
    /// Why it failed.
    pub error: Option<Failure>,
}

/// Why a change failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A word for programs.
    pub kind: String,
    /// A sentence for people.
    pub message: Text,
}

/// How a change went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Begun; nothing is known yet.
    Pending,
    /// In force as wanted.
    Applied,
    /// In force, though some fields are not as wanted.
    Differs,
    /// The box said no; nothing changed.
    Refused,
    /// It went wrong.
    Failed,
    /// Sent, and its answer was lost.
    Unknown,
}

/// What became of a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardState {
    /// It watches.
    Pending,
    /// A person said early that all is well.
    Kept,
    /// All was well until the end.
    Passed,
    /// The change was taken back.
    Reverted,
    /// The change should have been taken back and could not be.
    Failed,
}

/// A guard and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// What is watched and for how long.
    pub limits: Value,
    /// When it must have passed.
    pub until: Timestamp,
    /// Where it stands.
    pub state: GuardState,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it ended, or who ended it.
    pub note: Option<Text>,
}

/// One change: what was written before it, and what after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number; never used again, even when the entry is gone.
    pub id: i64,
    /// When it began.
    pub at: Timestamp,
    /// Which box.
    pub box_serial: Option<String>,
    /// Tool name.
    pub tool: String,
    /// Arguments of the tool.
    pub args: Value,
    /// One line that a person understands.
    pub what: Text,
    /// What the change is about.
    pub subject: Value,
    /// Its state before.
    pub before: Value,
    /// Its state as wanted.
    pub wanted: Value,
    /// The calls of the plan.
    pub calls: Value,
    /// Hash of the plan that was consented to.
    pub plan_hash: String,
    /// How to take it back.
    pub undo: Undo,
    /// Who asked.
    pub client: Client,
    /// Who allowed it and how.
    pub consent: String,
    /// The entry that this one takes back; it may have been pruned since.
    pub undoes: Option<i64>,
    /// How it went.
    pub outcome: Outcome,
    /// When its outcome was written down.
    pub ended_at: Option<Timestamp>,
    /// The state read back; null when it was not.
    pub after: Value,
    /// Fields that are not as wanted.
    pub differs: Vec<String>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// The entry that took this one back and is itself in force: an undo that was undone does not count.
    pub undone_by: Option<i64>,
    /// The guard that watched it.
    pub guard: Option<Guard>,
}

impl Entry {
    /// Whether the change is in force: applied, entirely or in part, and not taken back.
    pub fn in_force(&self) -> bool {
        self.outcome.took_effect() && self.undone_by.is_none()
    }
}

/// Which entries are wanted; those of the default filter are the newest twenty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// At most so many.
    pub limit: u32,
    /// Only of this box.
    pub box_serial: Option<String>,
    /// Only of this tool (`wifi_set`) or group (`wifi`).
    pub tool: Option<String>,
    /// Only begun at this time or later.
    pub since: Option<Timestamp>,
    /// Only of this outcome.
    pub outcome: Option<Outcome>,
    /// Only with this text in the sentence, the arguments, the subject or the client, in any (ASCII) case.
    pub search: Option<String>,
    /// Only older than this entry: the way to the next page.
    pub before: Option<i64>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            limit: 20,
            box_serial: None,
            tool: None,
            since: None,
            outcome: None,
            search: None,
            before: None,
        }
    }
}

/// Entries, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// At most as many as the limit.
    pub entries: Vec<Entry>,
    /// How many there are in all that fit the filter, its limit and page left aside.
    pub total: u64,
}

/// A plan that waits for a person at a terminal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApprovalDraft {
    /// When it was asked for.
    pub at: Timestamp,
    /// For how long an answer counts.
    pub valid_for: Duration,
    /// Hash of the plan.
    pub plan_hash: String,
    /// Hash of what the plan does, in whatever words it was asked for.
    pub effect: String,
    /// Tool name.
    pub tool: String,
    /// Arguments of the tool, without secrets.
    pub args: Value,
    /// The plan, as it will be shown.
    pub plan: Value,
    /// Who asks.
    pub client: Client,
}

/// Where an approval stands. That it may have expired is another matter: [`Approval::expired`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// Nobody answered.
    Open,
    /// A person said yes; not used yet.
    Approved,
    /// A person said no.
    Denied,
    /// Approved and used for a change.
    Used,
}

/// A plan that a person was asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    /// Five characters without look-alikes, to be read aloud and typed.
    pub id: String,
    /// When it was asked for.
    pub at: Timestamp,
    /// From when on neither an answer nor a use is accepted.
    pub expires_at: Timestamp,
    /// Hash of the plan.
    pub plan_hash: String,
    /// Tool name.
    pub tool: String,
    /// Arguments of the tool.
    pub args: Value,
    /// The plan, as it is shown.
    pub plan: Value,
    /// Who asks.
    pub client: Client,
    /// Where it stands.
    pub state: ApprovalState,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl Approval {
    /// Whether it is too late to answer or to use it.
    pub fn expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}

/// The words under which an enum is stored; the same as in its JSON.
macro_rules! words {
    ($name:ident: $($variant:ident = $word:literal),+ $(,)?) => {
        impl $name {
            /// The word for it, in the file and in JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            pub(crate) fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(Outcome: Pending = "pending", Applied = "applied", Differs = "differs", Refused = "refused",
    Failed = "failed", Unknown = "unknown");
words!(GuardState: Pending = "pending", Kept = "kept", Passed = "passed", Reverted = "reverted", Failed = "failed");
words!(ApprovalState: Open = "open", Approved = "approved", Denied = "denied", Used = "used");

impl Outcome {
    /// Whether the change took effect, entirely or in part.
    pub fn took_effect(self) -> bool {
        matches!(self, Self::Applied | Self::Differs)
    }

    /// Whether it still has to be found out.
    pub fn is_unsettled(self) -> bool {
        matches!(self, Self::Pending | Self::Unknown)
    }
}
