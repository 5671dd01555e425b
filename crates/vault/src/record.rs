//! One kept secret as it stands in its file.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sysbus::Secret;
use zeroize::Zeroizing;

use crate::{Error, Place, key::Key};

/// Form of the files; another one is not read.
const VERSION: u8 = 1;

/// Longest purpose kept, in characters.
const LONGEST_PURPOSE: usize = 200;

/// Content of a file: what the secret is for, since when, and where it is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u8,
    pub(crate) purpose: String,
    pub(crate) made: Timestamp,
    pub(crate) kept: Kept,
}

/// Where the secret itself is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    /// In the keychain, under that account.
    Keychain {
        /// Name of the entry.
        account: String,
    },
    /// Here, sealed.
    Sealed {
        /// Where the key is that opens it.
        key: Place,
        /// In hexadecimal: 12 bytes, then the sealed text, then its tag.
        text: String,
    },
}

impl Record {
    /// The record of a secret that the keychain has.
    pub(crate) fn in_keychain(purpose: &str, account: &str) -> Self {
        Self::new(purpose, Kept::Keychain { account: account.to_owned() })
    }

    /// Seals a secret. `id` is the name of its file.
    pub(crate) fn sealed(id: &str, purpose: &str, secret: &Secret, key: &Key) -> Result<Self, Error> {
        let mut record = Self::new(purpose, Kept::Sealed { key: key.place, text: String::new() });
        let sealed = key.seal(&record.context(id), secret.expose().as_bytes())?;
        record.kept = Kept::Sealed { key: key.place, text: to_hex(&sealed) };
        Ok(record)
    }

    fn new(purpose: &str, kept: Kept) -> Self {
        let purpose = purpose.chars().filter(|char| !char.is_control()).take(LONGEST_PURPOSE).collect();
        Self { version: VERSION, purpose, made: Timestamp::now(), kept }
    }

    /// Opens the secret; `None` where the file was changed, or sealed with another key.
    pub(crate) fn open(&self, id: &str, key: &Key) -> Option<Secret> {
        let Kept::Sealed { text, .. } = &self.kept else { return None };
        let plain = key.open(&self.context(id), &from_hex(text)?)?;
        std::str::from_utf8(&plain).ok().map(Secret::new)
    }

    /// What is authenticated with the secret: a file cannot be passed off for another.
    fn context(&self, id: &str) -> String {
        format!("livebox-mcp vault {VERSION}\n{id}\n{}\n{}", self.made, self.purpose)
    }

    pub(crate) fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(bytes).ok().filter(|record| record.version == VERSION)
    }
}

/// Bytes in hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).map_or('0', |digit| char::from(*digit));
    // Of its final size from the start: a text that grows would leave copies of a key behind.
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}

/// Bytes from hexadecimal.
pub(crate) fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    for [high, low] in pairs {
        bytes.push(digit(*high)? << 4 | digit(*low)?);
    }
    rest.is_empty().then_some(bytes)
}
