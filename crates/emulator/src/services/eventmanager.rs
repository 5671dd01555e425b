//! `eventmanager`: event channels as plain calls (protocol section 3). The waiting is done by the server.

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, Args, BoxError, Call, Reply};
use crate::events::{INACTIVITY, LONG_POLL, MAX_CHANNELS};
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("eventmanager", call);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let now = router.now();
    let names = names(call.args);
    let channel = call.args.number("channelid").and_then(|id| u64::try_from(id).ok());
    match call.method {
        "open_channel" => opened(router, names),
        "get_events" => match channel {
            None => opened(router, names),
            Some(id) => {
                router.catch_up_events();
                match router.events.take(now, id) {
                    Some(events) => Reply::value(json!({"channelid": id, "events": events})).ok(),
                    None => lost(call.method),
                }
            }
        },
        "subscribe" | "unsubscribe" => {
            let id = channel.unwrap_or(0);
            let done = if call.method == "subscribe" {
                router.events.subscribe(now, id, &names)
            } else {
                router.events.unsubscribe(now, id, &names)
            };
            if done { Reply::void().ok() } else { lost(call.method) }
        }
        "get" => {
            let live = json!({
                "channelinactivity_timeout": INACTIVITY, "longpolling_timeout": LONG_POLL,
                "dosprotection_maxchannels": MAX_CHANNELS, "dosprotection_timeout": 60, "max_subscriptions": 32,
            });
            let live = live.as_object().cloned().unwrap_or_default();
            Reply::value(router.describe(call.path, live)).ok()
        }
        _ => None,
    }
}

fn opened(router: &mut Router, names: Vec<String>) -> Answer {
    let id = router.events.open(router.now(), names);
    Reply::value(json!({"channelid": id, "events": []})).ok()
}

fn lost(method: &str) -> Answer {
    Some(Err(vec![
        BoxError::new(196_639, "Function execution failed", "channel does not exist"),
        BoxError::failed(method),
    ]))
}

fn names(args: Args<'_>) -> Vec<String> {
    let list = args.get("events").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
