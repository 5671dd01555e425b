//! Remembers refused logins between processes, so that a client which is started again and again cannot lock the
//! box (protocol section 1.3).
//!
//! One file per box, for its owner's eyes only. A password is never in it, nor anything it could be found from: of
//! each refused password it holds 16 bits of a keyed digest. That is enough to know the same password again,
//! while one in 65,536 of all passwords has the same 16 bits, so whoever steals the file learns next to nothing,
//! and what there is to learn concerns a password that the box does not accept.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
};
use serde::{Deserialize, Serialize};

use crate::Secret;

/// How many refused passwords of one box are known again; the oldest is forgotten.
const KEPT: usize = 8;
/// No lock-out is believed to last longer: a wrong clock must not lock a person out for years.
pub(crate) const LONGEST_LOCK: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the refusals of one box are kept.
#[derive(Debug)]
pub(crate) struct Memory {
    file: PathBuf,
    host: String,
}

/// Content of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    /// Host and port, to see that the file means this box.
    host: String,
    /// Random, made with the file, in hexadecimal.
    key: String,
    /// Refused passwords, the oldest first.
    refused: Vec<Refused>,
    /// End of the lock-out, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locked_until: Option<u64>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Refused {
    user: String,
    tag: u16,
}

impl Memory {
    /// The memory of a box in that folder. Touches no file.
    pub(crate) fn new(folder: &Path, host: &str) -> Self {
        Self { file: file(folder, "login", host), host: host.to_owned() }
    }

    /// Whether the box refused this password before.
    pub(crate) fn refused(&self, user: &str, password: &Secret) -> bool {
        self.read().is_some_and(|content| {
            content.tag(password).is_some_and(|tag| {
                content.refused.iter().any(|refused| refused.user == user && refused.tag == tag)
            })
        })
    }

    /// Time left of a lock-out.
    pub(crate) fn locked(&self) -> Option<Duration> {
        let until = UNIX_EPOCH.checked_add(Duration::from_secs(self.read()?.locked_until?))?;
        let left = until.duration_since(SystemTime::now()).ok()?;
        // Beyond the longest, the clock was wrong when it was written.
        (!left.is_zero() && left <= LONGEST_LOCK + Duration::from_secs(2)).then_some(left)
    }

    /// Remembers that the box refused this password. `false`: it could not be written down.
    pub(crate) fn refuse(&self, user: &str, password: &Secret) -> bool {
        let Some(mut content) = self.read().or_else(|| Content::new(&self.host)) else { return false };
        let Some(tag) = content.tag(password) else { return false };
        let refused = Refused { user: user.to_owned(), tag };
        content.refused.retain(|known| *known != refused);
        content.refused.push(refused);
        let surplus = content.refused.len().saturating_sub(KEPT);
        content.refused.drain(..surplus);
        self.write(&content).is_ok()
    }

    /// Remembers a lock-out.
    pub(crate) fn lock(&self, wait: Duration) -> bool {
        let Some(mut content) = self.read().or_else(|| Content::new(&self.host)) else { return false };
        let until = SystemTime::now() + wait.min(LONGEST_LOCK);
        // A part of a second counts as a whole one: too early is refused again.
        content.locked_until = until.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs() + 1);
        self.write(&content).is_ok()
    }

    /// Forgets everything: the box accepted a login.
    pub(crate) fn clear(&self) {
        // Nearly always there is nothing to forget.
        let _ = fs::remove_file(&self.file);
    }

    /// The content; `None` when there is none that can be used. A damaged file only costs what it remembered.
    fn read(&self) -> Option<Content> {
        let content: Content = serde_json::from_slice(&fs::read(&self.file).ok()?).ok()?;
        (content.host == self.host).then_some(content)
    }

    fn write(&self, content: &Content) -> io::Result<()> {
        store(&self.file, &serde_json::to_vec(content)?)
    }
}

/// The file that keeps something about a box.
pub(crate) fn file(folder: &Path, what: &str, host: &str) -> PathBuf {
    let safe = |char: char| if char.is_ascii_alphanumeric() || ".-".contains(char) { char } else { '_' };
    let name: String = host.chars().map(safe).collect();
    folder.join(format!("{what}-{name}.json"))
}

