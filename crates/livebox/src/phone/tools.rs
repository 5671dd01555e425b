//! The tools about the telephone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::{Error, scalar::Rows};

use super::{CallList, CallRecord, Direction, Outcome, Phone, since::Since, wire};
use crate::{Access, Context, French, Group, Read, Tool, ToolDef, ToolError, say};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<ShowPhone>(), ToolDef::read::<ListCalls>()];

const PHONE: Group =
    Group { name: "phone", english: "The telephone service", french: "Le service téléphonique" };

const CALL: Group = Group { name: "call", english: "The call log", french: "Le journal d'appels" };

/// Shows the telephone lines, whether they work, and the telephones attached.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowPhone {}

impl Tool for ShowPhone {
    type Output = Phone;
    const GROUP: &'static Group = &PHONE;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Montre les lignes téléphoniques, si elles fonctionnent, et les téléphones branchés.",
        args: &[],
    };
}

impl Read for ShowPhone {
    async fn run(self, cx: &Context) -> Result<Phone, ToolError> {
        let trunks = cx.read_if_present(&wire::ListTrunks {}).await?;
        let devices = cx.read_optional(&wire::GetVoiceDevices::new()).await?;
        if trunks.is_none() && devices.is_none() {
            return Err(ToolError::Unavailable(say!(
                "This box tells nothing about its telephone.",
                "Cette box n'indique rien sur son téléphone."
            )));
        }
        Ok(Phone {
            lines: trunks
                .filter(|trunks| !trunks.iter().any(wire::Trunk::is_odd))
                .map(|trunks| trunks.iter().flat_map(wire::Trunk::lines).collect()),
            handsets: devices
                .filter(|devices| !devices.iter().any(wire::VoiceDevice::is_odd))
                .map(|devices| devices.iter().filter_map(wire::VoiceDevice::handset).collect()),
        })
    }
}

/// Which calls of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Answered or not.
    Incoming,
    Received,
    Missed,
    Dialed,
}

impl Kind {
    fn holds(self, call: &CallRecord) -> bool {
        let incoming = call.direction == Some(Direction::In);
        match self {
            Self::Incoming => incoming,
            Self::Received => incoming && call.outcome == Some(Outcome::Answered),
            Self::Missed => call.outcome == Some(Outcome::Missed),
            Self::Dialed => call.direction == Some(Direction::Out),
        }
    }
}

/// Lists the last telephone calls, newest first.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListCalls {
    /// Only calls of this kind.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    /// Part of a number or name.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    /// Date, RFC 3339 time, or age (7d).
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Since>,
    /// Most calls to list.
    #[arg(long, default_value_t = default_limit())]
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    10
}

impl Tool for ListCalls {
    type Output = CallList;
    const GROUP: &'static Group = &CALL;
    const VERB: &'static str = "list";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "--kind missed --limit 5";
    const FRENCH: French = French {
        about: "Liste les derniers appels téléphoniques, du plus récent au plus ancien.",
        args: &[
            (
                "kind",
                "Seulement ces appels : incoming (entrants), received (reçus), missed (manqués), dialed (émis).",
            ),
            ("search", "Partie d'un numéro ou d'un nom."),
            ("since", "Date, heure RFC 3339 ou ancienneté (7j)."),
            ("limit", "Nombre maximal d'appels."),
        ],
    };
}

impl Read for ListCalls {
    async fn run(self, cx: &Context) -> Result<CallList, ToolError> {
        let log = cx.read_if_present(&wire::GetCallList {}).await?.ok_or_else(|| {
            ToolError::Unavailable(say!(
                "This box does not give its call log.",
                "Cette box ne donne pas son journal d'appels."
            ))
        })?;
        self.check(&log)?;
        let mut calls: Vec<CallRecord> = log.iter().map(wire::LoggedCall::record).collect();
        let total = calls.len();
        let missed = calls.iter().filter(|call| Kind::Missed.holds(call)).count();
        let missed = (!log.iter().any(wire::LoggedCall::has_odd_kind)).then_some(missed);
        // The box gives the oldest first; undated calls keep its order.
        calls.reverse();
        calls.sort_by_key(|call| std::cmp::Reverse(call.start));
        calls.retain(|call| self.wants(call));
        let matching = calls.len();
        calls.truncate(self.limit);
        Ok(CallList { calls, matching, total, missed })
    }
}

impl ListCalls {
    /// Calls cannot be picked by what the box did not tell in a form that we understand.
    fn check(&self, log: &Rows<wire::LoggedCall>) -> Result<(), ToolError> {
        let any = |is_odd: fn(&wire::LoggedCall) -> bool| log.iter().any(is_odd);
        let path = if self.kind.is_some() && any(wire::LoggedCall::has_odd_kind) {
            "status.*.callType"
        } else if self.since.is_some() && any(wire::LoggedCall::has_odd_start) {
            "status.*.startTime"
        } else if self.search.is_some() && any(wire::LoggedCall::has_odd_peer) {
            "status.*.remoteNumber"
        } else {
            return Ok(());
        };
        Err(Error::odd(&wire::GetCallList {}, path).into())
    }

    fn wants(&self, call: &CallRecord) -> bool {
        self.kind.is_none_or(|kind| kind.holds(call))
            && self.since.is_none_or(|since| call.start.is_some_and(|start| start >= since.0))
            && self.search.as_deref().is_none_or(|wanted| call.matches(wanted))
    }
}
