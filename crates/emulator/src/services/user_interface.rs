//! `UserInterface`: language and first-use state of the web page (protocol section 4.31).

use serde_json::json;

use super::Service;
use crate::call::{Answer, Call, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("UserInterface", call);

const LANGUAGES: [&str; 2] = ["en", "fr"];

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let interface = &mut router.state.interface;
    match call.method {
        "getLanguage" => {
            Reply::both(interface.language.clone(), json!({"availableLanguages": LANGUAGES})).ok()
        }
        "getState" => Reply::value(interface.state.clone()).ok(),
        "setLanguage" => {
            let wanted = call.args.text("currentLanguage").unwrap_or_default();
            let known = LANGUAGES.contains(&wanted.as_str());
            if known {
                interface.language = wanted;
            }
            Reply::value(known).ok()
        }
        "setState" => {
            interface.state = call.args.text("currentState").unwrap_or_default();
            Reply::value(interface.state.clone()).ok()
        }
        "set" => {
            let values = crate::call::Args(call.args.values());
            interface.language = values.text("CurrentLanguage").unwrap_or_else(|| interface.language.clone());
            interface.state = values.text("CurrentState").unwrap_or_else(|| interface.state.clone());
            None
        }
        "get" => {
            let live = json!({
                "AvailableLanguages": LANGUAGES.join(","),
                "CurrentLanguage": interface.language,
                "CurrentState": interface.state,
            });
            let live = live.as_object().cloned().unwrap_or_default();
            Reply::value(router.describe(call.path, live)).ok()
        }
        _ => None,
    }
}
