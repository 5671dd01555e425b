//! The only way to run a tool: permission, arguments, run, record.

use serde_json::Value;

use crate::{Answer, Context, Policy, ToolDef, ToolError, say, tool::Access};

/// Who asks: decides whether secrets may be arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A person at a terminal, or a script they wrote.
    CommandLine,
    /// An MCP client, on behalf of a model.
    Model,
}

/// Runs a tool. Every surface comes through here, and no tool checks permissions itself.
pub async fn invoke(cx: &Context, def: &ToolDef, caller: Caller, args: Value) -> Result<Answer, ToolError> {
    permit(cx.policy(), def, caller)?;
    let _turn = match def.access {
        Access::Read => None,
        _ => Some(cx.turn().await),
    };
    let outcome = (def.run)(&cx.granting(def.access), args).await;
    // Most of what a firmware keeps from its interface for programs can still be done by hand.
    let outcome = outcome.map_err(|error| match error {
        ToolError::Box(fault) if def.access > Access::Read && fault.is_absent() => {
            ToolError::not_from_here(&fault, &cx.session().host())
        }
        other => other,
    });
    match &outcome {
        Ok(_) => tracing::debug!(tool = def.name(), "done"),
        // The kind only: messages may hold names from the network.
        Err(error) => tracing::debug!(tool = def.name(), kind = error.kind(), "failed"),
    }
    outcome
}

/// Whether the owner's settings let this caller see and use the tool at all; the error names the setting.
pub fn permit(policy: Policy, def: &ToolDef, caller: Caller) -> Result<(), ToolError> {
    if policy.read_only && def.access > Access::Read {
        let name = def.name();
        return Err(ToolError::NotPermitted(say!(
            "{name} changes the box and livebox-mcp runs read-only: remove --read-only (or read_only in the configuration) to permit it.",
            "{name} modifie la box et livebox-mcp est en lecture seule : retirez --read-only (ou read_only dans la configuration) pour le permettre."
        )));
    }
    if caller == Caller::Model && !def.secrets.is_empty() && !policy.accept_secrets {
        let (name, words) = (def.name(), def.words());
        return Err(ToolError::NotPermitted(say!(
            "{name} takes a secret, which should not pass through a model. Ask the person to run `livebox-mcp {words}` in a terminal: it asks for the secret there. An owner who accepts the risk sets accept_secrets = true (or LIVEBOX_MCP_ACCEPT_SECRETS=1).",
            "{name} prend un secret, qui ne devrait pas passer par un modèle. Demandez à la personne de lancer `livebox-mcp {words}` dans un terminal : le secret y sera demandé. Un propriétaire qui accepte le risque met accept_secrets = true (ou LIVEBOX_MCP_ACCEPT_SECRETS=1)."
        )));
    }
    Ok(())
}
