//! The name under which a secret is kept: `key-7f3k`. It is not secret itself.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Error, generate::letters};

const PREFIX: &str = "key-";
/// Letters of a handle: some 920,000 handles, more than enough for the few that one household keeps.
const LENGTH: usize = 4;
/// What is read: room for longer ones of a later version.
const LONGEST: usize = 16;

/// The name under which a secret is kept: `key-7f3k`. Short enough to be typed, random so that it tells nothing, and
/// not secret itself: only who can open the vault can do something with it. Read without regard to case and
/// surrounding blanks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(String);

impl Handle {
    /// A new one, from the system's random numbers.
    pub(crate) fn random() -> Result<Self, Error> {
        Ok(Self(format!("{PREFIX}{}", letters(LENGTH)?.as_str())))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a handle: one looks like key-7f3k")]
pub struct BadHandle;

impl FromStr for Handle {
    type Err = BadHandle;

    fn from_str(text: &str) -> Result<Self, BadHandle> {
        let text = text.trim().to_ascii_lowercase();
        let rest = text.strip_prefix(PREFIX).ok_or(BadHandle)?;
        // It becomes a file's name: letters and digits only.
        let sound =
            (LENGTH..=LONGEST).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric());
        if sound { Ok(Self(text)) } else { Err(BadHandle) }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Handle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Handle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
