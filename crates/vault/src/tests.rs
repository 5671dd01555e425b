//! The vault as its callers see it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use sysbus::Secret;
use tempfile::TempDir;

use crate::{Error, Forgotten, Handle, Keychain, KeychainError, Place, Vault};

/// A keychain in memory.
#[derive(Debug, Default)]
struct Memory {
    entries: Mutex<BTreeMap<String, Secret>>,
    locked: Mutex<bool>,
    asked: AtomicUsize,
}

impl Memory {
    fn is_locked(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        *self.locked.lock().unwrap()
    }

    fn lock(&self, locked: bool) {
        *self.locked.lock().unwrap() = locked;
    }
}

impl Keychain for Memory {
    fn get(&self, account: &str, _: Duration) -> Result<Option<Secret>, KeychainError> {
        Ok(if self.is_locked() { None } else { self.entries.lock().unwrap().get(account).cloned() })
    }

    fn set(&self, account: &str, secret: &Secret, limit: Duration) -> Result<(), KeychainError> {
        if self.is_locked() {
            return Err(KeychainError::TimedOut(limit));
        }
        self.entries.lock().unwrap().insert(account.to_owned(), secret.clone());
        Ok(())
    }

    fn remove(&self, account: &str, _: Duration) -> Result<bool, KeychainError> {
        Ok(!self.is_locked() && self.entries.lock().unwrap().remove(account).is_some())
    }
}

struct Bench {
    folder: TempDir,
    keychain: Arc<Memory>,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), keychain: Arc::default() }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("state/vault")
    }

    /// The vault as another process would see it: nothing is remembered from before.
    fn vault(&self) -> Vault {
        Vault::with(self.path(), Some(self.keychain.clone()), Duration::from_secs(1))
    }

    fn without_keychain(&self) -> Vault {
        Vault::without_keychain(self.path())
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// Every file below a folder, with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The one file whose name starts so.
fn file_of(bench: &Bench, start: &str) -> std::path::PathBuf {
    let names = files(&bench.path()).into_keys().map(std::path::PathBuf::from);
    let of = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(start);
    names.into_iter().find(of).unwrap()
}

#[test]
fn what_was_put_is_found_by_another_process_until_it_is_forgotten() {
    let bench = Bench::new();
    for vault in [bench.vault(), bench.without_keychain()] {
        let handle = vault.put("Wi-Fi key of Maison", &secret("clé secrète")).unwrap();
        assert_eq!(bench.vault().get(&handle).unwrap(), Some(secret("clé secrète")));
        assert!(vault.forget(&handle).unwrap());
        assert!(!vault.forget(&handle).unwrap());
        assert_eq!(vault.get(&handle).unwrap(), None);
    }
}

#[test]
fn opening_and_looking_touches_nothing() {
    let bench = Bench::new();
    let vault = bench.vault();
    assert_eq!(vault.list().unwrap(), []);
    assert_eq!(vault.get(&"key-7f3k".parse().unwrap()).unwrap(), None);
    assert_eq!(vault.box_password("192.0.2.1:80", "admin").unwrap(), None);
    assert_eq!(vault.forget_box_password("192.0.2.1:80", "admin").unwrap(), Forgotten::Nothing);
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 0);
    assert_eq!(bench.keychain.asked.load(Ordering::Relaxed), 0);
}

#[test]
fn handles_are_listed_with_purpose_and_time_but_never_the_secret() {
    let bench = Bench::new();
    let vault = bench.vault();
    let first = vault.put("first\u{1b}[2J", &secret("canary-one")).unwrap();
    let second = vault.put(&"é".repeat(300), &secret("canary-two")).unwrap();
    vault.store_box_password("192.0.2.1:80", "admin", &secret("canary-three")).unwrap();
    fs::write(bench.path().join("notes.txt"), "not ours").unwrap();
    let asked = bench.keychain.asked.load(Ordering::Relaxed);
    let list = vault.list().unwrap();
    assert_eq!(list.iter().map(|entry| &entry.handle).collect::<Vec<_>>(), [&first, &second]);
    assert_eq!((list[0].purpose.as_str(), list[1].purpose.chars().count()), ("first[2J", 200));
    assert!(list[0].made <= list[1].made);
    let json = serde_json::to_string(&list).unwrap();
    assert!(json.contains("first") && !json.contains("canary"));
    assert!(!format!("{vault:?} {list:?}").contains("canary"));
    assert_eq!(bench.keychain.asked.load(Ordering::Relaxed), asked, "a list needs no keychain");
}

