//! Faults on demand: everything that a real box, or the network in front of it, does to a client.
//!
//! Written as text, `kind[=value][@Service:method][*count]`; `*` in the target stands for anything, and without a
//! count the fault stays. `slow=500@NMC.Wifi:get*3` makes three answers half a second late.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::call::Object;
use crate::requests::is_write;

/// A fault: what goes wrong, where, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// `Service:method` with `*` as a wildcard. Without it every call but a login, or those after which the fault makes sense.
    pub target: Option<String>,
    /// How often, or for ever.
    pub count: Option<u32>,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// The answer comes so many milliseconds later.
    Slow(Duration),
    /// No answer, and the connection stays open.
    Hang,
    /// The connection closes and nothing was done.
    DropBefore,
    /// The connection closes although the call was carried out.
    DropAfter,
    /// HTTP 503.
    Unavailable,
    /// The JSON ends in its middle.
    Truncated,
    /// Two JSON objects without a separator.
    Glued,
    /// A literal `null` behind the JSON.
    TrailingNull,
    /// Text that is no JSON, labelled as JSON.
    NotJson,
    /// The answer with two megabytes of something unknown in it.
    Huge,
    /// Every value has another type.
    WrongTypes,
    /// A web page.
    Html,
    /// All sessions are forgotten before the call.
    Expired,
    /// Logins are locked for so many seconds.
    LockOut(i64),
    /// The box restarts after the call and is away for so many seconds.
    Reboot(i64),
    /// Error 13.
    Denied,
    /// Error 196618.
    Absent,
    /// Someone else changes something right after the call.
    Foreign(Foreign),
    /// After a change of the Wi-Fi or of the LAN the caller's link is gone for so many seconds, before the answer arrives.
    LinkCut(i64),
    /// The firewall level High cuts the caller off for so many seconds, before the answer arrives, then lets it in for as
    /// long, and so on until another level is set.
    FirewallCut(i64),
    /// After the change there is no Internet until everything that a person can set is as it was before.
    InternetCut,
}

/// A change made by another admin.
#[derive(Debug, Clone, PartialEq)]
pub struct Foreign {
    /// Object path.
    pub service: String,
    /// Method.
    pub method: String,
    /// Arguments.
    pub parameters: Object,
}

/// Why a text is not a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a fault: expected kind[=value][@Service:method][*count], {1}")]
pub struct NotAFault(String, &'static str);

impl FromStr for Fault {
    type Err = NotAFault;

    fn from_str(text: &str) -> Result<Self, NotAFault> {
        let wrong = |why| NotAFault(text.to_owned(), why);
        // The arguments of a foreign call may contain any character, so the suffixes start behind them.
        let body = text.rfind('}').map_or(0, |brace| brace + 1);
        let (head, suffix) = text.split_at(body);
        let (suffix, count) = match suffix.rsplit_once('*') {
            Some((rest, digits))
                if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                (rest, Some(digits.parse().map_err(|_| wrong("the count is too large"))?))
            }
            _ => (suffix, None),
        };
        let (rest, target) = match suffix.split_once('@') {
            Some((rest, target)) if target.contains(':') => (rest, Some(target.to_owned())),
            Some(_) => return Err(wrong("a target is Service:method")),
            None => (suffix, None),
        };
        let whole = format!("{head}{rest}");
        let (name, value) = whole.split_once('=').unwrap_or((&whole, ""));
        let seconds = |default: i64| {
            if value.is_empty() {
                Ok(default)
            } else {
                value.parse().map_err(|_| wrong("the value is a number"))
            }
        };
        let kind = match name {
            "slow" => {
                let milliseconds = value.parse().map_err(|_| wrong("slow takes milliseconds"))?;
                Kind::Slow(Duration::from_millis(milliseconds))
            }
            "hang" => Kind::Hang,
            "drop-before" => Kind::DropBefore,
            "drop-after" => Kind::DropAfter,
            "503" => Kind::Unavailable,
            "truncated" => Kind::Truncated,
            "glued" => Kind::Glued,
            "trailing-null" => Kind::TrailingNull,
            "not-json" => Kind::NotJson,
            "huge" => Kind::Huge,
            "wrong-types" => Kind::WrongTypes,
            "html" => Kind::Html,
            "expired" => Kind::Expired,
            "lock-out" => Kind::LockOut(seconds(15)?),
            "reboot" => Kind::Reboot(seconds(90)?),
            "denied" => Kind::Denied,
            "absent" => Kind::Absent,
            "foreign" => Kind::Foreign(value.parse().map_err(wrong)?),
            "link-cut" => Kind::LinkCut(seconds(20)?),
            "firewall-cut" => Kind::FirewallCut(seconds(20)?),
            "internet-cut" => Kind::InternetCut,
            _ => return Err(wrong("the kind is unknown")),
        };
        Ok(Self { kind, target, count })
    }
}

