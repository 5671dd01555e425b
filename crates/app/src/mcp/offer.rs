//! The tools that a client is offered: those that the owner permits as of now.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, PoisonError},
};

use livebox::{Access, Caller, Policy, SchemaObject, ToolDef};
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Value, json};
use tokio::sync::watch;

/// The argument of every change that only shows its plan.
pub(super) const PLAN: &str = "plan";

/// The list, made when it is first asked for, and again when the owner permits something else.
#[derive(Default)]
pub(super) struct Offer {
    shown: Mutex<Option<Shown>>,
    /// Counts the changes of the list.
    changes: watch::Sender<u64>,
}

/// The list that the client has.
struct Shown {
    policy: Policy,
    tools: Vec<Tool>,
}

impl Offer {
    /// The tools offered under that policy.
    pub(super) fn list(&self, policy: Policy) -> Vec<Tool> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shown) = &*shown
            && shown.policy == policy
        {
            return shown.tools.clone();
        }
        let tools = offered(&policy);
        let before = shown.replace(Shown { policy, tools: tools.clone() });
        if before.is_some_and(|before| before.tools != tools) {
            self.changes.send_modify(|count| *count += 1);
        }
        tools
    }

    /// Whether the client was shown another list than that policy's; says so once per change.
    pub(super) fn has_changed(&self, policy: Policy) -> bool {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(shown) = shown.as_mut().filter(|shown| shown.policy != policy) else { return false };
        let tools = offered(&policy);
        let before = std::mem::replace(shown, Shown { policy, tools });
        let changed = before.tools != shown.tools;
        if changed {
            self.changes.send_modify(|count| *count += 1);
        }
        changed
    }

    /// Tells of every change from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

fn offered(policy: &Policy) -> Vec<Tool> {
    let permitted =
        livebox::tools().filter(|def| livebox::invoke::permit(policy, def, Caller::Model).is_ok());
    permitted.map(|def| describe(def, policy)).collect()
}

/// A tool as clients see it.
fn describe(def: &ToolDef, policy: &Policy) -> Tool {
    let words = def.words().replace('-', " ");
    let mut letters = words.chars();
    let title: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    // A change can be set back by hand; what cuts people off, or deletes, is destructive.
    let destructive = def.access == Access::Disrupt || matches!(def.verb, "remove" | "clear");
    let mut annotations =
        ToolAnnotations::new().read_only(def.access == Access::Read).open_world(def.open_world);
    if def.access != Access::Read {
        // Each sets a state: the same call twice changes nothing more. A reboot does, and so does a new key.
        let repeats = def.verb == "reboot" || def.group.name == "wifi-key";
        annotations = annotations.destructive(destructive).idempotent(!repeats);
    }
    Tool::new(Cow::Owned(def.name()), def.description(), Arc::new(arguments(def, policy)))
        .with_title(title)
        .with_raw_output_schema(Arc::new((def.output_schema)()))
        .with_annotations(annotations)
}

/// The arguments that a model may give: not the secrets, unless the owner accepts those, and the plan of a change.
fn arguments(def: &ToolDef, policy: &Policy) -> SchemaObject {
    let mut schema = (def.input_schema)();
    let Some(Value::Object(arguments)) = schema.get_mut("properties") else { return schema };
    if !policy.accept_secrets {
        arguments.retain(|name, _| !def.secrets.contains(&name.as_str()));
    }
    if def.is_change() {
        let plan = json!({ "type": "boolean", "description": "Only show the plan." });
        arguments.insert(PLAN.to_owned(), plan);
    }
    schema
}
