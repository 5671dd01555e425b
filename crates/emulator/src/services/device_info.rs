//! `DeviceInfo`: what the box says about itself, to anybody (protocol section 4.1).

use serde_json::json;

use super::Service;
use crate::call::{Answer, Call, Reply};
use crate::clock::NEVER;
use crate::router::Router;

pub(super) const SERVICE: Service = Service::new("DeviceInfo", call);

/// Memory of an LB6 in kilobytes.
const MEMORY: i64 = 1_006_808;

fn call(router: &mut Router, call: &Call<'_>) -> Answer {
    match (call.tail, call.method) {
        ([], "get") => Reply::value(device(router)).ok(),
        (["MemoryStatus"], "get") => Reply::value(memory(router)).ok(),
        _ => None,
    }
}

fn device(router: &Router) -> serde_json::Value {
    let identity = &router.state.identity;
    let oui: String = identity.base_mac.split(':').take(3).collect();
    json!({
        "Manufacturer": "Sagemcom",
        "ManufacturerOUI": oui,
        "ModelName": identity.model_name,
        "Description": format!("{} Sagemcom fr", identity.model_name),
        "ProductClass": identity.product_class,
        "SerialNumber": identity.serial,
        "HardwareVersion": identity.hardware,
        "SoftwareVersion": identity.software,
        "RescueVersion": "SG60-fr-G07.R01.C01_06",
        "ModemFirmwareVersion": "",
        "EnabledOptions": "",
        "AdditionalHardwareVersion": "",
        "AdditionalSoftwareVersion": "sbl-G7.R2.C3-fr",
        "SpecVersion": "1.1",
        "ProvisioningCode": identity.provisioning_code,
        "UpTime": router.state.uptime(router.now()),
        "FirstUseDate": NEVER,
        "DeviceLog": "",
        "VendorConfigFileNumberOfEntries": 1,
        "ManufacturerURL": "http://www.sagemcom.com/",
        "Country": "fr",
        "ExternalIPAddress": if router.state.wan.up { router.state.wan.ipv4.to_string() } else { String::new() },
        "DeviceStatus": "Up",
        "NumberOfReboots": router.state.boot.counter,
        "UpgradeOccurred": false,
        "ResetOccurred": false,
        "RestoreOccurred": false,
        "StandbyOccurred": false,
        "X_SOFTATHOME-COM_AdditionalSoftwareVersions": "",
        "BaseMAC": identity.base_mac,
    })
}

/// Free memory shrinks slowly over days and moves a little from one half minute to the next.
fn memory(router: &Router) -> serde_json::Value {
    let now = router.now();
    let leaked = router.state.uptime(now) / 3_600 * 40;
    let label = format!("memory/{}", router.state.refreshed(now));
    let free = 412_000 - leaked.min(150_000) + router.state.seed.between(&label, -9_000, 9_000);
    json!({"Total": MEMORY, "Free": free, "Buffered": 18_244, "Cached": 141_532})
}
