//! The tools about Wi-Fi.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::{Call, Error, Ignored, Secret};

use super::{
    Air, Channel, Key, Keyed, Settings, Ssid, Switch, Width, Wifi, key,
    plan::{self, Order, Plan},
    wire,
};
use crate::{
    Access, Band, Changed, Context, French, Group, Message, Read, Sent, Tool, ToolDef, ToolError, say,
};

pub(crate) const TOOLS: &[ToolDef] = &[
    ToolDef::read::<ShowWifi>(),
    ToolDef::read::<EnableWifi>(),
    ToolDef::read::<DisableWifi>(),
    ToolDef::read::<SetWifi>(),
    ToolDef::read::<SetWifiKey>(),
];

const WIFI: Group =
    Group {
        name: "wifi", english: "The Wi-Fi: radios and networks", french: "Le Wi-Fi : radios et réseaux"
    };

const WIFI_KEY: Group = Group { name: "wifi-key", english: "Wi-Fi keys", french: "Les clés Wi-Fi" };

/// How long the master switch may take.
const SWITCHING: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 30 });
/// How long radios may take to restart.
const RESTARTING: Duration = Duration::from_secs(if cfg!(test) { 3 } else { 40 });

/// Shows the Wi-Fi: on or off, radios and channels, networks and their security.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowWifi {}

impl Tool for ShowWifi {
    type Output = Wifi;
    const GROUP: &'static Group = &WIFI;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Montre le Wi-Fi : activé ou non, radios et canaux, réseaux et leur sécurité.",
        args: &[],
    };
}

impl Read for ShowWifi {
    async fn run(self, cx: &Context) -> Result<Wifi, ToolError> {
        // Radios and networks tell most of it, even where there is no switch for all of them.
        let switch = cx.read_optional(&wire::GetSwitch {}).await?;
        let air = match Air::read(cx).await {
            Err(ToolError::Box(error)) if error.is_unavailable() && switch.is_some() => Air::default(),
            air => air?,
        };
        let switch = switch.unwrap_or_default();
        Ok(Wifi {
            wanted: switch.enable.get(),
            on: switch.status.get().or_else(|| air.is_on()),
            schedule_active: switch.schedule_active(),
            bands_combined: switch.configuration_mode.get(),
            radios: air.radios,
            // Second private networks that are off (hotspot, repeaters) are the box's own business.
            networks: air.networks.into_iter().filter(|one| !one.secondary || one.on == Some(true)).collect(),
        })
    }
}

/// Switches the Wi-Fi on, or one band of it.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EnableWifi {
    /// Only this band.
    #[arg(value_name = "BAND", help = "Only this band: 2.4, 5 or 6")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    band: Option<Band>,
}

impl Tool for EnableWifi {
    type Output = Changed<Switch>;
    const GROUP: &'static Group = &WIFI;
    const VERB: &'static str = "enable";
    const ACCESS: Access = Access::Change;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Active le Wi-Fi, ou une seule de ses bandes.",
        args: &[("band", "Seulement cette bande : 2.4, 5 ou 6.")],
    };
}

impl Read for EnableWifi {
    async fn run(self, cx: &Context) -> Result<Changed<Switch>, ToolError> {
        switch(cx, self.band, true).await
    }
}

/// Switches the Wi-Fi off, or one band of it: its stations lose the network.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisableWifi {
    /// Only this band.
    #[arg(value_name = "BAND", help = "Only this band: 2.4, 5 or 6")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    band: Option<Band>,
}

impl Tool for DisableWifi {
    type Output = Changed<Switch>;
    const GROUP: &'static Group = &WIFI;
    const VERB: &'static str = "disable";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "5";
    const FRENCH: French = French {
        about: "Désactive le Wi-Fi, ou une seule de ses bandes : ses appareils perdent le réseau.",
        args: &[("band", "Seulement cette bande : 2.4, 5 ou 6.")],
    };
}

impl Read for DisableWifi {
    async fn run(self, cx: &Context) -> Result<Changed<Switch>, ToolError> {
        switch(cx, self.band, false).await
    }
}

