//! What a Livebox can do: one folder per capability, one struct per tool.
//!
//! A tool is declared once ([`Tool`]) and offered everywhere: the registry ([`tools`]) is static data from
//! which the command line, the MCP server, the documentation and the tests derive. [`invoke()`] is the only
//! way to run one.

mod change;
mod context;
pub mod earlier;
mod error;
pub mod invoke;
pub mod lang;
mod net;
mod page;
mod schema;
#[cfg(test)]
mod testing;
mod text;
mod tool;

pub use change::{Changed, Outcome};
pub use context::{Context, Policy, Progress, ProgressSink, Sent};
pub use error::ToolError;
pub use invoke::{Caller, invoke};
pub use lang::{Lang, Message};
pub use net::{Band, MacAddr, PortRange};
pub use page::Page;
pub use schema::SchemaObject;
pub use text::Untrusted;
pub use tool::{Access, Answer, French, Group, Show, Tool, ToolDef};

mod connection;
mod dhcp;
mod diagnose;
mod dmz;
mod firewall;
mod host;
mod lan;
mod phone;
mod port_forward;
mod speed;
mod station;
mod system;
mod time;
mod traffic;
mod wifi;

/// The capabilities, in the order people see them.
const CAPABILITIES: &[&[ToolDef]] = &[
    system::tools::TOOLS,
    connection::tools::TOOLS,
    traffic::tools::TOOLS,
    wifi::tools::TOOLS,
    station::tools::TOOLS,
    host::tools::TOOLS,
    dhcp::tools::TOOLS,
    port_forward::tools::TOOLS,
    dmz::tools::TOOLS,
    firewall::tools::TOOLS,
    phone::tools::TOOLS,
    diagnose::tools::TOOLS,
    speed::tools::TOOLS,
    time::tools::TOOLS,
];

/// Every tool, in the order people see them.
pub fn tools() -> impl Iterator<Item = &'static ToolDef> {
    CAPABILITIES.iter().flat_map(|tools| tools.iter())
}

/// The tool of that MCP name.
pub fn find(name: &str) -> Option<&'static ToolDef> {
    tools().find(|tool| tool.name() == name)
}
