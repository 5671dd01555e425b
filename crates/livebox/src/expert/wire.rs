//! How the box describes its objects (`GET /sysbus/…`, protocol section 1.6 C).

use serde::Deserialize;
use serde_json::Value;
use sysbus::scalar::{Flag, Part, Rows, Text};

/// An object as it describes itself; every part may be missing. Values of parameters keep their JSON type.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Node {
    object_info: Part<Info>,
    parameters: Rows<Parameter>,
    functions: Rows<Function>,
    children: Rows<Node>,
    instances: Rows<Node>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Info {
    key: Text,
    name: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameter {
    pub(super) name: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    pub(super) value: Value,
    attributes: Part<Attributes>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Function {
    pub(super) name: Text,
    #[serde(rename = "type")]
    pub(super) returns: Text,
    arguments: Rows<Argument>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Argument {
    pub(super) name: Text,
    #[serde(rename = "type")]
    pub(super) kind: Text,
    attributes: Part<Attributes>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    mandatory: Flag,
    read_only: Flag,
}

impl Node {
    /// The root is described as an object, or as the bare list of its children, refused ones among them.
    pub(super) fn read(description: Value) -> Option<Self> {
        let description = match description {
            Value::Array(list) => serde_json::json!({ "children": list }),
            other => other,
        };
        serde_json::from_value(description).ok()
    }

    /// The last step of its path: the key of an instance.
    pub(super) fn name(&self) -> Option<&str> {
        let info = self.object_info.get()?;
        info.key.get().or(info.name.get())
    }

    pub(super) fn children(&self) -> impl Iterator<Item = &Self> {
        self.children.iter()
    }

    /// The entries of a template.
    pub(super) fn instances(&self) -> impl Iterator<Item = &Self> {
        self.instances.iter()
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter()
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter()
    }
}

impl Function {
    pub(super) fn arguments(&self) -> impl Iterator<Item = &Argument> {
        self.arguments.iter()
    }
}

impl Argument {
    /// Whether a call without it is refused; output arguments are not marked as such on every model.
    pub(super) fn is_mandatory(&self) -> bool {
        self.attributes.get().is_some_and(|attributes| attributes.mandatory.is_true())
    }
}

impl Parameter {
    pub(super) fn is_read_only(&self) -> bool {
        self.attributes.get().is_some_and(|attributes| attributes.read_only.is_true())
    }
}

/// Objects at the root of every known model, for boxes that do not describe their root (the Livebox W7 answers that
/// with HTTP 400).
pub(super) const ROOTS: &[&str] = &[
    "AutoDiag",
    "DHCPv4",
    "DHCPv6",
    "DeviceInfo",
    "Devices",
    "DynDNS",
    "Firewall",
    "HTTPService",
    "HomeLan",
    "NMC",
    "NeMo",
    "NetMaster",
    "Phonebook",
    "PowerManagement",
    "RemoteAccess",
    "Scheduler",
    "SSW",
    "SpeedTest",
    "StorageService",
    "Time",
    "TopologyDiagnostics",
    "UPnP-IGD",
    "USBHosts",
    "UserInterface",
    "UserManagement",
    "VoiceService",
];
