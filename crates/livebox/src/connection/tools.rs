//! The tool about the connection to the Internet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Connection, Level, Link, Sharing, wire};
use crate::{Access, Context, French, Group, Read, Tool, ToolDef, ToolError};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<ShowConnection>()];

const CONNECTION: Group = Group {
    name: "connection",
    english: "The connection to the Internet",
    french: "La connexion à Internet",
};

/// Shows the Internet connection: state, link, addresses, DNS, DHCP lease, optical power.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShowConnection {}

impl Tool for ShowConnection {
    type Output = Connection;
    const GROUP: &'static Group = &CONNECTION;
    const VERB: &'static str = "show";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "";
    const FRENCH: French = French {
        about: "Montre la connexion à Internet : état, liaison, adresses, DNS, bail DHCP, puissance optique.",
        args: &[],
    };
}

impl Read for ShowConnection {
    async fn run(self, cx: &Context) -> Result<Connection, ToolError> {
        let status = match cx.read(&wire::GetWanStatus {}).await {
            Err(ToolError::Box(error)) if error.is_unavailable() => Err(error),
            status => Ok(status?),
        };
        let mibs = cx.read_optional(&wire::GetMibs::wan()).await?.unwrap_or_default();
        let status = match status {
            // The line itself still tells something.
            Err(_) if !mibs.is_empty() => wire::WanStatus::default(),
            status => status?,
        };
        let mut link = mibs.refine(status.link());
        let mut mibs = mibs;
        // The third request, and the last, goes where it tells most: to the optical interface that is not below
        // `data`, to the optical module that has no MIB, else to IPv6.
        let is_copper = matches!(link, Some(Link::Ethernet | Link::Adsl | Link::Vdsl | Link::Dsl));
        let mut optics = mibs.optics().filter(|_| !is_copper);
        let mut ds_lite = None;
        match (link, optics) {
            (Some(Link::Sfp), None) => {
                optics = cx.read_optional(&wire::GetSfp {}).await?.map(|sfp| sfp.optics());
            }
            // Where there is no such interface, the next time goes to the other place.
            (Some(Link::Gpon | Link::XgsPon), None)
                if cx.session().is_known_unavailable(&wire::GetMibs::fibre()).await =>
            {
                optics = cx.read_optional(&wire::GetOmci {}).await?.map(|omci| omci.optics());
            }
            (Some(Link::Gpon | Link::XgsPon), None) => {
                mibs = mibs.with_fibre(cx.read_optional(&wire::GetMibs::fibre()).await?.unwrap_or_default());
                link = mibs.refine(link);
                optics = mibs.optics();
            }
            _ => {
                ds_lite = cx.read_optional(&wire::GetAutodetect {}).await?.and_then(|mode| mode.is_ds_lite());
            }
        }
        let optics = optics.unwrap_or_default();
        let [lease_s, lease_left_s, connected_s] = mibs.lease();
        let (link_down_bps, link_up_bps) = mibs.rates_bps(link);
        let ipv4 = status.ipv4();
        Ok(Connection {
            up: status.up(),
            link,
            link_up: status.link_up(),
            link_down_bps,
            link_up_bps,
            protocol: status.protocol(),
            state: status.state(),
            connected_s,
            ipv4,
            shared_ipv4: Sharing::judge(ipv4, ds_lite),
            ipv4_gateway: status.gateway(),
            lease_s,
            lease_left_s,
            ipv6: status.ipv6(),
            ipv6_prefix: status.ipv6_prefix(),
            ipv6_gateway: status.ipv6_gateway(),
            dns: status.dns(),
            mac: status.mac(),
            vlan_id: mibs.vlan_id(),
            mtu: mibs.mtu(ipv4),
            last_error: status.last_error(),
            last_error_ipv6: status.last_error_ipv6(),
            rx_power_dbm: optics.rx_power_dbm,
            tx_power_dbm: optics.tx_power_dbm,
            rx_level: optics.rx_power_dbm.map(|rx| Level::of_rx(link, rx)),
            ont_temperature_c: optics.temperature_c,
        })
    }
}
