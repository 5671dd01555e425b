//! The services of the box, one file each (or a folder), named as the box names them.
//!
//! To add one: write a file with a `pub(super) const SERVICE: Service` and add it to [`SERVICES`]. Its `call` gets
//! calls that already passed the bus (permission, object, function, mandatory arguments) and answers `None` for what
//! it does not handle; the bus then gives `get` and `set` their ordinary meaning and refuses the rest as not
//! implemented.

#![allow(clippy::unnecessary_wraps, reason = "an arm of a service's match is an `Answer`")]

mod auto_diag;
mod connected;
mod device_info;
mod devices;
mod dhcp;
mod dyndns;
mod eventmanager;
mod firewall;
mod home_lan;
mod http_service;
mod nemo;
mod nmc;
mod password_recovery;
mod places;
mod power_management;
mod remote_access;
mod sah_device;
mod scheduler;
mod screen;
mod steering;
mod time;
mod topology_diagnostics;
mod upnp_igd;
mod user_interface;
mod user_management;
mod voice;

pub(crate) use firewall::rule_id;

use crate::call::{Answer, Args, Call};
use crate::router::Router;

/// A service.
#[derive(Debug)]
pub(crate) struct Service {
    /// Path of the object it answers for, with everything below.
    pub root: &'static str,
    /// Answers a call, or `None` when it is not its own.
    pub call: fn(&mut Router, &Call<'_>) -> Answer,
    /// The instance keys of a template (given by its path, instance keys above included), or `None` when it is none.
    pub instances: fn(&Router, &[&str]) -> Option<Vec<String>>,
}

/// All services, in alphabetical order.
const SERVICES: &[Service] = &[
    auto_diag::SERVICE,
    auto_diag::SPEED,
    connected::DNS,
    connected::HISTORY,
    connected::NOTES,
    connected::OBJECTS,
    connected::PNP,
    connected::SERVICES,
    connected::STORAGE,
    connected::USB,
    connected::WAKE,
    device_info::SERVICE,
    devices::SERVICE,
    dhcp::SERVICE,
    dhcp::v6::SERVICE,
    dyndns::SERVICE,
    eventmanager::SERVICE,
    firewall::SERVICE,
    home_lan::SERVICE,
    http_service::SERVICE,
    nemo::SERVICE,
    nmc::SERVICE,
    nmc::guest::SERVICE,
    nmc::guest::TIMER,
    nmc::lan::SERVICE,
    nmc::reboot::SERVICE,
    nmc::wifi::SERVICE,
    password_recovery::SERVICE,
    places::SERVICE,
    places::MANIFESTS,
    places::PROFILES,
    power_management::SERVICE,
    remote_access::SERVICE,
    remote_access::ORANGE,
    sah_device::SERVICE,
    scheduler::SERVICE,
    scheduler::WLAN,
    screen::SERVICE,
    screen::LIGHTS,
    steering::SERVICE,
    time::SERVICE,
    topology_diagnostics::SERVICE,
    upnp_igd::SERVICE,
    user_interface::SERVICE,
    user_management::SERVICE,
    voice::SERVICE,
    voice::phonebook::SERVICE,
];

impl Service {
    /// A service without instances.
    const fn new(root: &'static str, call: fn(&mut Router, &Call<'_>) -> Answer) -> Self {
        Self { root, call, instances: |_, _| None }
    }

    /// The call as this service sees it.
    pub(crate) fn call_for<'a>(&self, path: &'a [&'a str], method: &'a str, args: Args<'a>) -> Call<'a> {
        let tail = path.get(self.depth()..).unwrap_or_default();
        Call { path, tail, method, args }
    }

    fn depth(&self) -> usize {
        self.root.split('.').count()
    }

    fn covers(&self, path: &[&str]) -> bool {
        path.len() >= self.depth() && self.root.split('.').zip(path).all(|(mine, theirs)| mine == *theirs)
    }
}

/// Lets what has a time to end with end, where services do so only when they are asked.
pub(crate) fn settle(router: &mut Router) {
    firewall::forget_expired(router);
    let now = router.now();
    router.state.settings.remote.settle(now);
}

/// The services that may answer for a path, the most specific one first.
pub(crate) fn of(path: &[&str]) -> impl Iterator<Item = &'static Service> {
    let mut found: Vec<&'static Service> = SERVICES.iter().filter(|service| service.covers(path)).collect();
    found.sort_by_key(|service| std::cmp::Reverse(service.depth()));
    found.into_iter()
}