/// Writes the content beside the file and then puts it in its place, so that no reader ever sees half of it.
pub(crate) fn store(file: &Path, content: &[u8]) -> io::Result<()> {
    create_folder(file.parent().unwrap_or(Path::new(".")))?;
    let mut unique = [0; 8];
    SystemRandom::new().fill(&mut unique).map_err(|_| io::Error::other("no random numbers"))?;
    let beside = file.with_extension(format!("{:016x}.tmp", u64::from_ne_bytes(unique)));
    let outcome = create_file(&beside).and_then(|mut written| {
        written.write_all(content)?;
        written.sync_all()?;
        fs::rename(&beside, file)
    });
    if outcome.is_err() {
        let _ = fs::remove_file(&beside);
    }
    outcome
}

impl Content {
    fn new(host: &str) -> Option<Self> {
        let mut key = [0; 16];
        SystemRandom::new().fill(&mut key).ok()?;
        let key = format!("{:032x}", u128::from_be_bytes(key));
        Some(Self { host: host.to_owned(), key, ..Self::default() })
    }

    /// The 16 bits by which a password is known again.
    fn tag(&self, password: &Secret) -> Option<u16> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.as_bytes());
        let digest = hmac::sign(&key, password.expose().as_bytes());
        digest.as_ref().first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
    }
}

#[cfg(unix)]
fn create_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

fn create_file(file: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(folder: &Path) -> Memory {
        Memory::new(folder, "[::1]:8080")
    }

    #[test]
    fn a_refused_password_is_known_again_until_a_login_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let memory = memory(folder.path());
        let password = Secret::new("hunter2");
        assert!(!memory.refused("admin", &password));
        assert!(memory.refuse("admin", &password));
        assert!(memory.refused("admin", &password));
        assert!(!memory.refused("other", &password));
        memory.clear();
        assert!(!memory.refused("admin", &password));
    }

    #[test]
    fn other_passwords_are_not_mistaken_for_it_and_only_a_few_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let memory = memory(folder.path());
        for number in 0..20 {
            memory.refuse("admin", &Secret::new(format!("wrong {number}")));
        }
        assert!(memory.refused("admin", &Secret::new("wrong 19")));
        assert!(memory.read().unwrap().refused.len() <= KEPT);
        let mistaken =
            (0..100).filter(|n| memory.refused("admin", &Secret::new(format!("right {n}")))).count();
        assert!(mistaken < 5);
    }

    #[test]
    fn a_lock_out_ends() {
        let folder = tempfile::tempdir().unwrap();
        let memory = memory(folder.path());
        assert_eq!(memory.locked(), None);
        assert!(memory.lock(Duration::from_secs(15)));
        let left = memory.locked().unwrap();
        assert!(left > Duration::from_secs(10) && left <= Duration::from_secs(16));
        memory.lock(Duration::from_secs(u64::from(u32::MAX) * 1000));
        assert!(memory.locked().unwrap() <= LONGEST_LOCK + Duration::from_secs(1));
        let mut content = memory.read().unwrap();
        content.locked_until = Some(1);
        memory.write(&content).unwrap();
        assert_eq!(memory.locked(), None);
        content.locked_until = Some(u64::MAX);
        memory.write(&content).unwrap();
        assert_eq!(memory.locked(), None);
    }

    #[test]
    fn a_damaged_file_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let memory = memory(folder.path());
        for content in
            ["", "{", "[]", r#"{"host":"other","key":"00","refused":[],"locked_until":99999999999}"#]
        {
            fs::write(&memory.file, content).unwrap();
            assert_eq!((memory.refused("admin", &Secret::new("x")), memory.locked()), (false, None));
        }
        assert!(memory.refuse("admin", &Secret::new("x")));
        assert!(memory.refused("admin", &Secret::new("x")));
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_look() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("state/livebox");
        let memory = memory(&folder);
        assert!(!folder.exists());
        memory.refuse("admin", &Secret::new("hunter2"));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&memory.file)), (0o700, 0o600));
        let text = fs::read_to_string(&memory.file).unwrap();
        assert!(!text.contains("hunter2"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }
}
