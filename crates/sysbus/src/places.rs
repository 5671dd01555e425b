//! Where the box is: where its owner says, and after it was given another address, there too.
//!
//! Whoever changes the address of the box loses it from sight, and may lose the answer as well, so that nobody can
//! tell at which of two addresses it will be found. Both are tried then, in turns, until it is found at one.

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{Endpoint, memory};

/// The places of one box.
#[derive(Debug)]
pub(crate) struct Places {
    /// Where the owner says.
    owners: Endpoint,
    /// Remembers the others between processes: the owner's setting stays as it is.
    file: Option<PathBuf>,
    /// The first is in use. Empty: the file was not looked at yet.
    known: Mutex<Vec<Endpoint>>,
}

impl Places {
    /// The place that the owner says, and those remembered in that folder. Touches no file.
    pub(crate) fn new(owners: &Endpoint, folder: Option<&Path>) -> Self {
        let file = folder.map(|folder| memory::file(folder, "place", &owners.authority()));
        Self { owners: owners.clone(), file, known: Mutex::default() }
    }

    /// The place in use; before the first call, where the owner says.
    pub(crate) fn shown(&self) -> Endpoint {
        self.lock().first().unwrap_or(&self.owners).clone()
    }

    /// The place to call.
    pub(crate) fn current(&self) -> Endpoint {
        self.all().first().unwrap_or(&self.owners).clone()
    }

    /// Nothing answers at that place as a box does: the next one is in use, if there is one.
    pub(crate) fn not_at(&self, place: &Endpoint) {
        let mut known = self.all();
        if known.len() > 1 && known.first() == Some(place) {
            known.rotate_left(1);
        }
    }

    /// The box at `from` may soon be at `to`. Means nothing where it is not called by the address `from`.
    pub(crate) fn may_move(&self, from: IpAddr, to: IpAddr) {
        let mut known = self.all();
        let Some(place) = known.first().filter(|place| place.ip() == Some(from)) else { return };
        let Some(other) = place.at(to).filter(|other| other != place) else { return };
        known.retain(|place| *place != other);
        known.insert(1, other);
        self.remember(&known);
    }

    /// The box is at the place in use: of the others only the owner's stays.
    pub(crate) fn settle(&self) {
        let mut known = self.all();
        known.truncate(1);
        if !known.contains(&self.owners) {
            known.push(self.owners.clone());
        }
        self.remember(&known);
    }

    /// All places, those from the file included.
    fn all(&self) -> MutexGuard<'_, Vec<Endpoint>> {
        let mut known = self.lock();
        if known.is_empty() {
            let remembered = self.file.as_ref().and_then(|file| fs::read(file).ok());
            let addresses: Vec<IpAddr> =
                remembered.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
            // Those from the file first: the box was there last.
            known.extend(addresses.into_iter().take(2).filter_map(|address| self.owners.at(address)));
            known.retain(|place| *place != self.owners);
            known.push(self.owners.clone());
        }
        known
    }

    /// What cannot be written down costs a person a look at their settings, no more.
    fn remember(&self, known: &[Endpoint]) {
        let Some(file) = &self.file else { return };
        let others: Vec<IpAddr> =
            known.iter().filter(|place| **place != self.owners).filter_map(Endpoint::ip).collect();
        if others.is_empty() {
            let _ = fs::remove_file(file);
        } else if let Ok(text) = serde_json::to_vec(&others) {
            let _ = memory::store(file, &text);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Endpoint>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Trust;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn places(owners: &str, folder: Option<&Path>) -> Places {
        Places::new(&Endpoint::parse(owners, Trust::System).unwrap(), folder)
    }

    #[test]
    fn both_addresses_are_tried_in_turns_until_one_is_known() {
        let places = places("https://192.168.1.1:8443", None);
        let first = places.current();
        places.not_at(&first);
        assert_eq!(places.current(), first, "there is no other");
        places.may_move(ip("192.168.1.1"), ip("10.0.0.1"));
        assert_eq!(places.current(), first, "it has not moved yet");
        places.not_at(&first);
        assert_eq!(places.current().authority(), "10.0.0.1:8443");
        assert!(places.current().is_https());
        places.not_at(&first);
        assert_eq!(places.current().authority(), "10.0.0.1:8443", "the news is of another place");
        places.not_at(&places.current());
        assert_eq!(places.current(), first);
        places.settle();
        places.not_at(&first);
        assert_eq!(places.current(), first);
    }

    #[test]
    fn the_owners_address_stays_known() {
        let places = places("192.168.1.1", None);
        places.may_move(ip("192.168.1.1"), ip("10.0.0.1"));
        places.not_at(&places.current());
        places.settle();
        assert_eq!(places.shown().authority(), "10.0.0.1");
        places.may_move(ip("10.0.0.1"), ip("10.0.0.2"));
        for wanted in ["10.0.0.2", "192.168.1.1", "10.0.0.1"] {
            places.not_at(&places.current());
            assert_eq!(places.current().authority(), wanted);
        }
    }

    #[test]
    fn a_box_called_by_another_address_or_by_name_does_not_move() {
        for owners in ["livebox.home", "127.0.0.1:8080", "[fe80::1]"] {
            let places = places(owners, None);
            let first = places.current();
            places.may_move(ip("192.168.1.1"), ip("10.0.0.1"));
            places.not_at(&first);
            assert_eq!(places.current(), first);
        }
    }

    #[test]
    fn another_process_knows_too() {
        let folder = tempfile::tempdir().unwrap();
        let open = || places("192.168.1.1", Some(folder.path()));
        let files = || folder.path().read_dir().unwrap().count();
        let here = open();
        here.may_move(ip("192.168.1.1"), ip("10.0.0.1"));
        assert_eq!(files(), 1);
        let other = open();
        assert_eq!(other.shown().authority(), "192.168.1.1", "no file is read before the first call");
        assert_eq!(other.current().authority(), "10.0.0.1");
        other.not_at(&other.current());
        assert_eq!(other.current().authority(), "192.168.1.1");
        other.settle();
        assert_eq!((files(), open().current().authority().as_str()), (0, "192.168.1.1"));
        for damage in ["", "{}", "[\"livebox.home\"]"] {
            fs::write(folder.path().join("place-192.168.1.1.json"), damage).unwrap();
            assert_eq!(open().current().authority(), "192.168.1.1");
        }
    }
}
