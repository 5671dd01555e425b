//! What a person says of a raw call, each checked where it is read.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use crate::{
    Message, Untrusted,
    net::{text_schema, textual},
    say,
};

/// Longest path of an object, in characters: the longest of the known data models has 89.
const LONGEST_PATH: usize = 160;
/// Longest name of a method.
const LONGEST_METHOD: usize = 64;

/// Path of an object of the box, with dots: `NeMo.Intf.lan`, `Devices.Device.AA:BB:CC:DD:EE:FF`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service(String);

impl Service {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Service {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let text = text.trim();
        // Clients also write `sysbus.NMC` and `NMC/Wifi` (protocol section 1.6): one spelling, so that a rule about an
        // object cannot be dodged by writing it otherwise.
        let path = text.replace('/', ".");
        let path = path.strip_prefix("sysbus.").unwrap_or(&path).to_owned();
        let is_step = |step: &str| {
            !step.is_empty() && step.chars().all(|c| c.is_ascii_alphanumeric() || "_-:[]".contains(c))
        };
        if path.len() <= LONGEST_PATH && path.split('.').all(is_step) {
            return Ok(Self(path));
        }
        let shown = Untrusted::quotable(text);
        Err(say!(
            "`{shown}` is no path of an object: letters, digits, _ - : [ ] and dots between, as in NeMo.Intf.lan",
            "« {shown} » n'est pas le chemin d'un objet : lettres, chiffres, _ - : [ ] et des points entre eux, comme NeMo.Intf.lan"
        ))
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

textual!(Service, text_schema());

/// Name of a method: `getMIBs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Method(String);

impl Method {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Method {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        let text = text.trim();
        let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_name && text.len() <= LONGEST_METHOD {
            return Ok(Self(text.to_owned()));
        }
        let shown = Untrusted::quotable(text);
        Err(say!(
            "`{shown}` is no name of a method: letters, digits and _, as in getMIBs",
            "« {shown} » n'est pas le nom d'une méthode : lettres, chiffres et _, comme getMIBs"
        ))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

textual!(Method, text_schema());

/// Parameters of a call: a JSON object, as text since a command line has nothing else. A model may give the object
/// itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters(Map<String, Value>);

impl Parameters {
    pub(super) fn get(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(super) fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    fn checked(parameters: Map<String, Value>) -> Result<Self, Message> {
        // They steer the bus itself and not the method: how deep to look, how long to wait.
        match parameters.keys().find(|name| name.starts_with('_')) {
            None => Ok(Self(parameters)),
            Some(name) => {
                let name = Untrusted::quotable(name);
                Err(say!(
                    "no parameter begins with _ (`{name}`)",
                    "aucun paramètre ne commence par _ (« {name} »)"
                ))
            }
        }
    }
}

impl FromStr for Parameters {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        match serde_json::from_str(text) {
            Ok(Value::Object(parameters)) => Self::checked(parameters),
            // Neither the text nor its error is repeated: it may hold a secret.
            _ => Err(say!(
                r#"a JSON object is expected, as in {{"mibs":"base"}}"#,
                r#"un objet JSON est attendu, comme {{"mibs":"base"}}"#
            )),
        }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Value::Object(self.0.clone()))
    }
}

impl Serialize for Parameters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Parameters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Object(parameters) => Self::checked(parameters).map_err(D::Error::custom),
            Value::String(text) => text.parse().map_err(D::Error::custom),
            _ => Err(D::Error::custom(say!("a JSON object is expected", "un objet JSON est attendu"))),
        }
    }
}

impl JsonSchema for Parameters {
    fn schema_name() -> Cow<'static, str> {
        "Parameters".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        text_schema()
    }
}

/// Which part of an answer: names and places with dots between, `status.wlanvap` or `status.3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place(String);

