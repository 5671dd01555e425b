//! What this box's firmware does not offer, so that it is not asked for it again and again.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::{CallName, Error, envelope::Verdict};

/// How long a missing object is believed to be missing: objects come and go (a guest network's pool).
const OBJECT: Duration = Duration::from_secs(300);
/// More are not remembered: whoever asks for so many asks for invented names.
const MOST: usize = 1024;

/// Calls known to be absent or denied.
#[derive(Debug, Default)]
pub(crate) struct Unavailable(HashMap<CallName, Known>);

#[derive(Clone, Copy, Debug)]
enum Known {
    /// Denied by the firmware.
    Denied,
    /// The method does not exist.
    NoMethod,
    /// The object did not exist then.
    NoObject(Instant),
}

impl Unavailable {
    /// The error of a call that is known not to work.
    pub(crate) fn check(&self, call: &CallName) -> Result<(), Error> {
        match self.0.get(call) {
            None => Ok(()),
            Some(Known::NoObject(since)) if since.elapsed() >= OBJECT => Ok(()),
            Some(Known::Denied) => Err(Error::Denied { call: call.clone() }),
            Some(Known::NoMethod | Known::NoObject(_)) => Err(Error::Absent { call: call.clone() }),
        }
    }

    /// Remembers a verdict, if it says something of the firmware and not of one of its changing objects.
    pub(crate) fn learn(&mut self, call: &CallName, verdict: &Verdict) {
        let known = match verdict {
            Verdict::Permission => Known::Denied,
            Verdict::Absent { method: true, .. } => Known::NoMethod,
            Verdict::Absent { object: true, .. } => Known::NoObject(Instant::now()),
            Verdict::Absent { .. } | Verdict::Refused(_) => return,
        };
        if self.0.len() < MOST && !is_instance(&call.service) {
            self.0.insert(call.clone(), known);
        }
    }

    /// Forgets the missing objects: a change may have created them.
    pub(crate) fn changed(&mut self) {
        self.0.retain(|_, known| !matches!(known, Known::NoObject(_)));
    }

    /// Forgets everything: the firmware may be another.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

/// Whether the object is one of many that come and go: a device, or an entry with a MAC address or a number.
fn is_instance(service: &str) -> bool {
    let is_mac = |step: &str| {
        let parts: Vec<_> = step.split(':').collect();
        parts.len() >= 6
            && parts.iter().all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let is_number = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
    service.starts_with("Devices.Device.") || service.split('.').any(|step| is_mac(step) || is_number(step))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(service: &str) -> CallName {
        CallName { service: service.to_owned(), method: "get".to_owned() }
    }

    #[test]
    fn only_what_the_firmware_lacks_is_remembered() {
        let mut unavailable = Unavailable::default();
        for (service, verdict, kept) in [
            ("NMC.ACS", Verdict::Permission, true),
            ("SFP", Verdict::Absent { method: false, object: true }, true),
            ("Probe", Verdict::Absent { method: true, object: false }, true),
            ("Odd", Verdict::Absent { method: false, object: false }, false),
            ("Refused", Verdict::Refused(Vec::new()), false),
            ("Devices.Device.x", Verdict::Permission, false),
            ("Hosts.AA:BB:CC:DD:EE:FF", Verdict::Absent { method: false, object: true }, false),
            ("DHCPv4.Lease.01:aa:bb:cc:dd:ee:ff", Verdict::Permission, false),
            ("NMC.LAN.IPv4Route.3", Verdict::Absent { method: false, object: true }, false),
        ] {
            unavailable.learn(&name(service), &verdict);
            assert_eq!(unavailable.check(&name(service)).is_err(), kept, "{service}");
        }
        unavailable.changed();
        assert!(unavailable.check(&name("SFP")).is_ok());
        assert!(unavailable.check(&name("Probe")).unwrap_err().is_absent());
        unavailable.clear();
        assert!(unavailable.check(&name("NMC.ACS")).is_ok());
    }
}