/// Sets channel, width, name or visibility of a Wi-Fi network; its radio restarts.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetWifi {
    /// SSID, band or id.
    #[arg(value_name = "NETWORK")]
    network: String,
    /// 0: the box chooses.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    /// MHz; 0: the box chooses.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width: Option<Width>,
    /// New name.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ssid: Option<Ssid>,
    /// Whether the name is hidden.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden: Option<bool>,
}

impl Tool for SetWifi {
    type Output = Changed<Settings>;
    const GROUP: &'static Group = &WIFI;
    const VERB: &'static str = "set";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "5 --channel 36";
    const FRENCH: French = French {
        about: "Règle canal, largeur, nom ou visibilité d'un réseau Wi-Fi ; sa radio redémarre.",
        args: &[
            ("network", "Nom du réseau (SSID), bande (2.4, 5, 6) ou identifiant."),
            ("channel", "Canal ; 0 : la box choisit."),
            ("width", "Largeur de canal en MHz ; 0 : la box choisit."),
            ("ssid", "Nouveau nom."),
            ("hidden", "Nom masqué ou non (true, false)."),
        ],
    };
}

impl Read for SetWifi {
    async fn run(self, cx: &Context) -> Result<Changed<Settings>, ToolError> {
        let Self { network, channel, width, ssid, hidden } = self;
        if channel.is_none() && width.is_none() && ssid.is_none() && hidden.is_none() {
            return Err(ToolError::Arguments(say!(
                "Nothing to set: give at least one of channel, width, ssid, hidden.",
                "Rien à régler : donnez au moins channel, width, ssid ou hidden."
            )));
        }
        let combined = cx.read(&wire::GetSwitch {}).await?.configuration_mode.is_true();
        let air = Air::read(cx).await?;
        let plan = Plan::new(Order { channel, width, ssid, hidden }, &air, &network, combined)?;
        let bands = plan.bands.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let what = say!("Wi-Fi settings on {bands} GHz", "Réglages du Wi-Fi {bands} GHz");
        let before = plan.settings(&air);
        if plan.differing(&air).is_empty() {
            return Ok(Changed::already_so(what, Some(before)));
        }
        let sent = cx.write(&wire::SetWlanConfig { mibs: plan.config() }).await?;
        tell_restart(cx);
        let settled = |now: &Air| plan.differing(now).is_empty() && plan.is_back(&air, now);
        let read = move || async move { Air::read(cx).await };
        let (now, _) = cx.read_back(RESTARTING, read, settled).await.map_err(cut_off)?;
        let (differing, after) = (plan.differing(&now), plan.settings(&now));
        let moved = differing != plan.differing(&air);
        ended(&sent, moved, what, before, after, differing)
    }
}

/// Sets a Wi-Fi network's key; every station must be given the new one.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetWifiKey {
    /// SSID, band or id.
    #[arg(value_name = "NETWORK")]
    network: String,
    // Not a command-line argument: shells and process lists remember those. It is asked at the terminal.
    /// New key: 8 to 63 characters.
    #[arg(skip = Secret::new(""))]
    #[serde(skip_serializing)]
    #[schemars(with = "String")]
    key: Secret,
}

impl Tool for SetWifiKey {
    type Output = Changed<Keyed>;
    const GROUP: &'static Group = &WIFI_KEY;
    const VERB: &'static str = "set";
    const ACCESS: Access = Access::Disrupt;
    const EXAMPLE: &'static str = "2.4";
    const FRENCH: French = French {
        about: "Change la clé d'un réseau Wi-Fi ; il faudra la donner à chaque appareil.",
        args: &[
            ("network", "Nom du réseau (SSID), bande (2.4, 5, 6) ou identifiant."),
            ("key", "Nouvelle clé : 8 à 63 caractères."),
        ],
    };
    const SECRETS: &'static [&'static str] = &["key"];
}

