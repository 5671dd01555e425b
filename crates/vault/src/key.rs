//! The keys that seal files: one in the keychain, one in `vault.key`. Most vaults only ever have one of them.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom as _, SystemRandom},
};
use sysbus::Secret;
use zeroize::Zeroizing;

use crate::{
    Error, Keychain, KeychainError, Place, files,
    record::{from_hex, to_hex},
};

const LENGTH: usize = 32;

/// A key that seals.
pub(crate) struct Key {
    key: LessSafeKey,
    pub(crate) place: Place,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Key {
    fn new(bytes: &[u8], place: Place) -> Option<Self> {
        UnboundKey::new(&CHACHA20_POLY1305, bytes).ok().map(|key| Self { key: LessSafeKey::new(key), place })
    }

    /// Seals a text: a nonce, the sealed text, its tag. Random nonces of 96 bits are safe for the few thousand
    /// secrets that a household may ever keep (the limit is some 2^32 a key).
    pub(crate) fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE_LEN] = random()?;
        // Room for all of it: a buffer that grows leaves copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(plain.len() + CHACHA20_POLY1305.tag_len()));
        text.extend_from_slice(plain);
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                &mut *text,
            )
            .map_err(|_| Error::NoRandom)?;
        Ok([nonce.as_slice(), text.as_slice()].concat())
    }

    /// Opens what was sealed, if it is whole and of this key.
    pub(crate) fn open(&self, context: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut text = Zeroizing::new(text.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.key.open_in_place(nonce, Aad::from(context.as_bytes()), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// The keys of a folder: `vault.key` holds one in hexadecimal, `keychain.key` the account under which the keychain
/// has the other. Each is fetched when first needed, then kept in memory.
#[derive(Debug)]
pub(crate) struct Keys {
    folder: PathBuf,
    keychain: Option<Arc<dyn Keychain>>,
    limit: Duration,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    in_keychain: Option<Arc<Key>>,
    in_file: Option<Arc<Key>>,
    /// The keychain kept nothing of ours when asked: it is not asked again by this process.
    keychain_failed: bool,
}

impl Keys {
    pub(crate) fn new(folder: &Path, keychain: Option<Arc<dyn Keychain>>, limit: Duration) -> Self {
        Self { folder: folder.to_owned(), keychain, limit, known: Mutex::default() }
    }

    /// The key to seal with: the keychain's where there is one, else the file's. Made when there is none.
    pub(crate) fn for_sealing(&self) -> Result<Arc<Key>, Error> {
        let mut known = self.known();
        if !known.keychain_failed {
            match self.of_keychain(&mut known, true) {
                Err(Error::Keychain(problem)) => {
                    tracing::debug!(%problem, "sealing without the keychain");
                    known.keychain_failed = true;
                }
                other => return other,
            }
        }
        self.of_file(&mut known, true)
    }

    /// The key of the file, which no keychain has a part in.
    pub(crate) fn without_keychain(&self) -> Result<Arc<Key>, Error> {
        self.of_file(&mut self.known(), true)
    }

    /// The key that is in that place.
    pub(crate) fn at(&self, place: Place) -> Result<Arc<Key>, Error> {
        let mut known = self.known();
        match place {
            Place::Keychain => self.of_keychain(&mut known, false),
            Place::File => self.of_file(&mut known, false),
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_keychain(&self, known: &mut Known, make: bool) -> Result<Arc<Key>, Error> {
        if let Some(key) = &known.in_keychain {
            return Ok(Arc::clone(key));
        }
        let keychain = self.keychain.as_ref().ok_or(KeychainError::Absent)?;
        let path = self.folder.join("keychain.key");
        if make && files::read(&path)?.is_none() {
            self.make_in_keychain(&**keychain, &path)?;
        }
        let account = read_line(&path)?.ok_or(KeychainError::Lacks)?;
        let text = keychain.get(&account, self.limit)?.ok_or(KeychainError::Lacks)?;
        let bytes = from_hex(text.expose()).ok_or(KeychainError::Lacks)?;
        let key = Arc::new(Key::new(&bytes, Place::Keychain).ok_or(KeychainError::Lacks)?);
        known.in_keychain = Some(Arc::clone(&key));
        Ok(key)
    }

    /// Makes the keychain's key: first the key, then the file that names it. Of two processes that do so at once, the
    /// first one's file stands, and the second takes its own key back.
    fn make_in_keychain(&self, keychain: &dyn Keychain, path: &Path) -> Result<(), Error> {
        let id: [u8; 4] = random()?;
        let account = format!("vault key {}", to_hex(&id));
        let bytes = Zeroizing::new(random::<LENGTH>()?);
        let text = Secret::new(to_hex(bytes.as_slice()));
        keychain.set(&account, &text, self.limit)?;
        match files::create(path, account.as_bytes()) {
            Ok(true) => Ok(()),
            other => {
                let _ = keychain.remove(&account, self.limit);
                other.map(drop)
            }
        }
    }

    fn of_file(&self, known: &mut Known, make: bool) -> Result<Arc<Key>, Error> {
        if let Some(key) = &known.in_file {
            return Ok(Arc::clone(key));
        }
        let path = self.folder.join("vault.key");
        let damaged = || Error::Damaged { path: path.clone() };
        let text = match read_line(&path)? {
            None if make => {
                let bytes = Zeroizing::new(random::<LENGTH>()?);
                files::create(&path, Zeroizing::new(to_hex(bytes.as_slice())).as_bytes())?;
                // Whoever came first, the file that stands is the one that counts.
                read_line(&path)?
            }
            text => text,
        };
        let text = text.ok_or_else(damaged)?;
        let bytes = from_hex(&text).ok_or_else(damaged)?;
        let key = Arc::new(Key::new(&bytes, Place::File).ok_or_else(damaged)?);
        known.in_file = Some(Arc::clone(&key));
        Ok(key)
    }
}

/// The only line of a file.
fn read_line(path: &Path) -> Result<Option<Zeroizing<String>>, Error> {
    let Some(bytes) = files::read(path)? else { return Ok(None) };
    let text = std::str::from_utf8(&bytes).map_err(|_| Error::Damaged { path: path.to_owned() })?;
    Ok(Some(Zeroizing::new(text.trim_end().to_owned())))
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Error::NoRandom)?;
    Ok(bytes)
}
