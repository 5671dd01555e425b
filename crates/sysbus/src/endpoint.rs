//! Where the box is and how to reach it. (Skeleton.)

use std::path::PathBuf;

use crate::Error;

/// How the certificate of an `https` box is checked.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// Against the computer's certificate authorities.
    #[default]
    System,
    /// Against the authorities in this PEM file only.
    CaFile(PathBuf),
    /// Not at all: the owner said so.
    Anyone,
}

/// Address of a box: name, IPv4, IPv6, with or without port, or an http or https URL.
#[derive(Clone, Debug)]
pub struct Endpoint {
    authority: String,
}

impl Endpoint {
    /// Reads an address as a person types it.
    pub fn parse(text: &str, trust: Trust) -> Result<Self, Error> {
        let _ = trust;
        Ok(Self { authority: text.to_owned() })
    }

    /// `host` or `host:port`, for messages and the `Host` header.
    pub fn authority(&self) -> String {
        self.authority.clone()
    }
}
