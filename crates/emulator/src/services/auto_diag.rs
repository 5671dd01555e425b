//! `AutoDiag` and `SpeedTest`: diagnostics that the box runs on itself (protocol section 4.30).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, BoxError, Call, Object, Reply};
use crate::clock::{NEVER, after, iso};
use crate::router::Router;
use crate::state::diagnostics::{DIRECTION, Run, Speed};

pub(super) const SERVICE: Service = Service::new("AutoDiag", call);

pub(super) const SPEED: Service = Service::new("SpeedTest", speed_test);

/// Identifier, seconds, whether it measures the speed.
const DIAGNOSTICS: &[(&str, i64, bool)] = &[
    ("speedService", 2 + 2 * DIRECTION, true),
    ("visuAtlasSpeedTest", 2 + 2 * DIRECTION, true),
    ("internetService", 12, false),
    ("wifiService", 15, false),
    ("voipService", 9, false),
    ("tvService", 14, false),
];

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let now = router.now();
    let running = router.state.diagnostics.current.as_ref().filter(|run| run.state(now) == "Requested");
    let ids = || DIAGNOSTICS.iter().map(|(id, ..)| json!(id)).collect::<Value>();
    match call.method {
        "get" => {
            let live = Object::from_iter([("DiagnosticsState".to_owned(), json!(state(router).0))]);
            Reply::value(Value::Object(router.describe(call.path, live))).ok()
        }
        "executeDiagnostics" => {
            let wanted = call.args.text("id").unwrap_or_default();
            let known = DIAGNOSTICS.iter().find(|(id, ..)| *id == wanted);
            let Some((id, seconds, measures)) = known.filter(|_| running.is_none()) else {
                return Reply::value(false).ok();
            };
            let run =
                Run { id, started: now, ends: after(now, *seconds), measures: *measures, cancelled: None };
            router.state.diagnostics.current = Some(run);
            tell(router);
            Reply::value(true).ok()
        }
        "cancelDiagnostics" => {
            let wanted = call.args.text("id").filter(|id| !id.is_empty());
            let stops = running.is_some_and(|run| wanted.is_none_or(|id| id == run.id));
            if stops {
                if let Some(run) = &mut router.state.diagnostics.current {
                    run.cancelled = Some(now);
                }
                tell(router);
            }
            Reply::value(stops).ok()
        }
        "clearContext" => {
            if running.is_none() {
                router.state.diagnostics.current = None;
            }
            Reply::value(true).ok()
        }
        "setUserInput" => {
            let waits = running.is_some();
            router.state.diagnostics.answer = call.args.text("input").unwrap_or_default();
            Reply::value(waits).ok()
        }
        "executeTrigger" => Reply::value(false).ok(),
        "getDiagnosticsState" => {
            let (state, id) = state(router);
            Reply::value(json!({"DiagnosticsState": state, "Diagnostics": id})).ok()
        }
        "listDiagnostics" | "getDiagnosticsList" | "getOpenLanDiagnosticsList" => Reply::value(ids()).ok(),
        "getContext" | "getDatamodelWhiteList" | "getFunctionWhiteList" => Reply::value(json!([])).ok(),
        _ => None,
    }
}

fn state(router: &Router) -> (&'static str, &'static str) {
    let now = router.now();
    router.state.diagnostics.current.as_ref().map_or(("None", ""), |run| (run.state(now), run.id))
}

fn tell(router: &mut Router) {
    let (state, id) = state(router);
    let attributes = json!({"DiagnosticsState": state, "Diagnostics": id});
    router.changed("AutoDiag", attributes.as_object().cloned().unwrap_or_default());
}

fn speed_test(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "getWANResults") => Reply::value(results(router)).ok(),
        ([], "getLinkInfo") => {
            let wanted = call.args.text("iface").unwrap_or_else(|| "veip0".to_owned());
            if !matches!(wanted.as_str(), "" | "veip0" | "data" | "wan") {
                return BoxError::failed(call.method).refuse();
            }
            let wan = super::nemo::parameters(router, &["NeMo", "Intf", "veip0"]);
            let of = |name: &str| wan.get(name).cloned().unwrap_or_default();
            Reply::value(json!({
                "LinkType": if router.state.wan.mode.starts_with("GPON") { "gpon" } else { "ethernet" },
                "DownstreamCurrRate": of("DownstreamCurrRate"),
                "UpstreamCurrRate": of("UpstreamCurrRate"),
                "MaxBitRateSupported": of("MaxBitRateSupported"),
            }))
            .ok()
        }
        _ => None,
    }
}

fn results(router: &Router) -> Value {
    let now = router.now();
    let diagnostics = &router.state.diagnostics;
    let measuring =
        diagnostics.current.as_ref().is_some_and(|run| run.measures && run.state(now) == "Requested");
    let never = || json!({"rate": 0, "latency": 0, "start": NEVER, "end": NEVER});
    let direction = |speed: &Speed, rate: i64, place: i64| {
        let start = after(speed.started, place * DIRECTION);
        json!({"rate": rate, "latency": speed.latency, "start": iso(start), "end": iso(after(start, DIRECTION))})
    };
    let (status, down, up) = match &diagnostics.speed {
        _ if measuring => ("Requested", never(), never()),
        None => ("None", never(), never()),
        Some(speed) => ("Complete", direction(speed, speed.down_kbps, 0), direction(speed, speed.up_kbps, 1)),
    };
    json!({"status": status, "Downstream": down, "Upstream": up})
}

impl Router {
    /// Ends a diagnostic whose time is over.
    pub(crate) fn settle_diagnostics(&mut self) {
        let now = self.now();
        let online = self.state.wan.up && now >= self.state.wan.bound_at;
        let measured =
            |router: &Self| router.state.diagnostics.current.as_ref().is_some_and(|run| run.measures);
        let before = measured(self);
        self.state.diagnostics.settle(self.state.seed, now, online);
        if before && !measured(self) {
            tell(self);
        }
    }
}
