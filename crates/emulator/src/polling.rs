//! The event channel over HTTP: a request that waits until something happens (protocol section 3).

use http::StatusCode;
use serde_json::{Value, json};

use crate::call::BoxError;
use crate::clock::after;
use crate::envelope::Dialect;
use crate::events::LONG_POLL;
use crate::fault::Kind;
use crate::server::{Answered, Closed, Shared, before, json_answer, respond, spoil};
use crate::session::Credentials;

/// A waiting request; its end is noted however it ends, a vanished client included.
struct Waiting<'a> {
    shared: &'a Shared,
    channel: u64,
}

impl<'a> Waiting<'a> {
    fn begin(shared: &'a Shared, channel: u64) -> Self {
        let mut router = shared.router();
        let now = router.now();
        router.events.wait(now, channel, true);
        Self { shared, channel }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut router = self.shared.router();
        let now = router.now();
        router.events.wait(now, self.channel, false);
    }
}

/// Opens a channel, or waits for what happens on one.
pub(crate) async fn answer(
    shared: &Shared,
    dialect: &Dialect,
    credentials: &Credentials,
    body: &[u8],
) -> Result<Answered, Closed> {
    shared.log.call("events:wait");
    let faults = shared.faults.take("events:wait");
    before(shared, &faults).await?;
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let answer = outcome(shared, credentials, &body).await?;
    if faults.contains(&Kind::DropAfter) {
        return Err(Closed);
    }
    let mut answered = json_answer(StatusCode::OK, dialect, &answer);
    if shared.options.trailing_null {
        spoil(&mut answered, &[Kind::TrailingNull]).await;
    }
    if faults.contains(&Kind::Unavailable) {
        answered = respond(StatusCode::SERVICE_UNAVAILABLE, "text/html", "");
    }
    spoil(&mut answered, &faults).await;
    Ok(answered)
}

async fn outcome(shared: &Shared, credentials: &Credentials, body: &Value) -> Result<Value, Closed> {
    let names: Vec<String> = body
        .get("events")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    let channel = body.get("channelid").and_then(Value::as_u64);
    let deadline = {
        let mut router = shared.router();
        let (policy, now) = (router.policy, router.now());
        // A poll by itself is not known to keep a session alive, so it does not.
        let quiet = Credentials { idle: true, ..credentials.clone() };
        let admitted = router.sessions.admit(policy, now, &quiet);
        if !admitted && !credentials.contexts.is_empty() {
            return Ok(errors(&BoxError::denied("eventmanager")));
        }
        router.catch_up_events();
        let Some(id) = channel else {
            // Anybody may open a channel; on one of a stranger nothing is ever said.
            let names = if admitted { names } else { Vec::new() };
            return Ok(json!({"channelid": router.events.open(now, names), "events": []}));
        };
        if !router.events.subscribe(now, id, if admitted { &names } else { &[] }) {
            return Ok(lost());
        }
        after(now, LONG_POLL)
    };
    let id = channel.unwrap_or(0);
    let _waiting = Waiting::begin(shared, id);
    loop {
        let news = shared.news.notified();
        tokio::pin!(news);
        news.as_mut().enable();
        let (wake, clock) = {
            let mut router = shared.router();
            if router.is_deaf() {
                return Err(Closed);
            }
            router.catch_up_events();
            let now = router.now();
            match router.events.take(now, id) {
                None => return Ok(lost()),
                Some(events) if !events.is_empty() || now >= deadline => {
                    return Ok(json!({"channelid": id, "events": events}));
                }
                Some(_) => (router.next_event_time().min(deadline), router.clock.clone()),
            }
        };
        tokio::select! { () = clock.sleep_until(wake) => {}, () = news => {} }
    }
}

fn lost() -> Value {
    errors(&BoxError::new(196_639, "Function execution failed", "channel does not exist"))
}

fn errors(error: &BoxError) -> Value {
    json!({"status": null, "errors": [error.to_json()]})
}
