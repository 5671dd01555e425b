//! `VoiceService.VoiceApplication`: line, telephones, call log (protocol section 4.20).

pub(super) mod phonebook;

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, Call, Reply};
use crate::clock::iso;
use crate::router::Router;
use crate::state::voice::{CallRecord, Voice};

pub(super) const SERVICE: Service = Service::new("VoiceService.VoiceApplication", call);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let voice = &mut router.state.voice;
    match call.method {
        "listTrunks" => Reply::value(trunks(voice)).ok(),
        "listHandsets" => Reply::value(handsets()).ok(),
        "listGroups" => {
            let group =
                json!({"name": "Group1", "groupId": "Group1", "enable": "Enabled", "trunk_lines": ["LINE1"]});
            Reply::value(json!([group])).ok()
        }
        "getCallList" => {
            // The box has one line; a call for another one finds nothing.
            let line = call.args.text("line").unwrap_or_default();
            let other = !matches!(line.as_str(), "" | "1" | "LINE1");
            let calls = voice.calls.iter().filter(|_| !other).map(to_json);
            Reply::value(calls.collect::<Value>()).ok()
        }
        "clearCallList" => {
            let known = if let Some(id) = call.args.text("callId").filter(|id| !id.is_empty()) {
                let before = voice.calls.len();
                voice.calls.retain(|record| record.id.to_string() != id);
                voice.calls.len() != before
            } else {
                voice.calls.clear();
                true
            };
            Reply::value(known).ok()
        }
        "setViewedCallList" => {
            let wanted = call.args.text("callId").filter(|id| !id.is_empty());
            for record in &mut voice.calls {
                record.viewed |= wanted.as_deref().is_none_or(|id| record.id.to_string() == id);
            }
            Reply::value(true).ok()
        }
        "ring" | "setHandset" => Reply::value(true).ok(),
        _ => None,
    }
}

fn to_json(record: &CallRecord) -> Value {
    let (origin, destination) = if record.outgoing { ("local", "remote") } else { ("remote", "local") };
    json!({
        "remoteNumber": record.number,
        "remoteName": record.name,
        "terminal": record.terminal,
        "startTime": iso(record.start),
        "duration": record.duration,
        "callType": record.outcome,
        "callOrigin": origin,
        "callDestination": destination,
        "trunkLineNumber": "1",
        "viewed": record.viewed,
        "callId": record.id.to_string(),
    })
}

fn trunks(voice: &Voice) -> Value {
    json!([{
        "name": "SIP-Trunk",
        "signalingProtocol": "SIP",
        "enable": "Enabled",
        "trunk_lines": [{
            "name": "LINE1",
            "groupId": "Group1",
            "enable": "Enabled",
            "status": "Up",
            "statusInfo": "",
            "directoryNumber": voice.number,
            "uri": format!("sip:{}@voip.orange.example", voice.sip_account),
        }],
        "sip": {"registrarServerPort": 5060, "userAgentPort": 5060},
    }])
}

fn handsets() -> Value {
    json!([{
        "name": "FXS1",
        "enable": "Enabled",
        "status": "Up",
        "directoryNumber": "201",
        "endpointType": "FXS",
        "outgoingTrunkLine": "LINE1",
    }])
}

/// `NMC:getVoIPConfig`, the same line in other words.
pub(super) fn configuration(router: &Router) -> Value {
    json!([{
        "name": "LINE1", "enable": "Enabled", "status": "Up", "directoryNumber": router.state.voice.number,
        "signalingProtocol": "SIP",
    }])
}
