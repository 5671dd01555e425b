//! The router: one state, one clock, one door for every call.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::call::{Args, BoxError, Object, Reply};
use crate::clock::{Clock, after};
use crate::events::Events;
use crate::model::{LB6, Model, Resolved};
use crate::random::Seed;
use crate::requests::is_write;
use crate::services::{self, Service};
use crate::session::{Policy, Sessions};
use crate::state::State;
use crate::state::system::BootRecord;

/// The calls that answer without a session (protocol section 1.7).
const ANONYMOUS: &[(&str, &str)] = &[
    ("DeviceInfo", "get"),
    ("NMC", "get"),
    ("NMC", "getWANStatus"),
    ("UserInterface", "getLanguage"),
    ("UserInterface", "getState"),
    ("HTTPService", "getCurrentUser"),
    ("HTTPService", "getAuthenticationModes"),
    ("PasswordRecovery", "start"),
    ("PasswordRecovery", "stop"),
    ("PasswordRecovery", "setPassword"),
];

/// Templates that do not even answer the bus's own `get`; their instances do (protocol section 4.0).
const WITHOUT_GET: &[&str] = &["DHCPv4.Server.Pool.StaticAddress", "Firewall.DMZ", "Firewall.PortForwarding"];

/// Longest path looked at, in elements. No object of a box lies as deep.
pub(crate) const DEEPEST: usize = 24;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// A session with its cookie.
    Admin,
    /// Everybody else.
    Anonymous,
}

/// What a call does beside its answer; the server carries it out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Effects {
    /// The answer comes this much later.
    pub(crate) delay: Duration,
    /// The connection dies before the answer.
    pub(crate) drop_connection: bool,
}

/// A Livebox.
#[derive(Debug)]
pub struct Router {
    /// What the model declares.
    pub model: &'static Model,
    /// Time.
    pub clock: Clock,
    /// What the box remembers.
    pub state: State,
    /// Event channels.
    pub events: Events,
    /// Sessions.
    pub sessions: Sessions,
    /// Rules of sessions.
    pub policy: Policy,
    /// The household has hostile names.
    pub hostile: bool,
    /// Seconds that a reboot takes.
    pub reboot_seconds: i64,
    /// How long the box looks around for `TopologyDiagnostics:buildTopology`; real ones take 10 to 30 s.
    pub topology_delay: Duration,
    /// The caller of the present call.
    pub caller: Caller,
    pub(crate) effects: Effects,
    /// Secrets that were replaced.
    past_secrets: BTreeSet<String>,
    /// Seconds for which the box hears nothing after a change of its address.
    pub lan_seconds: i64,
    /// Address of the box at first.
    first_address: Ipv4Addr,
    /// Deaf until then: rebooting, or its link is cut.
    pub(crate) deaf_until: Option<Timestamp>,
    /// Deaf every other so many seconds from then on, as long as the firewall level is High.
    firewall_cut: Option<(Timestamp, i64)>,
    /// No Internet until the settings are these again.
    internet_cut: Option<Value>,
}

impl Router {
    /// A box with the household of `seed`.
    pub fn new(seed: Seed, clock: Clock, admin_password: &str) -> Self {
        let now = clock.now();
        let state = crate::household::build(seed, now, admin_password, false);
        Self {
            model: &LB6,
            first_address: state.lan.address,
            state,
            hostile: false,
            clock,
            events: Events::new(now),
            sessions: Sessions::default(),
            policy: Policy::default(),
            reboot_seconds: 90,
            topology_delay: Duration::ZERO,
            caller: Caller::Admin,
            effects: Effects::default(),
            past_secrets: BTreeSet::new(),
            lan_seconds: 5,
            deaf_until: None,
            firewall_cut: None,
            internet_cut: None,
        }
    }

    /// Begins anew with the household as it was at first; the password of `admin` stays.
    pub fn start_over(&mut self) {
        let (seed, now) = (self.state.seed, self.now());
        let password = self.state.users.admin_password.clone();
        self.state = crate::household::build(seed, now, &password, self.hostile);
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The secrets of the household, those that calls replaced, and the contexts and cookies of all sessions. Each is a
    /// string that occurs nowhere else, so that tests can look for leaks.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.past_secrets.clone();
        secrets.extend(crate::household::secrets(&self.state));
        secrets.extend(self.sessions.secrets().iter().cloned());
        secrets.into_iter().collect()
    }

    /// Runs a call as the bus does: permission, object, function, arguments, then the service.
    pub fn call(
        &mut self,
        caller: Caller,
        service: &str,
        method: &str,
        args: &Object,
    ) -> Result<Reply, Vec<BoxError>> {
        if caller == Caller::Anonymous || !is_write(method) {
            return self.dispatch(caller, service, method, args);
        }
        self.past_secrets.extend(crate::household::secrets(&self.state));
        let outcome = self.dispatch(caller, service, method, args);
        self.end_cuts();
        outcome
    }

