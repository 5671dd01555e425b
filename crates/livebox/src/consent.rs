//! Consent: a person answers, outside of the model. How they are asked is the surface's business.

use std::{fmt, pin::Pin};

use crate::{Message, Plan};

/// What came of asking.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// A person agreed to this plan; the word says how, for the record: `elicitation`, `terminal`, `--yes`.
    Given(&'static str),
    /// A person said no, or could not be understood as saying yes.
    Declined(Message),
    /// Nobody can be asked from here: a person has to answer at a terminal, with `livebox-mcp approve`.
    AtTerminal,
    /// The surface has taken the question along (MCP's multi-round-trip): the call comes again with the answer.
    Later,
}

/// How a surface asks a person about a plan. Never answered from a tool's arguments.
pub trait Consent: Send + Sync {
    /// Asks; returns once there is an answer.
    fn ask<'a>(&'a self, plan: &'a Plan) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;
}

impl fmt::Debug for dyn Consent + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Consent")
    }
}

/// Nobody to ask: what needs consent waits for a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Consent for Nobody {
    fn ask<'a>(&'a self, _: &'a Plan) -> Pin<Box<dyn Future<Output = Verdict> + Send + 'a>> {
        Box::pin(std::future::ready(Verdict::AtTerminal))
    }
}
