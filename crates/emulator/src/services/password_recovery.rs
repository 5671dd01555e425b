//! `PasswordRecovery`: the forgotten-password flow. It needs a button pressed on the box, which nobody presses here.

use super::Service;
use crate::call::{Answer, BoxError, Call, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("PasswordRecovery", call);

fn call(_router: &mut Router, call: &Call<'_>) -> Answer {
    match call.method {
        "start" | "stop" => Reply::void().ok(),
        "setPassword" => BoxError::failed(call.method).refuse(),
        _ => None,
    }
}
