//! What a Livebox can do: one folder per capability, one struct per tool.
//!
//! A tool is declared once ([`Tool`]) and offered everywhere: the registry ([`tools`]) is static data from
//! which the command line, the MCP server, the documentation and the tests derive. [`invoke()`] is the only
//! way to run one.

mod change;
mod changes;
mod consent;
mod context;
pub mod earlier;
mod error;
#[cfg(test)]
mod facts;
mod guard;
pub mod invoke;
mod kept;
pub mod lang;
mod net;
mod page;
mod plan;
mod policy;
mod question;
#[cfg(test)]
mod quotes;
mod record;
mod schema;
mod settle;
mod state;
#[cfg(test)]
mod testing;
mod text;
mod tool;

pub use change::{Changed, Outcome};
pub use changes::redo::entry_to_redo;
pub use consent::{Consent, Nobody, Verdict};
pub use context::{Context, Notice, NoticeSink, PolicySource, Progress, ProgressSink, Sent};
pub use error::ToolError;
pub use invoke::{Caller, Order, invoke};
pub use journal::{Client, Journal};
pub use lang::{Lang, Message};
pub use net::{Band, MacAddr, PortRange};
pub use page::Page;
pub use plan::{Cut, Draft, Plan, PlannedCall, Prepared, Risk, Undo, Watch};
pub use policy::{Asked, Decision, Policy};
pub use record::Retention;
pub use schema::{SchemaObject, UNTRUSTED_MARK};
pub use text::{Untrusted, unmarked};
pub use tool::{Access, Answer, Audience, Change, French, Group, Read, Show, Tool, ToolDef};
pub use wifi::{WifiAccess, wifi_access};

mod connection;
mod dhcp;
mod diagnose;
mod dmz;
mod expert;
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
    lan::tools::TOOLS,
    dhcp::tools::TOOLS,
    port_forward::tools::TOOLS,
    dmz::tools::TOOLS,
    firewall::tools::TOOLS,
    phone::tools::TOOLS,
    diagnose::tools::TOOLS,
    speed::tools::TOOLS,
    time::tools::TOOLS,
    expert::tools::TOOLS,
    changes::tools::TOOLS,
];

/// Every tool that somebody can call, in the order people see them.
pub fn tools() -> impl Iterator<Item = &'static ToolDef> {
    all().filter(|tool| tool.audience != Audience::Undo)
}

/// Those, and the ways back that only undo takes.
fn all() -> impl Iterator<Item = &'static ToolDef> {
    CAPABILITIES.iter().flat_map(|tools| tools.iter())
}

/// The names of the groups.
pub fn groups() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    tools().map(|tool| tool.group.name).filter(move |name| std::mem::replace(&mut last, name) != *name)
}

/// The tool of that MCP name.
pub fn find(name: &str) -> Option<&'static ToolDef> {
    tools().find(|tool| tool.name() == name)
}

/// As [`find`], ways back included.
pub(crate) fn find_any(name: &str) -> Option<&'static ToolDef> {
    all().find(|tool| tool.name() == name)
}
