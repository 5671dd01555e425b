//! Decodes the payload of an answer, in one place, with errors that say where and never what.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Answer, CallName, Error,
    envelope::Envelope,
    scalar::{ByName, tally},
    text::clean,
};

/// Decodes what the call answers.
pub(crate) fn decode<R: DeserializeOwned>(
    call: &CallName,
    answer: Answer,
    envelope: &Envelope,
) -> Result<R, Error> {
    let (member, value) = match answer {
        Answer::Status => ("status", &envelope.status),
        Answer::Data => ("data", &envelope.data),
        Answer::Either => match &envelope.data {
            Value::Object(data) if !data.is_empty() => ("data", &envelope.data),
            _ => ("status", &envelope.status),
        },
    };
    // No payload at all: for a reply whose fields are all optional that means that none of them is there. A reply
    // that cannot be empty says so itself.
    let nothing = Value::Object(serde_json::Map::new());
    if value.is_null()
        && let Ok(empty) = R::deserialize(&nothing)
    {
        return Ok(empty);
    }
    if let (Ok(reply), tally) = tally::of(|| R::deserialize(ByName(value)))
        && !tally.is_hopeless()
    {
        return Ok(reply);
    }
    // Keeping track of the path costs more than decoding: it is only done for an answer that does not fit.
    let mut track = serde_path_to_error::Track::new();
    let found = tally::strictly(|| {
        R::deserialize(serde_path_to_error::Deserializer::new(ByName(value), &mut track)).err()
    });
    Err(Error::NotUnderstood {
        call: call.clone(),
        path: path(member, &track.path().to_string()),
        problem: without_value(&found.map(|error| error.to_string()).unwrap_or_default()),
    })
}

/// The place in the answer. Keys of maps are the box's text, so it is cleaned as such.
fn path(member: &str, inner: &str) -> String {
    match inner {
        "." | "" => member.to_owned(),
        _ if inner.starts_with('[') => clean(&format!("{member}{inner}")),
        _ => clean(&format!("{member}.{inner}")),
    }
}

/// What was found and what was expected, without the value that serde quotes: it may be a secret.
fn without_value(message: &str) -> String {
    const KINDS: [(&str, &str); 8] = [
        ("invalid type: null", "null"),
        ("invalid type: boolean", "a boolean"),
        ("invalid type: integer", "an integer"),
        ("invalid type: floating point", "a fraction"),
        ("invalid type: string", "a text"),
        ("invalid type: map", "an object"),
        ("invalid type: sequence", "a list"),
        ("invalid value: ", "another value"),
    ];
    if message.starts_with("missing field ") {
        // Names a field of ours.
        return message.to_owned();
    }
    // The expectation is ours and comes last; a value that holds the same words stands before it.
    let expected = message.rsplit_once(", expected ").map(|(_, ours)| format!("expected {ours}"));
    let found = KINDS.iter().find(|(start, _)| message.starts_with(start)).map(|(_, kind)| *kind);
    match (found, expected) {
        (Some(found), Some(expected)) => format!("{found}, {expected}"),
        (None, Some(expected))
            if message.starts_with("unknown variant ") || message.starts_with("invalid length ") =>
        {
            format!("another value, {expected}")
        }
        _ => "the value is not accepted".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only decoded")]
    struct Reply {
        level: u8,
        #[serde(default)]
        mode: Option<Mode>,
        #[serde(default)]
        odd: Option<Odd>,
    }

    #[derive(Debug, Deserialize)]
    enum Mode {
        Low,
        High,
    }

    #[derive(Debug)]
    struct Odd;

    impl<'de> Deserialize<'de> for Odd {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let value = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format!("{value} is odd")))
        }
    }

    fn fail<R: DeserializeOwned + std::fmt::Debug>(answer: Answer, status: Value) -> (String, String) {
        let call = CallName { service: "S".to_owned(), method: "m".to_owned() };
        match decode::<R>(&call, answer, &Envelope { status, data: Value::Null }) {
            Err(Error::NotUnderstood { path, problem, .. }) => (path, problem),
            other => panic!("{other:?}"),
        }
    }

    fn problem(status: Value) -> (String, String) {
        fail::<Reply>(Answer::Status, status)
    }

    #[test]
    fn errors_say_where_and_what_was_expected() {
        let pair = |path: &str, problem: &str| (path.to_owned(), problem.to_owned());
        assert_eq!(problem(json!({"level": "hunter2"})), pair("status.level", "a text, expected u8"));
        assert_eq!(problem(json!({"level": 300})), pair("status.level", "another value, expected u8"));
        assert_eq!(problem(json!({"level": [1]})), pair("status.level", "a list, expected u8"));
        assert_eq!(problem(json!({})), pair("status", "missing field `level`"));
        assert_eq!(problem(json!("x")).0, "status");
        assert_eq!(fail::<Vec<u8>>(Answer::Status, json!([1, "x"])).0, "status[1]");
        assert_eq!(fail::<Reply>(Answer::Data, json!({"level": 1})).0, "data");
    }

    #[test]
    fn no_error_quotes_the_answer() {
        for status in [
            json!({"level": "hunter2"}),
            json!({"level": "hunter2, expected hunter2"}),
            json!({"level": "a\", expected hunter2"}),
            json!({"level": 1, "mode": "hunter2"}),
            json!({"level": 1, "odd": "hunter2"}),
            json!("hunter2"),
        ] {
            let (path, problem) = problem(status.clone());
            assert!(!format!("{path} {problem}").contains("hunter2"), "{status}: {path} {problem}");
        }
    }

    #[test]
    fn either_place_is_looked_at() {
        let call = CallName { service: "S".to_owned(), method: "m".to_owned() };
        let read = |status: Value, data: Value| -> Value {
            decode(&call, Answer::Either, &Envelope { status, data }).unwrap()
        };
        assert_eq!(read(json!(true), json!({"a": 1})), json!({"a": 1}));
        assert_eq!(read(json!({"a": 1}), json!({})), json!({"a": 1}));
        assert_eq!(read(json!([1]), Value::Null), json!([1]));
    }
}
