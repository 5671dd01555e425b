//! Takes the secrets out of a raw answer, and disarms its texts.
//!
//! Nobody knows every answer of every firmware, so a value is judged by its name, by where it stands and by its
//! looks; what was a secret in one place is one everywhere else in the answer.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::names::{is_option, is_secret, words};
use sysbus::plain;

/// What stands in place of a secret.
pub(super) const HIDDEN: &str = "***";
/// Longest text kept, in characters: lists of channels or of DNS servers are the longest that are of use.
const LONGEST: usize = 160;
/// A secret shorter than that is not searched for elsewhere: it would be found by chance.
const SHORTEST: usize = 8;
/// How many secrets are searched for elsewhere in an answer.
const MOST: usize = 256;

/// What a value stands under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Under {
    /// Nothing of note.
    Plain,
    /// Options of DHCP: raw bytes, of which 90, 11 and 77 are the login at the operator, whatever their names.
    Options,
    /// The name of a secret.
    Secret,
}

/// An answer that may be shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) answer: Value,
    /// How many values were hidden.
    pub(super) hidden: usize,
}

/// Hides the secrets of an answer to a call of that service: `NeMo.Intf.dhcp_data.SentOption.90` says what its
/// values are as much as their own names do.
pub(super) fn hide(service: &str, answer: Value) -> Shown {
    let mut work = Work::default();
    let under = service.split('.').fold(Under::Plain, |under, step| below(under, step, true));
    let answer = work.walk("", answer, under);
    let answer = work.disarm(answer);
    Shown { answer, hidden: work.hidden }
}

/// The same for parameters of a call, with every other text as it is: a person must see all that will be sent.
pub(super) fn hide_whole(service: &str, parameters: Value) -> Shown {
    let mut work = Work { keeps_whole: true, ..Work::default() };
    let under = service.split('.').fold(Under::Plain, |under, step| below(under, step, true));
    let answer = work.walk("", parameters, under);
    let answer = work.disarm(answer);
    Shown { answer, hidden: work.hidden }
}

/// The same for an answer that is a secret by what was asked, whatever its names.
pub(super) fn hide_all(answer: Value) -> Shown {
    let mut work = Work::default();
    let answer = work.walk("", answer, Under::Secret);
    let answer = work.disarm(answer);
    Shown { answer, hidden: work.hidden }
}

/// The same for one parameter of an object.
pub(super) fn hide_one(service: &str, name: &str, value: Value) -> Value {
    let shown = hide(service, Value::Object(Map::from_iter([(name.to_owned(), value)]))).answer;
    // Under the name that is left of it.
    let value = shown.as_object().and_then(|members| members.values().next()).cloned();
    value.unwrap_or_default()
}

#[derive(Default)]
struct Work {
    hidden: usize,
    /// Secrets met, to be searched for elsewhere.
    found: BTreeSet<String>,
    /// Texts are neither cleaned nor cut.
    keeps_whole: bool,
}

/// What stands under that name.
fn below(under: Under, name: &str, is_group: bool) -> Under {
    match under {
        Under::Secret => Under::Secret,
        _ if is_secret(name) => Under::Secret,
        Under::Plain if is_group && is_option(name) => Under::Options,
        under => under,
    }
}

impl Work {
    fn walk(&mut self, name: &str, value: Value, under: Under) -> Value {
        match value {
            Value::Object(members) => self.object(members, under),
            Value::Array(list) => list.into_iter().map(|value| self.walk(name, value, under)).collect(),
            Value::String(text) => self.text(name, text, under),
            Value::Number(_) if under == Under::Secret || is_raw_option(name, under) => self.hide(),
            other => other,
        }
    }

