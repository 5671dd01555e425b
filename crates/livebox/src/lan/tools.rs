//! The tools about the home network's addresses.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Addressing, set::SetLan, wire};
use crate::{Access, Context, French, Group, Read, Tool, ToolDef, ToolError, say};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<ShowLan>(), ToolDef::change::<SetLan>()];

pub(super) const LAN: Group =
    Group { name: "lan", english: "The home network's addresses", french: "Les adresses du réseau local" };

/// Shows the box's own address and what its DHCP server gives.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowLan {}

impl Tool for ShowLan {
    type Output = Addressing;
    const GROUP: &'static Group = &LAN;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French =
        French { about: "Montre l'adresse de la box et ce que donne son serveur DHCP.", args: &[] };
}

impl Read for ShowLan {
    async fn run(self, cx: &Context) -> Result<Addressing, ToolError> {
        Ok(read(cx).await?.0)
    }
}

/// The present addressing, and in which words the box told it.
pub(super) async fn read(cx: &Context) -> Result<(Addressing, Option<wire::Bridge>), ToolError> {
    if let Some(bridge) = cx.read_if_present(&wire::GetBridge {}).await?
        && let Some(now) = bridge.addressing()
    {
        return Ok((now, Some(bridge)));
    }
    let now = match cx.read_if_present(&wire::GetLanIp {}).await?.and_then(|reply| reply.addressing()) {
        Some(now) => Some(now),
        None => cx.read_if_present(&wire::GetPools {}).await?.and_then(|pools| wire::addressing_of(&pools)),
    };
    let now = now.ok_or_else(|| {
        ToolError::Unavailable(say!(
            "This box does not tell its address and DHCP range.",
            "Cette box n'indique ni son adresse ni sa plage DHCP."
        ))
    })?;
    Ok((now, None))
}
