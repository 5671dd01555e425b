//! How an emulator is set up. Each field is a flag of the command line.

use std::str::FromStr;

use jiff::Timestamp;

use crate::fault::Fault;
use crate::session::Policy;

/// How an emulator is set up.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent flag of the command line")]
pub struct Options {
    /// Model of the box.
    pub model: Model,
    /// Password of `admin`.
    pub password: String,
    /// Seed of the household: the same seed gives the same family, devices and secrets.
    pub seed: u64,
    /// Time: real time, or a clock that only moves when told to.
    pub time: Time,
    /// Opens the control path `/_emulator/…`, through which tests in other processes set faults and move the clock.
    pub control: bool,
    /// Whatever strangers and devices can name has a name of [`hostile::corpus`](crate::hostile::corpus).
    pub hostile: bool,
    /// Closes the connection on a `Host` that is none of the box's names, as a real box does.
    pub host_filter: bool,
    /// Describes the data model with the defects of a real box (`[,]`, missing braces, objects glued together).
    pub malformed: bool,
    /// Puts a literal `null` behind every answer of the event channel.
    pub trailing_null: bool,
    /// Seconds that a reboot takes.
    pub reboot_seconds: i64,
    /// Seconds for which the box hears nothing after a change of its address.
    pub lan_seconds: i64,
    /// Once the box has another address than at first, serves only callers that name it, or one of its names, in `Host`. The
    /// socket stays where it is.
    pub follow_address: bool,
    /// When sessions expire and logins are locked.
    pub policy: Policy,
    /// Faults from the start.
    pub faults: Vec<Fault>,
    /// Is not a Livebox at all.
    pub impostor: Option<Impostor>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            model: Model::Lb6,
            password: "Livebox6".to_owned(),
            seed: 6,
            time: Time::Real,
            control: false,
            hostile: false,
            host_filter: false,
            malformed: false,
            trailing_null: false,
            reboot_seconds: 90,
            lan_seconds: 5,
            follow_address: false,
            policy: Policy::default(),
            faults: Vec::new(),
            impostor: None,
        }
    }
}

/// A model of Livebox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Livebox 6, the one with a full profile.
    Lb6,
}

impl FromStr for Model {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "lb6" => Ok(Self::Lb6),
            _ => Err(format!("no profile for `{text}`; there is lb6")),
        }
    }
}

/// What moves the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Real time.
    Real,
    /// Nothing but [`Clock::advance`](crate::Clock::advance); the clock starts at this moment.
    Manual(Timestamp),
}

/// Something that answers on port 80 and is no sysbus box (protocol section 1.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impostor {
    /// A Livebox of Orange Spain with its own REST API.
    Spain,
    /// An old Livebox Pro with the Sagemcom API.
    OldPro,
    /// A web server that answers everything with a page.
    WebPage,
    /// A web server that knows nothing.
    NotFound,
}

impl FromStr for Impostor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "spain" => Ok(Self::Spain),
            "old-pro" => Ok(Self::OldPro),
            "web-page" => Ok(Self::WebPage),
            "not-found" => Ok(Self::NotFound),
            _ => Err(format!("no impostor `{text}`; there are spain, old-pro, web-page, not-found")),
        }
    }
}