#[test]
fn no_file_holds_a_secret_in_clear() {
    let bench = Bench::new();
    for vault in [bench.vault(), bench.without_keychain()] {
        vault.put("a key", &secret("canary-wifi-key")).unwrap();
        vault.store_box_password("192.0.2.1:80", "admin", &secret("canary-password")).unwrap();
        vault.put("nothing", &secret("")).unwrap();
    }
    let found = files(bench.folder.path());
    assert!(found.len() >= 6, "{:?}", found.keys());
    for (name, content) in &found {
        for canary in ["canary", "Y2FuYXJ5", "63616e617279"] {
            assert!(!contains(content, canary.as_bytes()), "{name} holds {canary}");
            assert!(!name.contains(canary));
        }
    }
    // With a keychain the folder alone opens nothing.
    let kept = bench.keychain.entries.lock().unwrap();
    let key = kept.iter().find(|(account, _)| account.starts_with("vault key")).unwrap().1;
    assert!(found.values().all(|content| !contains(content, key.expose().as_bytes())));
}

#[test]
fn the_box_password_is_kept_in_the_keychain_or_sealed_in_a_file() {
    let bench = Bench::new();
    let (host, user) = ("192.168.1.1:80", "admin");
    assert_eq!(bench.vault().store_box_password(host, user, &secret("one")).unwrap(), Place::Keychain);
    assert_eq!(bench.keychain.entries.lock().unwrap().get("admin@192.168.1.1:80"), Some(&secret("one")));
    assert_eq!(bench.vault().box_password(host, user).unwrap(), Some(secret("one")));
    assert_eq!(bench.vault().box_password(host, "other").unwrap(), None);
    assert_eq!(bench.vault().box_password("192.168.1.2:80", user).unwrap(), None);

    // A keychain that is locked: the file serves, and the keychain has no part in it.
    bench.keychain.lock(true);
    assert_eq!(bench.vault().store_box_password(host, user, &secret("two")).unwrap(), Place::File);
    assert_eq!(bench.without_keychain().box_password(host, user).unwrap(), Some(secret("two")));
    assert_eq!(bench.vault().forget_box_password(host, user).unwrap(), Forgotten::Gone);
    assert_eq!(bench.vault().box_password(host, user).unwrap(), None);
}

#[test]
fn a_keychain_that_holds_it_and_does_not_give_it_is_an_error_that_says_so() {
    let bench = Bench::new();
    bench.vault().store_box_password("a:80", "admin", &secret("one")).unwrap();
    let handle = bench.vault().put("key", &secret("two")).unwrap();
    bench.keychain.lock(true);
    let lacks = |error| matches!(error, Error::Keychain(KeychainError::Lacks));
    assert!(lacks(bench.vault().box_password("a:80", "admin").unwrap_err()));
    assert!(lacks(bench.vault().get(&handle).unwrap_err()));
    let absent = |error| matches!(error, Error::Keychain(KeychainError::Absent));
    assert!(absent(bench.without_keychain().box_password("a:80", "admin").unwrap_err()));
    assert!(absent(bench.without_keychain().get(&handle).unwrap_err()));
    // New secrets are kept all the same, and both are there once it is unlocked.
    let vault = bench.vault();
    let other = vault.put("key", &secret("three")).unwrap();
    bench.keychain.lock(false);
    assert_eq!(vault.get(&handle).unwrap(), Some(secret("two")));
    assert_eq!(bench.vault().get(&other).unwrap(), Some(secret("three")));
    assert_eq!(bench.vault().forget_box_password("a:80", "admin").unwrap(), Forgotten::Gone);
}

