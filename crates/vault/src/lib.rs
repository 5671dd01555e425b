//! Keeps secrets under short handles, so that answers, records and undo can name a secret without holding it.
//!
//! ```no_run
//! use sysbus::Secret;
//! use vault::Vault;
//!
//! # fn main() -> Result<(), vault::Error> {
//! let vault = Vault::open("/home/anna/.local/state/livebox-mcp/vault"); // touches nothing yet
//! let handle = vault.put("Wi-Fi key of Maison", &Secret::new("tk7w-m3hp-9xqd"))?; // key-7f3k
//! let secret = vault.get(&handle)?; // Some(***)
//! vault.forget(&handle)?;
//! # Ok(()) }
//! ```
//!
//! Every method blocks: on files for a moment, on a keychain that waits for its owner for up to
//! [`Vault::KEYCHAIN_LIMIT`]. Asynchronous callers use a thread that may block. Any number of threads and processes
//! may use one folder: each secret is a file of its own, and a file appears whole or not at all.
//!
//! # Where secrets are
//!
//! | What | Where |
//! |---|---|
//! | the box's password | the system's keychain; where there is none, sealed in a file |
//! | all else | sealed in a file of the folder, one file a secret |
//! | the key that seals | the system's keychain; where there is none, `vault.key` in the folder |
//!
//! Sealed: ChaCha20-Poly1305 with a random key of 256 bits; the handle, the purpose and the time are authenticated
//! with the secret, so that files cannot be passed off for each other.
//!
//! # What this protects against, and what not
//!
//! No secret stands in any file in clear: whoever searches, prints, attaches or synchronises the files sees none.
//! Folder and files are for their owner only (0700, 0600, whatever the umask; on Windows they inherit the rights of
//! the user's own folder), so other users of the computer see nothing.
//!
//! With a keychain, a copy of the folder (a backup, a stolen disk) is worthless without the owner's login. Without
//! one, `vault.key` lies beside what it seals: whoever can read *all* of the folder can open it. In neither case is
//! anything safe from a program that runs as the owner, or from the administrator of the computer: on Linux, any
//! program of the session may ask the keychain, too.
//!
//! # How long secrets are kept
//!
//! Until [`Vault::forget`]. Who writes a handle down elsewhere (the journal, for undo) forgets it when that record
//! goes; [`Vault::list`] shows what is left over.

mod error;
mod files;
mod generate;
mod handle;
mod key;
mod keychain;
mod record;
#[cfg(test)]
mod tests;
mod vault;

pub use error::{Error, KeychainError};
pub use generate::{DEFAULT_LENGTH, LENGTHS, entropy_bits, readable_key};
pub use handle::{BadHandle, Handle};
pub use keychain::{Keychain, system_keychain};
pub use vault::{Entry, Forgotten, Place, Vault};
