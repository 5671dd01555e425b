//! `VoiceService.VoiceApplication:*` and the telephones among `Devices:get` (protocol section 4.20).

use std::{borrow::Cow, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sysbus::{
    Answer, Call, Kind,
    scalar::{Flag, Int, Rows, Text, Word},
};

use super::{CallRecord, Direction, Handset, HandsetKind, Line, Outcome};
use crate::Untrusted;

const VOICE: &str = "VoiceService.VoiceApplication";

/// The accounts at the operator and their lines.
#[derive(Serialize)]
pub(crate) struct ListTrunks {}

impl Call for ListTrunks {
    type Reply = Rows<Trunk>;
    const METHOD: &'static str = "listTrunks";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Either;

    fn service(&self) -> Cow<'static, str> {
        VOICE.into()
    }
}

/// Known from clients only, no recording (unverified). Addresses and accounts of SIP are secrets and not read.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Trunk {
    trunk_lines: Rows<TrunkLine>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TrunkLine {
    name: Text,
    enable: Word,
    status: Text,
    status_info: Text,
    directory_number: Text,
}

impl Trunk {
    /// Whether its lines are not told in a form that we understand.
    pub(crate) fn is_odd(&self) -> bool {
        self.trunk_lines.is_odd()
            || self.trunk_lines.iter().any(|line| line.directory_number.is_odd() && line.status.is_odd())
    }

    /// Boxes list every line that they could have: one that is off and has no number is none.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line> {
        self.trunk_lines
            .iter()
            .map(TrunkLine::line)
            .filter(|line| line.number.is_some() || line.enabled != Some(false))
    }
}

impl TrunkLine {
    fn line(&self) -> Line {
        // A text such as `Enabled`, or a boolean.
        let enabled = match self.enable.or_empty().to_ascii_lowercase().as_str() {
            "enabled" | "true" | "1" => Some(true),
            "disabled" | "false" | "0" => Some(false),
            _ => None,
        };
        let up = match self.status.or_empty().to_ascii_lowercase().as_str() {
            "up" | "registered" => Some(true),
            "" => None,
            _ => Some(false),
        };
        let text = |text: &Text| text.get().and_then(Untrusted::non_empty);
        let state = text(&self.status);
        Line {
            number: text(&self.directory_number),
            name: text(&self.name),
            enabled,
            working: if enabled == Some(false) { Some(false) } else { up },
            detail: text(&self.status_info).filter(|info| Some(info) != state.as_ref()),
            state,
        }
    }
}

/// The telephones, as devices.
#[derive(Serialize)]
pub(crate) struct GetVoiceDevices {
    expression: &'static str,
    flags: &'static str,
}

impl GetVoiceDevices {
    pub(crate) fn new() -> Self {
        Self { expression: "voice", flags: "no_actions" }
    }
}

impl Call for GetVoiceDevices {
    type Reply = Rows<VoiceDevice>;
    const METHOD: &'static str = "get";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;

    fn service(&self) -> Cow<'static, str> {
        "Devices".into()
    }
}

/// The bases of the two kinds of telephones are among the answer, without an `EndpointType`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct VoiceDevice {
    name: Text,
    tags: Text,
    active: Flag,
    endpoint_type: Text,
    directory_number: Text,
    outgoing_trunk_line: Text,
}

impl VoiceDevice {
    /// Whether it cannot be told if this is a telephone.
    pub(crate) fn is_odd(&self) -> bool {
        self.tags.is_odd() || self.endpoint_type.is_odd()
    }

    pub(crate) fn handset(&self) -> Option<Handset> {
        let tag = |wanted: &str| self.tags.parts().any(|tag| tag == wanted);
        if !tag("voice") || !(tag("handset") || self.endpoint_type.get().is_some()) {
            return None;
        }
        let dect = tag("dect") || self.endpoint_type.or_empty().to_ascii_uppercase().starts_with("DECT");
        let text = |text: &Text| text.get().and_then(Untrusted::non_empty);
        Some(Handset {
            name: text(&self.name),
            kind: Some(if dect { HandsetKind::Dect } else { HandsetKind::Fxs }),
            extension: text(&self.directory_number),
            line: text(&self.outgoing_trunk_line),
            active: self.active.get(),
        })
    }
}

/// The call log, oldest first.
#[derive(Serialize)]
pub(crate) struct GetCallList {}

impl Call for GetCallList {
    type Reply = Rows<LoggedCall>;
    const METHOD: &'static str = "getCallList";
    const KIND: Kind = Kind::Read;
    const ANSWER: Answer = Answer::Status;
    const TIMEOUT: Duration = Duration::from_secs(8);

    fn service(&self) -> Cow<'static, str> {
        VOICE.into()
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct LoggedCall {
    remote_number: Text,
    remote_name: Text,
    terminal: Text,
    start_time: Text,
    duration: Int,
    call_type: Text,
    call_origin: Text,
}

impl LoggedCall {
    /// Whether something stands where its kind is told that tells none.
    pub(crate) fn has_odd_kind(&self) -> bool {
        self.call_type.is_odd() || self.call_origin.is_odd()
    }

    /// The same for when it was.
    pub(crate) fn has_odd_start(&self) -> bool {
        self.start_time.is_odd()
    }

