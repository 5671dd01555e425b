//! Telephone line, call log and contacts.

use jiff::Timestamp;

/// All that is telephony.
#[derive(Debug, Clone)]
pub struct Voice {
    /// Number of the line.
    pub number: String,
    /// The account under which the box logs in to the operator's telephone service (a secret).
    pub sip_account: String,
    /// Call log, oldest first.
    pub calls: Vec<CallRecord>,
    /// Contacts.
    pub contacts: Vec<Contact>,
    /// The next call's or contact's number.
    pub next_id: u32,
}

/// An entry of the call log.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// Number of the entry.
    pub id: u32,
    /// `succeeded`, `missed`, `failed`.
    pub outcome: &'static str,
    /// Dialled from here.
    pub outgoing: bool,
    /// The other end, empty when hidden.
    pub number: String,
    /// Name of the other end, if known.
    pub name: String,
    /// Telephone used, `FXS1` or empty.
    pub terminal: &'static str,
    /// Beginning.
    pub start: Timestamp,
    /// Seconds.
    pub duration: u32,
    /// Seen by the owner.
    pub viewed: bool,
}

/// A contact.
#[derive(Debug, Clone)]
pub struct Contact {
    /// Unique, a number as text.
    pub id: String,
    /// Family name.
    pub last: String,
    /// First name.
    pub first: String,
    /// The name as it is shown.
    pub formatted: String,
    /// `1` to `7`.
    pub ringtone: String,
    /// Number, kind (`CELL`, `HOME`, `WORK`), preferred.
    pub numbers: Vec<(String, String, bool)>,
}