impl Read for SetWifiKey {
    async fn run(self, cx: &Context) -> Result<Changed<Keyed>, ToolError> {
        key::check(&self.key)?;
        let combined = cx.read(&wire::GetSwitch {}).await?.configuration_mode.is_true();
        let air = Air::read(cx).await?;
        let targets = key::targets(&air, &self.network, combined, &self.key)?;
        let what = say!("New Wi-Fi key", "Nouvelle clé Wi-Fi");
        if key::is_set(cx, &targets, &self.key).await? == Some(true) {
            return Ok(Changed::already_so(what, Some(key::keyed(&targets, Some(Key::Set)))));
        }
        let before = key::keyed(&targets, targets.iter().find_map(|network| network.key));
        let sent = cx.write(&key::change(&targets, &self.key)).await?;
        tell_restart(cx);
        let (among, wanted) = (&targets, &self.key);
        let read = move || async move { key::is_set(cx, among, wanted).await };
        let (has_key, _) =
            cx.read_back(RESTARTING, read, |has_key| *has_key == Some(true)).await.map_err(cut_off)?;
        let differing = match has_key {
            Some(true) => Vec::new(),
            Some(false) => vec!["key".to_owned()],
            None if sent.lost.is_some() => return Err(unseen()),
            None => vec!["key (this box does not show it: not verified)".to_owned()],
        };
        let after = key::keyed(&targets, Some(Key::Set));
        ended(&sent, has_key != Some(false), what, before, after, differing)
    }
}

/// Turns the master switch, or the private networks of one band.
async fn switch(cx: &Context, band: Option<Band>, on: bool) -> Result<Changed<Switch>, ToolError> {
    match band {
        None => switch_all(cx, on).await,
        Some(band) => switch_band(cx, band, on).await,
    }
}

async fn switch_all(cx: &Context, on: bool) -> Result<Changed<Switch>, ToolError> {
    let profile =
        if_understood(cx, &wire::GetProfile::new()).await?.and_then(|reply| reply.wifi.into_inner());
    let schedule = if_understood(cx, &wire::GetSchedule::new()).await?;
    // A plan is started on either side (protocol section 4.9): one that says so is enough.
    let by_scheduler = schedule.map(|schedule| schedule.is_active());
    let by_profile = profile.as_ref().and_then(|profile| profile.activate.get());
    let schedule_active = by_scheduler.max(by_profile);
    let read = move || async move {
        let reply = cx.read(&wire::GetSwitch {}).await?;
        let schedule_active = schedule_active.max(reply.schedule_active());
        Ok(Switch { band: None, wanted: reply.enable.get(), on: reply.status.get(), schedule_active })
    };
    let before = read().await?;
    // Only switching on needs the profile: the Wi-Fi is on when both want it.
    let held_off = on && profile.is_some_and(|profile| profile.enable.get() == Some(false));
    let what = named(None, on);
    if is_so(&before, on) && !held_off {
        return Ok(Changed::already_so(what, Some(before)));
    }
    if held_off {
        cx.write(&wire::SetProfile::new(true)).await?;
    }
    let sent = cx.write(&wire::SetSwitch { enable: on, status: on }).await?;
    let (after, _) = cx.read_back(SWITCHING, read, |state| is_so(state, on)).await.map_err(cut_off)?;
    switched(&sent, what, before, after, on)
}

