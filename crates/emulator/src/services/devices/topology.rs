//! How devices hang together: box, networks, ports and access points, devices, repeaters and what is behind them.

use serde_json::{Value, json};

use super::expression::Expression;
use super::{Entry, Flags, entries};
use crate::router::Router;

/// The tree below a device, itself on top.
pub(super) fn below(router: &Router, key: &str, expression: &Expression, flags: Flags) -> Option<Value> {
    let all = entries(router);
    let root = all.iter().find(|entry| entry.key().eq_ignore_ascii_case(key))?;
    Some(node(&all, root, expression, flags))
}

/// The whole tree, as the topology diagnostic gives it.
pub(in crate::services) fn whole(router: &Router) -> Option<Value> {
    below(router, "HGW", &Expression::All, Flags::default())
}

fn node(all: &[Entry], entry: &Entry, expression: &Expression, flags: Flags) -> Value {
    let children: Vec<Value> = all
        .iter()
        .filter(|child| child.parent == entry.key() && expression.accepts(child))
        .map(|child| node(all, child, expression, flags))
        .collect();
    let mut value = entry.clone().into_json(flags);
    if let (false, Value::Object(fields)) = (children.is_empty(), &mut value) {
        fields.insert("Children".to_owned(), json!(children));
    }
    value
}

/// The devices on the way that `traverse` names, nearest first: `this`, `up`, `down`, `up exclusive`, `down exclusive`,
/// `one level up`, `one level down`, `all`.
pub(super) fn traverse(router: &Router, key: &str, way: &str) -> Vec<Entry> {
    if matches!(way, "" | "this") {
        return super::entry(router, key).into_iter().collect();
    }
    let all = entries(router);
    let Some(own) = all.iter().find(|entry| entry.key().eq_ignore_ascii_case(key)) else { return Vec::new() };
    let mut found = Vec::new();
    if !way.contains("exclusive") && !way.starts_with("one level") {
        found.push(own.clone());
    }
    let one_level = way.starts_with("one level");
    match way {
        "all" => found.extend(all.iter().filter(|entry| entry.key() != own.key()).cloned()),
        _ if way.contains("up") => {
            let mut at = own;
            while let Some(above) = all.iter().find(|entry| entry.key() == at.parent) {
                found.push(above.clone());
                if one_level {
                    break;
                }
                at = above;
            }
        }
        _ if way.contains("down") => {
            let mut open = vec![own.key()];
            while let Some(at) = open.pop() {
                for child in all.iter().filter(|entry| entry.parent == at) {
                    found.push(child.clone());
                    if !one_level {
                        open.push(child.key());
                    }
                }
            }
        }
        _ => {}
    }
    found
}