#[test]
fn a_password_that_the_keychain_cannot_forget_is_no_longer_used() {
    let bench = Bench::new();
    bench.vault().store_box_password("a:80", "admin", &secret("one")).unwrap();
    bench.keychain.lock(true);
    assert_eq!(bench.vault().forget_box_password("a:80", "admin").unwrap(), Forgotten::Unconfirmed);
    bench.keychain.lock(false);
    assert_eq!(bench.vault().box_password("a:80", "admin").unwrap(), None);
}

#[test]
fn a_handle_may_be_named_before_it_is_used() {
    let bench = Bench::new();
    let vault = bench.without_keychain();
    let handle = vault.free_handle().unwrap();
    assert_eq!(fs::read_dir(bench.folder.path()).unwrap().count(), 0);
    assert!(vault.put_under(&handle, "key", &secret("1")).unwrap());
    assert!(!vault.put_under(&handle, "key", &secret("2")).unwrap());
    assert_eq!(vault.get(&handle).unwrap(), Some(secret("1")));
}

#[test]
fn a_fingerprint_knows_a_secret_again_and_tells_nothing() {
    let bench = Bench::new();
    let one = bench.vault().fingerprint(&secret("one")).unwrap();
    assert_eq!(bench.vault().fingerprint(&secret("one")).unwrap(), one, "in every process");
    assert_ne!(bench.vault().fingerprint(&secret("two")).unwrap(), one);
    assert_ne!(Bench::new().vault().fingerprint(&secret("one")).unwrap(), one, "only in this vault");
    assert!(one.len() == 8 && bench.vault().list().unwrap().is_empty());
    // What it is made with is sealed: without the keychain nobody can try secrets.
    assert!(matches!(bench.without_keychain().fingerprint(&secret("one")), Err(Error::Keychain(_))));
}

#[test]
fn files_cannot_be_passed_off_for_each_other() {
    let bench = Bench::new();
    let vault = bench.without_keychain();
    let (one, two) = (vault.put("one", &secret("1")).unwrap(), vault.put("two", &secret("2")).unwrap());
    let path = |handle: &Handle| bench.path().join(format!("{handle}.json"));
    let original = fs::read_to_string(path(&one)).unwrap();
    fs::copy(path(&two), path(&one)).unwrap();
    assert!(matches!(vault.get(&one), Err(Error::Damaged { .. })));
    fs::write(path(&one), original.replace("\"one\"", "\"two\"")).unwrap();
    assert!(matches!(vault.get(&one), Err(Error::Damaged { .. })));
    fs::write(path(&one), original).unwrap();
    assert_eq!(vault.get(&one).unwrap(), Some(secret("1")));
    // A box's password for another box's.
    vault.store_box_password("a:80", "admin", &secret("a")).unwrap();
    let file = file_of(&bench, "box-");
    vault.store_box_password("b:80", "admin", &secret("b")).unwrap();
    let other = files(&bench.path())
        .into_keys()
        .find(|name| name.contains("box-") && Path::new(name) != file)
        .unwrap();
    fs::copy(&file, other).unwrap();
    assert!(matches!(vault.box_password("b:80", "admin"), Err(Error::Damaged { .. })));
}

#[test]
fn a_damaged_file_costs_what_it_held_and_no_more() {
    let bench = Bench::new();
    let vault = bench.without_keychain();
    let (one, two) = (vault.put("one", &secret("1")).unwrap(), vault.put("two", &secret("2")).unwrap());
    let path = bench.path().join(format!("{one}.json"));
    let whole = fs::read(&path).unwrap();
    for broken in [&[][..], b"{", b"[]", &whole[..whole.len() / 2], br#"{"version":9}"#, &[0xff; 40]] {
        fs::write(&path, broken).unwrap();
        let error = vault.get(&one).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }) && error.to_string().contains("delete"), "{error}");
        assert_eq!(vault.list().unwrap().len(), 1);
    }
    assert_eq!(vault.get(&two).unwrap(), Some(secret("2")));
    assert!(vault.forget(&one).unwrap());
    // Without its key a sealed file is damaged, too; so is a key that is none.
    for broken in ["", "00", "zz"] {
        fs::write(bench.path().join("vault.key"), broken).unwrap();
        assert!(matches!(bench.without_keychain().get(&two), Err(Error::Damaged { .. })));
    }
    fs::remove_file(bench.path().join("vault.key")).unwrap();
    assert!(matches!(bench.without_keychain().get(&two), Err(Error::Damaged { .. })));
    assert_eq!(vault.get(&two).unwrap(), Some(secret("2")), "this process has fetched the key already");
}

