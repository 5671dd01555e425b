//! How long keys are kept: as long as the journal has the change that needs them.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use journal::{Entry, Filter, Undo};
use serde_json::Value;
use vault::Vault;

use super::PURPOSES;
use crate::{Context, ToolError, record::on_disk};

/// A key that is younger may belong to a change that another process is about to record.
const SURELY_RECORDED: SignedDuration = SignedDuration::from_hours(24);

/// Forgets the keys of changes that have left the journal. What goes wrong only leaves a key for the next time.
pub(super) async fn sweep(cx: &Context) {
    if let Err(error) = forget_unneeded(cx, Timestamp::now()).await {
        tracing::info!(kind = error.kind(), "keys of old changes are still kept");
    }
}

pub(crate) async fn forget_unneeded(cx: &Context, now: Timestamp) -> Result<(), ToolError> {
    let known = cx.kept(Vault::list).await?;
    let old: Vec<_> = known
        .into_iter()
        .filter(|entry| PURPOSES.iter().any(|purpose| entry.purpose.starts_with(purpose)))
        .filter(|entry| now.duration_since(entry.made) > SURELY_RECORDED)
        .collect();
    let Some(journal) = cx.records().existing().await?.filter(|_| !old.is_empty()) else { return Ok(()) };
    let filter = Filter { tool: Some("wifi_key".to_owned()), limit: u32::MAX, ..Filter::default() };
    let listing = on_disk(move || journal.list(&filter)).await?;
    let mut needed = HashSet::new();
    for Entry { undo, after, .. } in &listing.entries {
        if let Undo::Call { args, .. } = undo {
            texts(args, &mut needed);
        }
        texts(after, &mut needed);
    }
    let unneeded: Vec<_> = old
        .into_iter()
        .map(|entry| entry.handle)
        .filter(|handle| !needed.contains(handle.as_str()))
        .collect();
    cx.kept(move |vault| {
        for handle in &unneeded {
            vault.forget(handle)?;
        }
        Ok(())
    })
    .await
}

/// Every text in a value.
fn texts<'a>(value: &'a Value, found: &mut HashSet<&'a str>) {
    match value {
        Value::String(text) => {
            found.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
