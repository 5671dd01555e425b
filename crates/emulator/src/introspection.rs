//! `GET /sysbus/…`: the data model describes itself (protocol section 1.6 C).

use serde_json::{Value, json};

use crate::call::{BoxError, Object};
use crate::model::Resolved;
use crate::router::{Caller, DEEPEST, Router};

/// Objects of another process, whose refusal comes without the `errors` list.
const BARE_REFUSALS: &[&str] = &["Process"];

impl Router {
    /// Describes the object of a slashed path, `depth` levels down (-1 for all of them).
    pub fn introspect(&mut self, caller: Caller, path: &str, depth: i64) -> Value {
        let path = path.trim_matches('/');
        // The bus may be named in front, as clients do in calls.
        let path = path.strip_prefix("sysbus/").unwrap_or(if path == "sysbus" { "" } else { path });
        if caller == Caller::Anonymous {
            return refused(path);
        }
        if path.is_empty() {
            return self.root(depth);
        }
        if path == "*" {
            return self.roots(depth);
        }
        let segments = self.by_first_name(path.split('/').take(DEEPEST).collect());
        if self.model.is_denied(&segments) {
            return refused(path);
        }
        match self.resolve(&segments) {
            Some(resolved) if resolved.object.hidden => refused(path),
            Some(resolved) => self.node(&segments, &resolved, depth),
            // A dotted path is a name that no object has; the box calls that a matter of permission.
            None if path.contains('.') => refused(path),
            None => BoxError::not_found(path).to_json(),
        }
    }

    fn root(&mut self, depth: i64) -> Value {
        json!({
            "objectInfo": {"keyPath": "", "key": "", "indexPath": "", "name": "", "state": "ready"},
            "parameters": [], "functions": [],
            "children": if depth == 0 { json!([]) } else { self.roots(depth - 1) },
            "instances": [],
        })
    }

    fn roots(&mut self, depth: i64) -> Value {
        let model = self.model;
        let mut list: Vec<Value> = Vec::new();
        for name in model.children("") {
            if let Some(resolved) = self.resolve(&[name]) {
                list.push(self.node(&[name], &resolved, depth));
            }
        }
        list.extend(model.denied_roots().map(refused));
        Value::Array(list)
    }

    fn node(&mut self, path: &[&str], resolved: &Resolved<'static>, depth: i64) -> Value {
        let above = path.get(..path.len().saturating_sub(1)).unwrap_or_default().join(".");
        let name = path.last().copied().unwrap_or_default();
        let values = self.values(path, resolved);
        let (mut children, mut instances) = (Vec::new(), Vec::new());
        if depth != 0 {
            let model = self.model;
            for child in model.children(resolved.object.path) {
                let below: Vec<&str> = path.iter().copied().chain([child]).collect();
                if let Some(found) = self.resolve(&below).filter(|found| !found.object.hidden) {
                    children.push(self.node(&below, &found, depth - 1));
                }
            }
            let keys = if resolved.is_type { self.instances(path).unwrap_or_default() } else { Vec::new() };
            for key in &keys {
                let below: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
                if let Some(found) = self.resolve(&below) {
                    instances.push(self.node(&below, &found, depth - 1));
                }
            }
        }
        let parameters: Vec<Value> = resolved
            .parameters()
            .map(|parameter| {
                let value = values.get(parameter.name).cloned().unwrap_or_else(|| parameter.default());
                json!({
                    "name": parameter.name, "type": parameter.kind, "value": value,
                    "attributes": flags(parameter.attributes), "validator": validator(parameter.validator),
                })
            })
            .collect();
        let functions: Vec<Value> = resolved
            .functions()
            .map(|function| {
                let arguments: Vec<Value> = function
                    .arguments()
                    .map(|argument| {
                        let attributes =
                            if argument.mandatory { json!({"in": true, "mandatory": true}) } else { json!({"in": true}) };
                        json!({"name": argument.name, "type": argument.kind, "attributes": attributes})
                    })
                    .collect();
                json!({"name": function.name, "type": function.returns, "attributes": {}, "arguments": arguments})
            })
            .collect();
        json!({
            "objectInfo": {"keyPath": above, "key": name, "indexPath": above, "name": name, "state": "ready"},
            "parameters": parameters, "functions": functions, "children": children, "instances": instances,
        })
    }

    /// Live values, where reading the object gives any.
    fn values(&mut self, path: &[&str], resolved: &Resolved<'static>) -> Object {
        if resolved.is_type && self.instances(path).is_some() || resolved.parameters().next().is_none() {
            return Object::new();
        }
        match self.call(Caller::Admin, &path.join("."), "get", &Object::new()) {
            Ok(reply) => match reply.status {
                Value::Object(values) => values,
                _ => Object::new(),
            },
            Err(_) => Object::new(),
        }
    }
}

fn refused(path: &str) -> Value {
    let refusal = BoxError::denied(path).to_json();
    if BARE_REFUSALS.contains(&path) { refusal } else { json!({"errors": [refusal]}) }
}

fn flags(attributes: &str) -> Value {
    let set = attributes.split(',').filter(|name| !name.is_empty());
    Value::Object(set.map(|name| (name.to_owned(), json!(true))).collect())
}

fn validator(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else if text.starts_with("min:") || text.starts_with("max:") {
        let bounds = text.split(',').filter_map(|bound| bound.split_once(':'));
        Value::Object(bounds.map(|(name, value)| (name.to_owned(), json!(value))).collect())
    } else {
        json!(text.split('|').collect::<Vec<_>>())
    }
}
