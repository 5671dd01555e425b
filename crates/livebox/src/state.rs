//! States of what a change is about, as data: in words, without what moves by itself, compared.

use serde_json::{Map, Value};

use crate::{Lang, Untrusted};

/// A state for people, in one line: its fields without JSON's signs. Each value follows the name of its field, so that
/// no two texts of the network stand side by side: letters written from right to left would change their places.
pub(crate) fn in_words(state: &Value, lang: Lang) -> String {
    match state {
        Value::Null => lang.pick("nothing", "rien").to_owned(),
        Value::Bool(true) => lang.pick("yes", "oui").to_owned(),
        Value::Bool(false) => lang.pick("no", "non").to_owned(),
        Value::String(text) => word(text),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| in_words(item, lang)).collect();
            items.join(lang.pick(" and ", " et "))
        }
        Value::Object(_) => fields(state, lang).join(", "),
    }
}

/// A state for people, a line for each of its fields; each of several objects has a line.
pub(crate) fn lines(state: &Value, lang: Lang) -> Vec<String> {
    let found = match state {
        Value::Array(items) => match items.as_slice() {
            [only] => lines(only, lang),
            several => several.iter().map(|item| in_words(item, lang)).collect(),
        },
        Value::Object(_) => fields(state, lang),
        scalar => vec![in_words(scalar, lang)],
    };
    if found.is_empty() { vec![in_words(&Value::Null, lang)] } else { found }
}

/// The known fields of an object, each with its name; one that holds several objects becomes as many.
fn fields(object: &Value, lang: Lang) -> Vec<String> {
    let mut found = Vec::new();
    for (name, field) in object.as_object().into_iter().flatten().filter(|(_, field)| !field.is_null()) {
        let (held, name) = (held(name, field, lang), label(name, lang));
        match field {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                found.extend(items.iter().map(|item| format!("{name} {}", in_words(item, lang))));
            }
            _ => found.push(format!("{name} {held}")),
        }
    }
    found
}

/// How people read the name of a field: in English as it is in the data.
pub(crate) fn label(name: &str, lang: Lang) -> String {
    let french = (lang == Lang::Fr).then(|| LABELS.iter().find(|(known, _)| *known == name)).flatten();
    french.map_or_else(|| word(name), |(_, french)| (*french).to_owned())
}

/// The same for the path of a field; things of a list are counted from one.
pub(crate) fn label_of_path(path: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return word(path);
    }
    let steps = path.split('.').map(|step| match step.parse::<usize>() {
        Ok(place) => (place + 1).to_string(),
        Err(_) => label(step, lang),
    });
    steps.collect::<Vec<_>>().join(" ")
}

/// What a field holds: its words are ours, in French too, where only the box or we write them and nobody's names.
pub(crate) fn held(name: &str, field: &Value, lang: Lang) -> String {
    let ours = LEVELS.contains(&name).then(|| field.as_str()).flatten().filter(|_| lang == Lang::Fr);
    let french = ours.and_then(|text| WORDS.iter().find(|(known, _)| *known == text));
    french.map_or_else(|| in_words(field, lang), |(_, french)| (*french).to_owned())
}

/// The fields of states in French.
const LABELS: &[(&str, &str)] = &[
    ("after", "après"),
    ("answer", "réponse"),
    ("auto_channel", "canal automatique"),
    ("band", "bande (GHz)"),
    ("bands", "bandes (GHz)"),
    ("blanks", "espaces autour du nom"),
    ("changed", "changé"),
    ("channel", "canal"),
    ("dhcp_first", "DHCP de"),
    ("dhcp_last", "DHCP à"),
    ("enabled", "active"),
    ("external_port", "port externe"),
    ("guest", "invités"),
    ("hidden", "masqué"),
    ("host", "appareil"),
    ("internal_port", "port interne"),
    ("ipv6_level", "niveau IPv6"),
    ("key", "clé"),
    ("lease_s", "bail (s)"),
    ("level", "niveau"),
    ("name", "nom"),
    ("networks", "réseaux"),
    ("on", "en marche"),
    ("order", "ordre"),
    ("origin", "créée par"),
    ("others", "autres"),
    ("prefix_length", "longueur du préfixe"),
    ("protocol", "protocole"),
    ("reboots", "redémarrages"),
    ("schedule_active", "programmation active"),
    ("source", "seulement depuis"),
    ("ssids", "réseaux"),
    ("state", "état"),
    ("status", "état"),
    ("wanted", "voulu"),
    ("width_setting", "largeur"),
];