    /// The same for who it was with.
    pub(crate) fn has_odd_peer(&self) -> bool {
        self.remote_number.is_odd() || self.remote_name.is_odd()
    }

    pub(crate) fn record(&self) -> CallRecord {
        let text = |text: &Text| text.get().and_then(Untrusted::non_empty);
        let direction = match self.call_origin.or_empty() {
            "local" => Some(Direction::Out),
            "remote" => Some(Direction::In),
            // Only an incoming call can be missed.
            _ => (self.call_type.or_empty() == "missed").then_some(Direction::In),
        };
        let outcome = match (self.call_type.get(), direction) {
            (Some("succeeded"), _) => Some(Outcome::Answered),
            (Some("missed"), _) | (Some(_), Some(Direction::In)) => Some(Outcome::Missed),
            // Missed or failed: its type and its origin together tell.
            (Some(_), None) if self.call_origin.is_odd() => None,
            (Some(_), _) => Some(Outcome::Failed),
            (None, _) => None,
        };
        // 0001 and 1900 stand for an unknown date.
        let start = self.start_time.get().and_then(|text| text.parse::<Timestamp>().ok());
        CallRecord {
            number: text(&self.remote_number),
            name: text(&self.remote_name),
            direction,
            outcome,
            start: start.filter(|start| start.as_second() > 0),
            duration_s: self.duration.unsigned(),
            handset: text(&self.terminal),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::testing::recordings;

    #[test]
    fn every_recorded_call_has_an_outcome() {
        for recording in recordings(VOICE, "getCallList") {
            let calls: Vec<CallRecord> =
                recording.reply::<GetCallList>().iter().map(LoggedCall::record).collect();
            assert!(calls.len() >= 5, "{}", recording.file);
            assert!(calls.iter().all(|call| call.outcome.is_some()), "{}", recording.file);
            assert!(calls.iter().any(|call| call.outcome == Some(Outcome::Missed)), "{}", recording.file);
            // The publisher of the Livebox 5 dump wiped dates and durations.
            assert_eq!(
                calls.iter().all(|call| call.start.is_some()),
                recording.model != "lb5",
                "{}",
                recording.file
            );
        }
    }

    #[test]
    fn every_recorded_telephone_is_found() {
        for recording in recordings("Devices", "get") {
            let serde_json::Value::Array(devices) = recording.payload(Answer::Status) else { continue };
            let devices: Rows<VoiceDevice> = from_value(devices.into()).unwrap();
            let handsets: Vec<Handset> = devices.iter().filter_map(VoiceDevice::handset).collect();
            for handset in &handsets {
                assert!(handset.extension.as_ref().is_some_and(|number| number.shown().starts_with("20")));
                assert_eq!(handset.line.as_ref().unwrap().shown(), "LINE1");
            }
            if recording.file == "lb3/Devices.get.json" {
                assert!(handsets.iter().any(|handset| handset.kind == Some(HandsetKind::Dect)));
            }
            if ["lb5/Devices.get.json", "w7/Devices.get.json"].contains(&recording.file.as_str()) {
                assert!(handsets.len() >= 2, "{}", recording.file);
            }
        }
    }

    #[test]
    fn who_called_whom() {
        let call = |origin: &str, kind: &str| {
            let call: LoggedCall = from_value(json!({"callOrigin": origin, "callType": kind})).unwrap();
            let call = call.record();
            (call.direction, call.outcome)
        };
        assert_eq!(call("local", "succeeded"), (Some(Direction::Out), Some(Outcome::Answered)));
        assert_eq!(call("local", "failed"), (Some(Direction::Out), Some(Outcome::Failed)));
        assert_eq!(call("remote", "succeeded"), (Some(Direction::In), Some(Outcome::Answered)));
        assert_eq!(call("remote", "missed"), (Some(Direction::In), Some(Outcome::Missed)));
        assert_eq!(call("remote", "failed"), (Some(Direction::In), Some(Outcome::Missed)));
        assert_eq!(call("", "missed"), (Some(Direction::In), Some(Outcome::Missed)));
        assert_eq!(call("?", ""), (None, None));
    }

    #[test]
    fn trunks_in_odd_shapes() {
        let trunks: Rows<Trunk> = from_value(json!([
            {"signalingProtocol": "SIP", "enable": "Enabled", "trunk_lines": [
                {"name": "LINE1", "groupId": "Group1", "enable": "Enabled", "status": "Up", "statusInfo": "",
                 "directoryNumber": "+33123456789", "uri": "secret"},
                {"name": "LINE2", "enable": "Disabled", "status": "Disabled", "directoryNumber": ""},
            ], "sip": {"registrarServerPort": 5060}},
            {"trunk_lines": {"a": {"directoryNumber": "123", "enable": true, "status": "Error", "statusInfo": "408"}}},
            {"trunk_lines": "odd"}, {},
        ]))
        .unwrap();
        let lines: Vec<Line> = trunks.iter().flat_map(Trunk::lines).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!((lines[0].enabled, lines[0].working), (Some(true), Some(true)));
        assert_eq!(lines[1].number.as_ref().unwrap().shown(), "123");
        assert_eq!((lines[1].enabled, lines[1].working), (Some(true), Some(false)));
    }
}