    fn object(&mut self, members: Map<String, Value>, under: Under) -> Value {
        // The `Key` of a device, or of an object that describes itself, is its name.
        let is_identity = ["DeviceType", "Tags", "keyPath"].iter().any(|name| members.contains_key(*name));
        // `{"name": "KeyPassPhrase", "value": …}`
        let names_a_secret = members.iter().any(|(name, value)| {
            matches!(words(name).last().map(String::as_str), Some("name" | "parameter" | "key" | "id"))
                && value.as_str().is_some_and(is_secret)
        });
        let mut shown = Map::new();
        for (name, value) in members {
            let is_group = value.is_object() || value.is_array();
            let below = match words(&name).last().map(String::as_str) {
                Some("key") if is_identity && name.eq_ignore_ascii_case("key") => under,
                Some("value" | "values" | "default" | "data" | "content") if names_a_secret => Under::Secret,
                _ => below(under, &name, is_group),
            };
            let value = self.walk(&name, value, below);
            shown.insert(name, value);
        }
        Value::Object(shown)
    }

    fn text(&mut self, name: &str, text: String, under: Under) -> Value {
        if text.is_empty() {
            return text.into();
        }
        let is_secret = under == Under::Secret || is_raw_option(name, under) || looks_secret(&text);
        if !is_secret {
            return text.into();
        }
        if text.chars().count() >= SHORTEST && self.found.len() < MOST && is_worth_a_search(name) {
            self.found.insert(text);
        }
        self.hide()
    }

    fn hide(&mut self) -> Value {
        self.hidden += 1;
        HIDDEN.into()
    }

    /// Hides the secrets that were met wherever else they stand, and cleans all texts, names included.
    fn disarm(&mut self, value: Value) -> Value {
        match value {
            Value::String(text) if self.holds_secret(&text) => self.hide(),
            Value::String(text) => self.cleaned(text).into(),
            Value::Array(list) => list.into_iter().map(|value| self.disarm(value)).collect(),
            Value::Object(members) => {
                let mut shown = Map::new();
                for (name, value) in members {
                    let value = self.disarm(value);
                    let mut name =
                        if self.holds_secret(&name) { HIDDEN.to_owned() } else { self.cleaned(name) };
                    // Two names that differ in what cannot be seen are still two.
                    while shown.contains_key(&name) {
                        name.push('~');
                    }
                    shown.insert(name, value);
                }
                Value::Object(shown)
            }
            other => other,
        }
    }

    fn cleaned(&self, text: String) -> String {
        if self.keeps_whole { text } else { plain(&text, LONGEST) }
    }

    fn holds_secret(&self, text: &str) -> bool {
        self.found.iter().any(|secret| text.contains(secret.as_str()))
    }
}

/// Whether it is the content of an option, and not its number or name.
fn is_raw_option(name: &str, under: Under) -> bool {
    const HARMLESS: &[&str] = &["tag", "alias", "name", "enable", "status", "interface"];
    under == Under::Options && !HARMLESS.contains(&name.to_ascii_lowercase().as_str())
}

/// Keys and passwords are; states of authentication, say, are words that stand in other places too.
fn is_worth_a_search(name: &str) -> bool {
    let words = words(name);
    !words.iter().any(|word| word.starts_with("auth") || word == "login" || word == "context")
}

