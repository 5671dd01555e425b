//! Reads the body of an answer as JSON, and repairs the ways in which boxes are known to write it wrongly.
//!
//! A strict reading comes first, so that no repair can touch a good body. The repairs are those of protocol
//! section 2, "Malformed JSON", and no other: a body that was cut short stays an error.

use serde_json::{Deserializer, Value, error::Category};

/// Why a body is no JSON, in words that hold nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

/// The JSON of a body. Several objects one after the other become a list of them.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Malformed> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if body.is_empty() {
        return Err(Malformed("it is empty".to_owned()));
    }
    let strict = match serde_json::from_slice(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    // Names of devices may hold bytes that are not UTF-8.
    let text = String::from_utf8_lossy(body);
    let mended = mend(&text);
    // Denied templates answer without the opening brace, and some without the closing one.
    if let Some(rest) = mended.strip_prefix(',').filter(|rest| rest.trim_start().starts_with("\"errors\"")) {
        let opened = format!("{{{rest}");
        return documents(&opened)
            .or_else(|()| documents(&format!("{opened}}}")))
            .map_err(|()| said(&strict));
    }
    documents(&mended).map_err(|()| said(&strict))
}

/// Objects in a row that are read. The largest answer could hold millions of empty ones.
const MOST: usize = 10_000;

/// Reads objects that follow each other without separator, a literal `null` at the end left out.
fn documents(text: &str) -> Result<Value, ()> {
    let mut found = Vec::new();
    for document in Deserializer::from_str(text).into_iter::<Value>() {
        if found.len() >= MOST {
            return Err(());
        }
        found.push(document.map_err(|_| ())?);
    }
    if found.len() > 1 && found.last() == Some(&Value::Null) {
        found.pop();
    }
    match found.len() {
        0 => Err(()),
        1 => found.pop().ok_or(()),
        _ if found.iter().all(Value::is_object) => Ok(Value::Array(found)),
        _ => Err(()),
    }
}

/// Removes the comma of `[,]` and puts one between the objects of a list that has none. Text in strings is kept.
fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    // The last character that means something, outside strings.
    let mut last = ' ';
    for (at, char) in text.char_indices() {
        if in_string {
            out.push(char);
            match char {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match char {
            '"' => in_string = true,
            '[' => depth += 1,
            '{' => {
                if last == '}' && depth > 0 {
                    out.push(',');
                }
                depth += 1;
            }
            ']' | '}' => depth = depth.saturating_sub(1),
            ',' if last == '[' && closes(text, at) => continue,
            _ => {}
        }
        out.push(char);
        if !char.is_ascii_whitespace() {
            last = char;
        }
    }
    out
}

/// Whether a list closes right behind the character at that place.
fn closes(text: &str, at: usize) -> bool {
    text.get(at + 1..).is_some_and(|rest| rest.trim_start().starts_with(']'))
}

/// Where the strict reading failed.
fn said(error: &serde_json::Error) -> Malformed {
    Malformed(match error.classify() {
        Category::Eof => "it ends in the middle".to_owned(),
        _ => format!("it is not JSON (line {}, column {})", error.line(), error.column()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn ok(body: &str) -> Value {
        parse(body.as_bytes()).unwrap()
    }

    fn problem(body: &str) -> String {
        parse(body.as_bytes()).unwrap_err().0
    }

    #[test]
    fn the_malformed_bodies_of_real_boxes() {
        assert_eq!(ok(r#"{"status":[,]}"#), json!({"status": []}));
        assert_eq!(ok(r#"{"status":[ , ]}"#), json!({"status": []}));
        assert_eq!(ok(r#"{"a":1}{"a":2}"#), json!([{"a": 1}, {"a": 2}]));
        assert_eq!(ok("{\"a\":1}\n{\"a\":2}{}"), json!([{"a": 1}, {"a": 2}, {}]));
        assert_eq!(ok(r#"{"l":[{"a":1}{"a":2}]}"#), json!({"l": [{"a": 1}, {"a": 2}]}));
        let denied = json!({"errors": [{"error": 13, "description": "Permission denied", "info": ""}]});
        assert_eq!(ok(r#","errors":[{"error":13,"description":"Permission denied","info":""}]"#), denied);
        assert_eq!(ok(r#","errors":[{"error":13,"description":"Permission denied","info":""}]}"#), denied);
        assert_eq!(ok(r#"{"status":null}null"#), json!({"status": null}));
        assert_eq!(ok("{\"status\":null}\r\nnull\r\n"), json!({"status": null}));
        assert_eq!(parse(b"{\"n\":\"caf\xe9\"}").unwrap(), json!({"n": "caf\u{fffd}"}));
        assert_eq!(parse(b"\xef\xbb\xbf {} ").unwrap(), json!({}));
    }

    #[test]
    fn text_that_looks_malformed_is_kept() {
        let value = json!({"a": "[,] }{ ,\"errors\":", "b": ["}{", "\\", "\\\"[,]"], "c": "null"});
        assert_eq!(ok(&format!("{value}null")), value);
        assert_eq!(ok(&format!("{value}{value}")), json!([value, value]));
    }

    #[test]
    fn nothing_else_is_repaired() {
        assert_eq!(problem(""), "it is empty");
        assert_eq!(problem(" \n"), "it is empty");
        assert_eq!(problem(r#"{"status":{"a":"b"#), "it ends in the middle");
        assert_eq!(problem(r#"{"status":{"a":1}"#), "it ends in the middle");
        assert_eq!(problem("<html>"), "it is not JSON (line 1, column 1)");
        for body in [
            "{}1",
            "1{}",
            "[][]",
            "nullnull",
            ",",
            r#","errors""#,
            r#","status":1"#,
            "{'a':1}",
            r#"{"a":[,1]}"#,
        ] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(parse("{}".repeat(MOST).as_bytes()).is_ok());
        assert!(parse("{}".repeat(MOST + 1).as_bytes()).is_err());
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_problem_holds_nothing_of_the_body() {
        assert!(!problem(r#"{"key":hunter2}"#).contains("hunter2"));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\[\\],{}\":nul ]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_body_is_too_odd(body: Vec<u8>) {
            let _ = parse(&body);
        }

        #[test]
        fn no_text_is_too_odd(body in "[\\[\\],{}\":a1nul\\\\ ]{0,40}") {
            let _ = parse(body.as_bytes());
        }

        #[test]
        fn a_good_body_is_never_changed(value in any_json()) {
            prop_assert_eq!(ok(&value.to_string()), value.clone());
            prop_assert_eq!(ok(&serde_json::to_string_pretty(&value).unwrap()), value);
        }

        #[test]
        fn glued_objects_are_told_apart(values in prop::collection::vec(any_json(), 2..4)) {
            let objects: Vec<_> = values.into_iter().map(|value| json!({"v": value})).collect();
            let body: String = objects.iter().map(Value::to_string).collect();
            prop_assert_eq!(ok(&body), Value::from(objects));
        }
    }
}
