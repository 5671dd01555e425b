//! `RemoteAccess`, its double in `NMC`, and `OrangeRemoteAccess` (protocol section 4.26).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, Args, Call, Object, Reply};
use crate::clock::{NEVER, iso};
use crate::router::Router;
use crate::state::settings::Remote;

pub(super) const SERVICE: Service = Service::new("RemoteAccess", call);
pub(super) const ORANGE: Service = Service::new("OrangeRemoteAccess", orange);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let now = router.now();
    router.state.settings.remote.settle(now);
    match call.method {
        "get" => {
            let remote = &router.state.settings.remote;
            let live = json!({
                "SourcePrefix": remote.source_prefix,
                "SourcePrefixNonEmpty": !remote.source_prefix.is_empty(),
                "PortMode": "RANDOM",
                "Port": remote.port,
                "SupportedProtocols": "HTTPS",
                "Protocol": remote.protocol,
                "Timeout": remote.timeout,
                "TimeLeft": remote.left(now),
                "Interface": "data",
                "EnableTime": remote.since.map_or_else(|| NEVER.to_owned(), iso),
                "Enable": remote.enable,
            });
            let live = live.as_object().cloned().unwrap_or_default();
            Reply::value(router.describe(call.path, live)).ok()
        }
        "enable" => Reply::value(open(router, call.args)).ok(),
        "disable" => {
            close(router);
            Reply::value(true).ok()
        }
        "set" => {
            let values = Args(call.args.values());
            match values.flag("Enable") {
                Some(true) => {
                    let named = [("port", "Port"), ("timeout", "Timeout"), ("sourcePrefix", "SourcePrefix")];
                    let arguments: Object = named
                        .into_iter()
                        .filter_map(|(argument, name)| Some((argument.to_owned(), values.get(name)?.clone())))
                        .collect();
                    open(router, Args(&arguments));
                }
                Some(false) => close(router),
                None => return None,
            }
            Reply::value(true).ok()
        }
        "getTimeLeft" => Reply::value(router.state.settings.remote.left(now)).ok(),
        "restartTimer" => {
            let remote = &mut router.state.settings.remote;
            remote.since = remote.since.map(|_| now);
            Reply::value(remote.enable).ok()
        }
        _ => None,
    }
}

/// The part of `NMC` that says the same.
pub(super) fn nmc(router: &mut Router, call: &Call<'_>) -> Answer {
    let now = router.now();
    router.state.settings.remote.settle(now);
    match call.method {
        "getRemoteAccess" => {
            let remote = &router.state.settings.remote;
            Reply::value(json!({
                "username": remote.username,
                "timeout": remote.timeout,
                "timeleft": remote.left(now),
                "port": remote.port,
                "sourcePrefix": remote.source_prefix,
                "enable": remote.enable,
            }))
            .ok()
        }
        "enableRemoteAccess" => Reply::value(open(router, call.args)).ok(),
        "disableRemoteAccess" => {
            close(router);
            Reply::value(0).ok()
        }
        _ => None,
    }
}

/// Opens the access and gives its port: the one asked for, else any.
fn open(router: &mut Router, args: Args<'_>) -> u16 {
    let now = router.now();
    let asked = args.number("port").and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    let port = asked.unwrap_or_else(|| {
        let any = router.state.seed.between(&format!("remote/{now}"), 20_000, 60_000);
        u16::try_from(any).unwrap_or(20_443)
    });
    router.state.settings.remote = Remote {
        enable: true,
        port,
        protocol: if args.flag("secure") == Some(false) { "HTTP" } else { "HTTPS" },
        timeout: args.number("timeout").and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(0),
        source_prefix: args.text("sourcePrefix").unwrap_or_default(),
        username: args.text("username").unwrap_or_else(|| "admin".to_owned()),
        since: Some(now),
    };
    tell(router);
    port
}

fn close(router: &mut Router) {
    router.state.settings.remote = Remote::closed();
    tell(router);
}

fn tell(router: &mut Router) {
    let enable = Value::from(router.state.settings.remote.enable);
    router.changed("RemoteAccess", Object::from_iter([("Enable".to_owned(), enable)]));
}

fn orange(router: &mut Router, call: &Call<'_>) -> Answer {
    let settings = &mut router.state.settings;
    let username = call.args.text("username").unwrap_or_default();
    match (call.tail, call.method) {
        ([], "get") => {
            Reply::value(json!({"Enable": settings.orange_remote, "Activate": true, "Status": false})).ok()
        }
        ([], "set") => {
            let wanted = Args(call.args.values()).flag("Enable");
            settings.orange_remote = wanted.unwrap_or(settings.orange_remote);
            Reply::value(true).ok()
        }
        ([], "addUser") => {
            settings.orange_users.retain(|known| *known != username);
            settings.orange_users.push(username);
            Reply::void().ok()
        }
        ([], "removeUser") => {
            settings.orange_users.retain(|known| *known != username);
            Reply::void().ok()
        }
        ([], "listUsers") => Reply::outputs(json!({"listOfUsers": settings.orange_users})).ok(),
        _ => None,
    }
}
