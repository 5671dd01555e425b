//! Opens the envelope of an answer: the payload, or what the box says went wrong (protocol sections 1.8 and 2).

use serde_json::{Map, Value};

use crate::{
    BoxError, CallName, Error,
    repair::{Malformed, parse},
    text::clean,
};

/// "Permission denied": the firmware's rules, or a session that is no more.
const PERMISSION_DENIED: i64 = 13;
/// "Object or parameter not found".
const NOT_FOUND: i64 = 196_618;
/// "Function can not be executed for the specified object", "Function is not implemented" (recorded answers).
const NOT_IMPLEMENTED: [i64; 2] = [196_635, 196_636];

/// The two places of a good answer's payload.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Envelope {
    /// Return value; null where there is none.
    pub(crate) status: Value,
    /// Output arguments; null where there are none.
    pub(crate) data: Value,
}

/// One entry of the box's errors, with what only login refusals carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) error: BoxError,
    /// Seconds until the next login is listened to (protocol section 1.3).
    pub(crate) wait: Option<u64>,
}

/// What an answer holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Opened {
    Good(Envelope),
    /// Never empty.
    Errors(Vec<Entry>),
}

/// What a list of errors amounts to.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Permission denied, and nothing was executed.
    Permission,
    /// The object or the method does not exist. `method`: it is the method, which only a new firmware can change.
    Absent { method: bool, object: bool },
    /// Anything else.
    Refused(Vec<BoxError>),
}

/// Opens the answer to a call.
pub(crate) fn open(body: &[u8]) -> Result<Opened, Malformed> {
    let documents = match parse(body)? {
        Value::Object(object) => vec![object],
        // Glued answers: the first is ours, but an error in any of them is not passed over.
        Value::Array(list) => list.into_iter().filter_map(into_object).collect(),
        _ => Vec::new(),
    };
    let documents: Vec<_> = documents.into_iter().map(unwrap).collect();
    let errors: Vec<_> = documents.iter().flat_map(errors).collect();
    if !errors.is_empty() {
        return Ok(Opened::Errors(errors));
    }
    let Some(mut first) = documents.into_iter().next() else {
        return Err(Malformed("it is no JSON object".to_owned()));
    };
    let known = ["status", "data", "errors", "error"].iter().any(|key| first.contains_key(*key));
    if !known && !first.is_empty() {
        return Err(Malformed("it has neither `status` nor `data` nor `errors`".to_owned()));
    }
    let mut take = |key: &str| first.get_mut(key).map(Value::take).unwrap_or_default();
    Ok(Opened::Good(Envelope { status: take("status"), data: take("data") }))
}

/// Opens the answer to a GET: a description of objects, which has no envelope. It comes as `status`.
pub(crate) fn open_description(body: &[u8]) -> Result<Opened, Malformed> {
    let value = parse(body)?;
    let errors = match &value {
        Value::Object(object) => errors(object),
        // The root is a list of all objects, the denied ones as errors in their places.
        Value::Array(list) => {
            let found: Vec<_> = list.iter().filter_map(Value::as_object).map(errors).collect();
            if found.iter().any(Vec::is_empty) { Vec::new() } else { found.into_iter().flatten().collect() }
        }
        _ => return Err(Malformed("it is no JSON object".to_owned())),
    };
    Ok(if errors.is_empty() {
        Opened::Good(Envelope { status: value, data: Value::Null })
    } else {
        Opened::Errors(errors)
    })
}

fn into_object(value: Value) -> Option<Map<String, Value>> {
    if let Value::Object(object) = value { Some(object) } else { None }
}

/// The content of `result`, which wraps the answers to some content types (protocol section 2).
fn unwrap(mut object: Map<String, Value>) -> Map<String, Value> {
    match object.get_mut("result").map(Value::take) {
        Some(Value::Object(inner)) => inner,
        // A bare `result` is a return value.
        Some(other) if object.len() == 1 => Map::from_iter([("status".to_owned(), other)]),
        Some(other) => {
            object.insert("result".to_owned(), other);
            object
        }
        None => object,
    }
}