/// Fields that hold such words.
const LEVELS: &[&str] = &["level", "ipv6_level", "width_setting"];

/// Words of ours in French.
const WORDS: &[(&str, &str)] = &[
    ("auto", "automatique"),
    ("high", "élevé"),
    ("low", "faible"),
    ("medium", "moyen"),
    ("custom", "personnalisé"),
];

/// A text of a state as [`Untrusted::word`] shows it.
pub(crate) fn word(text: &str) -> String {
    Untrusted::line(text).word()
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

/// In what differs: the same things, in another order.
pub(crate) const ORDER: &str = "order";

/// The fields in which two states differ, as paths: `ipv4`, `networks.0.channel`; things of a list that have names, by
/// name: `VPN maison.external_port`.
pub(crate) fn differing(one: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(one, other, "", true, &mut found);
    found
}

/// The same by places alone, for [`Value::pointer`]: names may hold any character.
pub(crate) fn differing_places(one: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(one, other, "", false, &mut found);
    found
}

fn walk(one: &Value, other: &Value, path: &str, by_name: bool, found: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (one, other) {
        _ if one == other => {}
        (Value::Object(a), Value::Object(b)) => {
            for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))) {
                let side = |fields: &Map<String, Value>| fields.get(name).cloned().unwrap_or_default();
                walk(&side(a), &side(b), &below(name), by_name, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if by_name && is_named(a) && is_named(b) => {
            let (a, b) = (with_names(a), with_names(b));
            for (name, _) in a.iter().chain(b.iter().filter(|(name, _)| !has(&a, name))) {
                let side = |list: &[(String, &Value)]| {
                    list.iter()
                        .find(|(known, _)| known == name)
                        .map_or(Value::Null, |(_, item)| (*item).clone())
                };
                walk(&side(&a), &side(&b), &below(name), by_name, found);
            }
            let common = |list: &[(String, &Value)], others: &[(String, &Value)]| -> Vec<String> {
                list.iter().map(|(name, _)| name.clone()).filter(|name| has(others, name)).collect()
            };
            if common(&a, &b) != common(&b, &a) {
                found.push(below(ORDER));
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                walk(a, b, &below(&index.to_string()), by_name, found);
            }
        }
        _ => found.push(if path.is_empty() { "existence".to_owned() } else { path.to_owned() }),
    }
}

fn has(list: &[(String, &Value)], name: &str) -> bool {
    list.iter().any(|(known, _)| known == name)
}

fn is_named(list: &[Value]) -> bool {
    list.iter().all(|item| item["name"].is_string())
}

/// Each with its name; a second one of a name is told apart by a star.
fn with_names(list: &[Value]) -> Vec<(String, &Value)> {
    let mut named: Vec<(String, &Value)> = Vec::new();
    for item in list {
        let mut name = item["name"].as_str().unwrap_or_default().to_owned();
        while has(&named, &name) {
            name.push('*');
        }
        named.push((name, item));
    }
    named
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_does_not_read_like_other_fields() {
        let said = |state: &Value| in_words(state, Lang::En);
        let rule = json!([{"name": "web, protocol tcp, external_port 8080", "protocol": "tcp", "ipv4": "192.168.1.20",
            "external_port": "22", "source": null, "enabled": true}]);
        assert_eq!(
            lines(&rule, Lang::En),
            [
                "name \"web, protocol tcp, external_port 8080\"",
                "protocol tcp",
                "ipv4 192.168.1.20",
                "external_port 22",
                "enabled yes",
            ]
        );
        assert_eq!(
            said(&json!({"name": "a\", port 22, « b » `c` → d"})),
            "name \"a', port 22, ' b ' 'c' → d\""
        );
        // Neither a name of a field, nor nothing, nor a yes.
        assert_eq!(
            said(&json!({"a, b 1": "yes", "c": "", "d": "nothing", "e": true, "f": "non"})),
            "\"a, b 1\" \"yes\", c \"\", d \"nothing\", e yes, f \"non\""
        );
    }

    #[test]
    fn texts_from_right_to_left_stand_apart() {
        assert_eq!(in_words(&json!(["אבג", "דהו"]), Lang::Fr), "\"אבג\" et \"דהו\"");
        let networks = json!({"networks": [{"id": "wl0", "ssid": "אבג"}, {"id": "wl1", "ssid": "דהו"}]});
        assert_eq!(
            lines(&networks, Lang::En),
            ["networks id wl0, ssid \"אבג\"", "networks id wl1, ssid \"דהו\""]
        );
    }

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
