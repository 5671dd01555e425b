//! `sah.Device`: the old face of the box (protocol section 4.1). Logins belong to the session layer.

use serde_json::json;

use super::Service;
use crate::call::{Answer, Call, Reply};
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("sah.Device", call);

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    let identity = &router.state.identity;
    match (call.tail, call.method) {
        (["Information"], "getSummary") => Reply::both(
            0,
            json!({
                "deviceID": identity.serial, "deviceType": "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
                "friendlyName": "Orange Livebox", "manufacturer": "Sagemcom",
                "manufacturerURL": "http://www.sagemcom.com/", "modelDescription": identity.model_name,
                "modelName": identity.model_name, "modelNumber": "6", "modelURL": "",
                "serialNumber": identity.serial, "UDN": "", "UPC": "",
            }),
        )
        .ok(),
        (["Information"], "getVersion") => Reply::both(
            0,
            json!({
                "deviceID": identity.serial, "softwareDate": "",
                "softwareVersion": identity.software, "hardwareVersion": identity.hardware,
            }),
        )
        .ok(),
        (["PowerManagement"], "restart") => {
            router.reboot("restart");
            Reply::value(0).ok()
        }
        _ => None,
    }
}
