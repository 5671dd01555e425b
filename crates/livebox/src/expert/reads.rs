//! Which calls only read. A model may make these and no other.
//!
//! No data model says it, so the name does, checked against every method of the known models (`methods.txt` is the
//! verdict on each). A name begins with a verb that reads and holds none of the words that are here; the methods
//! that read by name only are listed with their reasons.

use serde_json::{Map, Value};

use super::{
    args::{Method, Parameters, Service},
    names::{is_option, is_secret, words},
};
use crate::{Message, say};

/// Why a call is none that a model may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Its name is no read's: it may change anything.
    Changes,
    /// It answers a secret, with no name beside it by which it could be recognised and hidden.
    Secret,
    /// It starts a measurement or a scan, which takes the line or the air.
    Starts,
    /// It asks the operator, not the box.
    Operator,
    /// It looks like a read and disturbs something.
    Disturbs,
    /// What it answers may be anything: what programs of others keep, logs, whole files.
    Anything,
}

impl Why {
    /// The reason, as the end of a sentence.
    pub(super) fn message(self) -> Message {
        match self {
            Self::Changes => say!(
                "its name is not that of a known read, so it may change the box",
                "son nom n'est pas celui d'une lecture connue, il peut donc modifier la box"
            ),
            Self::Secret => say!("it gives a secret", "il donne un secret"),
            Self::Starts => say!(
                "it starts something (a measurement, a scan, an update)",
                "il lance quelque chose (une mesure, un balayage, une mise à jour)"
            ),
            Self::Operator => say!("it asks the operator", "il interroge l'opérateur"),
            Self::Disturbs => {
                say!("it has side effects, whatever its name", "il a des effets de bord, malgré son nom")
            }
            Self::Anything => say!(
                "its answer may hold anything, secrets included",
                "sa réponse peut contenir n'importe quoi, même des secrets"
            ),
        }
    }
}

/// Beginnings of the names of reads. Nothing, a capital letter or a digit follows.
const VERBS: &[&str] = &["count", "find", "get", "has", "is", "list", "lucky", "topology"];

/// Methods that read by name only (protocol section 4 where it tells).
const NO_READS: &[(&str, Why)] = &[
    // The value of an option alone: option 90, 11 and 77 are the login at the operator. `getMIBs` gives the others.
    ("getDHCPOption", Why::Secret),
    // What pairs an accessory or a telephone with this box.
    ("getPairingInfo", Why::Secret),
    // The identity under which services outside know this home.
    ("getUUID", Why::Secret),
    // VPN: private and shared keys, whole configuration files for clients.
    ("getServer", Why::Secret),
    ("getServerClient", Why::Secret),
    ("getSite2Site", Why::Secret),
    // Accounts of remote access, as bare texts.
    ("listUsers", Why::Secret),
    // What the box's page and applications keep for a profile.
    ("getData", Why::Anything),
    // `update: true` scans, and the default is not known.
    ("getSpectrumInfo", Why::Starts),
    // Measures the noise on the line.
    ("getXDSLNoiseMeasure", Why::Starts),
    // Asks a handset by radio.
    ("getRSSI", Why::Starts),
    ("getSubscriptionStatus", Why::Operator),
    ("getReleaseNotes", Why::Operator),
    // Makes wrong counters appear among the events of the WAN (4.4).
    ("getWANCounters", Why::Disturbs),
    // Decides what becomes of a connection.
    ("getRedirectDecision", Why::Disturbs),
];

/// Objects whose plain `get` is none, with everything below them.
const NO_GET: &[(&str, Why)] = &[
    // Sessions, by their contexts.
    ("HTTPService", Why::Secret),
    ("sah.Device.Information", Why::Secret),
    ("PasswordRecovery", Why::Secret),
    // What the box's page and applications keep.
    ("Manifests", Why::Anything),
    ("Profiles", Why::Anything),
];

/// Words of a name after which it is no plain read any more, beside those of secrets (`getWPSPin`).
const NO_WORDS: &[(&str, Why)] = &[
    ("backup", Why::Anything),
    ("config", Why::Anything),
    ("configuration", Why::Anything),
    ("configurations", Why::Anything),
    ("debug", Why::Anything),
    ("dump", Why::Anything),
    ("log", Why::Anything),
    ("logs", Why::Anything),
    ("option", Why::Secret),
    ("options", Why::Secret),
    ("code", Why::Secret),
    ("and", Why::Disturbs),
    ("clear", Why::Disturbs),
    ("create", Why::Disturbs),
    ("delete", Why::Disturbs),
    ("flush", Why::Disturbs),
    ("generate", Why::Disturbs),
    ("refresh", Why::Starts),
    ("remove", Why::Disturbs),
    ("reset", Why::Disturbs),
    ("set", Why::Disturbs),
    ("start", Why::Starts),
    ("update", Why::Starts),
];

