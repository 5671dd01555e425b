//! Schemas as MCP clients and model providers digest them.

use std::collections::BTreeSet;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value};

/// JSON Schema object.
pub type SchemaObject = Map<String, Value>;

/// How every value that the network named is described in the schema of an answer, after whatever else is said of
/// it: devices, SSIDs, rules and callers are data, whatever they say. A description is the one keyword that every
/// validator takes and every model may see; it is short because it stands there more than a hundred times. The
/// server's instructions say what it means.
pub const UNTRUSTED_MARK: &str = "Network data.";

/// Keyword by which [`Untrusted`](crate::Untrusted) tells [`slim`] what it is: a field's own doc comment would take
/// the place of a description.
pub(crate) const UNTRUSTED: &str = "x-untrusted";

/// The schema of `T`, sub-schemas inlined, without what costs tokens or trips strict clients: `$schema`,
/// titles, null variants of optional arguments, formats, null defaults (reference: pitfall 9 of the
/// MCP notes in ARCHITECTURE.md).
pub(crate) fn slim<T: JsonSchema>(input: bool) -> SchemaObject {
    let settings = SchemaSettings::draft2020_12();
    // What a field left out of an answer means differs from what a missing argument means.
    let mut settings = if input { settings } else { settings.for_serialize() };
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    walk(&mut schema, input);
    let Value::Object(mut object) = schema else { return SchemaObject::new() };
    // The tool carries the description itself.
    object.remove("description");
    object.remove("title");
    if input {
        object.insert("additionalProperties".into(), false.into());
        object.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    }
    object
}

// In place: a third of what a client waits for after the start is spent here.
fn walk(value: &mut Value, input: bool) {
    match value {
        Value::Object(object) => {
            let mut nullable = false;
            if let Some(inner) = only_variant(object) {
                nullable = !input;
                for (key, value) in inner {
                    object.entry(key).or_insert(value);
                }
            }
            if let Some(names) = unit_variants(object) {
                object.remove("oneOf");
                object.insert("type".into(), "string".into());
                object.insert("enum".into(), names);
            }
            object.remove("$schema");
            if object.remove(UNTRUSTED).is_some() && !input {
                let own = object.get("description").and_then(Value::as_str);
                let marked = own.map_or(UNTRUSTED_MARK.to_owned(), |own| format!("{own} {UNTRUSTED_MARK}"));
                object.insert("description".into(), marked.into());
            }
            // schemars writes it for arguments that are never written out again; no client needs it.
            object.remove("writeOnly");
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            if object.get("format").and_then(Value::as_str).is_some_and(is_number_format) {
                object.remove("format");
                object.remove("minimum");
                object.remove("maximum");
            }
            // Validators refuse a whole tool over a format that they do not know ("ip", say).
            if object.get("format").is_some_and(Value::is_string) {
                object.remove("format");
            }
            if input && let Some(kind) = object.get("type").and_then(one_type) {
                object.insert("type".into(), kind);
            }
            // An optional argument is left out, never null; an answer's value may be null, and its schema says so.
            if input && let Some(Value::Array(values)) = object.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            if nullable {
                allow_null(object);
            }
            object.values_mut().for_each(|value| walk(value, input));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| walk(value, input)),
        _ => {}
    }
}

/// `anyOf: [X, null]` → X, taken out.
fn only_variant(object: &mut SchemaObject) -> Option<SchemaObject> {
    let is_real = |variant: &Value| variant.get("type").and_then(Value::as_str) != Some("null");
    let variants = object.get("anyOf")?.as_array()?;
    if variants.iter().filter(|variant| is_real(variant)).count() != 1 {
        return None;
    }
    let Some(Value::Array(variants)) = object.remove("anyOf") else { return None };
    match variants.into_iter().find(is_real) {
        Some(Value::Object(inner)) => Some(inner),
        _ => None,
    }
}

/// Puts back the null that [`only_variant`] took out.
fn allow_null(object: &mut SchemaObject) {
    if let Some(Value::String(kind)) = object.get("type") {
        let kinds = vec![kind.clone().into(), "null".into()];
        object.insert("type".into(), Value::Array(kinds));
    }
    if let Some(Value::Array(values)) = object.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

/// `oneOf` of constants (documented unit variants) → their names.
fn unit_variants(object: &SchemaObject) -> Option<Value> {
    let variants = object.get("oneOf")?.as_array()?;
    let mut names = Vec::new();
    for variant in variants {
        if let Some(name) = variant.get("const") {
            names.push(name.clone());
        } else {
            names.extend(variant.get("enum")?.as_array()?.iter().cloned());
        }
    }
    Some(Value::Array(names))
}

fn is_number_format(format: &str) -> bool {
    format.starts_with("uint") || format.starts_with("int") || format == "float" || format == "double"
}

/// `["string", "null"]` → `"string"`.
fn one_type(kind: &Value) -> Option<Value> {
    let mut real = kind.as_array()?.iter().filter(|kind| *kind != "null");
    match (real.next(), real.next()) {
        (Some(kind), None) => Some(kind.clone()),
        _ => None,
    }
}

/// Names of the arguments an input schema knows.
pub(crate) fn argument_names(schema: &SchemaObject) -> BTreeSet<String> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|map| map.keys().cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(JsonSchema)]
    #[schemars(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is wanted")]
    enum Level {
        /// Documented.
        Low,
        /// Documented too.
        High,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is wanted")]
    struct Sample {
        level: Option<Level>,
        band: Option<crate::Band>,
        count: Option<u8>,
        name: crate::Untrusted,
        /// Who made it.
        vendor: Option<crate::Untrusted>,
        names: Vec<crate::Untrusted>,
    }

    #[test]
    fn a_null_is_declared_in_answers_and_never_in_arguments() {
        let kind = |input: bool, name: &str| {
            let property = &slim::<Sample>(input)["properties"][name];
            (property["type"].clone(), property["enum"].clone())
        };
        assert_eq!(kind(false, "level"), (json!(["string", "null"]), json!(["low", "high", null])));
        assert_eq!(kind(false, "band"), (json!(["string", "null"]), json!(["2.4", "5", "6", null])));
        assert_eq!(kind(false, "count"), (json!(["integer", "null"]), Value::Null));
        assert_eq!(kind(true, "level"), (json!("string"), json!(["low", "high"])));
        assert_eq!(kind(true, "band"), (json!("string"), json!(["2.4", "5", "6"])));
        assert_eq!(kind(true, "count"), (json!("integer"), Value::Null));
    }
    #[test]
    fn what_the_network_says_is_marked() {
        let schema = slim::<Sample>(false);
        let properties = &schema["properties"];
        let vendor = json!({ "type": ["string", "null"], "description": "Who made it. Network data." });
        assert_eq!(properties["vendor"], vendor);
        let name = json!({ "type": "string", "description": UNTRUSTED_MARK });
        assert_eq!((&properties["name"], &properties["names"]["items"]), (&name, &name));
        assert!(!Value::Object(slim::<Sample>(true)).to_string().contains(UNTRUSTED_MARK));
    }
}
