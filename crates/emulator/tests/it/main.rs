//! The emulator, seen through literal bytes: no HTTP client, and no type of the emulator, stands between.

mod wire;

mod bus;
mod clients;
mod devices;
mod digest;
mod events;
mod faults;
mod firewall;
mod hostile;
mod household;
mod interfaces;
mod lesser;
mod login;
mod plans;
mod recordings;
mod robustness;
mod speed;
mod trust;
mod wifi;
