//! A call, its answer and the errors of the bus (protocol sections 1.8 and 2).

use serde_json::{Map, Value, json};

/// A JSON object, as arguments and parameters travel.
pub type Object = Map<String, Value>;

/// What a service gives back: `None` when the method is not its own.
pub type Answer = Option<Result<Reply, Vec<BoxError>>>;

/// One call that passed every check of the bus.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The whole path, split at the dots.
    pub path: &'a [&'a str],
    /// The path below the root of the service that is asked.
    pub tail: &'a [&'a str],
    /// Method name, case sensitive.
    pub method: &'a str,
    /// Arguments by name.
    pub args: Args<'a>,
}

impl Call<'_> {
    /// The path as the bus writes it, with dots.
    pub fn object(&self) -> String {
        self.path.join(".")
    }
}

/// Arguments, read as leniently as a box does.
#[derive(Debug, Clone, Copy)]
pub struct Args<'a>(pub &'a Object);

impl<'a> Args<'a> {
    /// The raw value, `null` counted as absent.
    pub fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A string; numbers and booleans are accepted as their text.
    pub fn text(self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// A boolean; `"true"`, `"1"`, 1 and their contraries are accepted.
    pub fn flag(self, name: &str) -> Option<bool> {
        self.get(name).and_then(lenient_flag)
    }

    /// An integer; a string of digits is accepted.
    pub fn number(self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// An object.
    pub fn object(self, name: &str) -> Option<&'a Object> {
        self.get(name)?.as_object()
    }

    /// The values of a `set`: nested under `parameters` where the function declares it, bare otherwise.
    pub fn values(self) -> &'a Object {
        self.object("parameters").unwrap_or(self.0)
    }
}

/// A boolean as clients write it: `true`, 1, `"1"`, `"true"`.
pub(crate) fn lenient_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::String(text) if matches!(text.as_str(), "true" | "1") => Some(true),
        Value::String(text) if matches!(text.as_str(), "false" | "0" | "") => Some(false),
        _ => None,
    }
}

/// A good answer. The return value of a function is its `status`, its output arguments are its `data`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reply {
    /// Return value; `null` for `void`.
    pub status: Value,
    /// Output arguments, absent when there are none.
    pub data: Option<Value>,
}

impl Reply {
    /// The answer of a function that returns a value.
    pub fn value(status: impl Into<Value>) -> Self {
        Self { status: status.into(), data: None }
    }

    /// The answer of a `void` function.
    pub fn void() -> Self {
        Self::default()
    }

    /// The answer of a `void` function with output arguments.
    pub fn outputs(data: Value) -> Self {
        Self { status: Value::Null, data: Some(data) }
    }

    /// The answer of a function with a return value and output arguments.
    pub fn both(status: impl Into<Value>, data: Value) -> Self {
        Self { status: status.into(), data: Some(data) }
    }

    /// Shortens the end of a service's arm.
    #[allow(clippy::unnecessary_wraps, reason = "an arm of a service's match is an `Answer`")]
    pub fn ok(self) -> Answer {
        Some(Ok(self))
    }
}

/// One entry of an `errors` list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxError {
    /// Number, as in protocol section 1.8.
    pub code: i64,
    /// Text that goes with the number.
    pub description: String,
    /// The object, function, argument or rule that the error is about.
    pub info: String,
}

impl BoxError {
    /// An error with any number and text.
    pub fn new(code: i64, description: &str, info: impl Into<String>) -> Self {
        Self { code, description: description.into(), info: info.into() }
    }

    /// 13: the caller may not touch this object, or the session is gone.
    pub fn denied(object: impl Into<String>) -> Self {
        Self::new(13, "Permission denied", object)
    }

    /// 196618: `info` is the whole path of a missing object, or the bare name of a missing function.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(196_618, "Object or parameter not found", what)
    }

    /// 196636: declared, but without an implementation.
    pub fn not_implemented(method: impl Into<String>) -> Self {
        Self::new(196_636, "Function is not implemented", method)
    }

    /// 196639: generic failure, usually the last of several entries.
    pub fn failed(method: impl Into<String>) -> Self {
        Self::new(196_639, "Function execution failed", method)
    }

    /// 196640: one entry per argument that is missing.
    pub fn missing_argument(name: impl Into<String>) -> Self {
        Self::new(196_640, "Missing mandatory argument", name)
    }

    /// As the box writes it.
    pub fn to_json(&self) -> Value {
        json!({"error": self.code, "description": self.description, "info": self.info})
    }

    /// Shortens a service's refusal.
    #[allow(clippy::unnecessary_wraps, reason = "an arm of a service's match is an `Answer`")]
    pub fn refuse(self) -> Answer {
        Some(Err(vec![self]))
    }
}
