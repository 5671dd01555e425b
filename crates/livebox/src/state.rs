//! States of what a change is about, as data: in words, without what moves by itself, compared.

use serde_json::{Map, Value};

use crate::Lang;

/// A state for people: its fields without JSON's signs.
pub(crate) fn in_words(state: &Value, lang: Lang) -> String {
    match state {
        Value::Null => lang.pick("nothing", "rien").to_owned(),
        Value::Bool(true) => lang.pick("yes", "oui").to_owned(),
        Value::Bool(false) => lang.pick("no", "non").to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => items.iter().map(|item| in_words(item, lang)).collect::<Vec<_>>().join(" ; "),
        Value::Object(fields) => {
            let known = fields.iter().filter(|(_, field)| !field.is_null());
            known
                .map(|(name, field)| format!("{name} {}", in_words(field, lang)))
                .collect::<Vec<_>>()
                .join(", ")
        }
    }
}

/// A state without the fields that move by themselves.
pub(crate) fn lasting(state: Value, volatile: &[&str]) -> Value {
    match state {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(name, _)| !volatile.contains(&name.as_str()));
            Value::Object(kept.map(|(name, field)| (name, lasting(field, volatile))).collect())
        }
        Value::Array(items) => items.into_iter().map(|item| lasting(item, volatile)).collect(),
        other => other,
    }
}

/// The fields in which two states differ, as paths: `ipv4`, `networks.0.channel`.
pub(crate) fn differing(one: &Value, other: &Value) -> Vec<String> {
    fn walk(one: &Value, other: &Value, path: &str, found: &mut Vec<String>) {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match (one, other) {
            _ if one == other => {}
            (Value::Object(a), Value::Object(b)) => {
                for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                    let side = |fields: &Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
                    walk(&side(a), &side(b), &below(name), found);
                }
            }
            (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
                for (index, (a, b)) in a.iter().zip(b).enumerate() {
                    walk(a, b, &below(&index.to_string()), found);
                }
            }
            _ => found.push(if path.is_empty() { "existence".to_owned() } else { path.to_owned() }),
        }
    }
    let mut found = Vec::new();
    walk(one, other, "", &mut found);
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differing_fields_are_named() {
        let one = json!({"a": 1, "b": {"c": [1, 2]}, "same": true});
        let other = json!({"a": 2, "b": {"c": [1, 3]}, "same": true, "new": "x"});
        assert_eq!(differing(&one, &other), ["a", "b.c.1", "new"]);
        assert_eq!(differing(&json!(null), &json!({"a": 1})), ["existence"]);
        assert!(differing(&one, &one).is_empty());
    }

    #[test]
    fn what_moves_by_itself_does_not_count() {
        let state = json!({"ipv4": "192.168.1.2", "status": "Enabled", "rules": [{"status": 1, "port": 2}]});
        assert_eq!(lasting(state, &["status"]), json!({"ipv4": "192.168.1.2", "rules": [{"port": 2}]}));
    }
}
