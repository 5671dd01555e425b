//! `NMC.Wifi`: the master switch of Wi-Fi, WPS and the choice of channels (protocol sections 4.5, 4.7).

use serde_json::{Value, json};

use crate::call::{Answer, BoxError, Call, Object, Reply, lenient_flag};
use crate::router::Router;
use crate::services::Service;
use crate::services::nemo::{scan, write};
use crate::state::traffic::Bytes;

pub(in crate::services) const SERVICE: Service = Service::new("NMC.Wifi", call);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "get") => Reply::value(Value::Object(summary(router, call))).ok(),
        ([], "set") => set(router, call),
        ([], "setEnable") => match call.args.flag("value") {
            Some(on) => switch(router, on),
            None => BoxError::failed(call.method).refuse(),
        },
        ([], "setStatus") => match call.args.flag("Status") {
            Some(on) => switch(router, on),
            None => BoxError::failed(call.method).refuse(),
        },
        ([], "toggleEnable") => {
            let on = !router.state.wifi.enable;
            switch(router, on)
        }
        ([], "setInternal") => {
            if let Some(target) = call.args.text("EnableTarget") {
                let written = router.state.written.entry("NMC.Wifi".to_owned()).or_default();
                written.insert("EnableTarget".to_owned(), json!(target));
            }
            Reply::void().ok()
        }
        ([], "getStats") => Reply::outputs(stats(router)).ok(),
        ([], "startPairing") => {
            if !router.state.wifi.is_on() {
                return BoxError::failed(call.method).refuse();
            }
            router.start_pairing();
            Reply::void().ok()
        }
        ([], "stopPairing") => {
            router.stop_pairing();
            Reply::void().ok()
        }
        ([], "startAutoChannelSelection") => {
            choose_channels(router);
            Reply::void().ok()
        }
        (["WPS"], "get") => {
            let live = Object::from_iter([("CurrentPinCode".to_owned(), json!(router.state.wifi.wps_pin))]);
            Reply::value(Value::Object(router.describe(call.path, live))).ok()
        }
        (["WPS"], "generateSelfPIN") => Reply::value(router.new_wps_pin()).ok(),
        _ => None,
    }
}

/// Whether Wi-Fi works, which follows a change after some seconds.
fn works(router: &Router) -> bool {
    let (wifi, now) = (&router.state.wifi, router.now());
    wifi.radios.iter().any(|radio| wifi.radio_up(radio.name) && !wifi.restarts(radio.name, now))
}

fn summary(router: &Router, call: &Call<'_>) -> Object {
    let wifi = &router.state.wifi;
    let pairing = wifi.pairing_until.is_some_and(|until| router.now() < until);
    let planned = router.state.follows_wifi_plan();
    let live = json!({
        "RegulatoryAuthorization6GHz": true,
        "Enable": wifi.enable,
        "TempEnable": wifi.enable,
        "Status": works(router),
        "ReadOnlyStatus": works(router),
        "PairingStatus": if pairing { "Pairing" } else { "Idle" },
        "Scheduler": planned,
        "SchedulingEnabled": planned,
        "ConfigurationMode": wifi.combined,
        "TriggerAutoChannelSelection": false,
        "AddOnModeState": "Disabled",
    });
    router.describe(call.path, live.as_object().cloned().unwrap_or_default())
}

fn set(router: &mut Router, call: &Call<'_>) -> Answer {
    let values = call.args.values();
    let flag = |name: &str| values.get(name).and_then(lenient_flag);
    if let Some(combined) = flag("ConfigurationMode") {
        router.state.wifi.combined = combined;
        router.changed("NMC.Wifi", Object::from_iter([("ConfigurationMode".to_owned(), json!(combined))]));
    }
    if flag("TriggerAutoChannelSelection") == Some(true) {
        choose_channels(router);
    }
    if let Some(on) = flag("Enable").or_else(|| flag("Status")) {
        switch(router, on);
    }
    // Declared `void`, but clients of real boxes take anything but `true` for a failure.
    Reply::value(true).ok()
}

fn switch(router: &mut Router, on: bool) -> Answer {
    router.change_wifi(|state| state.wifi.enable = on);
    router.changed("NMC.Wifi", Object::from_iter([("Enable".to_owned(), json!(on))]));
    Reply::void().ok()
}

fn choose_channels(router: &mut Router) {
    let radios: Vec<&'static str> = router.state.wifi.radios.iter().map(|radio| radio.name).collect();
    for radio in &radios {
        scan::choose_channel(router, radio);
    }
    write::restart(router, &radios);
}

/// Counters of all access points together, 32 bits wide.
fn stats(router: &Router) -> Value {
    let now = router.now();
    let vaps = router.state.wifi.vaps.iter().map(|vap| router.state.counters(vap.name, now));
    let bytes = vaps.fold(Bytes::default(), Bytes::plus).wrapped();
    json!({"RxBytes": bytes.rx, "TxBytes": bytes.tx})
}

impl Router {
    /// Changes what decides whether Wi-Fi is on. Radios that come up need their time.
    pub(crate) fn change_wifi(&mut self, change: impl FnOnce(&mut crate::state::State)) {
        let was_up: Vec<&'static str> = self.radios_up();
        change(&mut self.state);
        let now = self.now();
        self.state.settle_wifi(now);
        let fresh: Vec<&'static str> =
            self.radios_up().into_iter().filter(|radio| !was_up.contains(radio)).collect();
        if !fresh.is_empty() {
            write::restart(self, &fresh);
        }
    }

    fn radios_up(&self) -> Vec<&'static str> {
        let wifi = &self.state.wifi;
        wifi.radios.iter().map(|radio| radio.name).filter(|radio| wifi.radio_up(radio)).collect()
    }
}
