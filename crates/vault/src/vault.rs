//! The vault itself.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use ring::{digest, hmac};
use serde::{Deserialize, Serialize};
use sysbus::Secret;

use crate::{
    Error, Handle, Keychain, KeychainError,
    error::at,
    files,
    key::{Key, Keys, random},
    keychain::system_keychain,
    record::{Kept, Record, to_hex},
};

const EXTENSION: &str = "json";

/// Tries to find a handle that is not taken; with a thousand kept secrets, one in a thousand is.
const TRIES: usize = 32;

/// The file of the key that makes fingerprints.
const FINGERPRINTS: &str = "fingerprints";

/// Where something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The system's keychain.
    Keychain,
    /// A file of the folder, for its owner only.
    File,
}

/// What is known of a kept secret without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub handle: Handle,
    /// What it is for, as given to [`Vault::put`].
    pub purpose: String,
    /// Since when it is kept.
    pub made: Timestamp,
}

/// What forgetting did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// There was nothing.
    Nothing,
    /// It is gone.
    Gone,
    /// It is not used any more, but the keychain did not confirm that it deleted its entry: it is locked or out of
    /// reach, or its owner had removed the entry already.
    Unconfirmed,
}

/// Secrets under handles, in one folder. Cheap to clone; does nothing until its first use.
#[derive(Clone, Debug)]
pub struct Vault(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: PathBuf,
    keychain: Option<Arc<dyn Keychain>>,
    limit: Duration,
    keys: Keys,
}

impl Vault {
    /// How long a keychain may wait for its owner: long enough to read a question and type a password, shorter than
    /// the minute after which MCP clients give up a call.
    pub const KEYCHAIN_LIMIT: Duration = Duration::from_secs(30);