/// Secrets that show by themselves: logins at the operator (`fti/…`, or raw bytes in hexadecimal digits), addresses
/// with a login in them, keys in their usual wrapping.
fn looks_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim().trim_start_matches("0x");
    let is_raw = digits.len() >= 24 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_login = lower
        .split_once("://")
        .is_some_and(|(_, rest)| rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@')));
    is_raw || has_login || ["fti/", "sip:", "sips:", "-----begin"].iter().any(|mark| lower.contains(mark))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(answer: Value) -> Value {
        hide("NeMo.Intf.lan", answer).answer
    }

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let answer = json!({"wlanvap": {"vap5g0priv0": {
            "SSID": "Livebox-1234",
            "Security": {"ModeEnabled": "WPA2-Personal", "KeyPassPhrase": "hunter2hunter2", "WEPKey": "", "PasswordSet": true},
            "WPS": {"Enable": true, "SelfPIN": 12_345_670, "Keys": ["a", {"b": 7}]},
        }}});
        let expected = json!({"wlanvap": {"vap5g0priv0": {
            "SSID": "Livebox-1234",
            "Security": {"ModeEnabled": "WPA2-Personal", "KeyPassPhrase": "***", "WEPKey": "", "PasswordSet": true},
            "WPS": {"Enable": true, "SelfPIN": "***", "Keys": ["***", {"b": "***"}]},
        }}});
        let done = hide("NeMo.Intf.lan", answer);
        assert_eq!((done.answer, done.hidden), (expected, 4));
    }

    #[test]
    fn what_stands_beside_its_name_or_under_a_path_is_found_too() {
        assert_eq!(
            shown(
                json!([{"name": "KeyPassPhrase", "type": "string", "value": "x"}, {"name": "SSID", "value": "y"}])
            ),
            json!([{"name": "KeyPassPhrase", "type": "string", "value": "***"}, {"name": "SSID", "value": "y"}])
        );
        let option = json!({"Enable": true, "Tag": 90, "Value": "00", "odd": 5});
        assert_eq!(
            shown(json!({"SentOption": {"90": option.clone(), "77": "2B46"}})),
            json!({"SentOption": {"90": {"Enable": true, "Tag": 90, "Value": "***", "odd": "***"}, "77": "***"}})
        );
        let under = hide("NeMo.Intf.dhcp_data.SentOption.90", json!({"status": option}));
        assert_eq!(
            under.answer,
            json!({"status": {"Enable": true, "Tag": 90, "Value": "***", "odd": "***"}})
        );
        assert_eq!(
            hide("MSS.Certificates", json!({"status": {"1": "x"}})).answer,
            json!({"status": {"1": "***"}})
        );
        assert_eq!(hide_one("NeMo.Intf.x.Security", "WEPKey", "x".into()), "***");
        assert_eq!(hide_one("NeMo.Intf.x.SentOption.90", "Value", "x".into()), "***");
        assert_eq!(hide_one("NeMo.Intf.x", "SSID\u{7}", "x\u{7}".into()), "x");
    }

    #[test]
    fn the_key_of_a_device_is_its_name() {
        let device = json!({"Key": "AA:BB:CC:DD:EE:FF", "DeviceType": "Computer"});
        assert_eq!(shown(json!([device.clone()])), json!([device]));
        assert_eq!(shown(json!({"Key": "hunter22"})), json!({"Key": "***"}));
    }

    #[test]
    fn a_secret_is_one_everywhere_in_the_answer() {
        let answer =
            json!({"Password": "hunter2-hunter2", "Note": "it is hunter2-hunter2", "hunter2-hunter2": 1});
        assert_eq!(shown(answer), json!({"Password": "***", "Note": "***", "***": 1}));
        // A short one, or a state, would be found by chance.
        let answer = json!({"PIN": "0000", "Time": "00000", "AuthMode": "WPA2-Personal", "ModeEnabled": "WPA2-Personal"});
        let expected =
            json!({"PIN": "***", "Time": "00000", "AuthMode": "***", "ModeEnabled": "WPA2-Personal"});
        assert_eq!(shown(answer), expected);
    }

    #[test]
    fn some_secrets_show_by_themselves() {
        for secret in [
            "fti/abc1234@fti",
            "FTI/x",
            "00000000000000000000001a0900000558010341",
            "0x2B46535644534C5F6C6976656",
            "http://me:pw@host/x",
            "sip:ndiz63@voip.example",
            "-----BEGIN PRIVATE KEY-----",
        ] {
            assert_eq!(shown(json!({"Odd": secret})), json!({"Odd": "***"}), "{secret}");
        }
        for plain in [
            "AA:BB:CC:DD:EE:FF",
            "SG60-fr-G07.R02.C03_10",
            "2a01:cb00::1",
            "http://host/x?a=@",
            "deadbeefcafe",
        ] {
            assert_eq!(shown(json!({"Odd": plain})), json!({"Odd": plain}));
        }
    }

    #[test]
    fn texts_are_disarmed_names_included() {
        let answer =
            json!({"a\u{202e}": "x\u{1b}[2J\u{200b}", "a": "y".repeat(10_000), "n": [null, 1.5, "é\n"]});
        let done = shown(answer);
        assert_eq!((&done["a"], &done["n"]), (&json!("x[2J"), &json!([null, 1.5, "é"])));
        assert_eq!(done["a~"].as_str().unwrap().chars().count(), LONGEST);
    }
}
