//! Event channels: what is queued for whom (protocol section 3).

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::Object;
use crate::clock::after;
use crate::router::Router;
use crate::state::traffic::REFRESH;

/// Seconds that the box holds a request when nothing happens.
pub(crate) const LONG_POLL: i64 = 10;

/// Seconds after which a channel without a pending request is forgotten.
pub(crate) const INACTIVITY: i64 = 20;

/// Channels at a time.
pub(crate) const MAX_CHANNELS: usize = 64;

/// Events that wait on a channel; the oldest give way, as nobody may ever come for them.
const QUEUE: usize = 2_000;

#[derive(Debug)]
struct Channel {
    prefixes: Vec<String>,
    queue: VecDeque<Value>,
    /// Requests that wait at this moment.
    pending: usize,
    last_used: Timestamp,
}

impl Channel {
    fn wants(&self, handler: &str) -> bool {
        self.prefixes.iter().any(|prefix| {
            handler.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    fn is_lost(&self, now: Timestamp) -> bool {
        self.pending == 0 && now.as_second() - self.last_used.as_second() > INACTIVITY
    }
}

/// All channels.
#[derive(Debug)]
pub struct Events {
    channels: BTreeMap<u64, Channel>,
    next: u64,
    /// Up to when the household's own events were queued.
    told_until: Timestamp,
}

impl Events {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self { channels: BTreeMap::new(), next: 1, told_until: now }
    }

    /// Opens a channel; the box forgets the oldest one when there are too many.
    pub fn open(&mut self, now: Timestamp, prefixes: Vec<String>) -> u64 {
        self.channels.retain(|_, channel| !channel.is_lost(now));
        if self.channels.len() >= MAX_CHANNELS {
            self.channels.pop_first();
        }
        let id = self.next;
        self.next += 1;
        self.channels.insert(id, Channel { prefixes, queue: VecDeque::new(), pending: 0, last_used: now });
        id
    }

    /// Adds subscriptions to a channel; false when it is lost.
    pub fn subscribe(&mut self, now: Timestamp, id: u64, prefixes: &[String]) -> bool {
        let Some(channel) = self.alive(now, id) else { return false };
        for prefix in prefixes {
            if !channel.prefixes.contains(prefix) {
                channel.prefixes.push(prefix.clone());
            }
        }
        true
    }

    /// Removes subscriptions from a channel; false when it is lost.
    pub fn unsubscribe(&mut self, now: Timestamp, id: u64, prefixes: &[String]) -> bool {
        let Some(channel) = self.alive(now, id) else { return false };
        channel.prefixes.retain(|prefix| !prefixes.contains(prefix));
        true
    }

    /// Takes what is queued; `None` when the channel is lost.
    pub fn take(&mut self, now: Timestamp, id: u64) -> Option<Vec<Value>> {
        self.alive(now, id).map(|channel| channel.queue.drain(..).collect())
    }

    /// Marks the beginning (`true`) or the end of a waiting request.
    pub(crate) fn wait(&mut self, now: Timestamp, id: u64, begins: bool) {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.last_used = now;
            channel.pending = if begins { channel.pending + 1 } else { channel.pending.saturating_sub(1) };
        }
    }

    fn alive(&mut self, now: Timestamp, id: u64) -> Option<&mut Channel> {
        self.channels.retain(|_, channel| !channel.is_lost(now));
        let channel = self.channels.get_mut(&id)?;
        channel.last_used = now;
        Some(channel)
    }

    /// Forgets every channel, as a reboot does.
    pub fn clear(&mut self) {
        self.channels.clear();
    }

    /// Tells subscribers that parameters of an object changed. Values travel as strings, booleans as `0` and `1`.
    pub fn changed(&mut self, handler: &str, attributes: Object) {
        let attributes: Object = attributes.into_iter().map(|(name, value)| (name, as_text(value))).collect();
        self.emit(handler, "changed", &attributes);
    }

    /// Queues an event with any reason.
    pub fn emit(&mut self, handler: &str, reason: &str, attributes: &Object) {
        let event =
            json!({"data": {"handler": handler, "object": {"reason": reason, "attributes": attributes}}});
        for channel in self.channels.values_mut().filter(|channel| channel.wants(handler)) {
            if channel.queue.len() == QUEUE {
                channel.queue.pop_front();
            }
            channel.queue.push_back(event.clone());
        }
    }
}

fn as_text(value: Value) -> Value {
    match value {
        Value::Bool(flag) => json!(if flag { "1" } else { "0" }),
        Value::Number(number) => json!(number.to_string()),
        other => other,
    }
}

impl Router {
    /// Queues what happened in the household since the last time: arrivals, departures, statistics.
    pub fn catch_up_events(&mut self) {
        let now = self.now();
        self.follow_time();
        // Nobody can have listened for longer than a channel lives without a request, so older news is dropped.
        let from = self.events.told_until.max(after(now, -LONG_POLL - INACTIVITY - REFRESH));
        self.events.told_until = now;
        if self.events.channels.is_empty() || from >= now {
            return;
        }
        let seed = self.state.seed;
        let mut moves: Vec<(Timestamp, String, bool)> = Vec::new();
        for host in &self.state.hosts {
            let found = host.transitions(seed, from, now);
            moves.extend(found.into_iter().map(|(at, active)| (at, host.mac.clone(), active)));
        }
        moves.sort();
        for (at, mac, active) in moves {
            let attributes = json!({"Active": active, "LastChanged": crate::clock::iso(at)});
            if let Value::Object(attributes) = attributes {
                self.events.changed(&format!("Devices.Device.{mac}"), attributes);
            }
        }
        let refreshed = self.state.refreshed(now);
        if refreshed > from {
            self.tell_statistics(now, refreshed);
        }
    }

    fn tell_statistics(&mut self, now: Timestamp, refreshed: Timestamp) {
        let seed = self.state.seed;
        let booted_at = self.state.boot.booted_at;
        let active: Vec<_> =
            self.state.hosts.iter().filter(|host| host.is_active(seed, refreshed)).cloned().collect();
        for host in active {
            let bytes = host.bytes_between(seed, booted_at, refreshed);
            let counters = json!({
                "RxBytes": bytes.rx, "TxBytes": bytes.tx, "RxErrors": 0, "TxErrors": 0,
                "DeltaRxErrors": 0, "DeltaTxErrors": 0, "Timestamp": crate::clock::iso(refreshed),
            });
            let attributes = Object::from_iter([(host.mac.clone(), counters)]);
            self.events.emit(&format!("Devices.Device.{}", host.mac), "Statistics", &attributes);
        }
        for interface in self.instances(&["HomeLan", "Interface"]).unwrap_or_default() {
            let bytes = self.state.counters(&interface, now);
            let handler = format!("HomeLan.Interface.{interface}.Stats");
            for (name, value) in [("BytesSent", bytes.tx), ("BytesReceived", bytes.rx)] {
                let attributes = Object::from_iter([(name.to_owned(), json!(value))]);
                self.events.changed(&handler, attributes);
            }
        }
    }

    /// When something may happen by itself next: the next arrival, departure or refresh.
    pub(crate) fn next_event_time(&self) -> Timestamp {
        let now = self.now();
        let refresh = after(self.state.refreshed(now), REFRESH);
        let moves = self.state.hosts.iter().flat_map(|host| host.transitions(self.state.seed, now, refresh));
        let run = self.state.diagnostics.current.as_ref().map(|run| run.ends).filter(|end| *end > now);
        moves.map(|(at, _)| at).chain(run).min().unwrap_or(refresh)
    }
}