    fn dispatch(
        &mut self,
        caller: Caller,
        service: &str,
        method: &str,
        args: &Object,
    ) -> Result<Reply, Vec<BoxError>> {
        let object = service.strip_prefix("sysbus.").unwrap_or(service);
        if caller == Caller::Anonymous && !ANONYMOUS.contains(&(object, method)) {
            return Err(vec![BoxError::denied(object)]);
        }
        self.caller = caller;
        self.follow_time();
        let path: Vec<&str> = object.split('.').take(DEEPEST).collect();
        let path = self.by_first_name(path);
        if self.model.is_denied(&path) {
            return Err(vec![BoxError::denied(object)]);
        }
        let resolved = self.resolve(&path).ok_or_else(|| vec![BoxError::not_found(object)])?;
        let generic = matches!(method, "get" | "set");
        if resolved.object.hidden && generic {
            return Err(vec![BoxError::denied(object)]);
        }
        if object == "sah.Device.Information" && matches!(method, "createContext" | "releaseContext") {
            // The session layer takes these where they come with their own header; the model does not list them.
            return Err(vec![BoxError::denied(object)]);
        }
        let declared = resolved.functions().find(|function| function.name == method);
        // The functions of a template are those of its instances.
        let on_template = resolved.is_type && self.instances(&path).is_some();
        if (declared.is_none() || on_template) && !generic {
            return Err(vec![BoxError::not_found(method)]);
        }
        let silent =
            WITHOUT_GET.contains(&resolved.object.path) || method == "set" && self.instances(&path).is_some();
        if declared.is_none() && silent && resolved.is_type {
            return Err(vec![BoxError::not_found(method)]);
        }
        let missing: Vec<BoxError> = declared
            .into_iter()
            .flat_map(crate::model::Function::arguments)
            .filter(|argument| argument.mandatory && !args.contains_key(argument.name))
            .map(|argument| BoxError::missing_argument(argument.name))
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        for service in services::of(&path) {
            let call = service.call_for(&path, method, Args(args));
            if let Some(answer) = (service.call)(self, &call) {
                return answer;
            }
        }
        match method {
            "get" => Ok(Reply::value(self.generic_get(&path, &resolved))),
            "set" => {
                self.generic_set(&path.join("."), &resolved, args);
                Ok(Reply::value(true))
            }
            _ => Err(vec![BoxError::not_implemented(method)]),
        }
    }

