//! `HTTPService`: who the caller is to the box. The self test of a session (protocol section 1.9).

use serde_json::json;

use super::Service;
use crate::call::{Answer, Call, Reply};
use crate::router::{Caller, Router};

pub(super) const SERVICE: Service = Service::new("HTTPService", call);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match call.method {
        "getCurrentUser" => {
            let user = match router.caller {
                Caller::Admin => "admin",
                Caller::Anonymous => "anonymous",
            };
            Reply::both(true, json!({"currentUser": user})).ok()
        }
        "getAuthenticationModes" => {
            Reply::both(true, json!({"currentMode": "webui", "supportedModes": ["webui"]})).ok()
        }
        _ => None,
    }
}
