//! The tools about Wi-Fi.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Air, Channel, Settings, Ssid, Switch, Width, Wifi,
    key::{RestoreWifiKeys, SetWifiKey},
    plan::{Order, Wanted},
    set::{self, RestoreWifi},
    switch::{self, HoldWifi},
    wire,
};
use crate::{
    Access, Band, Change, Changed, Context, French, Group, Prepared, Read, Tool, ToolDef, ToolError, say,
};

pub(crate) const TOOLS: &[ToolDef] = &[
    ToolDef::read::<ShowWifi>(),
    ToolDef::change::<EnableWifi>(),
    ToolDef::change::<DisableWifi>(),
    ToolDef::change::<HoldWifi>(),
    ToolDef::change::<SetWifi>(),
    ToolDef::change::<RestoreWifi>(),
    ToolDef::change::<SetWifiKey>(),
    ToolDef::change::<RestoreWifiKeys>(),
];

pub(super) const WIFI: Group =
    Group {
        name: "wifi", english: "The Wi-Fi: radios and networks", french: "Le Wi-Fi : radios et réseaux"
    };

pub(super) const WIFI_KEY: Group =
    Group { name: "wifi-key", english: "Wi-Fi keys", french: "Les clés Wi-Fi" };

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
    pub(super) band: Option<Band>,
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

impl Change for EnableWifi {
    type State = Switch;
    type Subject = Option<Band>;
    const VOLATILE: &'static [&'static str] = switch::VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Switch>, ToolError> {
        switch::prepare(cx, self.band, true).await
    }

    async fn observe(cx: &Context, band: Option<Band>) -> Result<Option<Switch>, ToolError> {
        switch::state(cx, band).await
    }
}

/// Switches the Wi-Fi off, or one band of it: its stations lose the network.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisableWifi {
    /// Only this band.
    #[arg(value_name = "BAND", help = "Only this band: 2.4, 5 or 6")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) band: Option<Band>,
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

impl Change for DisableWifi {
    type State = Switch;
    type Subject = Option<Band>;
    const VOLATILE: &'static [&'static str] = switch::VOLATILE;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Switch>, ToolError> {
        switch::prepare(cx, self.band, false).await
    }

    async fn observe(cx: &Context, band: Option<Band>) -> Result<Option<Switch>, ToolError> {
        switch::state(cx, band).await
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

impl Change for SetWifi {
    type State = Settings;
    type Subject = Vec<String>;
    const VOLATILE: &'static [&'static str] = set::VOLATILE;
    const BY_FIELD: bool = true;

    async fn prepare(self, cx: &Context) -> Result<Prepared<Settings>, ToolError> {
        let Self { network, channel, width, ssid, hidden } = self;
        if channel.is_none() && width.is_none() && ssid.is_none() && hidden.is_none() {
            return Err(ToolError::Arguments(say!(
                "Nothing to set: give at least one of channel, width, ssid, hidden.",
                "Rien à régler : donnez au moins channel, width, ssid ou hidden."
            )));
        }
        let combined = cx.read(&wire::GetSwitch {}).await?.configuration_mode.is_true();
        let air = Air::read(cx).await?;
        let wanted = Wanted::new(&Order { channel, width, ssid, hidden }, &air, &network, combined)?;
        set::prepare(wanted, air)
    }

    async fn observe(cx: &Context, names: Vec<String>) -> Result<Option<Settings>, ToolError> {
        set::state(cx, &names).await
    }
}
