//! Behaviour of the Wi-Fi tools.