/// Methods with such a word that are known to be plain reads.
const READS_ALL_THE_SAME: &[&str] = &[
    // Ways to log in: names.
    "getAuthenticationModes",
    // Channels of TV.
    "getIPTVConfig",
    // Addresses and prefixes of the LAN.
    "getIPv6Configuration",
    // "0000".
    "getPrimaryErrorCode",
    // Whether the screen shows the key, not the key.
    "getShowWifiPassword",
    // Which stations came and went.
    "getStationAssocLog",
    // Accounts by name; what there is of their passwords has names of its own.
    "getUser",
    "getUsersAndGroups",
];

/// Parameters that make a read start something.
const TRIGGERS: &[&str] =
    &["clear", "delete", "flush", "force", "refresh", "reset", "scan", "start", "synchronous", "update"];

/// Whether a model may make the call, or why not.
pub(super) fn judge(service: &Service, method: &Method, parameters: &Parameters) -> Result<(), Why> {
    judge_method(method.as_str())?;
    let object = service.as_str();
    let below = |root: &str| {
        object.get(..root.len()).is_some_and(|start| start.eq_ignore_ascii_case(root))
            && object.get(root.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if let Some((_, why)) = NO_GET.iter().find(|(root, _)| method.as_str() == "get" && below(root)) {
        return Err(*why);
    }
    judge_parameters(parameters.get())?;
    if matches!(method.as_str(), "getParameters" | "getFirstParameter") {
        // They answer the value alone, so what is asked for has to be plain.
        let given = ["name", "parameter"].iter().find_map(|name| parameters.get().get(*name)?.as_str());
        let is_plain = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        };
        if !given.is_some_and(is_plain) {
            return Err(Why::Secret);
        }
    }
    Ok(())
}

/// The verdict on a name alone.
pub(super) fn judge_method(method: &str) -> Result<(), Why> {
    let begins = |verb: &&&str| {
        method.strip_prefix(**verb).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
        })
    };
    let Some(verb) = VERBS.iter().find(begins) else { return Err(Why::Changes) };
    if READS_ALL_THE_SAME.contains(&method) {
        return Ok(());
    }
    // Should a box not tell upper from lower case, a rule must not be dodged by it.
    if let Some((_, why)) = NO_READS.iter().find(|(name, _)| name.eq_ignore_ascii_case(method)) {
        return Err(*why);
    }
    let rest = method.get(verb.len()..).unwrap_or_default();
    if is_secret(rest) {
        return Err(Why::Secret);
    }
    let words = words(rest);
    match NO_WORDS.iter().find(|(word, _)| words.iter().any(|one| one == word)) {
        Some((_, why)) => Err(*why),
        None => Ok(()),
    }
}

/// Whether the answer of a method that is no read has to be hidden whole: it may be a new PIN, or a file of settings.
pub(super) fn answers_secrets(method: &str) -> bool {
    const FILES: &[&str] = &["download", "export", "read", "retrieve"];
    let telling = |word: &String| {
        FILES.contains(&word.as_str())
            || NO_WORDS.iter().any(|(no, why)| no == word && matches!(why, Why::Secret | Why::Anything))
    };
    is_secret(method)
        || words(method).iter().any(telling)
        || NO_READS.iter().any(|(name, why)| {
            name.eq_ignore_ascii_case(method) && matches!(why, Why::Secret | Why::Anything)
        })
}

/// Whether the parameters ask for a secret by its name, or make a read start something.
fn judge_parameters(parameters: &Map<String, Value>) -> Result<(), Why> {
    for (name, value) in parameters {
        let is_set = match value {
            Value::Null | Value::Bool(false) => false,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !matches!(text.as_str(), "" | "0" | "false"),
            _ => true,
        };
        if is_set && words(name).iter().any(|word| TRIGGERS.contains(&word.as_str())) {
            return Err(Why::Starts);
        }
        if asks_for_secret(value) {
            return Err(Why::Secret);
        }
    }
    Ok(())
}