    /// The vault in that folder, with the system's keychain. Touches nothing.
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        Self::with(folder, Some(system_keychain()), Self::KEYCHAIN_LIMIT)
    }

    /// The vault in that folder, with files only: no keychain is ever contacted.
    pub fn without_keychain(folder: impl Into<PathBuf>) -> Self {
        Self::with(folder, None, Self::KEYCHAIN_LIMIT)
    }

    /// The vault in that folder with another keychain and time limit.
    pub fn with(folder: impl Into<PathBuf>, keychain: Option<Arc<dyn Keychain>>, limit: Duration) -> Self {
        let folder = folder.into();
        let keys = Keys::new(&folder, keychain.clone(), limit);
        Self(Arc::new(Inner { folder, keychain, limit, keys }))
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// Keeps a secret. The purpose is for people: it is not secret, and cut at 200 characters.
    pub fn put(&self, purpose: &str, secret: &Secret) -> Result<Handle, Error> {
        for _ in 0..TRIES {
            let handle = Handle::random()?;
            if self.put_under(&handle, purpose, secret)? {
                return Ok(handle);
            }
        }
        Err(Error::NoRandom)
    }

    /// A handle that is free: for who must name it before there is anything to keep. Writes nothing.
    pub fn free_handle(&self) -> Result<Handle, Error> {
        for _ in 0..TRIES {
            let handle = Handle::random()?;
            if !self.path(handle.as_str()).exists() {
                return Ok(handle);
            }
        }
        Err(Error::NoRandom)
    }

    /// As [`put`](Self::put), under a handle that was free; `false`, and nothing is kept, if it is taken by now.
    pub fn put_under(&self, handle: &Handle, purpose: &str, secret: &Secret) -> Result<bool, Error> {
        files::own_folder(&self.0.folder)?;
        let key = self.0.keys.for_sealing()?;
        self.create(handle.as_str(), purpose, secret, &key)
    }

    /// Seals a secret into a file of its own, unless there is one of that name.
    fn create(&self, id: &str, purpose: &str, secret: &Secret, key: &Key) -> Result<bool, Error> {
        let record = Record::sealed(id, purpose, secret, key)?;
        let path = self.path(id);
        let bytes = record.to_bytes().ok_or_else(|| Error::Damaged { path: path.clone() })?;
        files::create(&path, &bytes)
    }

    /// By what a secret is known again without being told: eight hexadecimal digits that are always the same for
    /// the same secret of this vault. Made with a key that is sealed as all else is, so that nobody can try secrets
    /// against them; of two different secrets, one pair in four billion has the same.
    pub fn fingerprint(&self, secret: &Secret) -> Result<String, Error> {
        let key = if let Some(key) = self.read(FINGERPRINTS, None)? {
            key
        } else {
            let random = Secret::new(to_hex(&random::<32>()?));
            files::own_folder(&self.0.folder)?;
            let sealing = self.0.keys.for_sealing()?;
            self.create(FINGERPRINTS, "fingerprints", &random, &sealing)?;
            // Whoever came first, the key that stands is the one that counts.
            self.read(FINGERPRINTS, None)?.unwrap_or(random)
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
        let tag = hmac::sign(&key, secret.expose().as_bytes());
        Ok(to_hex(tag.as_ref().get(..4).unwrap_or_default()))
    }

    /// The secret of that handle; `None` when there is none (any more).
    pub fn get(&self, handle: &Handle) -> Result<Option<Secret>, Error> {
        self.read(handle.as_str(), None)
    }

    /// Forgets the secret of that handle: whether there was one.
    pub fn forget(&self, handle: &Handle) -> Result<bool, Error> {
        files::remove(&self.path(handle.as_str()))
    }

    /// All kept secrets but the boxes' passwords, the oldest first. Opens none of them and contacts no keychain. A
    /// file that cannot be read is left out, and logged.
    pub fn list(&self) -> Result<Vec<Entry>, Error> {
        let folder = match fs::read_dir(&self.0.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            folder => folder.map_err(at(&self.0.folder))?,
        };
        let mut entries = Vec::new();
        for file in folder {
            let path = file.map_err(at(&self.0.folder))?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let handle = stem.and_then(|stem| stem.parse::<Handle>().ok());
            let (Some(handle), true) = (handle, path.extension().is_some_and(|is| is == EXTENSION)) else {
                continue;
            };
            match self.record(handle.as_str()) {
                Ok(Some(Record { purpose, made, .. })) => entries.push(Entry { handle, purpose, made }),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a kept secret cannot be listed"),
            }
        }
        entries.sort_by(|one, other| (one.made, &one.handle).cmp(&(other.made, &other.handle)));
        Ok(entries)
    }

    /// The password of that account on that box (host and port, as messages show it), if one is kept. Contacts the
    /// keychain only if it was put there.
    pub fn box_password(&self, host: &str, user: &str) -> Result<Option<Secret>, Error> {
        let account = account(host, user);
        self.read(&box_id(&account), Some(&account))
    }

    /// Keeps the password of that account on that box, in place of an earlier one: in the keychain, or where that
    /// fails sealed in a file. Tells where.
    pub fn store_box_password(&self, host: &str, user: &str, password: &Secret) -> Result<Place, Error> {
        files::own_folder(&self.0.folder)?;
        let account = account(host, user);
        let id = box_id(&account);
        let (record, place) = match self.keep_in_keychain(&account, password) {
            Ok(()) => (Record::in_keychain(&account, &account), Place::Keychain),
            Err(problem) => {
                tracing::debug!(%problem, "the password is kept without the keychain");
                let key = self.0.keys.without_keychain()?;
                (Record::sealed(&id, &account, password, &key)?, Place::File)
            }
        };
        let path = self.path(&id);
        let bytes = record.to_bytes().ok_or_else(|| Error::Damaged { path: path.clone() })?;
        files::replace(&path, &bytes)?;
        Ok(place)
    }

    /// Forgets the password of that account on that box.
    pub fn forget_box_password(&self, host: &str, user: &str) -> Result<Forgotten, Error> {
        let id = box_id(&account(host, user));
        // A record that cannot be read can still be forgotten.
        let record = self.record(&id).unwrap_or_default();
        if !files::remove(&self.path(&id))? {
            return Ok(Forgotten::Nothing);
        }
        let Some(Record { kept: Kept::Keychain { account }, .. }) = record else {
            return Ok(Forgotten::Gone);
        };
        let removed = self.0.keychain.as_ref().map(|keychain| keychain.remove(&account, self.0.limit));
        Ok(if matches!(removed, Some(Ok(true))) { Forgotten::Gone } else { Forgotten::Unconfirmed })
    }

    fn keep_in_keychain(&self, account: &str, secret: &Secret) -> Result<(), KeychainError> {
        let keychain = self.0.keychain.as_ref().ok_or(KeychainError::Absent)?;
        keychain.set(account, secret, self.0.limit)?;
        // Some take everything and keep nothing: a locked one, or one for this login only.
        match keychain.get(account, self.0.limit)? {
            Some(kept) if kept == *secret => Ok(()),
            _ => Err(KeychainError::Lacks),
        }
    }

    /// The secret of a file; `wanted`: only if it is for that.
    fn read(&self, id: &str, wanted: Option<&str>) -> Result<Option<Secret>, Error> {
        let Some(record) = self.record(id)? else { return Ok(None) };
        let damaged = || Error::Damaged { path: self.path(id) };
        if wanted.is_some_and(|wanted| record.purpose != wanted) {
            return Err(damaged());
        }
        match &record.kept {
            Kept::Keychain { account } => {
                let keychain = self.0.keychain.as_ref().ok_or(KeychainError::Absent)?;
                Ok(Some(keychain.get(account, self.0.limit)?.ok_or(KeychainError::Lacks)?))
            }
            Kept::Sealed { key, .. } => {
                let key = self.0.keys.at(*key)?;
                record.open(id, &key).map(Some).ok_or_else(damaged)
            }
        }
    }

    fn record(&self, id: &str) -> Result<Option<Record>, Error> {
        let path = self.path(id);
        let Some(bytes) = files::read(&path)? else { return Ok(None) };
        Record::from_bytes(&bytes).map(Some).ok_or(Error::Damaged { path })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.0.folder.join(format!("{id}.{EXTENSION}"))
    }
}

/// A box's account, as keychains show it to their owner.
fn account(host: &str, user: &str) -> String {
    format!("{user}@{host}")
}

/// The name of its file: a digest, since host and user may hold what no file's name may.
fn box_id(account: &str) -> String {
    let digest = digest::digest(&digest::SHA256, account.as_bytes());
    format!("box-{}", to_hex(digest.as_ref().get(..8).unwrap_or_default()))
}
