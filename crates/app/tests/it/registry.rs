//! A new tool is covered before anyone writes a test for it.

use std::collections::HashSet;

use livebox::{Access, Lang};
use serde_json::Value;

const VERBS: [&str; 19] = [
    "list", "show", "add", "remove", "set", "enable", "disable", "rename", "clear", "scan", "test", "wake",
    "ring", "reboot", "query", "undo", "keep", "call", "explore",
];

#[test]
fn every_tool_is_complete() {
    let mut names = HashSet::new();
    for def in livebox::tools() {
        let name = def.name();
        assert!(names.insert(name.clone()), "{name} stands twice");
        assert!(
            name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{name}"
        );
        assert!(VERBS.contains(&def.verb), "{name}: the verb is not in the list");
        assert!(
            !def.group.english.is_empty() && !def.group.french.is_empty(),
            "{name}: the group says nothing"
        );
        assert!(!def.description().is_empty(), "{name}: no doc comment");
        assert!(!def.summary(Lang::Fr).is_empty(), "{name}: no French");
        assert_ne!(def.summary(Lang::Fr), def.summary(Lang::En), "{name}: the French is English");
        let schema = (def.input_schema)();
        for (arg, what) in schema["properties"].as_object().unwrap() {
            let french = def.french.args.iter().find(|(known, _)| known == arg);
            assert!(french.is_some_and(|(_, help)| !help.is_empty()), "{name}: no French for `{arg}`");
            assert!(what.is_object(), "{name}: `{arg}` has no schema");
        }
        for (arg, _) in def.french.args {
            assert!(
                schema["properties"].get(arg).is_some(),
                "{name}: French for `{arg}`, which does not exist"
            );
        }
        for secret in def.secrets {
            assert!(schema["properties"].get(secret).is_some(), "{name}: unknown secret `{secret}`");
            assert!(def.access > Access::Read, "{name}: a read takes no secret");
        }
    }
    assert!(names.len() >= 30, "{} tools", names.len());
}

/// Some providers reject a whole tool list over one unfamiliar keyword.
#[test]
fn schemas_are_digestible() {
    fn walk(tool: &str, value: &Value, input: bool) {
        match value {
            Value::Object(object) => {
                for word in ["$schema", "$ref", "$defs", "allOf", "not", "if"] {
                    assert!(!object.contains_key(word), "{tool}: {word} in {object:?}");
                }
                // A property may have that name; the keyword has a text.
                assert!(!object.get("format").is_some_and(Value::is_string), "{tool}: {object:?}");
                assert!(
                    !input || !object.contains_key("anyOf") && !object.contains_key("oneOf"),
                    "{tool}: {object:?}"
                );
                assert!(!input || !object.get("type").is_some_and(Value::is_array), "{tool}: {object:?}");
                object.values().for_each(|inner| walk(tool, inner, input));
            }
            Value::Array(list) => list.iter().for_each(|inner| walk(tool, inner, input)),
            _ => {}
        }
    }
    for def in livebox::tools() {
        let (input, output) = ((def.input_schema)(), (def.output_schema)());
        assert_eq!(input["type"], "object", "{}", def.name());
        assert_eq!(input["additionalProperties"], false, "{}", def.name());
        assert_eq!(output["type"], "object", "{}", def.name());
        walk(&def.name(), &Value::Object(input), true);
        walk(&def.name(), &Value::Object(output), false);
    }
}
