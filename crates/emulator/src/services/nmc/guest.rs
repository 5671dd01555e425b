//! `NMC.Guest` and `NMC.WlanTimer`: the guest network and the time after which it ends (protocol section 4.7).

use serde_json::{Value, json};

use crate::call::{Answer, BoxError, Call, Object, Reply, lenient_flag};
use crate::clock::{FOREVER, NEVER, after, iso};
use crate::router::Router;
use crate::services::Service;

pub(in crate::services) const SERVICE: Service = Service::new("NMC.Guest", call);

pub(in crate::services) const TIMER: Service = Service::new("NMC.WlanTimer", timer);

const HOUR: i64 = 3_600;

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "get") => Reply::value(summary(router)).ok(),
        ([], "set") => {
            if let Some(on) = call.args.values().get("Enable").and_then(lenient_flag) {
                switch(router, on);
            }
            Reply::void().ok()
        }
        _ => None,
    }
}

fn summary(router: &Router) -> Value {
    let wifi = &router.state.wifi;
    let guest = &wifi.guest;
    let works = guest.enable && wifi.vaps.iter().any(|vap| vap.guest && wifi.carries(vap.name));
    json!({
        "Enable": guest.enable,
        "WifiGuestKeyConfig": true,
        "Status": if works { "Enabled" } else { "Disabled" },
        "ActivationTimeout": guest.timeout_hours,
        "StartTime": guest.start.filter(|_| guest.enable).map_or_else(|| NEVER.to_owned(), iso),
        "ValidTime": match guest.until {
            _ if !guest.enable => NEVER.to_owned(),
            None => FOREVER.to_owned(),
            Some(until) => iso(until),
        },
    })
}

fn switch(router: &mut Router, on: bool) {
    let now = router.now();
    router.change_wifi(|state| {
        let wifi = &mut state.wifi;
        if on && !wifi.guest.enable {
            wifi.guest.start = Some(now);
        }
        wifi.guest.enable = on;
        if !on {
            wifi.guest.until = None;
            wifi.guest.timeout_hours = 0;
        }
        // Somebody may have switched off the access points one by one.
        if on && !wifi.vaps.iter().any(|vap| vap.guest && vap.enable) {
            wifi.vaps.iter_mut().filter(|vap| vap.guest).for_each(|vap| vap.enable = true);
        }
    });
    router.changed("NMC.Guest", Object::from_iter([("Enable".to_owned(), json!(on))]));
}

fn timer(router: &mut Router, call: &Call<'_>) -> Answer {
    if !matches!(call.method, "getActivationTimer" | "setActivationTimer" | "disableActivationTimer") {
        return None;
    }
    if call.args.text("InterfaceName").as_deref() != Some("guest") {
        let first = BoxError::new(1_245_185, "Interface name is not a valid name", "");
        return Some(Err(vec![first, BoxError::failed(call.method)]));
    }
    let now = router.now();
    let guest = &mut router.state.wifi.guest;
    match call.method {
        "getActivationTimer" => {
            let left = guest.until.map_or(0, |until| until.as_second() - now.as_second());
            Reply::value(left.max(0)).ok()
        }
        "setActivationTimer" => {
            let hours = call.args.number("Timeout").unwrap_or(0);
            let Ok(timeout) = u32::try_from(hours) else { return BoxError::failed(call.method).refuse() };
            guest.timeout_hours = timeout;
            // Clients show the time between the two dates as the length of the timer.
            guest.start = Some(now);
            guest.until = (timeout > 0).then(|| after(now, i64::from(timeout) * HOUR));
            Reply::void().ok()
        }
        _ => {
            guest.timeout_hours = 0;
            guest.until = None;
            Reply::value(true).ok()
        }
    }
}