/// Whether a text of it names a secret: `Security.KeyPassPhrase`, `SentOption[90].Value`.
fn asks_for_secret(value: &Value) -> bool {
    match value {
        Value::String(text) => text
            .split(|c: char| !(c.is_alphanumeric() || "_-".contains(c)))
            .any(|step| is_secret(step) || is_option(step)),
        Value::Array(list) => list.iter().any(asks_for_secret),
        Value::Object(members) => {
            members.iter().any(|(name, value)| is_secret(name) || asks_for_secret(value))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Every method of the known data models, and a few that were only seen in use, with the verdict that a person
    /// came to: `+` read, `-` not.
    const KNOWN: &str = include_str!("methods.txt");

    #[test]
    fn every_known_method_has_the_verdict_that_a_person_came_to() {
        let wrong: Vec<String> = KNOWN
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .filter_map(|line| line.split_once(' '))
            .map(|(verdict, method)| (verdict == "+", method, judge_method(method)))
            .filter(|(is_read, _, verdict)| *is_read != verdict.is_ok())
            .map(|(_, method, verdict)| format!("{method}: {verdict:?}"))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(KNOWN.lines().count() > 550);
    }

    #[test]
    fn no_entry_of_the_tables_is_idle() {
        let known =
            |method: &str| KNOWN.lines().any(|line| line.split_once(' ').is_some_and(|(_, m)| m == method));
        for method in NO_READS.iter().map(|(method, _)| method).chain(READS_ALL_THE_SAME) {
            assert!(known(method), "{method} is on no known model");
        }
        for method in READS_ALL_THE_SAME {
            let rest = method.strip_prefix("get").unwrap();
            let words = words(rest);
            assert!(
                is_secret(rest) || NO_WORDS.iter().any(|(word, _)| words.iter().any(|one| one == word)),
                "{method}"
            );
        }
    }

    fn verdict(service: &str, method: &str, parameters: Value) -> Result<(), Why> {
        let parameters: Parameters = serde_json::from_value(parameters).unwrap();
        judge(&service.parse().unwrap(), &method.parse().unwrap(), &parameters)
    }

    #[test]
    fn new_methods_are_judged_by_their_words() {
        for (method, why) in [
            ("getWPSPin", Why::Secret),
            ("getWPSPIN", Why::Secret),
            ("getwpspin", Why::Changes),
            ("getWpsPiN", Why::Secret),
            ("GETPIN", Why::Changes),
            ("getCertificate", Why::Secret),
            ("getPreSharedKeys", Why::Secret),
            ("getActivationCode", Why::Secret),
            ("getWANConfig", Why::Anything),
            ("getAndClearStats", Why::Disturbs),
            ("exportConfig", Why::Changes),
            ("issueReboot", Why::Changes),
            ("listen", Why::Changes),
            ("getaway", Why::Changes),
            ("get_events", Why::Changes),
            ("GETREDIRECTDECISION", Why::Changes),
            ("getRedirectdecision", Why::Disturbs),
        ] {
            assert_eq!(judge_method(method), Err(why), "{method}");
        }
        for method in ["getSomethingNew", "isUp6", "listRepeaters", "hasTag", "find", "getPinhole"] {
            assert_eq!(judge_method(method), Ok(()), "{method}");
        }
    }

    #[test]
    fn an_object_and_parameters_may_speak_against_a_read() {
        for (service, method, parameters, expected) in [
            ("NeMo.Intf.data", "getFirstParameter", json!({"name": "MTU"}), Ok(())),
            ("NeMo.Intf.lan", "getMIBs", json!({"mibs": "base wlanvap", "traverse": "all"}), Ok(())),
            ("Devices", "find", json!({"expression": "wifi and .Active==true"}), Ok(())),
            ("Devices.Device.x", "getParameters", json!({"parameter": "IPAddress"}), Ok(())),
            ("NeMo.Intf.x", "getFirstParameter", json!({"name": "KeyPassPhrase"}), Err(Why::Secret)),
            ("NeMo.Intf.x", "getFirstParameter", json!({"name": "Security.WEPKey"}), Err(Why::Secret)),
            ("NeMo.Intf.x", "getParameters", json!({"name": "SentOption[90].Value"}), Err(Why::Secret)),
            ("NeMo.Intf.x", "getParameters", json!({"name": "*"}), Err(Why::Secret)),
            ("NeMo.Intf.x", "getParameters", json!({}), Err(Why::Secret)),
            ("X", "getThing", json!({"list": [{"a": "WPS/SelfPIN"}]}), Err(Why::Secret)),
            ("X", "getThing", json!({"list": [{"password": "x"}]}), Err(Why::Secret)),
            ("X", "getThing", json!({"doRefresh": true}), Err(Why::Starts)),
            ("X", "getThing", json!({"refresh": false, "update": 0, "reset": "false"}), Ok(())),
            ("HTTPService", "getCurrentUser", json!({}), Ok(())),
            ("HTTPService", "get", json!({}), Err(Why::Secret)),
            ("sysbus.SAH.Device.information.Session.1", "get", json!({}), Err(Why::Secret)),
            ("Profiles.Profile.1", "get", json!({}), Err(Why::Anything)),
            ("ProfilesX", "get", json!({}), Ok(())),
        ] {
            assert_eq!(
                verdict(service, method, parameters.clone()),
                expected,
                "{service} {method} {parameters}"
            );
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not_answered_after_a_change_either() {
        for method in
            ["generateSelfPIN", "getPIN", "exportConfig", "getData", "readLogs", "createContext", "getUUID"]
        {
            assert!(answers_secrets(method), "{method}");
        }
        for method in ["setEnable", "reboot", "commit", "getWANCounters", "setPortForwarding"] {
            assert!(!answers_secrets(method), "{method}");
        }
    }

    #[test]
    fn every_reason_is_given_in_both_languages() {
        use crate::Lang;
        for why in [Why::Changes, Why::Secret, Why::Starts, Why::Operator, Why::Disturbs, Why::Anything] {
            let message = why.message();
            assert_ne!(message.text(Lang::En), message.text(Lang::Fr));
        }
    }
}
