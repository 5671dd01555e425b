//! A call made ready to be sent: name, bytes, time limit. Knows no types of capabilities.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Call, CallName, Error, transport::Request};

/// The dialect in which we speak: answers come without a `result` around them (protocol section 2).
const WS_4: HeaderValue = HeaderValue::from_static("application/x-sah-ws-4-call+json");

/// One call of any kind, or the description of an object.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) name: CallName,
    pub(crate) limit: Duration,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// `POST /ws` with this body.
    Call(Arc<str>),
    /// `GET` of this path.
    Description(Arc<str>),
}

#[derive(Serialize)]
struct Body<'a> {
    service: &'a str,
    method: &'a str,
    parameters: Value,
}

impl Ask {
    /// A typed call.
    pub(crate) fn call<C: Call>(call: &C) -> Result<Self, Error> {
        Self::new(call.service().into_owned(), C::METHOD, call, C::TIMEOUT)
    }

    /// A call whose parameters are any that can be written as JSON.
    pub(crate) fn new(
        service: String,
        method: &str,
        parameters: impl Serialize,
        limit: Duration,
    ) -> Result<Self, Error> {
        let name = CallName { service, method: method.to_owned() };
        let text = serde_json::to_value(parameters).and_then(|parameters| {
            // A call without parameters is a unit struct, which would be written as `null`.
            let parameters = if parameters.is_null() { Value::Object(Map::new()) } else { parameters };
            serde_json::to_string(&Body { service: &name.service, method, parameters })
        });
        match text {
            Ok(text) => Ok(Self { name, limit, form: Form::Call(text.into()) }),
            Err(_) => Err(Error::NotUnderstood {
                call: name,
                path: ".".to_owned(),
                problem: "the parameters cannot be written as JSON".to_owned(),
            }),
        }
    }

    /// The box's own description of an object.
    pub(crate) fn description(object: &str, depth: u32, limit: Duration) -> Self {
        let name = CallName { service: object.replace('/', "."), method: "describe".to_owned() };
        // Slashes, not dots: with dots the box says "Permission denied" (protocol section 1.1).
        let steps: Vec<String> = name.service.split('.').map(escape).collect();
        let path = format!("/sysbus/{}?_restDepth={depth}", steps.join("/"));
        Self { name, limit, form: Form::Description(path.into()) }
    }

    /// What makes two calls the same.
    pub(crate) fn key(&self) -> Arc<str> {
        match &self.form {
            Form::Call(text) | Form::Description(text) => Arc::clone(text),
        }
    }

    pub(crate) fn is_description(&self) -> bool {
        matches!(self.form, Form::Description(_))
    }

    /// The request, with these headers of the session.
    pub(crate) fn request(&self, session: HeaderMap) -> Request {
        let (method, path, body) = match &self.form {
            Form::Call(body) => (Method::POST, "/ws".to_owned(), body.as_bytes().to_vec()),
            Form::Description(path) => (Method::GET, path.to_string(), Vec::new()),
        };
        let mut headers = session;
        headers.insert(CONTENT_TYPE, WS_4);
        Request { method, path, headers, body, limit: self.limit }
    }
}

/// One step of a path: whatever has a meaning in URLs is written as `%xx`. Colons of MAC addresses stay.
fn escape(step: &str) -> String {
    let mut out = String::new();
    for byte in step.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_:*~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What the box is asked when nothing but the envelope is of interest.
pub(crate) fn plain(service: &str, method: &str, limit: Duration) -> Result<Ask, Error> {
    Ask::new(service.to_owned(), method, Value::Object(Map::new()), limit)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(parameters: impl Serialize) -> String {
        Ask::new("NMC.Wifi".to_owned(), "get", parameters, Duration::ZERO).unwrap().key().to_string()
    }

    #[test]
    fn a_call_is_compact_and_in_order() {
        let expected = |parameters: &str| {
            format!(r#"{{"service":"NMC.Wifi","method":"get","parameters":{parameters}}}"#)
        };
        assert_eq!(body(()), expected("{}"));
        assert_eq!(body(json!({"b": "\"é", "a": 1})), expected(r#"{"b":"\"é","a":1}"#));
        assert_eq!(body(json!([{"line": "1"}])), expected(r#"[{"line":"1"}]"#));
    }

    #[test]
    fn a_description_has_slashes_and_nothing_of_a_url() {
        let path = |object: &str| Ask::description(object, 1, Duration::ZERO).key().to_string();
        assert_eq!(path("NeMo.Intf.lan"), "/sysbus/NeMo/Intf/lan?_restDepth=1");
        assert_eq!(path("NeMo/Intf"), "/sysbus/NeMo/Intf?_restDepth=1");
        assert_eq!(
            path("Devices.Device.AA:BB:CC:DD:EE:FF"),
            "/sysbus/Devices/Device/AA:BB:CC:DD:EE:FF?_restDepth=1"
        );
        assert_eq!(path("a?b#c%/é"), "/sysbus/a%3Fb%23c%25/%C3%A9?_restDepth=1");
    }
}
