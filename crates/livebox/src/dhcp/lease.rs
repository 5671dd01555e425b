//! The tool about DHCP leases.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LeaseList, tools::LEASE, wire};
use crate::{Access, Context, French, Group, Read, Tool, ToolError};

/// Lists DHCP leases, of the guest network too.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListLeases {
    /// Also inactive ones.
    #[arg(long)]
    #[serde(default)]
    all: bool,
    /// Only the guest network's.
    #[arg(long)]
    #[serde(default)]
    guest: bool,
    #[arg(long, default_value_t = default_limit(), help = "Most leases to list")]
    #[serde(default = "default_limit")]
    limit: usize,
}

fn default_limit() -> usize {
    20
}

impl Tool for ListLeases {
    type Output = LeaseList;
    const GROUP: &'static Group = &LEASE;
    const VERB: &'static str = "list";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "--all --limit 5";
    const FRENCH: French = French {
        about: "Liste les baux DHCP, ceux du réseau invité aussi.",
        args: &[
            ("all", "Aussi les inactifs."),
            ("guest", "Seulement ceux du réseau invité."),
            ("limit", "Nombre de baux au plus."),
        ],
    };
}

impl Read for ListLeases {
    async fn run(self, cx: &Context) -> Result<LeaseList, ToolError> {
        let mut leases = Vec::new();
        if !self.guest {
            leases = wire::leases(&cx.read(&wire::GetLeases { guest: false }).await?, false);
        }
        // Some boxes have no guest pool, or only while the guest network is on.
        if let Some(guests) = cx.read_if_present(&wire::GetLeases { guest: true }).await? {
            leases.extend(wire::leases(&guests, true));
        }
        leases.sort_by_key(|lease| (lease.active == Some(false), lease.guest, lease.ipv4));
        let total = leases.len();
        let active = leases.iter().filter(|lease| lease.active == Some(true)).count();
        let active = leases.iter().all(|lease| lease.active.is_some()).then_some(active);
        leases.retain(|lease| self.all || lease.active != Some(false));
        let matching = leases.len();
        leases.truncate(self.limit);
        Ok(LeaseList { active, total, matching, leases })
    }
}
