//! The control path: faults, time and changes for tests in other processes. Open only when asked for.
//!
//! | Request | Does |
//! |---|---|
//! | `POST /_emulator/fault` `slow=500@NMC.Wifi:get*3` | adds faults, one a line |
//! | `DELETE /_emulator/fault` | removes all faults |
//! | `POST /_emulator/clock` `{"advance":600}` | moves the clock, in seconds |
//! | `POST /_emulator/call` `{"service","method","parameters"}` | makes a call as another admin, without a session (`change` is the same) |
//! | `GET /_emulator/requests` | what was asked so far, what of it would change something, and what did; `DELETE` starts anew |
//! | `GET /_emulator/settings` | everything that a person can set, and nothing that moves by itself |
//! | `GET /_emulator/secrets` | the secrets of the household, past ones and those of sessions included |
//! | `GET /_emulator/state` | time, uptime, sessions, faults in force |

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::envelope::{Asked, inner};
use crate::fault::Fault;
use crate::router::Caller;
use crate::server::{Answered, Shared, respond};

/// Beginning of the control path.
pub(crate) const PREFIX: &str = "/_emulator/";

/// Farthest step of the clock in seconds, about ten years.
const FARTHEST: u64 = 10 * 366 * 86_400;

/// Carries out a request of the control path.
pub(crate) fn answer(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Answered {
    let outcome = match (method, path.trim_start_matches(PREFIX)) {
        (&Method::POST, "fault") => add_faults(shared, &String::from_utf8_lossy(body)),
        (&Method::DELETE, "fault") => {
            shared.faults.clear();
            Ok(json!({}))
        }
        (&Method::POST, "clock") => advance(shared, body),
        (&Method::POST, "call" | "change") => call(shared, body),
        (&Method::GET, "requests") => {
            let log = shared.log.read();
            Ok(json!({
                "http": log.http, "logins": log.logins, "counts": log.counts(), "calls": log.calls,
                "writes": log.writes(), "changes": log.changes,
            }))
        }
        (&Method::DELETE, "requests") => {
            shared.log.clear();
            Ok(json!({}))
        }
        (&Method::GET, "settings") => Ok(shared.router().settings()),
        (&Method::GET, "secrets") => Ok(json!(shared.router().secrets())),
        (&Method::GET, "state") => Ok(state(shared)),
        _ => return respond(StatusCode::NOT_FOUND, "text/plain", "no such control"),
    };
    match outcome {
        Ok(value) => respond(StatusCode::OK, "application/json", value.to_string()),
        Err(why) => respond(StatusCode::BAD_REQUEST, "text/plain", why),
    }
}

fn add_faults(shared: &Shared, text: &str) -> Result<Value, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let faults: Vec<Fault> = lines
        .map(|line| line.parse::<Fault>().map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    for fault in faults {
        shared.faults.add(fault);
    }
    Ok(json!({"faults": texts(shared)}))
}

fn advance(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let seconds = body.get("advance").and_then(Value::as_u64).filter(|seconds| *seconds <= FARTHEST);
    let seconds = seconds.ok_or("expected {\"advance\": seconds}, ten years at most")?;
    let clock = shared.router().clock.clone();
    clock.advance(Duration::from_secs(seconds));
    Ok(json!({"now": clock.now().to_string()}))
}

fn call(shared: &Shared, body: &[u8]) -> Result<Value, String> {
    let asked = Asked::parse(body).ok_or("expected {\"service\", \"method\", \"parameters\"}")?;
    let outcome = shared.router().call(Caller::Admin, &asked.service, &asked.method, &asked.args);
    shared.news.notify_waiters();
    Ok(inner(outcome))
}

fn state(shared: &Shared) -> Value {
    let router = shared.router();
    let now = router.now();
    let hosts = router.state.hosts.iter();
    json!({
        "now": now.to_string(),
        "uptime": router.state.uptime(now),
        "deaf": router.is_deaf(),
        "sessions": router.sessions.len(),
        "activeHosts": hosts.filter(|host| host.is_active(router.state.seed, now)).count(),
        "faults": texts(shared),
    })
}

fn texts(shared: &Shared) -> Vec<String> {
    shared.faults.list().iter().map(ToString::to_string).collect()
}