impl FromStr for Foreign {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (call, json) = text.find('{').map_or((text, ""), |brace| text.split_at(brace));
        let (service, method) =
            call.split_once(':').ok_or("a foreign change is Service:method{arguments}")?;
        let parameters = if json.is_empty() {
            Object::new()
        } else {
            serde_json::from_str(json).map_err(|_| "the arguments are a JSON object")?
        };
        Ok(Self { service: service.to_owned(), method: method.to_owned(), parameters })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Slow(by) => write!(f, "slow={}", by.as_millis()),
            Kind::Hang => f.write_str("hang"),
            Kind::DropBefore => f.write_str("drop-before"),
            Kind::DropAfter => f.write_str("drop-after"),
            Kind::Unavailable => f.write_str("503"),
            Kind::Truncated => f.write_str("truncated"),
            Kind::Glued => f.write_str("glued"),
            Kind::TrailingNull => f.write_str("trailing-null"),
            Kind::NotJson => f.write_str("not-json"),
            Kind::Huge => f.write_str("huge"),
            Kind::WrongTypes => f.write_str("wrong-types"),
            Kind::Html => f.write_str("html"),
            Kind::Expired => f.write_str("expired"),
            Kind::LockOut(seconds) => write!(f, "lock-out={seconds}"),
            Kind::Reboot(seconds) => write!(f, "reboot={seconds}"),
            Kind::Denied => f.write_str("denied"),
            Kind::Absent => f.write_str("absent"),
            Kind::Foreign(change) => {
                let parameters = Value::Object(change.parameters.clone());
                write!(f, "foreign={}:{}{parameters}", change.service, change.method)
            }
            Kind::LinkCut(seconds) => write!(f, "link-cut={seconds}"),
            Kind::FirewallCut(seconds) => write!(f, "firewall-cut={seconds}"),
            Kind::InternetCut => f.write_str("internet-cut"),
        }?;
        if let Some(target) = &self.target {
            write!(f, "@{target}")?;
        }
        if let Some(count) = self.count {
            write!(f, "*{count}")?;
        }
        Ok(())
    }
}

impl Fault {
    fn hits(&self, call: &str) -> bool {
        match &self.target {
            Some(pattern) => matches(pattern, call),
            None => match self.kind {
                Kind::LockOut(_) => call == crate::server::LOGIN,
                Kind::LinkCut(_) => LINK_CHANGES.iter().any(|pattern| matches(pattern, call)),
                Kind::FirewallCut(_) => matches("Firewall:setFirewall*Level", call),
                Kind::InternetCut => call != crate::server::LOGIN && is_write(call),
                _ => call != crate::server::LOGIN,
            },
        }
    }
}

/// The calls after which a caller loses its link: those that restart radios, and those that move the LAN.
const LINK_CHANGES: &[&str] = &[
    "NMC.Wifi:set*",
    "NMC.Wifi:startAutoChannelSelection",
    "NMC.Wifi:toggle*",
    "NMC:setLANIP",
    "NeMo.Intf.*:set",
    "NeMo.Intf.*:setChanspec",
    "NeMo.Intf.*:setFirstParameter",
    "NeMo.Intf.*:setMIBs",
    "NeMo.Intf.*:setParameters",
    "NeMo.Intf.*:setWLANConfig",
    "NetMaster.LAN.default.Bridge.lan:setIPv4",
    "PowerManagement:set*",
];

/// The kinds, as they are written.
pub const KINDS: &[&str] = &[
    "slow",
    "hang",
    "drop-before",
    "drop-after",
    "503",
    "truncated",
    "glued",
    "trailing-null",
    "not-json",
    "huge",
    "wrong-types",
    "html",
    "expired",
    "lock-out",
    "reboot",
    "denied",
    "absent",
    "foreign",
    "link-cut",
    "firewall-cut",
    "internet-cut",
];

/// Whether a text is like a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|tail| {
            tail.char_indices()
                .map(|(at, _)| at)
                .chain([tail.len()])
                .any(|at| matches(rest, tail.get(at..).unwrap_or_default()))
        }),
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        self.list_mut(|list| list.push(fault));
    }

    /// Removes all faults.
    pub fn clear(&self) {
        self.list_mut(Vec::clear);
    }

    /// The faults in force, with the counts that are left.
    pub fn list(&self) -> Vec<Fault> {
        self.list_mut(|list| list.clone())
    }

    /// What goes wrong with this call; counts go down.
    pub(crate) fn take(&self, call: &str) -> Vec<Kind> {
        self.list_mut(|list| {
            let mut hit = Vec::new();
            for fault in list.iter_mut().filter(|fault| fault.hits(call)) {
                hit.push(fault.kind.clone());
                fault.count = fault.count.map(|left| left.saturating_sub(1));
            }
            list.retain(|fault| fault.count != Some(0));
            hit
        })
    }

    fn list_mut<T>(&self, edit: impl FnOnce(&mut Vec<Fault>) -> T) -> T {
        edit(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The same JSON with every value of another type.
pub(crate) fn other_types(value: Value) -> Value {
    match value {
        Value::Null => Value::from("null"),
        Value::Bool(flag) => Value::from(if flag { "yes" } else { "no" }),
        Value::Number(number) => Value::from(format!("#{number}")),
        Value::String(text) => Value::from(text.len()),
        Value::Array(list) if list.is_empty() => Value::from(0),
        Value::Array(list) => {
            let entries = list.into_iter().enumerate();
            Value::Object(entries.map(|(index, entry)| (index.to_string(), other_types(entry))).collect())
        }
        Value::Object(map) if map.is_empty() => Value::Array(Vec::new()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, entry)| (key, other_types(entry))).collect())
        }
    }
}
