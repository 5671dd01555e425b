//! `Screen` and `LEDs`: the front of the box (protocol section 4.23).

use serde_json::{Value, json};

use super::Service;
use crate::call::{Answer, Args, BoxError, Call, Object, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("Screen", screen);
pub(super) const LIGHTS: Service = Service { root: "LEDs.LED", call: lights, instances };

fn screen(router: &mut Router, call: &Call<'_>) -> Answer {
    let shown = &mut router.state.settings.screen_shows_password;
    match call.method {
        "getShowWifiPassword" => Reply::value(*shown).ok(),
        "setShowWifiPassword" => {
            *shown = call.args.flag("Enable").unwrap_or(*shown);
            Reply::void().ok()
        }
        "setAnonymousDisplay" => Reply::void().ok(),
        _ => None,
    }
}

fn lights(router: &mut Router, call: &Call<'_>) -> Answer {
    let [colour] = call.tail else { return None };
    let brightness = router.state.settings.lights.get_mut(*colour)?;
    match call.method {
        "get" => {
            Reply::value(json!({"Brightness": *brightness, "Path": format!("/var/dev/led/{colour}")})).ok()
        }
        "set" => {
            let wanted = Args(call.args.values()).number("Brightness");
            match wanted.map(u8::try_from) {
                Some(Ok(wanted)) => *brightness = wanted,
                Some(Err(_)) => return BoxError::failed(call.method).refuse(),
                None => {}
            }
            let attributes = Object::from_iter([("Brightness".to_owned(), Value::from(*brightness))]);
            router.changed(&call.object(), attributes);
            Reply::value(true).ok()
        }
        _ => None,
    }
}

fn instances(router: &Router, path: &[&str]) -> Option<Vec<String>> {
    let lights = router.state.settings.lights.keys();
    matches!(path, ["LEDs", "LED"]).then(|| lights.cloned().collect())
}
