//! A Livebox in a process: HTTP in front, one router state behind.
//!
//! It is written from the protocol reference alone and shares no type with any client, so that it can be a witness:
//! what works here works because both sides follow the same reference, not because they share a mistake.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use emulator::{Emulator, Options, Time};
//!
//! let options = Options { time: Time::Manual("2026-03-14T10:40:00Z".parse().unwrap()), ..Options::default() };
//! let livebox = Emulator::start("127.0.0.1:0", options).await?;
//! assert!(livebox.url().starts_with("http://127.0.0.1:"));
//!
//! // An evening passes, and a client meets a slow box.
//! livebox.clock().advance(std::time::Duration::from_secs(6 * 3600));
//! livebox.faults().add("slow=500@NMC.Wifi:get*3".parse().unwrap());
//! assert_eq!(livebox.requests().count("NMC.Wifi:get"), 0);
//! livebox.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! How the crate is laid out, and how to add a service, is in its README.

mod call;
mod clock;
mod control;
mod digest;
mod envelope;
mod events;
mod fault;
mod handle;
pub mod hostile;
mod household;
mod impostor;
mod introspection;
pub mod model;
mod options;
mod polling;
mod random;
mod requests;
mod router;
mod server;
mod services;
mod session;
pub mod speed;
pub mod state;

pub use call::{Answer, Args, BoxError, Call, Object, Reply};
pub use clock::{Clock, FOREVER, NEVER};
pub use events::Events;
pub use fault::{Fault, Faults, Foreign, KINDS as FAULTS, Kind, NotAFault};
pub use handle::{Emulator, Handle};
pub use options::{Impostor, Model, Options, Time};
pub use random::Seed;
pub use requests::Requests;
pub use router::{Caller, Router};
pub use session::{Credentials, Login, Policy, Sessions};