impl Place {
    /// What stands there. A name may hold dots itself: the longest that fits is the one.
    pub(super) fn find<'a>(&self, answer: &'a Value) -> Option<&'a Value> {
        let mut rest = self.0.as_str();
        let mut at = answer;
        while !rest.is_empty() {
            let follows =
                |name: &str| rest.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with('.'));
            let (value, after) = match at {
                Value::Object(members) => members
                    .iter()
                    .filter(|(name, _)| !name.is_empty())
                    .filter_map(|(name, value)| Some((value, follows(name)?)))
                    .min_by_key(|(_, after)| after.len())?,
                Value::Array(list) => {
                    let (step, after) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
                    (list.get(step.parse::<usize>().ok()?)?, after)
                }
                _ => return None,
            };
            at = value;
            rest = after.strip_prefix('.').unwrap_or(after);
        }
        Some(at)
    }
}

impl FromStr for Place {
    type Err = Message;

    fn from_str(text: &str) -> Result<Self, Message> {
        Ok(Self(text.trim().trim_matches('.').to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

textual!(Place, text_schema());

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_has_one_spelling_and_nothing_else_is_one() {
        for (text, path) in [
            ("NMC.Wifi", "NMC.Wifi"),
            (" sysbus.NMC.Wifi ", "NMC.Wifi"),
            ("sysbus/NMC/Wifi", "NMC.Wifi"),
            ("Devices.Device.AA:BB:CC:DD:EE:FF", "Devices.Device.AA:BB:CC:DD:EE:FF"),
            (
                "VoiceService.VoiceProfile.SIP-Trunk.Line.LINE1",
                "VoiceService.VoiceProfile.SIP-Trunk.Line.LINE1",
            ),
        ] {
            assert_eq!(text.parse::<Service>().unwrap().as_str(), path);
        }
        for text in [
            "",
            ".",
            "NMC.",
            "NMC..Wifi",
            "NMC Wifi",
            "NMC?_restDepth=1",
            "NMC:réseau",
            "a\u{200b}",
            "\"",
            "%2e",
        ] {
            assert!(text.parse::<Service>().is_err(), "{text}");
        }
        assert!("a".repeat(161).parse::<Service>().is_err());
        assert!("getMIBs".parse::<Method>().is_ok() && "get_events".parse::<Method>().is_ok());
        for text in ["", "9get", "_get", "a.b", "get()", "gét", "get\n x"] {
            assert!(text.parse::<Method>().is_err(), "{text}");
        }
    }

    #[test]
    fn parameters_are_an_object_and_do_not_steer_the_bus() {
        let read =
            |value: Value| serde_json::from_value::<Parameters>(value).map_err(|error| error.to_string());
        let expected = Parameters(Map::from_iter([("mibs".to_owned(), json!("base"))]));
        assert_eq!(read(json!({"mibs": "base"})), Ok(expected.clone()));
        assert_eq!(read(json!(r#"{"mibs":"base"}"#)), Ok(expected.clone()));
        assert_eq!(serde_json::to_value(&expected).unwrap(), json!(r#"{"mibs":"base"}"#));
        for wrong in [json!([1]), json!("[1]"), json!("{"), json!(5), json!({"_restDepth": 1})] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
        assert!(!read(json!("{hunter2")).unwrap_err().contains("hunter2"));
    }

    #[test]
    fn a_part_is_found_by_names_and_places() {
        let answer = json!({"status": {"a.b": {"c": [1, {"d": 2}]}, "a": 3, "192.168.1.1": 4, "": 5}});
        let find = |place: &str| place.parse::<Place>().unwrap().find(&answer).cloned();
        assert_eq!(find("status.a.b.c.1.d"), Some(json!(2)));
        assert_eq!(find("status.a"), Some(json!(3)));
        assert_eq!(find("status.192.168.1.1"), Some(json!(4)));
        assert_eq!(find(""), Some(answer.clone()));
        assert_eq!(find(".status.a."), Some(json!(3)));
        for nowhere in ["status.x", "status.a.b.c.2", "status.a.x", "status..a", "stat"] {
            assert_eq!(find(nowhere), None, "{nowhere}");
        }
    }
}
