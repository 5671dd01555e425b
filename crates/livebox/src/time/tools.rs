//! The tool about the box's clock.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BoxTime, wire};
use crate::{Access, Context, French, Group, Read, Tool, ToolDef, ToolError, Untrusted};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<ShowTime>()];

const TIME: Group = Group { name: "time", english: "The box's clock", french: "L'horloge de la box" };

/// Shows the box's clock: local time, time zone, and whether the network sets it.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowTime {}

impl Tool for ShowTime {
    type Output = BoxTime;
    const GROUP: &'static Group = &TIME;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Montre l'horloge de la box : heure locale, fuseau, réglage par le réseau.",
        args: &[],
    };
}

impl Read for ShowTime {
    async fn run(self, cx: &Context) -> Result<BoxTime, ToolError> {
        let time = cx.read(&wire::GetTime {}).await?.zoned();
        let status = cx.read_optional(&wire::GetStatus {}).await?.unwrap_or_default();
        let zone = cx.read_optional(&wire::GetLocalTimeZoneName {}).await?.unwrap_or_default();
        Ok(BoxTime {
            offset_s: time.as_ref().map(|time| time.timestamp().as_second() - Timestamp::now().as_second()),
            local_time: time.map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()),
            timezone: zone.timezone.get().and_then(Untrusted::non_empty),
            status: status.status.get().and_then(Untrusted::non_empty),
        })
    }
}
