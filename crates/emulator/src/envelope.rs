//! The outside of a call: dialects, request bodies, answers, cookies (protocol sections 1.3 to 1.6 and 2).

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use serde_json::{Map, Value, json};

use crate::call::{BoxError, Object, Reply};
use crate::session::{COOKIE_PREFIX, Credentials};

/// How a caller wants its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Label of the answer, letter by letter as a box writes it.
    pub(crate) content_type: String,
    /// The answer is inside a `result` member.
    wrapped: bool,
    /// The body is a subscription, not a call.
    pub(crate) events: bool,
}

impl Dialect {
    /// Reads the label of a request. Without one the box behaves as for `ws-4`.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let label = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let bare = label.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let known = if bare.starts_with("application/x-sah-") || bare == "application/json" {
            bare
        } else {
            "application/x-sah-ws-4-call+json".to_owned()
        };
        Self {
            wrapped: known == "application/x-sah-ws-1-call+json" || known == "application/json",
            events: known.starts_with("application/x-sah-event-"),
            content_type: format!("{known}; charset=UTF-8"),
        }
    }

    /// The dialect of the `/sysbus/Object:method` form.
    pub(crate) fn json() -> Self {
        Self { content_type: "application/json; charset=UTF-8".to_owned(), wrapped: true, events: false }
    }

    /// Puts an outcome into the envelope.
    pub(crate) fn wrap(&self, outcome: Result<Reply, Vec<BoxError>>) -> Value {
        let inner = inner(outcome);
        if self.wrapped { json!({"result": inner}) } else { inner }
    }
}

/// An outcome without an envelope.
pub(crate) fn inner(outcome: Result<Reply, Vec<BoxError>>) -> Value {
    match outcome {
        Ok(Reply { status, data: None }) => json!({"status": status}),
        Ok(Reply { status, data: Some(data) }) => json!({"status": status, "data": data}),
        Err(errors) => {
            let errors: Vec<Value> = errors.iter().map(BoxError::to_json).collect();
            json!({"status": null, "errors": errors})
        }
    }
}

/// A call as it was asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) service: String,
    pub(crate) method: String,
    pub(crate) args: Object,
}

impl Asked {
    /// Reads a body. Boxes are lenient: bytes that are not UTF-8, `parameters` as null, text or list.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_str(&String::from_utf8_lossy(body)).ok()?;
        let service = body.get("service")?.as_str()?;
        // Some write the method behind the object, as in the path of the other form.
        let (service, method) = match body.get("method").and_then(Value::as_str) {
            Some(method) => (service, method),
            None => service.rsplit_once(':')?,
        };
        Some(Self {
            service: service.strip_prefix("sysbus.").unwrap_or(service).to_owned(),
            method: method.to_owned(),
            args: arguments(body.get("parameters")),
        })
    }

    /// As the log and the faults name it.
    pub(crate) fn name(&self) -> String {
        format!("{}:{}", self.service, self.method)
    }
}

/// The arguments, whatever a client sends in their place.
pub(crate) fn arguments(parameters: Option<&Value>) -> Object {
    match parameters {
        Some(Value::Object(map)) => map.clone(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).flatten().map(pair).collect(),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        _ => Map::new(),
    }
}

fn pair((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// What the headers say about the caller.
pub(crate) fn credentials(headers: &HeaderMap) -> Credentials {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = authorization(headers)
        .and_then(|(scheme, context)| matches!(scheme, "X-Sah" | "X-Sah-Logout").then_some(context));
    Credentials {
        contexts: text("x-context").into_iter().chain(bearer).map(str::to_owned).collect(),
        cookie: session_cookie(headers),
        idle: text("x-sah-request-type").is_some_and(|kind| kind.eq_ignore_ascii_case("idle")),
    }
}

/// Scheme and value of the `Authorization` header.
pub(crate) fn authorization(headers: &HeaderMap) -> Option<(&str, &str)> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?.trim();
    Some(text.split_once(' ').map_or((text, ""), |(scheme, value)| (scheme, value.trim())))
}

/// The session cookie. Its value may hold `=`, so only the first one separates; clients differ in the blanks.
fn session_cookie(headers: &HeaderMap) -> Option<String> {
    let wanted = format!("{COOKIE_PREFIX}/sessid");
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, value)| *name == wanted && !value.is_empty())
        .map(|(_, value)| value.trim_matches('"').to_owned())
        .next_back()
}
