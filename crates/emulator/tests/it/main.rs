//! The emulator, seen through literal bytes: no HTTP client, and no type of the emulator, stands between.

mod wire;

mod bus;
mod devices;
mod events;
mod faults;
mod firewall;
mod household;
mod lesser;
mod login;
mod recordings;
mod speed;
