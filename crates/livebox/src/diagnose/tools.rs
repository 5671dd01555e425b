//! The tools that probe hosts from this computer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Ping, Trace, host::Host, ping::ping, trace::trace};
use crate::{Access, Context, French, Group, Read, Tool, ToolDef, ToolError, say};

pub(crate) const TOOLS: &[ToolDef] = &[ToolDef::read::<TestPing>(), ToolDef::read::<TestTraceroute>()];

const PING: Group = Group {
    name: "ping",
    english: "Whether a host answers this computer",
    french: "Si un hôte répond à cet ordinateur",
};

const TRACEROUTE: Group = Group {
    name: "traceroute",
    english: "The way from this computer to a host",
    french: "Le chemin de cet ordinateur à un hôte",
};

/// Pings a host from this computer: loss and round-trip times.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestPing {
    /// Name or IP address.
    #[arg(value_name = "HOST")]
    host: Host,
    /// Packets, 1 to 20.
    #[arg(long, default_value_t = default_count())]
    #[serde(default = "default_count")]
    count: u16,
}

fn default_count() -> u16 {
    4
}

impl Tool for TestPing {
    type Output = Ping;
    const GROUP: &'static Group = &PING;
    const VERB: &'static str = "test";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "127.0.0.1 --count 2";
    const FRENCH: French = French {
        about: "Envoie des pings à un hôte depuis cet ordinateur : pertes et temps d'aller-retour.",
        args: &[("host", "Nom ou adresse IP."), ("count", "Nombre de paquets, de 1 à 20.")],
    };
    const OPEN_WORLD: bool = true;
}

impl Read for TestPing {
    async fn run(self, cx: &Context) -> Result<Ping, ToolError> {
        let count = self.count;
        if !(1..=20).contains(&count) {
            return Err(ToolError::Arguments(say!(
                "`count` is {count}: it goes from 1 to 20.",
                "« count » vaut {count} : il va de 1 à 20."
            )));
        }
        ping(cx, &self.host, count).await
    }
}

/// Shows the routers between this computer and a host, with round-trip times.
#[derive(Debug, clap::Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestTraceroute {
    /// Name or IP address.
    #[arg(value_name = "HOST")]
    host: Host,
    /// Farthest hop, 1 to 64.
    #[arg(long, default_value_t = default_hops())]
    #[serde(default = "default_hops")]
    max_hops: u8,
}

fn default_hops() -> u8 {
    20
}

impl Tool for TestTraceroute {
    type Output = Trace;
    const GROUP: &'static Group = &TRACEROUTE;
    const VERB: &'static str = "test";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "127.0.0.1";
    const FRENCH: French = French {
        about: "Montre les routeurs entre cet ordinateur et un hôte, avec les temps d'aller-retour.",
        args: &[("host", "Nom ou adresse IP."), ("max_hops", "Saut le plus lointain, de 1 à 64.")],
    };
    const OPEN_WORLD: bool = true;
}

impl Read for TestTraceroute {
    async fn run(self, cx: &Context) -> Result<Trace, ToolError> {
        let hops = self.max_hops;
        if !(1..=64).contains(&hops) {
            return Err(ToolError::Arguments(say!(
                "`max_hops` is {hops}: it goes from 1 to 64.",
                "« max_hops » vaut {hops} : il va de 1 à 64."
            )));
        }
        trace(cx, &self.host, hops).await
    }
}