async fn switch_band(cx: &Context, band: Band, on: bool) -> Result<Changed<Switch>, ToolError> {
    let master = cx.read(&wire::GetSwitch {}).await?;
    let air = Air::read(cx).await?;
    let networks = air.private(band);
    if networks.is_empty() {
        let bands = air.bands();
        return Err(ToolError::Conflict(say!(
            "This box has no {band} GHz network. Its bands: {bands}.",
            "Cette box n'a pas de réseau {band} GHz. Ses bandes : {bands}."
        )));
    }
    if on && master.enable.get() == Some(false) {
        return Err(ToolError::Conflict(say!(
            "The Wi-Fi as a whole is off: switch it on first (wifi_enable without a band).",
            "Le Wi-Fi est désactivé dans son ensemble : activez-le d'abord (wifi_enable sans bande)."
        )));
    }
    let schedule_active = master.schedule_active();
    let state = |air: &Air| {
        let networks = air.private(band);
        // One that is not as wanted is enough to say so.
        let all = |states: Vec<Option<bool>>| {
            states.iter().find(|state| **state != Some(on)).copied().unwrap_or(Some(on))
        };
        let wanted = all(networks.iter().map(|network| network.wanted).collect());
        let on = all(networks.iter().map(|network| network.on).collect());
        Switch { band: Some(band), wanted, on, schedule_active }
    };
    let before = state(&air);
    let what = named(Some(band), on);
    if is_so(&before, on) {
        return Ok(Changed::already_so(what, Some(before)));
    }
    let sent = cx.write(&wire::SetWlanConfig { mibs: plan::switching(&networks, on) }).await?;
    tell_restart(cx);
    let read = move || async move { Ok(state(&Air::read(cx).await?)) };
    let (after, _) = cx.read_back(RESTARTING, read, |state| is_so(state, on)).await.map_err(cut_off)?;
    switched(&sent, what, before, after, on)
}

fn named(band: Option<Band>, on: bool) -> Message {
    let (english, french) = if on { ("on", "Activation") } else { ("off", "Désactivation") };
    match band {
        None => say!("Wi-Fi {english}", "{french} du Wi-Fi"),
        Some(band) => say!("Wi-Fi {band} GHz {english}", "{french} du Wi-Fi {band} GHz"),
    }
}

fn is_so(state: &Switch, on: bool) -> bool {
    state.wanted == Some(on) && state.on == Some(on)
}

fn switched(
    sent: &Sent<Ignored>,
    what: Message,
    before: Switch,
    after: Switch,
    on: bool,
) -> Result<Changed<Switch>, ToolError> {
    let differing = [(after.wanted, "wanted"), (after.on, "on")];
    let differing = differing.iter().filter(|(is, _)| *is != Some(on));
    let differing = differing.map(|(_, name)| (*name).to_owned()).collect();
    let moved = after != before;
    ended(sent, moved, what, before, after, differing)
}

/// The outcome of a read-back. A lost answer matters only when nothing moved: radios that restart often cut it.
fn ended<T>(
    sent: &Sent<Ignored>,
    moved: bool,
    what: Message,
    before: T,
    after: T,
    differing: Vec<String>,
) -> Result<Changed<T>, ToolError> {
    if moved {
        Ok(Changed::verified(what, Some(before), Some(after), differing))
    } else {
        Changed::after(sent, what, Some(before), Some(after), differing)
    }
}

/// Asks for something that some firmwares lack, refuse, or answer in a shape that we do not know.
async fn if_understood<C: Call>(cx: &Context, call: &C) -> Result<Option<C::Reply>, ToolError> {
    match cx.read(call).await {
        Ok(reply) => Ok(Some(reply)),
        Err(ToolError::Box(
            Error::Absent { .. } | Error::Denied { .. } | Error::Refused { .. } | Error::NotUnderstood { .. },
        )) => Ok(None),
        Err(error) => Err(error),
    }
}

fn tell_restart(cx: &Context) {
    cx.progress(0.0, None, say!("the radio restarts, up to 40 s", "la radio redémarre, jusqu'à 40 s"));
}

/// Whoever changes the Wi-Fi over the Wi-Fi loses the box: say so.
fn cut_off(error: ToolError) -> ToolError {
    if matches!(error, ToolError::Unknown(_)) { unseen() } else { error }
}

fn unseen() -> ToolError {
    ToolError::Unknown(say!(
        "The change was sent, then the box no longer answered: expected if this computer is on its Wi-Fi. Reconnect, then look at the present state (wifi_show) before anything is sent again.",
        "Le changement a été envoyé, puis la box n'a plus répondu : normal si cet ordinateur est sur son Wi-Fi. Reconnectez-vous, puis regardez l'état actuel (wifi_show) avant tout nouvel envoi."
    ))
}