    /// The path under which the box's own entry of `Devices` is known here. Clients also ask for it by its MAC address.
    pub(crate) fn by_first_name<'p>(&self, mut path: Vec<&'p str>) -> Vec<&'p str> {
        if let ["Devices", "Device", key, ..] = path.as_mut_slice()
            && key.eq_ignore_ascii_case(&self.state.identity.base_mac)
        {
            *key = "HGW";
        }
        path
    }

    /// Finds the object of a path, its instance keys included.
    pub(crate) fn resolve(&self, path: &[&str]) -> Option<Resolved<'static>> {
        self.model.resolve(path, &|_, template, key| {
            services::of(template)
                .find_map(|service: &Service| (service.instances)(self, template))
                .is_some_and(|keys| keys.iter().any(|known| known.eq_ignore_ascii_case(key)))
        })
    }

    /// The keys of a template's instances, or `None` for a plain object.
    pub fn instances(&self, path: &[&str]) -> Option<Vec<String>> {
        services::of(path).find_map(|service| (service.instances)(self, path))
    }

    /// Every declared parameter of an object: what the caller gives as `live`, else what was written, else the
    /// default of its type.
    pub fn describe(&self, path: &[&str], mut live: Object) -> Object {
        let Some(resolved) = self.resolve(path) else { return live };
        let written = self.state.written.get(&path.join("."));
        resolved
            .parameters()
            .map(|parameter| {
                let name = parameter.name;
                let value = live
                    .remove(name)
                    .or_else(|| written.and_then(|values| values.get(name)).cloned())
                    .unwrap_or_else(|| parameter.default());
                (name.to_owned(), value)
            })
            .collect()
    }

    /// `live`, corrected by what was written through the generic `set`: for objects whose `get` does not show every
    /// declared parameter.
    pub fn with_written(&self, path: &[&str], mut live: Object) -> Object {
        if let Some(written) = self.state.written.get(&path.join(".")) {
            for (name, value) in &mut live {
                if let Some(newer) = written.get(name) {
                    *value = newer.clone();
                }
            }
        }
        live
    }

    fn generic_get(&mut self, path: &[&str], resolved: &Resolved<'static>) -> Value {
        if resolved.is_type {
            if let Some(keys) = self.instances(path) {
                let entries = keys.into_iter().map(|key| {
                    let instance: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
                    let value = self.call(Caller::Admin, &instance.join("."), "get", &Map::new());
                    (key.clone(), value.map(|reply| reply.status).unwrap_or_default())
                });
                return Value::Object(entries.collect());
            }
            if self.model.is_counted(resolved.object.path) {
                return Value::Object(Map::new());
            }
        }
        Value::Object(self.describe(path, Map::new()))
    }

    /// Writes the parameters that exist and may be written; the others are ignored, as boxes do.
    fn generic_set(&mut self, object: &str, resolved: &Resolved<'static>, args: &Object) {
        let values = Args(args).values();
        let known: Object = resolved
            .parameters()
            .filter(|parameter| !parameter.read_only())
            .filter_map(|parameter| Some((parameter.name.to_owned(), values.get(parameter.name)?.clone())))
            .collect();
        self.changed(object, known.clone());
        self.state.written.entry(object.to_owned()).or_default().extend(known);
    }

    /// Lets time do what was asked of it: plans, timers, diagnostics. Subscribers are told.
    pub(crate) fn follow_time(&mut self) {
        let watched = |state: &State| (state.wifi.guest.enable, state.wifi.planned_off);
        let (before, now) = (watched(&self.state), self.now());
        self.state.follow_plans(now);
        let (guest, planned_off) = watched(&self.state);
        if before.0 != guest {
            self.changed("NMC.Guest", Object::from_iter([("Enable".to_owned(), guest.into())]));
        }
        if before.1 != planned_off {
            self.changed("NMC.Wifi", Object::from_iter([("Status".to_owned(), (!planned_off).into())]));
        }
        self.settle_diagnostics();
    }

    /// Tells subscribers that parameters of an object changed.
    pub fn changed(&mut self, handler: &str, attributes: Object) {
        self.events.changed(handler, attributes);
    }

    /// Delays the answer of the present call, as slow operations do.
    pub fn delay_answer(&mut self, by: Duration) {
        self.effects.delay += by;
    }

    /// Kills the connection of the present call before its answer, as a lost Wi-Fi link does.
    pub fn drop_answer(&mut self) {
        self.effects.drop_connection = true;
    }

    /// The box hears nothing for so many seconds.
    pub fn go_deaf(&mut self, seconds: i64) {
        self.deaf_until = self.deaf_until.max(Some(after(self.now(), seconds)));
    }

    /// Restarts the box: sessions and channels are lost, nobody is connected while it lasts.
    pub fn reboot(&mut self, reason: &str) {
        self.restart(reason, self.reboot_seconds);
    }

    /// As [`Router::reboot`], of a given length.
    pub fn restart(&mut self, reason: &str, seconds: i64) {
        let down = self.now();
        let up = after(down, seconds);
        let boot = &mut self.state.boot;
        boot.booted_at = up;
        boot.counter += 1;
        boot.history.push(BootRecord {
            boot: up,
            boot_reason: "NMC",
            shutdown: Some(down),
            shutdown_reason: reason.to_owned(),
        });
        for host in &mut self.state.hosts {
            if host.forced_now(down) != Some(false) {
                host.force(down, Some(false));
                let label = format!("{}/rejoin/{up}", host.mac);
                host.force(after(up, self.state.seed.between(&label, 3, 75)), None);
            }
        }
        self.state.wan.bound_at = after(up, 60);
        self.state.firewall.restart();
        self.sessions.clear();
        self.events.clear();
        self.deaf_until = Some(up);
    }

    /// Whether connections are refused at this moment.
    pub fn is_deaf(&self) -> bool {
        self.deaf_until.is_some_and(|until| self.now() < until) || self.is_cut_by_firewall()
    }

    fn is_cut_by_firewall(&self) -> bool {
        self.firewall_cut.is_some_and(|(since, seconds)| {
            let elapsed = self.now().as_millisecond() - since.as_millisecond();
            self.state.firewall.is_high() && elapsed.div_euclid(seconds.max(1) * 1_000) % 2 == 0
        })
    }

    /// The firewall level cuts everybody off for so many seconds out of twice as many; false when it is not High.
    pub(crate) fn cut_by_firewall(&mut self, seconds: i64) -> bool {
        let high = self.state.firewall.is_high();
        if high && seconds > 0 {
            self.firewall_cut = Some((self.now(), seconds));
        }
        high
    }

    /// The Internet is gone until everything is set as it was `before`, unless it still is.
    pub(crate) fn cut_internet(&mut self, before: Value) {
        let before = without_reboots(before);
        if self.internet_cut.is_none() && without_reboots(self.settings()) != before {
            self.internet_cut = Some(before);
            self.state.wan.up = false;
        }
    }

    /// Ends cuts whose cause is undone. To be called after any change to the state.
    pub(crate) fn end_cuts(&mut self) {
        if !self.state.firewall.is_high() {
            self.firewall_cut = None;
        }
        if let Some(before) = self.internet_cut.take() {
            if without_reboots(self.settings()) == before {
                self.state.wan.up = true;
                self.state.wan.bound_at = self.now();
            } else {
                self.internet_cut = Some(before);
            }
        }
    }

    /// Whether the box has another address than at first.
    pub fn has_moved(&self) -> bool {
        self.state.lan.address != self.first_address
    }
}

/// Settings without the count of reboots, which nothing can undo.
fn without_reboots(mut settings: Value) -> Value {
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("reboots");
    }
    settings
}
