//! macOS Keychain and Windows Credential Manager, which their systems offer as functions.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use keyring_core::{Entry, Error, api::CredentialStoreApi as _};
use sysbus::Secret;
use zeroize::Zeroizing;

use super::{Keychain, SERVICE};
use crate::KeychainError;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
#[cfg(windows)]
use windows_native_keyring_store::Store;

/// The system's own store.
#[derive(Debug)]
pub(super) struct Native;

impl Keychain for Native {
    fn get(&self, account: &str, limit: Duration) -> Result<Option<Secret>, KeychainError> {
        on_entry(account, limit, |entry| {
            let bytes = Zeroizing::new(match entry.get_secret() {
                Err(Error::NoEntry) => return Ok(None),
                bytes => bytes?,
            });
            let text =
                std::str::from_utf8(&bytes).map_err(|_| Error::BadStoreFormat("not a text".to_owned()))?;
            Ok(Some(Secret::new(text)))
        })
    }

    fn set(&self, account: &str, secret: &Secret, limit: Duration) -> Result<(), KeychainError> {
        let secret = secret.clone();
        on_entry(account, limit, move |entry| entry.set_secret(secret.expose().as_bytes()))
    }

    fn remove(&self, account: &str, limit: Duration) -> Result<bool, KeychainError> {
        on_entry(account, limit, |entry| match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(false),
            removed => removed.map(|()| true),
        })
    }
}

/// Does something with an entry, on a thread that is left to itself when the system waits for its owner too long.
fn on_entry<T: Send + 'static>(
    account: &str,
    limit: Duration,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeychainError> {
    let account = account.to_owned();
    let (told, outcome) = mpsc::channel();
    let run = move || {
        let store: Arc<Store> = Store::new()?;
        work(&store.build(SERVICE, &account, None)?)
    };
    thread::Builder::new()
        .name("keychain".to_owned())
        .spawn(move || drop(told.send(run())))
        .map_err(|error| KeychainError::Refused(error.to_string()))?;
    match outcome.recv_timeout(limit) {
        Ok(outcome) => outcome.map_err(|error| explain(&error)),
        Err(_) => Err(KeychainError::TimedOut(limit)),
    }
}

/// The error without the bytes that some of its variants carry.
fn explain(error: &Error) -> KeychainError {
    KeychainError::Refused(match error {
        Error::PlatformFailure(cause) | Error::NoStorageAccess(cause) => cause.to_string(),
        Error::TooLong(..) => "the secret is too long for it".to_owned(),
        Error::Ambiguous(_) => "it has several entries of that name".to_owned(),
        _ => "its entry is not readable".to_owned(),
    })
}
