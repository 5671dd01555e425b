//! The tool about Wi-Fi stations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sysbus::Error;

use super::{StationList, stations};
use crate::{
    Access, Band, Context, French, Group, Read, Tool, ToolDef, ToolError,
    host::{self, Host},
    wifi::Air,
};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<ListStations>()];

const STATION: Group = Group {
    name: "station",
    english: "Wi-Fi stations and their signal",
    french: "Les appareils en Wi-Fi et leur signal",
};

const DEFAULT_LIMIT: u16 = 10;

/// Lists Wi-Fi stations with signal and link rates, weakest signal first.
///
/// Not those behind a repeater.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListStations {
    /// Only on this band.
    #[arg(long, value_name = "BAND", help = "Only on this band: 2.4, 5 or 6")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    band: Option<Band>,
    /// Default 10.
    #[arg(long, value_name = "N")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<u16>,
}

impl Tool for ListStations {
    type Output = StationList;
    const GROUP: &'static Group = &STATION;
    const VERB: &'static str = "list";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "--band 5";
    const FRENCH: French = French {
        about: "Liste les appareils en Wi-Fi avec signal et débits de liaison, du plus faible au plus fort.",
        args: &[
            ("band", "Seulement sur cette bande : 2.4, 5 ou 6."),
            ("limit", "Nombre d'appareils au plus (10 par défaut)."),
        ],
    };
}

impl Read for ListStations {
    async fn run(self, cx: &Context) -> Result<StationList, ToolError> {
        let (air, hosts) = match Air::read(cx).await {
            // Without radios the hosts know a part of it; without them too, the first error says why.
            Err(ToolError::Box(error)) if error.is_unavailable() => {
                (Air::default(), host::all(cx).await.map_err(|_| error)?)
            }
            air => (air?, named(cx).await?),
        };
        air.check_stations()?;
        let mut stations = stations(&air.networks, &hosts);
        stations.retain(|station| self.band.is_none() || station.band == self.band);
        let total = stations.len();
        stations.truncate(self.limit.unwrap_or(DEFAULT_LIMIT).into());
        Ok(StationList { total, stations })
    }
}

/// The hosts, for their names: they make the list readable, and without them it still tells.
async fn named(cx: &Context) -> Result<Vec<Host>, ToolError> {
    match host::usual(cx).await {
        Err(ToolError::Box(error)) if error.is_unavailable() || matches!(error, Error::Refused { .. }) => {
            Ok(Vec::new())
        }
        other => other,
    }
}