/// The entries of `errors`, or the one error that is the whole answer. Fillers ("Success", code 0) are left out.
fn errors(object: &Map<String, Value>) -> Vec<Entry> {
    match object.get("errors") {
        Some(Value::Array(list)) => list.iter().filter_map(entry).collect(),
        Some(one @ Value::Object(_)) => entry(one).into_iter().collect(),
        Some(text @ Value::String(_)) => entry(text).into_iter().collect(),
        _ if object.contains_key("error") => whole(object).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn entry(value: &Value) -> Option<Entry> {
    match value {
        Value::Object(object) => whole(object),
        Value::String(text) if !text.trim().is_empty() => Some(Entry {
            error: BoxError { code: 0, description: clean(text), info: String::new() },
            wait: None,
        }),
        _ => None,
    }
}

fn whole(object: &Map<String, Value>) -> Option<Entry> {
    let code = match object.get("error") {
        None | Some(Value::Null) => None,
        // A code that is not a number still is an error.
        Some(code) => Some(integer(code).unwrap_or(-1)),
    };
    if code == Some(0) {
        return None;
    }
    let text = |key: &str| match object.get(key) {
        Some(Value::String(text)) => clean(text),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let description = match (object.get("error"), text("description")) {
        (Some(Value::String(error)), empty) if empty.is_empty() => clean(error),
        (_, description) => description,
    };
    let wait = object.get("waittime").and_then(integer).and_then(|wait| u64::try_from(wait).ok());
    Some(Entry { error: BoxError { code: code.unwrap_or(0), description, info: text("info") }, wait })
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// What the box's errors amount to.
///
/// 13 and 196618 have their meaning only where they stand alone: behind them, a method that was executed may
/// report that something *it* needed is missing or denied, and that is a refusal like any other.
pub(crate) fn verdict(call: &CallName, entries: Vec<Entry>) -> Verdict {
    let all = |code| entries.iter().all(|entry| entry.error.code == code);
    if all(PERMISSION_DENIED) {
        return Verdict::Permission;
    }
    if all(NOT_FOUND) {
        let blames = |what: &str| entries.iter().any(|entry| entry.error.info == what);
        let ancestor = |entry: &Entry| {
            let info = entry.error.info.replace('/', ".");
            !info.is_empty()
                && call
                    .service
                    .strip_prefix(&info)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        return Verdict::Absent { method: blames(&call.method), object: entries.iter().any(ancestor) };
    }
    // Declared, but the firmware has no code for it, or not for this object: absent, as far as a person is concerned.
    if entries.iter().all(|entry| NOT_IMPLEMENTED.contains(&entry.error.code)) {
        return Verdict::Absent { method: true, object: false };
    }
    Verdict::Refused(entries.into_iter().map(|entry| entry.error).collect())
}

impl Verdict {
    /// The error it is, permission counted as denied.
    pub(crate) fn into_error(self, call: &CallName) -> Error {
        let call = call.clone();
        match self {
            Self::Permission => Error::Denied { call },
            Self::Absent { .. } => Error::Absent { call },
            Self::Refused(errors) => Error::Refused { call, errors },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn good(body: &str) -> (Value, Value) {
        match open(body.as_bytes()) {
            Ok(Opened::Good(envelope)) => (envelope.status, envelope.data),
            other => panic!("{body}: {other:?}"),
        }
    }

    fn bad(body: &str) -> Vec<(i64, String, String)> {
        match open(body.as_bytes()) {
            Ok(Opened::Errors(entries)) => {
                entries.into_iter().map(|e| (e.error.code, e.error.description, e.error.info)).collect()
            }
            other => panic!("{body}: {other:?}"),
        }
    }

    fn name() -> CallName {
        CallName { service: "NeMo.Intf.veip0".to_owned(), method: "getMIBs".to_owned() }
    }

    fn judge(body: &str) -> Verdict {
        match open(body.as_bytes()) {
            Ok(Opened::Errors(entries)) => verdict(&name(), entries),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn both_envelopes_open() {
        assert_eq!(good(r#"{"status":true,"data":{"a":1}}"#), (json!(true), json!({"a": 1})));
        assert_eq!(good(r#"{"result":{"status":true,"data":{"a":1}}}"#), (json!(true), json!({"a": 1})));
        assert_eq!(good(r#"{"status":null}"#), (Value::Null, Value::Null));
        assert_eq!(good(r#"{"data":{"time":"x"}}"#), (Value::Null, json!({"time": "x"})));
        assert_eq!(good(r#"{"result":"fr"}"#), (json!("fr"), Value::Null));
        assert_eq!(good("{}"), (Value::Null, Value::Null));
    }

    #[test]
    fn both_places_of_an_error() {
        let expected = vec![(13, "Permission denied".to_owned(), "NMC.Wifi".to_owned())];
        let entry = r#"{"error":13,"description":"Permission denied","info":"NMC.Wifi"}"#;
        assert_eq!(bad(&format!(r#"{{"status":null,"errors":[{entry}]}}"#)), expected);
        assert_eq!(bad(&format!(r#"{{"result":{{"status":null,"errors":[{entry}]}}}}"#)), expected);
        assert_eq!(bad(&format!(r#"{{"result":{entry}}}"#)), expected);
        assert_eq!(bad(entry), expected);
        assert_eq!(bad(&format!(r#"{{"status":true}}{{"errors":[{entry}]}}"#)), expected);
        assert_eq!(bad(&format!(r#","errors":[{entry}]"#)), expected);
    }

    #[test]
    fn fillers_are_no_errors() {
        let filler = r#"{"error":0,"description":"Success","info":"MACAddress"}"#;
        let real = r#"{"error":393221,"description":"IP address already reserved","info":""}"#;
        assert_eq!(bad(&format!(r#"{{"status":null,"errors":[{filler},{real}]}}"#)).len(), 1);
        assert_eq!(good(&format!(r#"{{"status":true,"errors":[{filler}]}}"#)).0, json!(true));
        assert_eq!(good(r#"{"status":true,"errors":[]}"#).0, json!(true));
        assert_eq!(good(r#"{"status":true,"errors":null,"error":0}"#).0, json!(true));
    }

    #[test]
    fn what_the_box_says_is_cleaned() {
        let long = "x".repeat(1000);
        let body = json!({"errors": [{"error": "13", "description": "a\u{202e}b\nc", "info": long}]});
        let [(code, description, info)] = bad(&body.to_string()).try_into().unwrap();
        assert_eq!((code, description.as_str()), (13, "ab c"));
        assert_eq!(info.chars().count(), 200);
    }

    #[test]
    fn a_refused_login_carries_its_wait() {
        let body = r#"{"status":1,"data":{},"errors":[{"description":"too many failed login attempts, wait 15s","waittime":15}]}"#;
        let Ok(Opened::Errors(entries)) = open(body.as_bytes()) else { panic!() };
        assert_eq!((entries[0].wait, entries[0].error.code), (Some(15), 0));
    }

    #[test]
    fn codes_have_their_meaning_only_alone() {
        let missing =
            r#"{"error":196618,"description":"Object or parameter not found","info":"NeMo.Intf.veip0"}"#;
        let unbound = r#"{"error":196618,"description":"Intf not bound to any NetDev.Link","info":"veip0"}"#;
        let failed = r#"{"error":196639,"description":"Function execution failed","info":"getMIBs"}"#;
        let no_method = r#"{"error":196618,"description":"Object or parameter not found","info":"getMIBs"}"#;
        let absent = |body: &str| match judge(body) {
            Verdict::Absent { method, object } => (method, object),
            other => panic!("{other:?}"),
        };
        assert_eq!(absent(missing), (false, true));
        assert_eq!(absent(&missing.replace(".veip0", "")), (false, true));
        assert_eq!(absent(&missing.replace("NeMo.Intf.veip0", "NeMo/Intf")), (false, true));
        assert_eq!(absent(no_method), (true, false));
        assert_eq!(absent(unbound), (false, false));
        let Verdict::Refused(errors) = judge(&format!(r#"{{"errors":[{unbound},{failed}]}}"#)) else {
            panic!()
        };
        assert_eq!(errors.len(), 2);
        let denied = r#"{"error":13,"description":"Permission denied","info":"x"}"#;
        assert!(matches!(judge(denied), Verdict::Permission));
        assert!(matches!(judge(&format!(r#"{{"errors":[{denied},{failed}]}}"#)), Verdict::Refused(_)));
    }

    #[test]
    fn what_is_no_answer() {
        for body in ["[]", "1", "null", r#""text""#, r#"{"a":1}"#, "<html></html>", ""] {
            assert!(open(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn a_description_is_taken_whole() {
        let Ok(Opened::Good(envelope)) = open_description(br#"{"objectInfo":{"name":"Wifi"}}"#) else {
            panic!()
        };
        assert_eq!(envelope.status, json!({"objectInfo": {"name": "Wifi"}}));
        let denied =
            open_description(br#","errors":[{"error":13,"description":"Permission denied","info":""}]"#);
        assert!(matches!(denied, Ok(Opened::Errors(_))));
        assert!(matches!(open_description(br#"{"a":1}{"a":2}"#), Ok(Opened::Good(_))));
        let denied = r#"{"errors":[{"error":13,"description":"Permission denied","info":"NeMo"}]}"#;
        let described = format!(r#"[{{"objectInfo":{{"name":"NMC"}}}},{denied}]"#);
        assert!(matches!(open_description(described.as_bytes()), Ok(Opened::Good(_))), "the root");
        assert!(matches!(open_description(format!("{denied}{denied}").as_bytes()), Ok(Opened::Errors(_))));
    }

    proptest! {
        #[test]
        fn no_answer_is_too_odd(body: Vec<u8>) {
            let _ = (open(&body), open_description(&body));
        }

        #[test]
        fn no_odd_envelope_is_too_odd(body in r#"\{("(status|data|errors|error|result|waittime)":(null|1|"x"|\[\{"error":13\}\]|\{\}),?){0,4}\}"#) {
            if let Ok(Opened::Errors(entries)) = open(body.as_bytes()) {
                prop_assert!(!entries.is_empty());
                let _ = verdict(&name(), entries).into_error(&name());
            }
        }

        #[test]
        fn a_good_payload_is_never_lost(text: String, number: i64, wrapped: bool) {
            let envelope = json!({"status": {"t": text, "n": number}, "data": {"t": text}});
            let body = if wrapped { json!({"result": envelope}) } else { envelope.clone() };
            let (status, data) = good(&body.to_string());
            prop_assert_eq!((&status, &data), (&envelope["status"], &envelope["data"]));
        }
    }
}