#[test]
fn processes_at_once_make_one_key_and_lose_nothing() {
    let bench = Bench::new();
    let vaults: Vec<Vault> = (0..8).flat_map(|_| [bench.vault(), bench.without_keychain()]).collect();
    let handles: Vec<(usize, Handle)> = thread::scope(|scope| {
        let work = vaults.iter().enumerate().map(|(number, vault)| {
            scope.spawn(move || (number, vault.put("race", &secret(&number.to_string())).unwrap()))
        });
        let work: Vec<_> = work.collect();
        work.into_iter().map(|work| work.join().unwrap()).collect()
    });
    let vault = bench.vault();
    for (number, handle) in &handles {
        assert_eq!(vault.get(handle).unwrap(), Some(secret(&number.to_string())));
    }
    let names: BTreeSet<_> = handles.into_iter().map(|(_, handle)| handle).collect();
    assert_eq!(names.len(), 16);
    assert_eq!(bench.keychain.entries.lock().unwrap().len(), 1, "surplus keys were taken back");
    let left_over = |name: &String| Path::new(name).extension().is_some_and(|is| is == "tmp");
    assert!(!files(&bench.path()).keys().any(left_over));
}

#[test]
fn handles_are_read_as_people_type_them() {
    let handle: Handle = " KEY-7F3K ".parse().unwrap();
    assert_eq!(handle.to_string(), "key-7f3k");
    assert_eq!(format!("{handle:>10}|{handle:?}"), "  key-7f3k|key-7f3k");
    assert_eq!(serde_json::to_string(&handle).unwrap(), "\"key-7f3k\"");
    assert_eq!(serde_json::from_str::<Handle>("\"key-7f3k\"").unwrap(), handle);
    for wrong in
        ["", "key-", "7f3k", "key-7f3", "key-../x", "key-7f3k.json", "key-7f3é", "key-12345678901234567"]
    {
        assert!(wrong.parse::<Handle>().is_err(), "{wrong}");
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folder_and_files_are_for_their_owner_only() {
        let bench = Bench::new();
        // Made by somebody else, with the rights that a umask of 0 leaves.
        fs::create_dir_all(bench.path()).unwrap();
        fs::set_permissions(bench.path(), fs::Permissions::from_mode(0o777)).unwrap();
        for vault in [bench.vault(), bench.without_keychain()] {
            vault.put("key", &secret("1")).unwrap();
            vault.store_box_password("a:80", "admin", &secret("2")).unwrap();
        }
        assert_eq!(mode(&bench.path()), 0o700);
        for name in files(&bench.path()).keys() {
            assert_eq!(mode(Path::new(name)), 0o600, "{name}");
        }
        let other = Bench::new();
        other.vault().put("key", &secret("1")).unwrap();
        assert_eq!((mode(&other.path()), mode(other.path().parent().unwrap())), (0o700, 0o700));
    }

    #[test]
    fn what_others_may_read_or_own_is_refused() {
        let bench = Bench::new();
        let vault = bench.without_keychain();
        let handle = vault.put("key", &secret("1")).unwrap();
        let path = bench.path().join(format!("{handle}.json"));
        for path in [&path, &bench.path().join("vault.key")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
            let error = bench.without_keychain().get(&handle).unwrap_err();
            assert!(matches!(error, Error::Exposed { mode: 0o640, .. }), "{error}");
            assert!(error.to_string().contains("chmod 600"));
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(bench.without_keychain().get(&handle).unwrap(), Some(secret("1")));
        // Only the administrator can give a file away; elsewhere this half of the test has nothing to do.
        if nix::unistd::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(12345), None).unwrap();
            let error = vault.get(&handle).unwrap_err();
            assert!(matches!(error, Error::Foreign { owner: 12345, .. }), "{error}");
            std::os::unix::fs::chown(bench.path(), Some(12345), None).unwrap();
            assert!(matches!(vault.put("key", &secret("2")), Err(Error::Foreign { .. })));
        }
    }
}
