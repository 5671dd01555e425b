//! Changes of radios and networks (`setWLANConfig`), and the proof that a key was taken (protocol section 4.6).

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sysbus::{
    Call, Ignored, Kind, Secret,
    scalar::{Part, Table},
};

use super::{
    super::{Channel, Width},
    networks::{MIBS, Root},
};

/// The passphrases: to be compared, kept for a way back, or shown to a person. The same question as [`GetNetworks`], so that the box
/// is not asked twice.
#[derive(Serialize)]
pub(crate) struct GetKeys {
    #[serde(skip)]
    root: Root,
    mibs: &'static str,
}

impl GetKeys {
    pub(crate) fn of(root: Root) -> Self {
        Self { root, mibs: MIBS }
    }
}

impl Call for GetKeys {
    type Reply = KeysReply;
    const METHOD: &'static str = "getMIBs";
    const KIND: Kind = Kind::Read;
    const TIMEOUT: Duration = Duration::from_secs(25);

    fn service(&self) -> Cow<'static, str> {
        self.root.service()
    }
}

/// Each network's passphrase.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct KeysReply {
    wlanvap: Part<Table<VapKey>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct VapKey {
    #[serde(rename = "Security")]
    security: Part<SecurityKey>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SecurityKey {
    #[serde(rename = "KeyPassPhrase")]
    passphrase: KeyText,
}

/// A passphrase, never shown.
#[derive(Default)]
struct KeyText(Option<Secret>);

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            // An empty one is a box that does not show it.
            Value::String(text) if !text.is_empty() => Some(Secret::new(text)),
            _ => None,
        }))
    }
}

impl KeysReply {
    /// The passphrase of that network; `None` when the box does not tell.
    pub(crate) fn of(&self, network: &str) -> Option<&Secret> {
        self.wlanvap.get()?.get(network)?.security.get()?.passphrase.0.as_ref()
    }
}

/// Changes radios and networks, private and guest alike; radios restart.
#[derive(Serialize)]
pub(crate) struct SetWlanConfig {
    pub(crate) mibs: WlanConfig,
}

/// What changes, by interface. `penable` is sent even when empty: the one client that is known to work always
/// does.
#[derive(Default, Serialize)]
pub(crate) struct WlanConfig {
    pub(crate) penable: BTreeMap<String, PersistentChange>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) wlanvap: BTreeMap<String, VapChange>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) wlanradio: BTreeMap<String, RadioChange>,
}

/// Switches one network.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PersistentChange {
    enable: bool,
    persistent_enable: bool,
    status: bool,
}

impl PersistentChange {
    pub(crate) fn to(on: bool) -> Self {
        Self { enable: on, persistent_enable: on, status: on }
    }
}

/// What changes of a network.
#[derive(Default, Serialize)]
pub(crate) struct VapChange {
    #[serde(rename = "SSID", skip_serializing_if = "Option::is_none")]
    pub(crate) ssid: Option<String>,
    #[serde(rename = "SSIDAdvertisementEnabled", skip_serializing_if = "Option::is_none")]
    pub(crate) advertised: Option<bool>,
    #[serde(rename = "Security", skip_serializing_if = "Option::is_none")]
    pub(crate) security: Option<SecurityChange>,
}

/// A new passphrase. `ModeEnabled` stays as it is; that `SAEPassphrase` needs no value of its own is unverified
/// (it is empty on every recorded box, WPA3 networks included).
#[derive(Serialize)]
pub(crate) struct SecurityChange {
    #[serde(rename = "KeyPassPhrase", serialize_with = "exposed")]
    pub(crate) passphrase: Secret,
}

fn exposed<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

/// What changes of a radio.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RadioChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_channel_enable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operating_channel_bandwidth: Option<String>,
}

impl RadioChange {
    /// An automatic channel goes without `Channel`.
    pub(crate) fn new(channel: Option<Channel>, width: Option<Width>) -> Self {
        Self {
            auto_channel_enable: channel.map(|channel| channel == Channel::Auto),
            channel: channel.and_then(Channel::number),
            operating_channel_bandwidth: width.map(|width| match width {
                Width::Auto => "Auto".to_owned(),
                Width::Mhz(mhz) => format!("{mhz}MHz"),
            }),
        }
    }
}

impl Call for SetWlanConfig {
    type Reply = Ignored;
    const METHOD: &'static str = "setWLANConfig";
    const KIND: Kind = Kind::Write;
    const TIMEOUT: Duration = Duration::from_secs(35);

    fn service(&self) -> Cow<'static, str> {
        "NeMo.Intf.lan".into()
    }
}
